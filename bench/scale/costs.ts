// Costs: what a call writes and takes, read off PostgreSQL's own counters and the system's clocks.

import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { cpuSecondsOf, familyOf } from '../speed/processes.ts'
import type { Place } from './place.ts'

/** What one call costs. */
export type Cost = {
  /** Rows by table; a row that was changed counts as written. */
  inserted: Record<string, number>
  updated: Record<string, number>
  /** Bytes of the write-ahead log, page images after a checkpoint and all. */
  logBytes: number
  transactions: number
  /** Seconds of a processor: the server's, and PostgreSQL's with all its processes. */
  nodeSeconds: number
  databaseSeconds: number
}

type Reading = {
  inserted: Map<string, number>
  updated: Map<string, number>
  log: number
  transactions: number
  node: number
  database: number
}

// A connection that rests tells what it counted after ten seconds.
const TOLD_MS = 11_000

// The system counts a processor's time in hundredths of a second.
const TICKS = 100

/** Seconds of processes that have ended: connections that rest are closed, and theirs end with them. */
function endedSeconds(parent: number): number {
  const fields = readFileSync(`/proc/${parent}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[13]) + Number(fields[14])) / TICKS
}

async function read({ look, server, postgresPid }: Place): Promise<Reading> {
  await sleep(TOLD_MS)
  const { rows } = await look.query<{ name: string; inserted: number; updated: number }>(
    'SELECT relname AS name, n_tup_ins AS inserted, n_tup_upd AS updated FROM pg_stat_user_tables',
  )
  const { rows: whole } = await look.query<{ log: string; transactions: number }>(
    `SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS log, xact_commit AS transactions
     FROM pg_stat_database WHERE datname = current_database()`,
  )
  return {
    inserted: new Map(rows.map(({ name, inserted }) => [name, inserted])),
    updated: new Map(rows.map(({ name, updated }) => [name, updated])),
    log: Number(whole[0]?.log),
    transactions: Number(whole[0]?.transactions),
    node: cpuSecondsOf(familyOf(server.pid)) ?? Number.NaN,
    database: (cpuSecondsOf(familyOf(postgresPid)) ?? Number.NaN) + endedSeconds(postgresPid),
  }
}

function perCall(before: Map<string, number>, after: Map<string, number>, calls: number) {
  const found = [...after].map(([name, count]) => {
    return [name, (count - (before.get(name) ?? 0)) / calls] as const
  })
  return Object.fromEntries(found.filter(([, count]) => count > 0.01))
}

/** Runs `work` these many times, some of them at once, and answers what one of them cost. */
export async function costOf(
  place: Place,
  calls: number,
  work: (nth: number) => Promise<void>,
): Promise<Cost> {
  const atOnce = 16
  // From here on the first change of a page logs the whole page, as after every checkpoint.
  await place.look.query('CHECKPOINT')
  const before = await read(place)
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < calls) await work(next++)
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  const after = await read(place)
  return {
    inserted: perCall(before.inserted, after.inserted, calls),
    updated: perCall(before.updated, after.updated, calls),
    logBytes: (after.log - before.log) / calls,
    transactions: (after.transactions - before.transactions) / calls,
    nodeSeconds: (after.node - before.node) / calls,
    databaseSeconds: (after.database - before.database) / calls,
  }
}

/** Bytes of a row by table, its part of the indexes and all. */
export async function rowBytes(look: pg.Client): Promise<Record<string, number>> {
  await look.query('VACUUM ANALYZE')
  const { rows } = await look.query<{ name: string; bytes: string; live: number }>(
    `SELECT relname AS name, pg_relation_size(relid) + pg_indexes_size(relid) AS bytes,
       n_live_tup AS live FROM pg_stat_user_tables`,
  )
  // Of a handful of rows the empty rest of a page would be the greater part.
  const enough = rows.filter(({ live }) => live >= 500)
  return Object.fromEntries(enough.map(({ name, bytes, live }) => [name, Number(bytes) / live]))
}
