// Writes a batch of plans in one transaction, none of which spoils another.

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

/** Writes a plan; false when its spend was lost, and then nothing was written. */
function write(writer: SqliteWriter, plan: Plan): boolean {
  if (plan.spend && !run(writer, spendStep(writer, plan.spend))) return false
  for (const step of spentSteps(writer, plan)) run(writer, step)
  for (const step of changeSteps(writer, plan)) run(writer, step)
  return true
}

/** Tells those who wait for a plan what became of it. */
type Tell = () => void

/** Answers the function that writes a batch, and each plan of it in turn. */
export function openTransact(writer: SqliteWriter): (batch: readonly Waiting[]) => void {
  const { database } = writer
  const sql = prepare(database)

  const attempt = ({ plan, won }: Waiting): Tell => {
    const kept = write(writer, plan)
    return () => won(kept)
  }

  const attemptApart = (waiting: Waiting): Tell => {
    sql.savepoint.run()
    try {
      const tell = attempt(waiting)
      sql.release.run()
      return tell
    } catch (error) {
      if (isPassing(error)) throw error
      sql.undo.run()
      sql.release.run()
      return () => waiting.lost(error)
    }
  }

  const transact = (batch: readonly Waiting[], one: (waiting: Waiting) => Tell): Tell[] => {
    sql.begin.run()
    const told = batch.map(one)
    sql.commit.run()
    return told
  }

  // A plan that cannot be written is a bug, and seldom: only then each is written once more in a
  // savepoint of its own, which costs every plan 1 µs.
  const settle = (batch: readonly Waiting[]): Tell[] => {
    try {
      return transact(batch, attempt)
    } catch (error) {
      if (isPassing(error)) throw error
      sql.rollback.run()
      return transact(batch, attemptApart)
    }
  }

  return (batch) => {
    try {
      for (const tell of settle(batch)) tell()
    } catch (error) {
      // SQLite may have rolled back already: after a full disk it does.
      if (database.isTransaction) sql.rollback.run()
      for (const { lost } of batch) lost(unavailable(error))
    }
  }
}
