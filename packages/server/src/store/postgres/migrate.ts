// Brings a PostgreSQL database to the tables that this program knows; one server at a time does.

import { DatabaseError } from 'pg'
import { type Migrations, missing } from '../migrations.ts'
import type { Row } from '../rows.ts'
import type { Connections, Run } from './connections.ts'
import { migrations } from './migrations/index.ts'
import { numbered } from './statements.ts'

// Rows of a large table may be written anew, and whoever is second waits for that.
const withinMs = 60 * 60 * 1000

// Whoever waits for a table that is in use keeps all others waiting who come after.
const patient = { text: 'SET LOCAL lock_timeout = 500' }

const create = {
  text: `CREATE TABLE IF NOT EXISTS migrations (
    id BIGINT PRIMARY KEY, name TEXT NOT NULL, needs BIGINT NOT NULL)`,
}
const list = { text: 'SELECT name, needs FROM migrations ORDER BY id' }
const insert = {
  ...numbered('INSERT INTO migrations (id, name, needs) VALUES (?, ?, ?)'),
  withinMs,
}

// What two are told that make one table, or write one row, at the same moment.
const MADE_TWICE = ['23505', '42P07', '42710']

/**
 * Applies what is missing, each whole or not at all, while servers go on. Throws when the database
 * is newer, and needs a newer program.
 */
export async function migrate({ run, using }: Connections): Promise<void> {
  for (;;) {
    // Whoever may make no tables can use those that are there.
    const applied = await listed(run)
    if (!applied) {
      await unlessMade(() => run(create))
      continue
    }
    const names = applied.map(([name]) => String(name))
    const needs = Math.max(...applied.map(([, one]) => Number(one)))
    const [next] = missing(migrations, names, needs)
    if (!next) return
    await unlessMade(() => using((on) => apply(on, next), performance.now() + withinMs))
  }
}

const NO_TABLE = '42P01'

/** The migrations that a database has; none where there is not even a table of them. */
export async function appliedIn({ run }: Pick<Connections, 'run'>): Promise<string[]> {
  return ((await listed(run)) ?? []).map(([name]) => String(name))
}

async function listed(run: Run): Promise<readonly Row[] | undefined> {
  try {
    return (await run(list)).rows
  } catch (error) {
    if (error instanceof DatabaseError && error.code === NO_TABLE) return undefined
    throw error
  }
}

async function apply(run: Run, [name, sql, needs = 1]: Migrations[number]): Promise<void> {
  await run({ text: 'BEGIN' })
  // The row first: whoever comes second waits here until it is there, and then has nothing to do.
  const id = migrations.findIndex(([one]) => one === name) + 1
  await run(insert, [id, name, needs])
  await run(patient)
  await run({ text: sql, withinMs })
  await run({ text: 'COMMIT' })
}

// What another server made a moment earlier is made.
async function unlessMade(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof DatabaseError) || !MADE_TWICE.includes(error.code ?? '')) throw error
  }
}
