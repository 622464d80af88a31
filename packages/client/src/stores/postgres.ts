// PostgreSQL: keeps tokens in a table that processes of many machines share.

import { type Cells, type LeaseTimes, leasedStore } from '../lease.ts'
import type { TokenStore } from '../store.ts'

/** A pool of connections to the primary, as `pg` and its kin have it. */
export type PostgresPool = {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
}

/** What can be chosen about a table of tokens. */
export type PostgresOptions = LeaseTimes & {
  /** Made when it is missing, with its schema in front when it has one; `patois_tokens` when left out. */
  table?: string | undefined
}

/** What two that create the same table at once are told: it exists, in several ways. */
const EXISTS = ['42P07', '42710', '23505']

async function create(pool: PostgresPool, table: string): Promise<void> {
  // Who may only use the table is not asked for more.
  const found = await pool.query('SELECT to_regclass($1) AS found', [table])
  const [row] = found.rows as { found: string | null }[]
  if (row?.found) return
  try {
    await pool.query(
      `CREATE TABLE IF NOT EXISTS ${table} (key text PRIMARY KEY, value text NOT NULL)`,
    )
  } catch (error) {
    if (!EXISTS.includes(String((error as { code?: string }).code))) throw error
  }
}

/** A store in PostgreSQL. Hand in a pool: on a connection in a transaction nothing would be kept. */
export function postgresStore(pool: PostgresPool, options: PostgresOptions = {}): TokenStore {
  const { table = 'patois_tokens' } = options
  const name = table
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.')
  let created: Promise<void> | undefined
  const query = async (text: string, ...values: string[]): Promise<unknown[]> => {
    created ??= create(pool, name)
    await created.catch((error) => {
      created = undefined
      throw error
    })
    return (await pool.query(text, values)).rows
  }
  const select = (key: string) => query(`SELECT value FROM ${name} WHERE key = $1`, key)
  const change = (key: string, before: string | undefined, after: string | undefined) => {
    if (before === undefined) {
      const insert = `INSERT INTO ${name} (key, value) VALUES ($1, $2)`
      return query(`${insert} ON CONFLICT (key) DO NOTHING RETURNING key`, key, after ?? '')
    }
    if (after === undefined) {
      return query(`DELETE FROM ${name} WHERE key = $1 AND value = $2 RETURNING key`, key, before)
    }
    const update = `UPDATE ${name} SET value = $3 WHERE key = $1 AND value = $2`
    return query(`${update} RETURNING key`, key, before, after)
  }
  const cells: Cells = {
    read: async (key) => ((await select(key)) as { value: string }[])[0]?.value,
    swap: async (key, before, after) =>
      before === undefined && after === undefined
        ? (await select(key)).length === 0
        : (await change(key, before, after)).length === 1,
  }
  return leasedStore(cells, options)
}
