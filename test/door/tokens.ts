// What a client does with its tokens, and a look into the database behind them.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { type Answer, call } from './browser.ts'
import type { Door, TestServer } from './server.ts'

/** Refreshes with a token, as the client it was made for or as another. */
export const refresh = (
  server: Door,
  refresh_token: string,
  more: Record<string, string> = {},
  client = 'cc',
): Promise<Answer> =>
  call(server, '/token', client, { grant_type: 'refresh_token', refresh_token, ...more })

/** Revokes a token. */
export const revoke = (
  server: Door,
  token: string,
  client = 'cc',
  more: Record<string, string> = {},
): Promise<Answer> => call(server, '/revoke', client, { token, ...more })

/** Introspects a token. */
export const introspect = (
  server: Door,
  token: string,
  client = 'cc',
  more: Record<string, string> = {},
): Promise<Answer> => call(server, '/introspect', client, { token, ...more })

/** Whether introspection calls a token active. */
export const isActive = async (server: Door, token: string, client = 'cc'): Promise<unknown> =>
  (await introspect(server, token, client)).body.active

/** Calls userinfo with a token. */
export const userinfo = (server: Door, token: string): Promise<Answer> =>
  call(server, '/userinfo', undefined, {}, { authorization: `Bearer ${token}` })

/** The server's own connection to its database. */
export const databaseOf = (server: TestServer): DatabaseSync =>
  (server.store as unknown as { database: DatabaseSync }).database

/** How many rows a table has, all or those for which `which` holds. */
export const countRows = (server: TestServer, table: string, which = 'true'): number => {
  const row = databaseOf(server).prepare(`SELECT count(*) AS n FROM ${table} WHERE ${which}`).get()
  return Number(row?.n)
}

/** A folder for a database file; `database` is its URL. */
export const openFolder = (): { path: string; database: string; remove(): void } => {
  const folder = mkdtempSync(join(tmpdir(), 'patois-door-'))
  const path = join(folder, 'patois.db')
  return {
    path,
    database: `sqlite:${path}`,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
