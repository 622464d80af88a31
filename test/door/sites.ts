// Where a promise holds: one node on SQLite, or two on PostgreSQL; with a look at what lies there.

import { afterAll, beforeAll } from 'vitest'
import { openLook } from './look.ts'
import { startNodes } from './nodes.ts'
import { startPostgres, whyNoPostgres } from './postgres.ts'
import { type ServerOptions, startServer, type TestServer } from './server.ts'
import { checkWhole, hashOf, look, type Row, type SeenFamily } from './sqlite.ts'
import { openFolder } from './tokens.ts'

/** S: one node on SQLite. P: two nodes on PostgreSQL. */
export type SiteName = 'S' | 'P'

/** Servers of one database. */
export type Site = {
  nodes: readonly TestServer[]
  /** Each in turn. */
  at(nth: number): TestServer
  /** Moves every clock; seconds. */
  advance(seconds: number): void
  /** Reads the database past the servers. */
  rows(sql: string, ...parameters: (number | string | Uint8Array)[]): Promise<Row[]>
  /** Closes the servers, checks what they said, and removes the database. */
  close(): Promise<void>
}

/** Why a site cannot be opened on this machine; undefined when it can. */
export const whyNoSite = (name: SiteName): string | undefined =>
  name === 'P' ? whyNoPostgres() : undefined

/** Opens a site with an empty database. */
export const openSite = (name: SiteName, options: ServerOptions = {}): Promise<Site> =>
  name === 'S' ? openS(options) : openP(options)

/** Opens a site for the tests of a group, and closes it behind them. */
export const setSite = (name: SiteName, options: ServerOptions = {}): { site: Site } => {
  const held = {} as { site: Site }
  beforeAll(async () => {
    if (!whyNoSite(name)) held.site = await openSite(name, options)
  })
  afterAll(() => held.site?.close())
  return held
}

const siteOf = (nodes: readonly TestServer[], rest: Pick<Site, 'rows' | 'close'>): Site => ({
  nodes,
  at: (nth) => nodes[nth % nodes.length] as TestServer,
  advance: (seconds) => {
    for (const { clock } of nodes) clock.advance(seconds)
  },
  ...rest,
})

const FAMILY = `SELECT f.id, f.ended_at, (SELECT count(*) FROM refresh_tokens l
    WHERE l.family_id = f.id AND l.spent_at IS NULL) AS leaves
  FROM refresh_tokens t JOIN families f ON f.id = t.family_id WHERE t.hash = ?`

/** The family that a refresh token belongs to. */
export const familyAt = async (site: Site, refreshToken: string): Promise<SeenFamily> => {
  const [row] = await site.rows(FAMILY, hashOf(refreshToken))
  if (!row) throw new Error('The database does not know this refresh token.')
  const { id, ended_at: endedAt, leaves } = row
  return { id, endedAt, leaves } as SeenFamily
}

const openS = async (options: ServerOptions): Promise<Site> => {
  const { path, database, remove } = openFolder()
  const server = await startServer({ ...options, database })
  return siteOf([server], {
    rows: async (sql, ...parameters) =>
      look(path, (opened) => opened.prepare(sql).all(...parameters)),
    close: async () => {
      look(path, checkWhole)
      await server.close()
      remove()
    },
  })
}

const openP = async (options: ServerOptions): Promise<Site> => {
  const postgres = await startPostgres()
  const url = await postgres.newDatabase()
  const nodes = await startNodes(url, options)
  const client = await openLook(url)
  return siteOf(nodes, {
    rows: async (sql, ...parameters) => {
      let nth = 0
      const numbered = sql.replaceAll('?', () => `$${++nth}`)
      return (await client.query(numbered, parameters)).rows
    },
    close: async () => {
      for (const node of nodes) await node.close()
      await client.end()
      await postgres.close()
    },
  })
}
