// Dialect file: a dialect of the user's own, out of YAML or JSON, checked as the server checks it.

import { readFile } from 'node:fs/promises'
import type { Dialect } from '@patois/core/caller'
import { checkDialect } from '@patois/core/check'
import { parse } from 'yaml'

/** Checks a dialect that is data already. Throws a TypeError that lists every fault with its path. */
export function readDialect(data: unknown, name = 'dialect'): Dialect {
  const checked = checkDialect(data)
  if (checked.ok) return checked.dialect
  throw new TypeError(`${name}: ${checked.faults.join('; ')}`)
}

/** Reads a dialect from a YAML or JSON file. Throws as `readDialect` does, and as reading does. */
export async function readDialectFile(path: string): Promise<Dialect> {
  return readDialect(parse(await readFile(path, 'utf8')), path)
}
