// Databases: the same rows on SQLite, on PostgreSQL, and on PostgreSQL with two workers.

import { startPostgres, type TestPostgres, whyNoPostgres } from '../../../test/door/postgres.ts'
import { type Contestant, startPatois } from '../contestants.ts'
import type { MeasuredRow } from '../results.ts'
import { type Entry, measure } from '../rounds.ts'
import { ROWS } from '../rows.ts'
import { pin } from '../start.ts'
import { HEAD, linesOf } from '../table.ts'
import type { Bench } from './bench.ts'
import { busySeconds } from './rows.ts'

// As durable as the SQLite file; the tests' own PostgreSQL is not.
const SETTINGS = { fsync: 'on', full_page_writes: 'on', shared_buffers: '256MB' }
const CODES = 6000
/** JWKS and discovery touch no database. */
const UNTOUCHED = ['JWKS', 'discovery', 'password login']

type Placed = Contestant & { databasePid?: number }

async function startAll(bench: Bench, postgres: TestPostgres): Promise<Placed[]> {
  const { folder, plan } = bench
  const sizes = { families: 64, codes: Math.ceil(CODES * busySeconds(plan)) }
  const one = { database: await postgres.newDatabase(), name: 'PostgreSQL' }
  const two = { database: await postgres.newDatabase(), name: 'PostgreSQL, 2 workers' }
  const workers = { flags: ['--workers', '2'], place: 'both' as const }
  const databasePid = postgres.pid()
  return [
    await startPatois(folder('sqlite'), sizes, { name: 'SQLite' }),
    { ...(await startPatois(folder('postgres'), sizes, one)), databasePid },
    { ...(await startPatois(folder('workers'), sizes, { ...two, ...workers })), databasePid },
  ]
}

/** Measures every row that touches the database. */
export async function measureDatabases(bench: Bench): Promise<MeasuredRow[]> {
  const why = whyNoPostgres()
  if (why !== undefined) throw new Error(why)
  const { load, plan, only, say } = bench
  const postgres = await startPostgres({ settings: SETTINGS })
  // What the database takes must not be taken from the server: it has the processor of the load.
  pin(postgres.pid(), 'load')
  const open: Placed[] = []
  const measured: MeasuredRow[] = []
  try {
    open.push(...(await startAll(bench, postgres)))
    say(HEAD)
    for (const row of ROWS) {
      if (UNTOUCHED.includes(row.name) || !row.name.includes(only)) continue
      const entries = open.map(
        ({ name, pid, databasePid, ...one }): Entry => ({
          name,
          pid,
          ...(databasePid !== undefined && { databasePid }),
          job: row.job({ name, pid, ...one }),
        }),
      )
      const summaries = await measure(load, row.name, entries, plan)
      say(linesOf(row.name, summaries))
      measured.push({ row: row.name, summaries })
    }
  } finally {
    for (const one of open) await one.close()
    await postgres.close()
  }
  return measured
}
