// Writes the plans of one event-loop turn in one transaction, each in a savepoint of its own.

import type { DatabaseSync } from 'node:sqlite'
import type { Plan } from '@patois/core'
import { Unavailable } from '@patois/core'
import { isPassing, unavailable } from './node-sqlite.ts'

type Waiting = { plan: Plan; won(kept: boolean): void; lost(error: unknown): void }

/** `commit` as `Store` has it; `close` writes what still waits and then takes nothing more. */
export type GroupCommit = { commit(plan: Plan): Promise<boolean>; close(): void }

// More plans make no faster a transaction, but a longer turn.
const plansPerTransaction = 100
const plansWaiting = 10_000

function prepare(database: DatabaseSync) {
  return {
    begin: database.prepare('BEGIN IMMEDIATE'),
    commit: database.prepare('COMMIT'),
    rollback: database.prepare('ROLLBACK'),
    savepoint: database.prepare('SAVEPOINT plan'),
    release: database.prepare('RELEASE plan'),
    undo: database.prepare('ROLLBACK TO plan'),
  }
}

/** Answers the functions that queue plans for `write`, which runs inside a savepoint. */
export function openGroupCommit(
  database: DatabaseSync,
  write: (plan: Plan) => boolean,
): GroupCommit {
  const sql = prepare(database)
  let queue: Waiting[] = []
  let scheduled = false
  let closed = false

  const attempt = ({ plan, won, lost }: Waiting): (() => void) => {
    sql.savepoint.run()
    try {
      const kept = write(plan)
      if (!kept) sql.undo.run()
      sql.release.run()
      return () => won(kept)
    } catch (error) {
      if (isPassing(error)) throw error
      sql.undo.run()
      sql.release.run()
      return () => lost(error)
    }
  }

  const transact = (batch: readonly Waiting[]): void => {
    try {
      sql.begin.run()
      const answers = batch.map(attempt)
      sql.commit.run()
      for (const answer of answers) answer()
    } catch (error) {
      // SQLite may have rolled back already: after a full disk it does.
      if (database.isTransaction) sql.rollback.run()
      for (const { lost } of batch) lost(unavailable(error))
    }
  }

  const turn = (): void => {
    const batch = queue.slice(0, plansPerTransaction)
    queue = queue.slice(plansPerTransaction)
    scheduled = queue.length > 0
    if (scheduled) setImmediate(turn)
    if (batch.length > 0) transact(batch)
  }

  return {
    commit: (plan) =>
      new Promise((won, lost) => {
        if (closed) return lost(new Unavailable('The database is closed.'))
        if (queue.length >= plansWaiting) return lost(new Unavailable('Too many writes wait.'))
        queue.push({ plan, won, lost })
        if (!scheduled) setImmediate(turn)
        scheduled = true
      }),
    close: () => {
      closed = true
      while (queue.length > 0) transact(queue.splice(0, plansPerTransaction))
    },
  }
}
