// Reads: one statement each, rows become records.

import type {
  AccessToken,
  Awaitable,
  Client,
  Lineage,
  Plan,
  RefreshToken,
  Store,
} from '@patois/core'
import type { Row, Shape, Value } from './rows.ts'
import * as rows from './rows.ts'
import type { ReadName } from './statements.ts'

const clientsKnown = 10_000

/** Runs a statement and answers what `read` makes of its rows. */
export type Ask = <T>(
  name: ReadName,
  values: readonly Value[],
  read: (rows: readonly Row[]) => T,
) => Awaitable<T>

/** What is kept of clients in memory, since when in milliseconds, and for how long at most. */
export type Known = {
  clients: Map<string, Client>
  origins: ReadonlySet<string> | undefined
  since: number
  readonly boundMs: number
}

/** What another process changed about a client is known here after so long at most. */
const CLIENT_KNOWN_MS = 1000

/** Knows nothing yet. Others may write, too: another server, or a command. */
export function openKnown(boundMs = CLIENT_KNOWN_MS): Known {
  return { clients: new Map(), origins: undefined, since: performance.now(), boundMs }
}

/** True when a plan changes what is known of clients. */
export function putsClient({ changes }: Plan): boolean {
  return changes.some((change) => 'put' in change && change.put === 'client')
}

/** Forgets what was known; whoever writes a client does. */
export function forgetKnown(known: Known): void {
  // A new map: what is being read at this moment is kept in the old one, which nobody asks.
  Object.assign(known, openKnown(known.boundMs))
}

/** The reading half of a store. */
export type Reads = Omit<Store, 'newId' | 'raiseRevision' | 'commit' | 'sweep' | 'forget' | 'close'>

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

const childAt = refreshTokens.columns.length
const cellAt = childAt + refreshTokens.columns.length
const lineageAt = cellAt + cells.columns.length

function readChild(row: Row): RefreshToken {
  const token = refreshTokens.read(row, childAt)
  return row[cellAt] === null ? token : { ...token, ...cells.read(row, cellAt) }
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
  const found = { token: refreshTokens.read(row, 0), ...readLineage(row, lineageAt) }
  return row[childAt] === null ? found : { ...found, child: readChild(row) }
}

function originsOf(clients: readonly Client[]): ReadonlySet<string> {
  const enabled = clients.filter((client) => client.disabledAt === undefined)
  return new Set(enabled.flatMap(({ origins }) => origins))
}

function listOf<T>(shape: Shape<T>): (found: readonly Row[]) => T[] {
  return (found) => found.map((row) => shape.read(row, 0))
}

/** The reads of an issuer; `known` is filled as clients are asked for. */
export function openReads(ask: Ask, issuer: number, known: Known): Reads {
  const find = <T>(name: ReadName, read: (row: Row) => T, ...values: Value[]) =>
    ask(name, [issuer, ...values], ([row]) => row && read(row))
  const list = <T>(name: ReadName, shape: Shape<T>, ...values: Value[]) =>
    ask(name, [issuer, ...values], listOf(shape))
  const fresh = (): Known => {
    if (performance.now() - known.since >= known.boundMs) forgetKnown(known)
    return known
  }
  const user = (row: Row) => users.read(row, 0)
  return {
    findClient: (id) => {
      const { clients } = fresh()
      const before = clients.get(id)
      if (before) return before
      return find('client', (row) => remember(clients, rows.clients.read(row, 0)), id)
    },
    listClients: () => list('clients', rows.clients),
    isOrigin: (origin) => {
      const { origins, since } = fresh()
      if (origins) return origins.has(origin)
      return ask('clients', [issuer], (found) => {
        const all = originsOf(listOf(rows.clients)(found))
        if (known.since === since) known.origins = all
        return all.has(origin)
      })
    },
    findUser: (id) => find('user', user, id),
    findUserByName: (username) => find('userByName', user, username),
    listUsers: () => list('users', users),
    findSession: (id) => find('session', readSession, id),
    findCode: (id) => find('code', readCode, id),
    findRefreshToken: (id) => find('refreshToken', readFoundRefreshToken, id),
    findAccessToken: (id) => find('accessToken', readAccessToken, id),
    findFamily: (id) => find('family', (row) => readLineage(row, 0), id),
    findGrants: (userId, clientId) => list('grants', grants, userId, clientId),
    isJwtEnded: (jtiHash) => ask('endedJwt', [issuer, jtiHash], (found) => found.length > 0),
    listKeys: () => list('keys', rows.keys),
    listSecrets: () => list('secrets', rows.secrets),
    listEvents: (limit) => list('events', rows.events, limit),
  }
}

function remember(clients: Map<string, Client>, client: Client): Client {
  if (clients.size >= clientsKnown) clients.clear()
  clients.set(client.id, Object.freeze(client))
  return client
}
