// The records that the protocol keeps, and Store: what it asks of whoever keeps them.

/** A value now, or a promise of it: an embedded store answers at once, a remote one later. */
export type Awaitable<T> = T | Promise<T>

/** A public key as JWK (RFC 7517). */
export type Jwk = {
  readonly kty: string
  readonly kid?: string
  readonly [member: string]: unknown
}

/** Signature algorithms that we sign with or accept (RFC 7518 §3.1, RFC 8037). */
export type SignatureAlg = 'ES256' | 'EdDSA' | 'RS256'

/** How a client is known: by a secret (kept as SHA-256), by its key, or not at all. */
export type ClientProof =
  | { method: 'client_secret_basic' | 'client_secret_post'; secretHash: Uint8Array }
  | { method: 'private_key_jwt'; jwks: readonly Jwk[] }
  | { method: 'none' }

/** What a client says about itself to its users (RFC 7591 §2), in its wire spelling. */
export type ClientAbout = {
  readonly client_uri?: string
  readonly logo_uri?: string
  readonly policy_uri?: string
  readonly tos_uri?: string
  readonly contacts?: readonly string[]
}

/** An application that asks for tokens (RFC 7591 §2); times in seconds. */
export type Client = {
  id: string
  name: string
  owner: 'file' | 'admin'
  proof: ClientProof
  redirectUris: readonly string[]
  postLogoutRedirectUris: readonly string[]
  /** Origins whose scripts may call token, userinfo, revoke and introspect. */
  origins: readonly string[]
  grantTypes: readonly string[]
  scope: readonly string[]
  dialects: readonly string[]
  requirePkce: boolean
  legacyPublic: boolean
  consent: 'ask' | 'implicit'
  accessToken: 'jwt' | 'opaque'
  idTokenAlg: SignatureAlg
  about: ClientAbout
  /** Resources whose tokens this client may introspect. */
  introspects: readonly string[]
  disabledAt?: number
  /** What was issued before this moment is dead. */
  tokensFrom: number
}

/** True for a client that can keep a secret or a key (RFC 6749 §2.1). */
export const isConfidential = (client: Client): boolean => client.proof.method !== 'none'

/** A person; `sub` is made once and never given to anybody else. */
export type User = {
  id: number
  sub: string
  username: string
  owner: 'file' | 'admin'
  passwordHash?: string
  claims: Readonly<Record<string, unknown>>
  disabledAt?: number
  /** What was issued before this moment is dead. */
  tokensFrom: number
}

/** A signed-in browser; the cookie holds the secret, we keep its hash. */
export type Session = {
  id: number
  hash: Uint8Array
  /** The session's public name, `sid` in ID tokens (OIDC Front-Channel Logout §3). */
  sid: string
  userId: number
  authenticatedAt: number
  expiresAt: number
  endedAt?: number
}

/** What a user lets a client do, when and from where. */
export type Grant = {
  id: number
  userId: number
  clientId: string
  scope: readonly string[]
  resources: readonly string[]
  createdAt: number
  address?: string
  userAgent?: string
  endedAt?: number
}

/** The claims parameter of an authorization request (OIDC Core §5.5). */
export type ClaimsRequest = {
  userinfo?: Readonly<Record<string, unknown>>
  id_token?: Readonly<Record<string, unknown>>
}

/** All tokens of one sign-in for one client. */
export type Family = {
  id: number
  grantId: number
  userId: number
  clientId: string
  sessionId?: number
  dialect: string
  scope: readonly string[]
  resources: readonly string[]
  claims?: ClaimsRequest
  authenticatedAt: number
  createdAt: number
  /** The absolute end of its refresh tokens. */
  expiresAt: number
  endedAt?: number
}

/** An authorization code: one use, one client. */
export type Code = {
  id: number
  hash: Uint8Array
  grantId: number
  userId: number
  clientId: string
  sessionId?: number
  dialect: string
  redirectUri: string
  /** True when the caller named the redirect URI at authorize; then the token call must too. */
  redirectSent: boolean
  challenge?: string
  state?: string
  nonce?: string
  claims?: ClaimsRequest
  scope: readonly string[]
  resources: readonly string[]
  authenticatedAt: number
  createdAt: number
  expiresAt: number
  wrongVerifiers: number
  spentAt?: number
  /** The family that its exchange opened. */
  familyId?: number
}

/** A refresh token; while its window is open it carries the sealed answer that it came with. */
export type RefreshToken = {
  id: number
  hash: Uint8Array
  familyId: number
  createdAt: number
  expiresAt: number
  spentAt?: number
  childId?: number
  cell?: Uint8Array
  cellUntil?: number
}

/** An opaque access token; JWTs have no row. */
export type AccessToken = {
  id: number
  hash: Uint8Array
  clientId: string
  familyId?: number
  scope: readonly string[]
  audience: readonly string[]
  createdAt: number
  expiresAt: number
  revokedAt?: number
}

/** A signing key; its private half is sealed under the master key before it gets here. */
export type Key = {
  kid: string
  alg: SignatureAlg
  publicJwk: Jwk
  sealed: Uint8Array
  /** Published from its birth on. */
  createdAt: number
  /** Signs from this moment until a younger key of its algorithm does. */
  signsFrom: number
}

/** A secret of the database (the mask key, the form key), sealed under the master key. */
export type SealedSecret = { name: string; sealed: Uint8Array }

/** One decision, for the audit table and the log; never with a secret. */
export type AuditEvent = {
  at: number
  requestId: string
  type: string
  decision: 'allowed' | 'refused'
  reason: string
  dialect?: string
  operation?: string
  clientId?: string
  userId?: number
  grantId?: number
  familyId?: number
}

/** What is used up by a plan: true for exactly one caller. */
export type Spend =
  | { what: 'code'; id: number; at: number; familyId: number }
  | { what: 'refresh_token'; id: number; at: number; childId: number }
  | { what: 'assertion'; clientId: string; jtiHash: Uint8Array; expiresAt: number }

/** Why a family or a grant ended. */
export type EndReason =
  | 'client_removed'
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

/** A refresh token with all that decides about it; `child` is what its spend made. */
export type FoundRefreshToken = Lineage & { token: RefreshToken; child?: RefreshToken }

/** An access token with all that decides about it; without lineage it is the client's own. */
export type FoundAccessToken = { token: AccessToken; lineage?: Lineage }

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
  /** True when the plan is on disk; false when its spend was lost and nothing of it was kept. */
  commit(plan: Plan): Promise<boolean>
  /** Removes at most `limit` rows of each kind that nobody can need any more, at `now`. */
  sweep(now: number, limit: number): Awaitable<Swept>
  /** Removes at most `limit` audit events, and as many grants' addresses, older than asked. */
  forget(before: { events: number; addresses: number }, limit: number): Awaitable<Swept>
  close(): Awaitable<void>
}
