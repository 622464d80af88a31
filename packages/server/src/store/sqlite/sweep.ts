// Sweeping in SQLite: all rules of a round in one transaction.

import type { DatabaseSync } from 'node:sqlite'
import type { Store, Swept } from '@patois/core'
import { forgets, sweepsIn } from '../sweep.ts'
import { answering } from './node-sqlite.ts'
import { words } from './statements.ts'

// It is not synced by itself, which would take longer than all the rest while everybody waits: the
// next plan syncs the log as a whole, and what a power cut brings back is swept once more.
function inTransaction(database: DatabaseSync, work: () => number): Swept {
  return answering(() => {
    database.exec('PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE')
    try {
      const rows = work()
      database.exec('COMMIT')
      return { rows }
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    } finally {
      database.exec('PRAGMA synchronous = FULL')
    }
  })
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0)
}

/** Answers the `sweep` of `Store`: at most `limit` rows of each kind in one transaction. */
export function openSweep(database: DatabaseSync, issuer: number): Store['sweep'] {
  const { prepare, remove } = sweepsIn(words)
  const open = (sql: string) => {
    const rule = database.prepare(sql)
    rule.setAllowUnknownNamedParameters(true)
    return (values: Record<string, number>) => Number(rule.run(values).changes)
  }
  const [first, rules] = [prepare.map(open), remove.map(open)]
  return (now, limit, jwt = 0) =>
    inTransaction(database, () => {
      const values = { issuer, now, limit, jwt }
      for (const rule of first) rule(values)
      return sum(rules.map((rule) => rule(values)))
    })
}

/** Answers the `forget` of `Store`. */
export function openForget(database: DatabaseSync, issuer: number): Store['forget'] {
  const events = database.prepare(forgets.events)
  const addresses = database.prepare(forgets.addresses)
  return (before, limit) =>
    inTransaction(database, () => {
      const old = events.run({ issuer, before: before.events, limit })
      const known = addresses.run({ issuer, before: before.addresses, limit })
      return Number(old.changes) + Number(known.changes)
    })
}
