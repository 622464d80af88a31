// The version of this program, as its package says it.

import { readFileSync } from 'node:fs'

/** The version of this program. */
export const { version: VERSION } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string }
