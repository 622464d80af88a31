// Two servers on one PostgreSQL: one issuer, two ports; in this process, or each in its own.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { openLook } from './look.ts'
import { type PostgresOptions, startPostgres, type TestPostgres } from './postgres.ts'
import { type Installation, installNodes, type Served, serve } from './process.ts'
import { type ServerOptions, startServer, type TestServer } from './server.ts'

/** Two servers that share nothing but the database. */
export type TestNodes = readonly [first: TestServer, second: TestServer]

/** Starts two servers on the empty database behind the URL. */
export const startNodes = async (
  database: string,
  options: ServerOptions = {},
): Promise<TestNodes> => {
  const first = await startServer({ ...options, database })
  const { issuer, masterKey, clock } = first
  const second = await startServer({ ...options, database, issuer, masterKey, now: clock.now() })
  return [first, second]
}

/** Two processes of `patois serve` on a PostgreSQL of their own. */
export type NodeProcesses = {
  postgres: TestPostgres
  /** The URL of their database, and a look at it past the servers. */
  url: string
  database: pg.Client
  places: readonly [Installation, Installation]
  /** Who runs at each place; a test that starts one again puts it here. */
  running: [Served, Served]
  /** Kills both, and removes what they had. */
  close(): Promise<void>
}

/** Starts PostgreSQL and both servers, at once and on an empty database. */
export const startProcesses = async (
  more: Record<string, unknown> = {},
  options: PostgresOptions = {},
): Promise<NodeProcesses> => {
  const folder = mkdtempSync(join(tmpdir(), 'patois-nodes-'))
  const postgres = await startPostgres(options)
  const url = await postgres.newDatabase()
  const database = await openLook(url)
  const places = await installNodes(folder, url, more)
  const running: [Served, Served] = [serve(places[0]), serve(places[1])]
  await Promise.all(running.map(({ ready }) => ready))
  return {
    postgres,
    url,
    database,
    places,
    running,
    close: async () => {
      for (const one of running) await one.stop('SIGKILL')
      await database.end()
      await postgres.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
