// The store in one SQLite file, for one server.

import { realpathSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { Plan, Store } from '@patois/core'
import { openGroupCommit } from './group-commit.ts'
import { openIds } from './ids.ts'
import { lockDatabase } from './lock.ts'
import { markDatabase, type StoreOptions } from './mark.ts'
import { migrate } from './migrate.ts'
import { openDatabase } from './node-sqlite.ts'
import { openFault } from './open-fault.ts'
import { createPrivateFile } from './private-file.ts'
import { type Known, openReads } from './read.ts'
import { prepareStatements } from './statements.ts'
import { openForget, openSweep } from './sweep.ts'
import { writePlan } from './write.ts'

/** A store with its one connection, for backups and checks. */
export type SqliteStore = Store & { database: DatabaseSync; close(): void }

// Reads never wait and an acknowledged commit survives a power cut. Foreign keys are declared for
// `foreign_key_check`; enforcing them would look up a parent for every token.
const pragmas = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA foreign_keys = OFF;
  PRAGMA trusted_schema = OFF;
  PRAGMA temp_store = MEMORY;
  PRAGMA cache_size = -32000;
  PRAGMA journal_size_limit = 67108864;
`

const busyTimeoutMs = 5000

function openFile(path: string): { file: string; unlock: () => void } {
  if (path === ':memory:') return { file: path, unlock: () => {} }
  createPrivateFile(path)
  // Two names of one file share its lock.
  const file = realpathSync(path)
  return { file, unlock: lockDatabase(file) }
}

function assemble(database: DatabaseSync, issuer: number, unlock: () => void): SqliteStore {
  const sql = prepareStatements(database)
  const known: Known = { clients: new Map(), origins: undefined }
  const { commit, close } = openGroupCommit(database, (plan: Plan) => {
    for (const change of plan.changes) {
      if (!('put' in change) || change.put !== 'client') continue
      known.clients.delete(change.client.id)
      known.origins = undefined
    }
    return writePlan({ sql, issuer }, plan)
  })
  return {
    database,
    newId: openIds(database),
    ...openReads(sql, issuer, known),
    commit,
    sweep: openSweep(database, issuer),
    forget: openForget(database, issuer),
    close: () => {
      if (!database.isOpen) return
      close()
      database.close()
      unlock()
    },
  }
}

/**
 * Opens the database at `path` (or `:memory:`), creates or migrates it, and keeps every other
 * server out of it until `close`. Throws one clear sentence when the database is in use, of
 * another issuer, of the other mode, or of a newer program.
 */
export function openSqlite({ path, ...options }: { path: string } & StoreOptions): SqliteStore {
  let unlock = () => {}
  let database: DatabaseSync | undefined
  try {
    const opened = openFile(path)
    unlock = opened.unlock
    database = openDatabase(opened.file, busyTimeoutMs)
    database.exec(pragmas)
    migrate(database)
    return assemble(database, markDatabase(database, path, options), unlock)
  } catch (error) {
    database?.close()
    unlock()
    throw openFault(path, error)
  }
}
