// Files that nobody but the server's own user may read.

import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'

/** Creates the file (0600) and its folders (0700) where they are missing. */
export function createPrivateFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
}
