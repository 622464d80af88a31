// Store: what the protocol asks of whoever keeps its records; all writing is a plan.

import type {
  AccessToken,
  AuditEvent,
  Client,
  Code,
  Family,
  Grant,
  Key,
  RefreshToken,
  SealedSecret,
  Session,
  User,
} from './records.ts'

/** A value now, or a promise of it: an embedded store answers at once, a remote one later. */
export type Awaitable<T> = T | Promise<T>

/** What is used up by a plan: true for exactly one caller. */
export type Spend =
  | { what: 'code'; id: number; at: number; familyId: number }
  | { what: 'refresh_token'; id: number; at: number; childId: number }
  | {
      what: 'code_slot'
      userId: number
      clientId: string
      codeId: number
      at: number
      until: number
    }
  | { what: 'assertion'; clientId: string; jtiHash: Uint8Array; expiresAt: number }
  /** Won by nobody else until `until`; its holder may take it again, and gives it back with `at`. */
  | { what: 'lease'; name: string; holder: string; at: number; until: number }

/** Why a family or a grant ended. */
export type EndReason =
  | 'code_reused'
  | 'consent_withdrawn'
  | 'logout'
  | 'refresh_reused'
  | 'revoked'

/** One thing that a plan writes. */
export type Change =
  | { put: 'client'; client: Client }
  | { put: 'user'; user: User }
  | { put: 'session'; session: Session }
  | { put: 'grant'; grant: Grant }
  | { put: 'family'; family: Family }
  | { put: 'code'; code: Code }
  | { put: 'refresh_token'; token: RefreshToken }
  | { put: 'access_token'; token: AccessToken }
  | { put: 'key'; key: Key }
  | { put: 'secret'; secret: SealedSecret }
  | {
      widen: 'grant'
      id: number
      scope: readonly string[]
      resources: readonly string[]
    }
  | { extend: 'session'; id: number; until: number }
  /** Disables a user for good: the name is free for another person. */
  | { end: 'user'; id: number; at: number }
  | { end: 'session'; id: number; at: number }
  | { end: 'session_families'; sessionId: number; at: number; reason: EndReason }
  | { end: 'grant'; id: number; at: number; reason: EndReason }
  | { end: 'family'; id: number; at: number; reason: EndReason }
  | { end: 'access_token'; id: number; at: number }
  | { end: 'jwt'; jtiHash: Uint8Array; expiresAt: number }
  | { end: 'key'; kid: string }
  | { count: 'wrong_verifier'; codeId: number; at: number; limit: number }

/** Everything one decision writes: nothing of it is kept when its spend is lost. */
export type Plan = {
  spend?: Spend
  changes: readonly Change[]
  events: readonly AuditEvent[]
}

/** What stands behind a token; absent rows (a user that was deleted) make it dead. */
export type Lineage = { family: Family; grant: Grant; user: User }

/** A code with all that decides about it. */
export type FoundCode = { code: Code; grant: Grant; user: User }

/**
 * A refresh token with all that decides about it; `child` is what its spend made. Only the child's
 * cell is ever said again: to read the token's own costs 2 µs.
 */
export type FoundRefreshToken = Lineage & {
  token: Omit<RefreshToken, 'cell' | 'cellUntil'>
  child?: RefreshToken
}

/** An access token with all that decides about it; without lineage it is the client's own. */
export type FoundAccessToken = { token: AccessToken; lineage?: Lineage }

/** A bucket with one more failure in it, which leaks away in so many seconds. */
export type Failure = { name: string; seconds: number }

/** How many rows a sweep removed. */
export type Swept = { rows: number }

/**
 * Where records are kept. Reads never change anything; all writing is `commit`. Rows belong to
 * the one issuer that the store was opened for. Throws `Unavailable` when it cannot answer.
 */
export type Store = {
  /** An id that was never given out before; known before anything is written. */
  newId(): number
  findClient(id: string): Awaitable<Client | undefined>
  listClients(): Awaitable<Client[]>
  /** True when a client that is not disabled names this web origin; asked for every script. */
  isOrigin(origin: string): Awaitable<boolean>
  findUser(id: number): Awaitable<User | undefined>
  findUserByName(username: string): Awaitable<User | undefined>
  listUsers(): Awaitable<User[]>
  findSession(id: number): Awaitable<{ session: Session; user: User } | undefined>
  findCode(id: number): Awaitable<FoundCode | undefined>
  findRefreshToken(id: number): Awaitable<FoundRefreshToken | undefined>
  findAccessToken(id: number): Awaitable<FoundAccessToken | undefined>
  findFamily(id: number): Awaitable<Lineage | undefined>
  /** Live grants of a user for a client; two sign-ins at the same moment may leave two. */
  findGrants(userId: number, clientId: string): Awaitable<Grant[]>
  isJwtEnded(jtiHash: Uint8Array): Awaitable<boolean>
  listKeys(): Awaitable<Key[]>
  listSecrets(): Awaitable<SealedSecret[]>
  listEvents(limit: number): Awaitable<AuditEvent[]>
  /** True when no greater revision of the configuration was kept; then this one is. */
  raiseRevision(revision: number): Awaitable<boolean>
  /** True when the plan is on disk; false when its spend was lost and nothing of it was kept. */
  commit(plan: Plan): Promise<boolean>
  /**
   * Removes at most `limit` rows of each kind that nobody can need any more, at `now`, and ends
   * families that nobody can refresh. A JWT, which has no row, is good for up to `jwt` seconds.
   */
  sweep(now: number, limit: number, jwt?: number): Awaitable<Swept>
  /** Removes at most `limit` audit events, and as many grants' addresses, older than asked. */
  forget(before: { events: number; addresses: number }, limit: number): Awaitable<Swept>
  /** What time it is for all servers of the database, in milliseconds, where several share one. */
  time?(): Promise<number>
  /**
   * Counts failures in buckets that all servers of the database share, and answers when each will
   * be empty. What one server has for itself does without.
   */
  countFailures?(failures: readonly Failure[], now: number): Promise<number[]>
  close(): Awaitable<void>
}
