// What every server is given before it is measured: the same clients, user, verifier and seeds.

import { createHash } from 'node:crypto'

/** A confidential client; it proves itself with its secret in the Authorization header. */
export type GivenClient = { id: string; secret: string; accessToken: 'opaque' | 'jwt' }

/** One gets opaque access tokens and one gets JWTs; ID tokens of both are signed with ES256. */
export const CLIENTS = [
  { id: 'app', secret: 'app-secret-0123456789-0123456789-0123456789', accessToken: 'opaque' },
  { id: 'api', secret: 'api-secret-0123456789-0123456789-0123456789', accessToken: 'jwt' },
] as const satisfies readonly GivenClient[]

/** The one that gets opaque access tokens, and the one that gets JWTs. */
export const [OPAQUE, JWT] = CLIENTS

/** Where codes are sent. */
export const REDIRECT_URI = 'https://rp.example/cb'

/** The user of all families, codes and logins. */
export const USER = { name: 'alice', password: 'alice-password-1', email: 'alice@example.org' }

/** The PKCE pair of all codes. */
export const VERIFIER = 'v'.repeat(43)
/** Its S256 challenge (RFC 7636 §4.2). */
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')

/** The scope of tokens without an ID token, and of codes with one. */
export const SCOPE = { tokens: 'api.read offline_access', codes: 'openid api.read offline_access' }

/** Seconds; the same everywhere. */
export const LIFETIMES = { access: 3600, refresh: 30 * 86_400, id: 3600, replay: 60 }

/** Connections that a server is called through at one time. */
export const LANES = 64

/** What a server hands out before it is measured. */
export type Seeds = {
  /** A live refresh token for each connection, of the client with opaque tokens and of the other. */
  refreshOpaque: string[]
  refreshJwt: string[]
  /** Live opaque access tokens of a user, with `openid` in their scope. */
  access: string[]
  /** Unused codes of the client with opaque tokens. */
  codes: string[]
  /** Live refresh tokens of the client with opaque tokens, by the dialect that they were got in. */
  dialects?: Record<string, string[]>
}

/** How much of it is wanted. */
export type SeedSizes = { families: number; codes: number }

/** The credentials of a client as RFC 6749 §2.3.1 writes them. */
export function basic({ id, secret }: GivenClient): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
}
