// Where the database is, for commands that need nothing else of a configuration.

import type { SettingValues } from '../settings.ts'
import { chooseSettings } from './choose.ts'
import { type Environment, readSource } from './source.ts'

/** What says where the database is: a flag, the environment, a file. */
export type DatabaseParts = {
  file?: string
  flags: Readonly<Record<string, unknown>>
  env: Environment
}

/** The URL of the database, or what is wrong with it. */
export type DatabaseResult = { ok: true; database: string } | { ok: false; faults: string[] }

/** Reads the one setting; other faults of the file, such as secrets that are not set, are no matter. */
export function readDatabase({ file, flags, env }: DatabaseParts): DatabaseResult {
  const source = readSource(file, undefined, env)
  if (!source.ok) return { ok: false, faults: [source.fault] }
  const faults: string[] = []
  const { database }: Partial<SettingValues> = chooseSettings(
    { flags, env, tree: source.tree },
    false,
    faults,
  )
  const about = [...source.faults, ...faults].filter((one) => /^(--|PATOIS_)?database\b/i.test(one))
  if (about.length > 0 || database === undefined) return { ok: false, faults: about }
  return { ok: true, database }
}
