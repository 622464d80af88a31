// The records that the protocol keeps; rows become these in a store and nowhere else.

/** A public key as JWK (RFC 7517). */
export type Jwk = {
  readonly kty: string
  readonly kid?: string
  readonly [member: string]: unknown
}

/** Signature algorithms that we sign with or accept (RFC 7518 §3.1, RFC 8037). */
export type SignatureAlg = 'ES256' | 'EdDSA' | 'RS256'

/** Kinds of signing keys; some clients verify nothing but RSA of 4096 bits. */
export type KeyKind = SignatureAlg | 'RS256/4096'

/** A secret of a client, kept as SHA-256; without an end it is good for ever. */
export type ClientSecret = { hash: Uint8Array; expiresAt?: number }

/**
 * How a client is known: by a secret (by either of two, while one replaces the other), by a key
 * that is registered or published at an address, or not at all.
 */
export type ClientProof =
  | { method: 'client_secret_basic' | 'client_secret_post'; secrets: readonly ClientSecret[] }
  | { method: 'private_key_jwt'; jwks: readonly Jwk[] }
  | { method: 'private_key_jwt'; jwksUri: string }
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
export function isConfidential(client: Client): boolean {
  return client.proof.method !== 'none'
}

/** A person; `sub` is made once and never given to anybody else. */
export type User = {
  id: number
  sub: string
  /** Folded: the one form in which it is compared. */
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
  /** When it is over unless it is used before; moved on with its use. */
  expiresAt: number
  endedAt?: number
}

/** How a grant came about: asked on our page, decided by the operator, or with a password. */
export type GrantOrigin = 'consent' | 'implicit' | 'password'

/** What a user lets a client do, when and from where. */
export type Grant = {
  id: number
  origin: GrantOrigin
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
  /** Until then it is known as expired, and not unknown. */
  keptUntil: number
  revokedAt?: number
}

/** A signing key; its private half is sealed under the master key before it gets here. */
export type Key = {
  kid: string
  kind: KeyKind
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
