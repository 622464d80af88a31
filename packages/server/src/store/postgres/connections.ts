// The connections to the primary: of several hosts, the one that takes writes.

import { Pool, type PoolClient, type QueryArrayResult, types } from 'pg'
import type { Row, Value } from '../rows.ts'
import { isDisconnect, isReadOnly } from './errors.ts'
import { retrying } from './retry.ts'
import { readText, writeText } from './text.ts'
import type { Place } from './url.ts'

/** A statement; one with a name is prepared once on each connection. It may take `withinMs`. */
export type Statement = { name?: string; text: string; withinMs?: number }

/** What came of a statement. */
export type Result = { rows: readonly Row[]; changed: number }

/** Runs a statement. Those that are sent without waiting for each other run in their order. */
export type Run = (statement: Statement, values?: readonly Value[]) => Promise<Result>

/** A pool of connections; what fails in passing is tried again, and then is `Unavailable`. */
export type Connections = {
  /** A statement on its own. */
  run: Run
  /** Runs `work` on one connection; when it throws, its transaction is undone. */
  using<T>(work: (run: Run) => Promise<T>): Promise<T>
  close(): Promise<void>
}

const rowMode = 'array'
const INT8 = 20
const BYTEA = 17
const TEXT = 25

/** How long to wait for a connection, and for an answer on it; both end in `Unavailable`. */
const CONNECT_MS = 2000
const ANSWER_MS = 2500

/** Opens a pool; the first connection is made when it is needed. */
export function openConnections(place: Place): Connections {
  const { urls, prepare } = place
  const pool = openPool(place)

  const elsewhere = async <T>(work: () => Promise<T>): Promise<T> => {
    const { connectionString = '' } = pool.options
    return work().catch((error) => {
      const lost = isDisconnect(error) || isReadOnly(error)
      // Whoever failed at the same host meanwhile has already moved on.
      if (lost && pool.options.connectionString === connectionString) {
        pool.options.connectionString = urls[(urls.indexOf(connectionString) + 1) % urls.length]
      }
      throw error
    })
  }

  const on = (client: Pick<PoolClient, 'query'>): Run => {
    return async ({ name, text, withinMs = ANSWER_MS }, values = []) => {
      const named = prepare && name !== undefined ? { name } : {}
      const query = {
        ...named,
        text,
        values: values.map(written),
        rowMode,
        query_timeout: withinMs,
      }
      const { rows, rowCount }: QueryArrayResult = await client.query(query)
      return { rows, changed: rowCount ?? 0 }
    }
  }

  const using = async <T>(work: (run: Run) => Promise<T>): Promise<T> => {
    const client = await pool.connect()
    try {
      const answer = await work(on(client))
      client.release()
      return answer
    } catch (error) {
      const undone = await client.query('ROLLBACK').catch(() => undefined)
      client.release(undone === undefined || isReadOnly(error))
      throw error
    }
  }

  return {
    run: (statement, values) => retrying(() => elsewhere(() => on(pool)(statement, values))),
    using: (work) => retrying(() => elsewhere(() => using(work))),
    close: () => pool.end(),
  }
}

function openPool({ urls, connections }: Place): Pool {
  const pool = new Pool({
    connectionString: urls[0],
    max: connections,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    pipeline: true,
    types: { getTypeParser },
    verify: (client, done) => {
      checkPrimary(client).then(() => done(), done)
    },
  })
  // A connection that breaks says so to whoever waits for its answer; unheard, it would end us.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

// A standby answers reads, too, and they may be old.
async function checkPrimary(client: PoolClient): Promise<void> {
  const { rows } = await client.query('SELECT pg_is_in_recovery() AS standby')
  if (!rows[0]?.standby) return
  throw Object.assign(new Error('This PostgreSQL is a standby.'), { code: 'ESTANDBY' })
}

function written(value: Value): Value {
  return typeof value === 'string' ? writeText(value) : value
}

// Our numbers are within what JavaScript counts exactly: ids below 2^53, times in seconds.
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  if (oid === INT8) return Number
  if (oid === TEXT) return readText
  if (oid === BYTEA) return (text: string) => new Uint8Array(Buffer.from(text.slice(2), 'hex'))
  return types.getTypeParser(oid, format)
}
