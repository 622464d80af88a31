// Guard: what stands in front of an API and lets in who brings an access token for it.

import { splitScope } from '@patois/core/caller'

/** Whoever was let in. */
export type Access = {
  token: string
  /** Who the token speaks for; a client that speaks for itself is its own subject. */
  subject?: string
  clientId?: string
  scope: readonly string[]
  /** Seconds since 1970. */
  expiresAt?: number
  /** Everything that the token, or the server about it, says. */
  claims: Readonly<Record<string, unknown>>
}

/** Finds out what a token is worth. Undefined: nothing. Throws when that cannot be found out now. */
export type Verifier = (token: string) => Promise<Access | undefined>

/** What `guard` is told. */
export type GuardOptions = {
  /** The API's own address: the audience of its tokens (RFC 8707 §2). */
  resource: string
  /** The authorization servers whose tokens it takes. */
  issuers: readonly string[]
  verify: Verifier
  /** Scopes that there are, for the metadata (RFC 9728 §2). */
  scopes?: readonly string[]
  /** Hears why a token could not be verified: the server is down, or set up wrongly. */
  onFailure?: (error: unknown) => void
}

/** A request that is refused, as it has to be answered. */
export type Denied = {
  status: 400 | 401 | 403 | 503
  headers: Readonly<Record<string, string>>
  body: string
}

/** In, or not and how to say so. */
export type Verdict = { access: Access } | { denied: Denied }

/** A guard, and the document that tells callers where to get tokens for it. */
export type Guard = {
  /** Judges an Authorization header; every scope of `needs` must have been granted. */
  check(authorization: string | undefined, needs?: readonly string[]): Promise<Verdict>
  /** Where `metadata` has to be served: a path on the API's host (RFC 9728 §3.1). */
  metadataPath: string
  metadata: Readonly<Record<string, unknown>>
}

// RFC 6750 §2.1; a scheme is written in any case.
const SCHEME = /^bearer( |$)/i
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i

/** How long callers wait while tokens cannot be verified, in seconds. */
const REST_SECONDS = '5'

function quoted(value: string): string {
  return `"${value.replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '')}"`
}

type Facts = { error?: string; error_description?: string; scope?: string }

const MALFORMED = {
  error: 'invalid_request',
  error_description: 'Send one Bearer token in the Authorization header.',
}
const WRONG = {
  error: 'invalid_token',
  error_description: 'The access token is wrong, expired or for another API.',
}
const BOUND = {
  error: 'invalid_token',
  error_description: 'The access token is bound to a key, and this API takes Bearer tokens only.',
}
const NARROW = {
  error: 'insufficient_scope',
  error_description: 'The access token does not have the scope that is needed.',
}

function deny(status: Denied['status'], facts: Facts, pointer: Readonly<Record<string, string>>) {
  const said = Object.entries({ ...facts, ...pointer })
  const challenge = said.map(([name, value]) => `${name}=${quoted(value)}`).join(', ')
  const named: Record<string, string> =
    status === 503 ? { 'retry-after': REST_SECONDS } : { 'www-authenticate': `Bearer ${challenge}` }
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store', ...named }
  const body = facts.error === undefined ? '' : JSON.stringify(facts)
  return { denied: { status, headers, body } }
}

/** Makes a guard for an API; it takes Bearer tokens, and none that is bound to a key. */
export function guard({ resource, issuers, verify, scopes, onFailure }: GuardOptions): Guard {
  const { origin, pathname } = new URL(resource)
  const path = `/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}`
  const pointer = { resource_metadata: origin + path }
  const judge = async (token: string, needs: readonly string[]): Promise<Verdict> => {
    const access = await verify(token)
    if (access === undefined) return deny(401, WRONG, pointer)
    // Without its proof a bound token (RFC 9449, RFC 8705) is in anybody's hands.
    if (access.claims.cnf !== undefined) return deny(401, BOUND, pointer)
    const isEnough = needs.every((one) => access.scope.includes(one))
    return isEnough ? { access } : deny(403, { ...NARROW, scope: needs.join(' ') }, pointer)
  }
  return {
    metadataPath: path,
    metadata: {
      resource,
      authorization_servers: issuers,
      bearer_methods_supported: ['header'],
      ...(scopes && { scopes_supported: scopes }),
    },
    check: async (authorization, needs = []) => {
      // RFC 6750 §3.1: who brings nothing of this scheme is told where to get it, and of no error.
      if (!authorization || !SCHEME.test(authorization)) {
        return deny(401, needs.length > 0 ? { scope: needs.join(' ') } : {}, pointer)
      }
      const token = BEARER.exec(authorization)?.[1]
      if (!token) return deny(400, MALFORMED, pointer)
      try {
        return await judge(token, needs)
      } catch (error) {
        onFailure?.(error)
        return deny(503, { error: 'temporarily_unavailable' }, pointer)
      }
    },
  }
}

/** Whoever brings a token of which this is known; claims of another type say nothing. */
export function accessOf(token: string, claims: Access['claims']): Access {
  const { sub, client_id: clientId, exp, scope } = claims
  return {
    token,
    scope: scopesIn(scope),
    claims,
    ...(typeof sub === 'string' && { subject: sub }),
    ...(typeof clientId === 'string' && { clientId }),
    ...(typeof exp === 'number' && { expiresAt: exp }),
  }
}

function scopesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(String)
  return typeof value === 'string' ? splitScope(value) : []
}
