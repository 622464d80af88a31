// The pool of connections to the primary: of several hosts, the one that takes writes.

import { Client, Pool, type PoolClient, types } from 'pg'
import type { Meter } from '../../metrics/meter.ts'
import { isDisconnect, isReadOnly } from './errors.ts'
import { left } from './retry.ts'
import { readText } from './text.ts'
import type { Place } from './url.ts'

/** Connections to whichever host is the primary. */
export type Primary = {
  /** A connection by `end` of `performance.now`; whoever takes it releases it. */
  take(end: number): Promise<PoolClient>
  /** Runs `work`, and turns to the next host when this one is lost or takes no writes. */
  elsewhere<T>(work: () => Promise<T>): Promise<T>
  /** True when statements may have names on this connection. */
  isNamed(client: PoolClient): boolean
  close(): Promise<void>
}

const INT8 = 20
const BYTEA = 17
const TEXT = 25

/** How long a host may take to let somebody in. */
const CONNECT_MS = 2000

/** Opens a pool; the first connection is made when it is needed. */
export function openPrimary(place: Place, meter: Meter): Primary {
  const { urls, prepare } = place
  const hosts = urls.map((connectionString) => new Client({ connectionString }))
  const direct = new WeakSet<PoolClient>()
  const pool = openPool(place, direct)
  meter.gauge('patois_store_connections', () => pool.totalCount - pool.idleCount, 'busy')
  meter.gauge('patois_store_connections', () => pool.idleCount, 'idle')
  meter.gauge('patois_store_connections', () => pool.waitingCount, 'waiting')
  const current = () => urls.indexOf(pool.options.connectionString ?? '')

  // A primary that was given up may still answer, and knows nothing of what came after it.
  const isGivenUp = ({ host, port }: PoolClient): boolean => {
    const now = hosts[current()]
    return host !== now?.host || port !== now.port
  }

  const take = async (end: number): Promise<PoolClient> => {
    const client = await inTime(pool.connect(), end)
    if (!isGivenUp(client)) return client
    client.release(true)
    return take(end)
  }

  return {
    take,
    elsewhere: async (work) => {
      const at = current()
      return work().catch((error) => {
        const isLost = isDisconnect(error) || isReadOnly(error)
        // Whoever failed at the same host meanwhile has already moved on.
        if (isLost && at === current()) pool.options.connectionString = urls[(at + 1) % urls.length]
        throw error
      })
    },
    isNamed: (client) => prepare ?? direct.has(client),
    close: () => pool.end(),
  }
}

/** In `direct` come the connections behind which no pooler stands. */
function openPool({ urls, connections }: Place, direct: WeakSet<PoolClient>): Pool {
  const pool = new Pool({
    connectionString: urls[0],
    max: connections,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    pipeline: true,
    types: { getTypeParser },
    verify: (client, done) => {
      prepare(client, direct).then(() => done(), done)
    },
  })
  // A connection that breaks says so to whoever waits for its answer; unheard, it would end us.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

const LOOK = {
  text: 'SELECT pg_is_in_recovery() AS standby, pg_backend_pid() AS process',
  query_timeout: CONNECT_MS,
}

// A plan is kept for as long as its connection: made while a table was small, it must not read all
// of it when it is large.
const BY_INDEX = {
  text: 'SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off',
  query_timeout: CONNECT_MS,
}

async function prepare(client: PoolClient, direct: WeakSet<PoolClient>): Promise<void> {
  if (!(await isDirect(client))) return
  await client.query(BY_INDEX)
  direct.add(client)
}

/** True when the process that answers is the one that let us in, so that no pooler is between. */
async function isDirect(client: PoolClient): Promise<boolean> {
  const { rows } = await client.query(LOOK)
  const [{ standby, process }] = rows
  // A standby answers reads, too, and they may be old.
  if (standby) {
    throw Object.assign(new Error('This PostgreSQL is a standby.'), { code: 'ESTANDBY' })
  }
  return process === (client as { processID?: number }).processID
}

/** A connection by `end`; one that comes later goes back. */
function inTime(connecting: Promise<PoolClient>, end: number): Promise<PoolClient> {
  return new Promise((resolve, reject) => {
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      reject(new Error('timeout exceeded when trying to connect'))
    }, left(end))
    connecting
      .then((client) => (isLate ? client.release() : resolve(client)), reject)
      .finally(() => clearTimeout(timer))
  })
}

// Our numbers are within what JavaScript counts exactly: ids below 2^53, times in seconds.
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  if (oid === INT8) return Number
  if (oid === TEXT) return readText
  if (oid === BYTEA) return (text: string) => new Uint8Array(Buffer.from(text.slice(2), 'hex'))
  return types.getTypeParser(oid, format)
}
