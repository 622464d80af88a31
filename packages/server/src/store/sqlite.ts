// The store in one SQLite file, for one server.

import { realpathSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { Store } from '@patois/core'
import type { Meter } from '../metrics/meter.ts'
import {
  checkFilled,
  checkMark,
  issuerId,
  marks,
  markValues,
  revisions,
  type StoreOptions,
} from './mark.ts'
import { openQueue } from './queue.ts'
import { type Ask, forgetKnown, openKnown, openReads, putsClient } from './read.ts'
import type { Row } from './rows.ts'
import { openIds } from './sqlite/ids.ts'
import { lockDatabase } from './sqlite/lock.ts'
import { migrate } from './sqlite/migrate.ts'
import { answering, openDatabase } from './sqlite/node-sqlite.ts'
import { openFault } from './sqlite/open-fault.ts'
import { createPrivateFile } from './sqlite/private-file.ts'
import { openSnapshots, type Snapshots } from './sqlite/snapshot.ts'
import { prepareStatements } from './sqlite/statements.ts'
import { openForget, openSweep } from './sqlite/sweep.ts'
import { openTransact } from './sqlite/transact.ts'

/** A store with its one connection, for backups and checks, and dev mode's way back. */
export type SqliteStore = Store & { database: DatabaseSync; snapshots: Snapshots; close(): void }

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

function mark(database: DatabaseSync, path: string, options: StoreOptions): void {
  checkFilled(database.prepare(marks.filling).get(issuerId), path)
  database.prepare(marks.set).run(...markValues(options))
  checkMark(database.prepare(marks.get).get(issuerId), path, options)
}

function assemble(database: DatabaseSync, unlock: () => void, meter?: Meter): SqliteStore {
  const sql = prepareStatements(database)
  const known = openKnown()
  const ask: Ask = (name, values, read) =>
    read(answering(() => sql[name].all(...values) as unknown as Row[]))
  const transact = openTransact({ database, sql, issuer: issuerId, eventId: () => null })
  const queue = openQueue((batch) => {
    if (batch.some(({ plan }) => putsClient(plan))) forgetKnown(known)
    transact(batch)
  }, meter)
  return {
    database,
    snapshots: openSnapshots(database, () => forgetKnown(known)),
    newId: openIds(database),
    ...openReads(ask, issuerId, known),
    raiseRevision: (revision) =>
      answering(() => database.prepare(revisions.raise).run(issuerId, revision)).changes === 1,
    commit: queue.commit,
    sweep: openSweep(database, issuerId),
    forget: openForget(database, issuerId),
    close: () => {
      if (!database.isOpen) return
      // Here a write is done when it returns.
      void queue.close()
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
    // The file is ours alone: whoever held a lease is gone.
    database.exec('DELETE FROM leases')
    mark(database, path, options)
    return assemble(database, unlock, options.meter)
  } catch (error) {
    database?.close()
    unlock()
    throw openFault(path, error)
  }
}
