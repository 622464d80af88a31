// What the commands that carry databases have in common: which database, progress, a table of rows.

import type { Command } from 'commander'
import { readDatabase } from '../configuration/database.ts'
import type { Compared, Progress } from '../store/move.ts'
import { refuseFaults, StartFault } from './run.ts'

/** Where a command was told that the database is. */
export type Where = { config?: string; database?: string }

/** Adds the flags that say where the database is. */
export function addWhere(command: Command): Command {
  return command
    .option('--config <file>', 'The configuration file; of it only the database is read.')
    .option('--database <url>', 'The database, where that is another than the configuration says.')
}

/** The URL of the database. Throws a StartFault with every fault of what says it. */
export function databaseOf({ config, database }: Where): string {
  const file = config === undefined ? {} : { file: config }
  const flags = database === undefined ? {} : { database }
  const read = readDatabase({ ...file, flags, env: process.env })
  return read.ok ? read.database : refuseFaults(read.faults)
}

/** Runs `work`; what it throws about databases is told in its sentence alone. */
export async function inSentences<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof Error ? new StartFault(error.message, { cause: error }) : error
  }
}

const EVERY_MS = 1000

/** Says on standard error how far it is, once a second and never about little. */
export function openProgress(doing: string): Progress {
  let said = performance.now()
  return (table, rows) => {
    if (performance.now() - said < EVERY_MS) return
    said = performance.now()
    process.stderr.write(`${doing} ${table}: ${numbered(rows)} rows\n`)
  }
}

/** How many rows there are in all, as a person reads it. */
export function rowsOf(compared: readonly Compared[]): string {
  const all = compared.reduce((sum, { from }) => sum + from.rows, 0)
  return `${numbered(all)} ${all === 1 ? 'row' : 'rows'}`
}

/** A number with its thousands apart. */
export function numbered(number: number): string {
  return number.toLocaleString('en-US')
}
