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

/** Two processes of `patois serve` on one database. */
export type NodeProcesses = {
  /** The URL of their database, and a look at it past the servers. */
  url: string
  database: pg.Client
  places: readonly [Installation, Installation]
  /** Who runs at each place; a test that starts one again puts it here. */
  running: [Served, Served]
  /** Kills both, and removes what they had. */
  close(): Promise<void>
}

/** The URL of the same database on one host after the other. */
export const onHosts = (url: string, ...servers: readonly { port: number }[]): string => {
  const hosts = servers.map(({ port }) => `127.0.0.1:${port}`).join(',')
  return url.replace(/127\.0\.0\.1:\d+/, hosts)
}

/** Starts PostgreSQL and both servers, at once and on an empty database. */
export const startProcesses = async (
  more: Record<string, unknown> = {},
  options: PostgresOptions = {},
): Promise<NodeProcesses & { postgres: TestPostgres }> => {
  const postgres = await startPostgres(options)
  const nodes = await startProcessesOn(await postgres.newDatabase(), more)
  const close = async () => {
    await nodes.close()
    await postgres.close()
  }
  return { ...nodes, postgres, close }
}

/** Starts both servers at once on an empty database, which may be had at one host of several. */
export const startProcessesOn = async (
  own: string,
  more: Record<string, unknown> = {},
  hosts: readonly { port: number }[] = [],
): Promise<NodeProcesses> => {
  const folder = mkdtempSync(join(tmpdir(), 'patois-nodes-'))
  const url = hosts.length > 0 ? onHosts(own, ...hosts) : own
  const database = await openLook(own)
  // A primary that is killed says so to whoever looks.
  database.on('error', () => {})
  const places = await installNodes(folder, url, more)
  const running: [Served, Served] = [serve(places[0]), serve(places[1])]
  await Promise.all(running.map(({ ready }) => ready))
  return {
    url,
    database,
    places,
    running,
    close: async () => {
      for (const one of running) await one.stop('SIGKILL')
      await database.end()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
