// Statements on connections of the primary: one alone, or several on one connection.

import type { PoolClient, QueryArrayResult } from 'pg'
import type { Meter } from '../../metrics/meter.ts'
import type { Row, Value } from '../rows.ts'
import { isReadOnly } from './errors.ts'
import { openPrimary } from './pool.ts'
import { left, PATIENCE_MS, retrying } from './retry.ts'
import { writeText } from './text.ts'
import type { Place } from './url.ts'

/** A statement; one with a name is prepared once on each connection. It may take `withinMs`. */
export type Statement = { name?: string; text: string; withinMs?: number }

/** What stands in the places of a statement. */
export type Values = readonly (Value | readonly Value[])[]

/** What came of a statement. */
export type Result = { rows: readonly Row[]; changed: number }

/** Runs a statement. Those that are sent without waiting for each other run in their order. */
export type Run = (statement: Statement, values?: Values) => Promise<Result>

/**
 * A pool of connections. What fails in passing is tried again until `end`, of `performance.now`,
 * and then is `Unavailable`.
 */
export type Connections = {
  /** Waits for the first connection, for as long as it takes to come by each host. */
  reach(): Promise<void>
  /** A statement on its own. */
  run(statement: Statement, values?: Values, end?: number): Promise<Result>
  /** Runs `work` on one connection; when it throws, its transaction is undone. */
  using<T>(work: (run: Run) => Promise<T>, end?: number): Promise<T>
  close(): Promise<void>
}

const rowMode = 'array'
const NOTHING = { text: 'SELECT 1' }

/** Opens a pool; the first connection is made when it is needed. */
export function openConnections(place: Place, meter: Meter): Connections {
  const { take, elsewhere, isNamed, close } = openPrimary(place, meter)
  const retries = meter.count('patois_store_retries_total')

  const on = (client: PoolClient, end: number): Run => {
    return async ({ name, text, withinMs = left(end) }, values = []) => {
      const named = name !== undefined && isNamed(client) ? { name } : {}
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

  const using = async <T>(work: (run: Run) => Promise<T>, end: number): Promise<T> => {
    const client = await take(end)
    const run = on(client, end)
    try {
      const answer = await work(run)
      client.release()
      return answer
    } catch (error) {
      const undone = await run({ text: 'ROLLBACK' }).catch(() => undefined)
      client.release(undone === undefined || isReadOnly(error))
      throw error
    }
  }

  const single = async (statement: Statement, values: Values | undefined, end: number) => {
    const client = await take(end)
    return on(client, end)(statement, values).finally(() => client.release())
  }

  const run: Connections['run'] = (statement, values, until) =>
    retrying((end) => elsewhere(() => single(statement, values, end)), retries, until)

  return {
    reach: async () => {
      await run(NOTHING, [], performance.now() + PATIENCE_MS * place.urls.length)
    },
    run,
    using: (work, until) => retrying((end) => elsewhere(() => using(work, end)), retries, until),
    close,
  }
}

function written(value: Values[number]): Values[number] {
  if (Array.isArray(value))
    return value.map((one) => (typeof one === 'string' ? writeText(one) : one))
  return typeof value === 'string' ? writeText(value) : value
}
