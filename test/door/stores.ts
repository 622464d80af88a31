// Places for the client's stores: folders, databases and servers of their own, and a look into them.

import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import pg from 'pg'
import type { StoreKind, StorePlace } from './open-tokens.ts'
import { startPostgres, whyNoPostgres } from './postgres.ts'
import { startRedis, whyNoRedis } from './redis.ts'

/** Places for stores, and the programs behind some of them. */
export type Places = {
  /** An empty place. */
  make(kind: StoreKind): Promise<StorePlace>
  /** Every byte that a store has left in a place. */
  bytes(place: StorePlace): Promise<string>
  close(): Promise<void>
}

/** Why a kind of store cannot be had on this machine; undefined when it can. */
export const whyNoStore = (kind: StoreKind): string | undefined => {
  if (kind === 'PostgreSQL') return whyNoPostgres()
  return kind === 'Redis' ? whyNoRedis() : undefined
}

/** Opens a folder and starts what stores of these kinds need, where it can be had. */
export const openPlaces = async (kinds: readonly StoreKind[]): Promise<Places> => {
  const folder = mkdtempSync(join(tmpdir(), 'patois-stores-'))
  const needs = (kind: StoreKind) => kinds.includes(kind) && !whyNoStore(kind)
  const postgres = needs('PostgreSQL') ? await startPostgres() : undefined
  const redis = needs('Redis') ? await startRedis() : undefined
  let databases = 0
  const make: Record<StoreKind, () => Promise<string>> = {
    'a file': async () => join(folder, randomUUID()),
    SQLite: async () => join(folder, `${randomUUID()}.db`),
    PostgreSQL: async () => postgres?.newDatabase() ?? '',
    Redis: async () => `redis://127.0.0.1:${redis?.port}/${databases++}`,
  }
  return {
    make: async (kind) => ({ kind, at: await make[kind]() }),
    bytes: ({ kind, at }) => BYTES[kind](at),
    close: async () => {
      await postgres?.close()
      await redis?.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const textOf = (path: string): string => readFileSync(path, 'latin1')

const BYTES: Record<StoreKind, (at: string) => Promise<string>> = {
  'a file': async (at) => {
    const files = readdirSync(at, { recursive: true, withFileTypes: true })
    const paths = files.filter((file) => file.isFile())
    return paths.map((file) => file.name + textOf(join(file.parentPath, file.name))).join('\n')
  },
  SQLite: async (at) => ['', '-wal'].map((end) => textOf(at + end)).join('\n'),
  PostgreSQL: async (at) => {
    const client = new pg.Client(at)
    await client.connect()
    const { rows } = await client.query('SELECT * FROM patois_tokens')
    await client.end()
    return JSON.stringify(rows)
  },
  Redis: async (at) => {
    const redis = new Redis(at)
    const keys = await redis.keys('*')
    const values = await Promise.all(keys.map((key) => redis.get(key)))
    redis.disconnect()
    return JSON.stringify([keys, values])
  },
}
