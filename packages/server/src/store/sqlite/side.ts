// A SQLite file as one side of a move, or what a backup is made of.

import { existsSync, realpathSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { systemClock } from '../../clock.ts'
import type { Row } from '../rows.ts'
import type { Asked, How, Side } from '../side.ts'
import { checkFile } from './backup.ts'
import { lockDatabase } from './lock.ts'
import { appliedIn, migrate } from './migrate.ts'
import { migrations } from './migrations/index.ts'
import { openDatabase } from './node-sqlite.ts'
import { openFault } from './open-fault.ts'
import { createPrivateFile } from './private-file.ts'

const busyTimeoutMs = 5000

// What a power cut takes of a target is copied again: it need not wait for the disk each time.
const pragmas = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA foreign_keys = OFF;
  PRAGMA trusted_schema = OFF;
`

type Opened = { database: DatabaseSync; file: string; unlock: () => void }

function openFile(path: string, how: How): Opened {
  checkFile(path)
  if (how === 'target') createPrivateFile(path)
  else if (!existsSync(path)) return openMissing(path, how)
  const file = realpathSync(path)
  const isAlone = how === 'source' || how === 'target'
  const unlock = isAlone ? lockDatabase(file, 'stop it first') : () => {}
  try {
    const database = openDatabase(file, busyTimeoutMs)
    if (how === 'target') {
      database.exec(pragmas)
      migrate(database)
    } else if (how === 'beside') {
      database.exec('PRAGMA synchronous = FULL')
    } else {
      // The first read of a transaction fixes what all of it sees. A connection that could not write
      // would leave an empty log behind.
      database.exec('PRAGMA query_only = ON; BEGIN; SELECT count(*) FROM sqlite_schema')
    }
    return { database, file, unlock }
  } catch (error) {
    unlock()
    throw error
  }
}

function openMissing(file: string, how: How): Opened {
  if (how !== 'look') throw new Error(`There is no database ${file}.`)
  return { database: openDatabase(':memory:', 0), file, unlock: () => {} }
}

/** Opens the file at `path`. Throws one sentence when it cannot, or when a server keeps it. */
export function openSqliteSide(path: string, how: How): Side {
  try {
    const opened = openFile(path, how)
    const { database } = opened
    const statements = openStatements(database)
    return {
      name: `sqlite:${opened.file}`,
      applied: appliedIn(database),
      known: migrations.map(([name]) => name),
      ask: (sql, values = []) => statements(sql).all(...values) as unknown as Row[],
      write: (all) => write(database, statements, all),
      eventId: () => null,
      checkAlone: () => {},
      now: systemClock().now,
      close: () => {
        if (!database.isOpen) return
        // A backup is one file: what stands in the log goes into it.
        if (how === 'target') database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
        database.close()
        opened.unlock()
      },
    }
  } catch (error) {
    throw openFault(path, error)
  }
}

type Statements = (sql: string) => ReturnType<DatabaseSync['prepare']>

function openStatements(database: DatabaseSync): Statements {
  const prepared = new Map<string, ReturnType<DatabaseSync['prepare']>>()
  return (sql) => {
    const known = prepared.get(sql) ?? database.prepare(sql)
    known.setReturnArrays(true)
    prepared.set(sql, known)
    return known
  }
}

function write(database: DatabaseSync, statements: Statements, all: readonly Asked[]): number {
  database.exec('BEGIN IMMEDIATE')
  try {
    const changes = all.map(([sql, values]) => Number(statements(sql).run(...values).changes))
    database.exec('COMMIT')
    return changes.reduce((sum, one) => sum + one, 0)
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
