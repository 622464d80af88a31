// Reads: one statement each, rows become records.

import type { AccessToken, Client, Lineage, RefreshToken, Store } from '@patois/core'
import { answering } from './node-sqlite.ts'
import type { Row, Shape } from './rows.ts'
import * as rows from './rows.ts'
import type { Statements } from './statements.ts'

type Statement = Statements[keyof Statements]
type Argument = string | number | Uint8Array

const clientsKnown = 10_000

/** What is kept of clients in memory; whoever writes a client drops it here. */
export type Known = { clients: Map<string, Client>; origins: ReadonlySet<string> | undefined }

/** The reading half of a store; its answers are at hand at once. */
export type Reads = Omit<Store, 'newId' | 'commit' | 'sweep' | 'forget' | 'close'>

function get(statement: Statement, ...values: Argument[]): Row | undefined {
  return answering(() => statement.get(...values) as unknown as Row | undefined)
}

function list<T>(shape: Shape<T>, statement: Statement, ...values: Argument[]): T[] {
  return answering(() => statement.all(...values) as unknown as Row[]).map((row) =>
    shape.read(row, 0),
  )
}

function one<T>(shape: Shape<T>, row: Row | undefined): T | undefined {
  return row && shape.read(row, 0)
}

const { families, grants, users, codes, sessions, refreshTokens, cells, accessTokens } = rows

const grantAt = families.columns.length
const userAt = grantAt + grants.columns.length

function readLineage(row: Row, at: number): Lineage {
  return {
    family: families.read(row, at),
    grant: grants.read(row, at + grantAt),
    user: users.read(row, at + userAt),
  }
}

const cellAt = refreshTokens.columns.length
const refreshTokenWidth = cellAt + cells.columns.length

function readRefreshToken(row: Row, at: number): RefreshToken {
  const token = refreshTokens.read(row, at)
  return row[at + cellAt] === null ? token : { ...token, ...cells.read(row, at + cellAt) }
}

function readAccessToken(row: Row): { token: AccessToken; lineage?: Lineage } | undefined {
  const token = accessTokens.read(row, 0)
  if (token.familyId === undefined) return { token }
  // A token that lost its family must not pass for the client's own.
  const at = accessTokens.columns.length
  const whole = row[at] !== null && row[at + grantAt] !== null && row[at + userAt] !== null
  return whole ? { token, lineage: readLineage(row, at) } : undefined
}

function readSession(row: Row) {
  return {
    session: sessions.read(row, 0),
    user: users.read(row, sessions.columns.length),
  }
}

function readCode(row: Row) {
  return {
    code: codes.read(row, 0),
    grant: grants.read(row, codes.columns.length),
    user: users.read(row, codes.columns.length + grants.columns.length),
  }
}

function readFoundRefreshToken(row: Row) {
  const found = {
    token: readRefreshToken(row, 0),
    ...readLineage(row, 2 * refreshTokenWidth),
  }
  if (row[refreshTokenWidth] === null) return found
  return { ...found, child: readRefreshToken(row, refreshTokenWidth) }
}

function originsOf(clients: readonly Client[]): ReadonlySet<string> {
  const enabled = clients.filter((client) => client.disabledAt === undefined)
  return new Set(enabled.flatMap(({ origins }) => origins))
}

/** The reads of an issuer; `known` is filled as clients are asked for. */
export function openReads(sql: Statements, issuer: number, known: Known): Reads {
  const findClient = (id: string): Client | undefined => {
    const before = known.clients.get(id)
    if (before) return before
    const client = one(rows.clients, get(sql.client, issuer, id))
    if (!client) return undefined
    if (known.clients.size >= clientsKnown) known.clients.clear()
    known.clients.set(id, Object.freeze(client))
    return client
  }
  const listClients = (): Client[] => list(rows.clients, sql.clients, issuer)
  const found = <T>(read: (row: Row) => T, row: Row | undefined): T | undefined => row && read(row)
  return {
    findClient,
    listClients,
    isOrigin: (origin) => {
      known.origins ??= originsOf(listClients())
      return known.origins.has(origin)
    },
    findUser: (id) => one(users, get(sql.user, issuer, id)),
    findUserByName: (username) => one(users, get(sql.userByName, issuer, username)),
    listUsers: () => list(users, sql.users, issuer),
    findSession: (id) => found(readSession, get(sql.session, issuer, id)),
    findCode: (id) => found(readCode, get(sql.code, issuer, id)),
    findRefreshToken: (id) => found(readFoundRefreshToken, get(sql.refreshToken, issuer, id)),
    findAccessToken: (id) => found(readAccessToken, get(sql.accessToken, issuer, id)),
    findFamily: (id) => found((row) => readLineage(row, 0), get(sql.family, issuer, id)),
    findGrants: (userId, clientId) => list(grants, sql.grants, issuer, userId, clientId),
    isJwtEnded: (jtiHash) => get(sql.endedJwt, issuer, jtiHash) !== undefined,
    listKeys: () => list(rows.keys, sql.keys, issuer),
    listSecrets: () => list(rows.secrets, sql.secrets, issuer),
    listEvents: (limit) => list(rows.events, sql.events, issuer, limit),
  }
}
