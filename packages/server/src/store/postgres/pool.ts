// The pool of connections to the primary: of several hosts, the one that takes writes.

import {
  Client,
  type ClientBase,
  type ClientConfig,
  DatabaseError,
  Pool,
  type PoolClient,
  types,
} from 'pg'
import type { Meter } from '../../metrics/meter.ts'
import { isDisconnect, isFull, isReadOnly, isWorthAnotherTry, Unconnected } from './errors.ts'
import { left, PATIENCE_MS } from './retry.ts'
import { readText } from './text.ts'
import type { Place } from './url.ts'

/** Connections to whichever host is the primary. */
export type Primary = {
  /**
   * A connection by `end` of `performance.now`; whoever takes it releases it. Throws `Unconnected`
   * when there is none.
   */
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
  // Whoever failed at the same host meanwhile has already moved on.
  const turn = (from: number): void => {
    if (from === current()) pool.options.connectionString = urls[(from + 1) % urls.length]
  }
  let failed = 0

  // A primary that was given up may still answer, and knows nothing of what came after it.
  const isGivenUp = ({ host, port }: PoolClient): boolean => {
    const now = hosts[current()]
    return host !== now?.host || port !== now.port
  }

  const connect = async (): Promise<PoolClient> => {
    const at = current()
    try {
      const client = await pool.connect()
      failed = 0
      return client
    } catch (error) {
      // One that is full has let us in before: what we have there is not to be given up.
      if (!isFull(error)) turn(at)
      throw new Unconnected(error, isWorthAnotherTry(error) || ++failed < urls.length)
    }
  }

  const take = async (end: number): Promise<PoolClient> => {
    const client = await inTime(connect(), end)
    if (!isGivenUp(client)) return client
    client.release(true)
    return take(end)
  }

  return {
    take,
    elsewhere: async (work) => {
      const at = current()
      return work().catch((error) => {
        if (isDisconnect(error) || isReadOnly(error)) turn(at)
        throw error
      })
    },
    isNamed: (client) => prepare ?? direct.has(client),
    close: () => pool.end(),
  }
}

/** In `direct` come the connections behind which no pooler stands. */
function openPool({ urls, connections }: Place, direct: WeakSet<PoolClient>): Pool {
  // Whoever waits for an answer waits for all hosts, should only the last one let us in.
  const withinMs = PATIENCE_MS / urls.length
  const pool = new Pool({
    connectionString: urls[0],
    max: connections,
    Client: connectingWithin(withinMs),
    keepAlive: true,
    pipeline: true,
    types: { getTypeParser },
    verify: (client, done) => {
      prepare(client, direct, withinMs).then(() => done(), done)
    },
  })
  // A connection that breaks says so to whoever waits for its answer; unheard, it would end us.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

// As an option of the pool this time would count the wait for a free connection, too.
function connectingWithin(connectionTimeoutMillis: number) {
  function connecting(config: ClientConfig): Client {
    return new Client({ ...config, connectionTimeoutMillis })
  }
  return connecting as unknown as new () => ClientBase
}

const LOOK = 'SELECT pg_is_in_recovery() AS standby, pg_backend_pid() AS process'

// A plan is kept for as long as its connection: made while a table was small, it must not read all
// of it when it is large.
const BY_INDEX = ['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin']

async function prepare(
  client: PoolClient,
  direct: WeakSet<PoolClient>,
  query_timeout: number,
): Promise<void> {
  if (!(await isDirect(client, query_timeout))) return
  const sets = BY_INDEX.map((name) => {
    const set = { text: `SET ${name} = off`, query_timeout }
    return client.query(set)
  })
  // A database that speaks PostgreSQL's words may know none of these.
  await Promise.all(sets.map((set) => set.catch(unlessRefused)))
  direct.add(client)
}

function unlessRefused(error: unknown): void {
  if (!(error instanceof DatabaseError) || isDisconnect(error)) throw error
}

/** True when the process that answers is the one that let us in, so that no pooler is between. */
async function isDirect(client: PoolClient, query_timeout: number): Promise<boolean> {
  const look = { text: LOOK, query_timeout }
  const { rows } = await client.query(look)
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
      reject(new Unconnected(new Error('no connection came in time'), true))
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
