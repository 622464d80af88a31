// The client's stores, opened by what can be told to another process; none needs more than its own.

import type { LeaseTimes, TokenStore } from '@patois/client'

/** Which store, and where: a folder, a file, a URL. */
export type StorePlace = { kind: StoreKind; at: string }

/** Stores that processes can share. */
export type StoreKind = 'a file' | 'SQLite' | 'PostgreSQL' | 'Redis'

/** All of them. */
export const KINDS: readonly StoreKind[] = ['a file', 'SQLite', 'PostgreSQL', 'Redis']

/** A store that is open. */
export type OpenedStore = { store: TokenStore; close(): Promise<void> }

/** Opens a store in this process. */
export const openTokens = (
  { kind, at }: StorePlace,
  times: LeaseTimes = {},
): Promise<OpenedStore> => OPEN[kind](at, times)

const OPEN: Record<StoreKind, (at: string, times: LeaseTimes) => Promise<OpenedStore>> = {
  'a file': async (at, times) => {
    const { fileStore } = await import('@patois/client/stores/file')
    return { store: fileStore(at, times), close: async () => {} }
  },
  SQLite: async (at, times) => {
    const { DatabaseSync } = await import('node:sqlite')
    const { sqliteStore } = await import('@patois/client/stores/sqlite')
    const database = new DatabaseSync(at)
    database.exec('PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 0')
    return { store: sqliteStore(database, times), close: async () => database.close() }
  },
  PostgreSQL: async (at, times) => {
    const { default: pg } = await import('pg')
    const { postgresStore } = await import('@patois/client/stores/postgres')
    const pool = new pg.Pool({ connectionString: at, max: 4 })
    // A server that a test stops says goodbye to idle connections too.
    pool.on('error', () => {})
    return { store: postgresStore(pool, times), close: () => pool.end() }
  },
  Redis: async (at, times) => {
    const { Redis } = await import('ioredis')
    const { redisStore } = await import('@patois/client/stores/redis')
    const redis = new Redis(at)
    return { store: redisStore(redis, times), close: async () => redis.disconnect() }
  },
}
