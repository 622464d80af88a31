// Node's own SQLite, without the warning that Node 22 prints for it, and what its errors mean.

import { Unavailable } from '@patois/core'

type NodeSqlite = typeof import('node:sqlite')

function loadQuietly(): NodeSqlite {
  const emitWarning = process.emitWarning
  process.emitWarning = () => {}
  try {
    return process.getBuiltinModule('node:sqlite')
  } finally {
    process.emitWarning = emitWarning
  }
}

const { DatabaseSync } = loadQuietly()

/** Opens a database file, or `:memory:`; waits `timeoutMs` for a lock of another process. */
export function openDatabase(path: string, timeoutMs: number) {
  return new DatabaseSync(path, { timeout: timeoutMs, enableForeignKeyConstraints: false })
}

// BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN: the medium's trouble, not the statement's.
const passing = new Set([5, 6, 7, 8, 10, 13, 14])

function errorCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | undefined)?.errcode
  return typeof code === 'number' ? code & 0xff : undefined
}

/** True when SQLite said that somebody else holds the lock. */
export function isBusy(error: unknown): boolean {
  return errorCode(error) === 5
}

/** True for an error that goes away by itself: a full disk, a lock, a failed read. */
export function isPassing(error: unknown): boolean {
  return passing.has(errorCode(error) ?? -1)
}

/** Runs `work`; a medium that cannot answer now becomes `Unavailable`. */
export function answering<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw isPassing(error) ? unavailable(error) : error
  }
}

/** The error that the caller of a store hears for one of SQLite's. */
export function unavailable(error: unknown): Unavailable {
  return Object.assign(new Unavailable('The database cannot answer now.'), { cause: error })
}
