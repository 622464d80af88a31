// SQLite: keeps tokens in a table of a database that the caller has opened.

import { type Cells, type LeaseTimes, leasedStore } from '../lease.ts'
import type { TokenStore } from '../store.ts'

/** A database as node:sqlite, better-sqlite3 and bun:sqlite open it. */
export type SqliteDatabase = {
  exec(sql: string): unknown
  prepare(sql: string): {
    get(...values: string[]): unknown
    run(...values: string[]): { changes: number | bigint }
  }
  /** True while a transaction is open: node:sqlite calls it so, the others as below. */
  readonly isTransaction?: boolean
  readonly inTransaction?: boolean
}

/** What can be chosen about a table of tokens. */
export type SqliteOptions = LeaseTimes & {
  /** Made when it is missing; `patois_tokens` when left out. */
  table?: string | undefined
}

const BUSY = 5
const BUSY_MS = 10_000

type Statements = Record<
  'read' | 'insert' | 'update' | 'remove',
  ReturnType<SqliteDatabase['prepare']>
>

function open(database: SqliteDatabase, table: string): Statements {
  const name = `"${table.replaceAll('"', '""')}"`
  database.exec(
    `CREATE TABLE IF NOT EXISTS ${name} (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID`,
  )
  return {
    read: database.prepare(`SELECT value FROM ${name} WHERE key = ?`),
    insert: database.prepare(
      `INSERT INTO ${name} (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING`,
    ),
    update: database.prepare(`UPDATE ${name} SET value = ? WHERE key = ? AND value = ?`),
    remove: database.prepare(`DELETE FROM ${name} WHERE key = ? AND value = ?`),
  }
}

function isBusy(error: unknown): boolean {
  const { errcode, code } = error as { errcode?: number; code?: string }
  return (
    String(code).startsWith('SQLITE_BUSY') || (errcode !== undefined && (errcode & 255) === BUSY)
  )
}

// Without blocking the process, as SQLite's own way of waiting does. In the middle of somebody's
// transaction a write of ours would go when they roll it back.
async function patiently<T>(database: SqliteDatabase, work: () => T): Promise<T> {
  const start = performance.now()
  for (;;) {
    const isTheirs = database.isTransaction === true || database.inTransaction === true
    try {
      if (!isTheirs) return work()
    } catch (error) {
      if (!isBusy(error) || performance.now() - start > BUSY_MS) throw error
    }
    if (performance.now() - start > BUSY_MS) throw new Error('the database is in a transaction')
    await new Promise((resolve) => setTimeout(resolve, 5 + 15 * Math.random()))
  }
}

/** A store in a SQLite database, which processes of one machine may share. */
export function sqliteStore(database: SqliteDatabase, options: SqliteOptions = {}): TokenStore {
  let statements: Statements | undefined
  const step = <T>(work: (statements: Statements) => T): Promise<T> =>
    patiently(database, () => {
      statements ??= open(database, options.table ?? 'patois_tokens')
      return work(statements)
    })
  const cells: Cells = {
    read: (key) =>
      step(({ read }) => (read.get(key) as { value: string } | undefined | null)?.value),
    swap: (key, before, after) =>
      step(({ read, insert, update, remove }) => {
        if (before === undefined && after === undefined) return !read.get(key)
        if (before === undefined) return Number(insert.run(key, after ?? '').changes) === 1
        if (after === undefined) return Number(remove.run(key, before).changes) === 1
        return Number(update.run(after, key, before).changes) === 1
      }),
  }
  return leasedStore(cells, options)
}
