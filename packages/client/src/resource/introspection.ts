// Introspection: access tokens that an API asks their server about (RFC 7662).

import type { Connection } from '../connection.ts'
import { callDeed } from '../operations.ts'
import { accessOf, type Verifier } from './guard.ts'

/** Who asks, and what for. */
export type IntrospectedAccess = {
  /** The API's own client at the server, which is allowed to introspect. */
  client: { readonly connection: Connection }
  /** The API's address: tokens that are not for it by name are refused, and none when left out. */
  resource?: string
  /** How long an answer is believed, in seconds: 0 when left out, so that revocation counts at once. */
  cacheSeconds?: number
}

/** Answers that are kept; the oldest goes first. */
const MOST_KEPT = 10_000

function isFor(audience: unknown, resource: string | undefined): boolean {
  return resource === undefined || [audience].flat().includes(resource)
}

/** A verifier that introspects. Throws what the call throws: then nothing is known of the token. */
export function introspectedAccess({
  client: { connection },
  resource,
  cacheSeconds = 0,
}: IntrospectedAccess): Verifier {
  const kept = new Map<string, { claims: Readonly<Record<string, unknown>>; until: number }>()
  const ask = async (token: string) => {
    const now = connection.now()
    const known = kept.get(token)
    if (known && known.until > now) return known.claims
    kept.delete(token)
    const claims = await callDeed(connection, 'introspect', { token })
    if (cacheSeconds > 0 && claims.active === true) {
      const [oldest] = kept.keys()
      if (kept.size >= MOST_KEPT && oldest !== undefined) kept.delete(oldest)
      const ends = typeof claims.exp === 'number' ? claims.exp : now + cacheSeconds
      kept.set(token, { claims, until: Math.min(ends, now + cacheSeconds) })
    }
    return claims
  }
  return async (token) => {
    const claims = await ask(token)
    return claims.active === true && isFor(claims.aud, resource)
      ? accessOf(token, claims)
      : undefined
  }
}
