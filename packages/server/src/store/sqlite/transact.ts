// Writes a batch of plans in one transaction, each in a savepoint of its own.

import type { DatabaseSync } from 'node:sqlite'
import type { Plan } from '@patois/core'
import type { Waiting } from '../queue.ts'
import { changeSteps, type Step, spendStep, spentSteps, type Writer } from '../write.ts'
import { isPassing, unavailable } from './node-sqlite.ts'
import type { Statements } from './statements.ts'

/** What writing on one connection takes. */
export type SqliteWriter = Writer & { database: DatabaseSync; sql: Statements }

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

function run({ sql }: SqliteWriter, { sql: name, values, must }: Step): boolean {
  const changed = Number(sql[name].run(...values).changes) > 0
  if (must !== undefined && !changed) throw new Error(must)
  return changed
}

/** Writes a plan inside the caller's savepoint; false when its spend was lost. */
function write(writer: SqliteWriter, plan: Plan): boolean {
  if (plan.spend && !run(writer, spendStep(writer, plan.spend))) return false
  for (const step of spentSteps(writer, plan)) run(writer, step)
  for (const step of changeSteps(writer, plan)) run(writer, step)
  return true
}

/** Answers the function that writes a batch, and each plan of it in turn. */
export function openTransact(writer: SqliteWriter): (batch: readonly Waiting[]) => void {
  const { database } = writer
  const sql = prepare(database)

  const attempt = ({ plan, won, lost }: Waiting): (() => void) => {
    sql.savepoint.run()
    try {
      const kept = write(writer, plan)
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

  return (batch) => {
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
}
