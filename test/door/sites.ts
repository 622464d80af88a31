// Where a promise holds: one node on SQLite, or two on PostgreSQL; with a look at what lies there.

import { afterAll, beforeAll } from 'vitest'
import { openLook } from './look.ts'
import { startNodes } from './nodes.ts'
import { startPostgres, whyNoPostgres } from './postgres.ts'
import { type ServerOptions, startServer, type TestServer } from './server.ts'
import { checkWhole, hashOf, look, type Row, type SeenFamily } from './sqlite.ts'
import { databaseOf, openFolder } from './tokens.ts'

/** S: one node on SQLite. P: two nodes on PostgreSQL. */
export type SiteName = 'S' | 'P'

type Parameter = number | string | Uint8Array

/** Servers of one database. */
export type Site = {
  nodes: readonly TestServer[]
  /** Each in turn. */
  at(nth: number): TestServer
  /** Moves every clock; seconds. */
  advance(seconds: number): void
  /** Reads the database past the servers. */
  rows(sql: string, ...parameters: Parameter[]): Promise<Row[]>
  /** Writes to it past the servers, which nobody may do who serves callers meanwhile. */
  write(sql: string, ...parameters: Parameter[]): Promise<void>
  /** How large it is, in bytes. */
  size(): Promise<number>
  /** Has room used again that rows have left, where the database does not do so at once. */
  tidy(): Promise<void>
  /** What PostgreSQL has said; nothing on SQLite. */
  said(): string
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

const siteOf = (
  nodes: readonly TestServer[],
  rest: Omit<Site, 'nodes' | 'at' | 'advance'>,
): Site => ({
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
    write: async (sql, ...parameters) => {
      databaseOf(server)
        .prepare(sql)
        .run(...parameters)
    },
    size: async () => {
      const { n } = look(path, (opened) =>
        opened
          .prepare('SELECT page_count * page_size AS n FROM pragma_page_count, pragma_page_size')
          .get(),
      ) as { n: number }
      return n
    },
    tidy: async () => {},
    said: () => '',
    close: async () => {
      look(path, checkWhole)
      await server.close()
      remove()
    },
  })
}

const numbered = (sql: string): string => {
  let nth = 0
  return sql.replaceAll('?', () => `$${++nth}`)
}

const openP = async (options: ServerOptions): Promise<Site> => {
  // Whoever waits for a lock is told of in its log.
  const settings = { log_lock_waits: 'on', deadlock_timeout: '100ms' }
  const postgres = await startPostgres({ settings })
  const url = await postgres.newDatabase()
  const nodes = await startNodes(url, options)
  const client = await openLook(url)
  return siteOf(nodes, {
    rows: async (sql, ...parameters) => (await client.query(numbered(sql), parameters)).rows,
    write: async (sql, ...parameters) => {
      await client.query(numbered(sql), parameters)
    },
    size: async () => {
      const { rows } = await client.query('SELECT pg_database_size(current_database()) AS n')
      return rows[0].n
    },
    tidy: async () => {
      await client.query('VACUUM')
    },
    said: () => postgres.said(),
    close: async () => {
      for (const node of nodes) await node.close()
      await client.end()
      await postgres.close()
    },
  })
}
