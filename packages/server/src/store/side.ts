// Side: a database as tables of rows, for those who carry it elsewhere whole.

import type { Awaitable } from '@patois/core'
import type { Row, Value } from './rows.ts'

/**
 * How a database is opened: `source` and `target` keep servers out, a target is created where it
 * is missing; a `snapshot` stands still while servers go on, and is only read. So does a `look`,
 * for which a file that is missing is an empty one. What is opened `beside` servers is written to
 * while they go on.
 */
export type How = 'source' | 'snapshot' | 'look' | 'target' | 'beside'

/** A statement with its values, in the portable words that all stores understand. */
export type Asked = readonly [sql: string, values: readonly Value[]]

/** One of the two databases of a move. */
export type Side = {
  /** Where it is, without a password. */
  name: string
  /** The migrations that it has, and those that this program knows. */
  applied: readonly string[]
  known: readonly string[]
  ask(sql: string, values?: readonly Value[]): Awaitable<readonly Row[]>
  /** Runs all in one transaction, which may be tried again; answers how many rows changed. */
  write(all: readonly Asked[]): Awaitable<number>
  /** An id for a row of the audit table, where the database gives none by itself. */
  eventId(): Awaitable<number | null>
  /** Throws one sentence when a server has used the database since it was opened. */
  checkAlone(): Awaitable<void>
  /** The time that its servers go by, in seconds. */
  now(): Awaitable<number>
  close(): Awaitable<void>
}

/** A table: its columns and those of its primary key, in their order. */
export type Table = { name: string; columns: readonly string[]; key: readonly string[] }

/**
 * What each database has for itself: its migrations, who does what, how far a move has got, what
 * became of a write that nobody answered, who failed a moment ago, and which ids are taken.
 * Everything else is carried.
 */
const OWN: readonly string[] = ['failures', 'leases', 'migrations', 'moves', 'receipts', 'sequence']

/** True for a table whose rows go with a database to its next place. */
export function isCarried({ name }: Table): boolean {
  return !OWN.includes(name)
}
