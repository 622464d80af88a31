// The PostgreSQL store behind PgBouncer in transaction mode: the contract of every store.

import pg from 'pg'
import { afterAll, beforeAll, describe } from 'vitest'
import { openStore } from '../packages/server/src/store/index.ts'
import { startPgbouncer, whyNoPgbouncer } from './door/pgbouncer.ts'
import { startPostgres, type TestPostgres, whyNoPostgres } from './door/postgres.ts'
import type { RunningProgram } from './door/program.ts'
import { type OpenedStore, storeContract } from './store-contract.ts'

const options = { issuer: 'https://id.example/auth', dev: false }

/** So many places lie behind the pooler, each a schema of its own. */
const PLACES = 200

let postgres: TestPostgres
let pooler: RunningProgram
let used = 0
beforeAll(async () => {
  if (whyNoPostgres() ?? whyNoPgbouncer()) return
  postgres = await startPostgres()
  const { href, port, username, pathname } = new URL(await postgres.newDatabase())
  const lines = Array.from({ length: PLACES }, (_, nth) => {
    const at = `host=127.0.0.1 port=${port} user=${username} dbname=${pathname.slice(1)}`
    return `place_${nth} = ${at} connect_query='SET search_path TO place_${nth}'`
  })
  const admin = new pg.Client(href)
  await admin.connect()
  await admin.query(lines.map((_, nth) => `CREATE SCHEMA place_${nth}`).join(';'))
  await admin.end()
  pooler = await startPgbouncer(lines)
})
afterAll(async () => {
  await pooler?.close()
  await postgres?.close()
})

const open = async (): Promise<OpenedStore> => {
  const url = `postgres://patois@127.0.0.1:${pooler.port}/place_${used++}`
  let store = await openStore(url, options)
  return {
    store,
    reopen: async () => {
      await store.close()
      store = await openStore(url, options)
      return store
    },
    close: async () => store.close(),
  }
}

describe.skipIf(whyNoPostgres() ?? whyNoPgbouncer())('PostgreSQL behind a pooler', () => {
  storeContract('in transaction mode', open)
})
