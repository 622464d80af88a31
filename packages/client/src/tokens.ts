// Tokens: the one shape that every token answer becomes, whatever the wire was.

import type { Facts } from '@patois/core/caller'

/** What a token answer gave. Moments are seconds since 1970, on this machine's clock. */
export type Tokens = {
  accessToken: string
  /** As the server said it, `Bearer` when it said nothing (RFC 6749 §7.1). */
  tokenType: string
  /** When the access token ends; undefined when the server did not say. */
  expiresAt?: number
  refreshToken?: string
  refreshExpiresAt?: number
  /** What was granted: what the server said, else what was asked for (RFC 6749 §5.1). */
  scope: readonly string[]
  idToken?: string
  /** Whatever else the answer held. */
  extra: Facts
}

/** What was said beside the facts of an answer. */
export type Circumstances = {
  extra: Facts
  /** What was asked for, which is what was granted when the answer has no scope. */
  asked: readonly string[]
  /** How far the server's clock is ahead of ours, in seconds. */
  skewSeconds: number
}

const TEXTS = ['refresh_token', 'id_token', 'token_type'] as const
const TIMES = ['access_expires_at', 'refresh_expires_at'] as const

/** What is wrong with the facts of a token answer; undefined when they are sound. */
export function tokenFault(facts: Facts): string | undefined {
  const { access_token: token, scope } = facts
  if (typeof token !== 'string' || token === '') return 'the answer has no access token'
  const bad =
    TEXTS.find((name) => facts[name] !== undefined && typeof facts[name] !== 'string') ??
    TIMES.find((name) => facts[name] !== undefined && !Number.isFinite(facts[name])) ??
    (scope !== undefined && !Array.isArray(scope) && 'scope')
  return bad ? `the answer’s ${bad} cannot be read` : undefined
}

/** The tokens of sound facts. */
export function tokensOf(facts: Facts, { extra, asked, skewSeconds }: Circumstances): Tokens {
  const found = facts as {
    access_token: string
    token_type?: string
    access_expires_at?: number
    refresh_token?: string
    refresh_expires_at?: number
    scope?: string[]
    id_token?: string
  }
  const { access_expires_at: expiresAt, refresh_expires_at: refreshExpiresAt } = found
  // Where a dialect says the same type in every answer, it is no fact of this one.
  const { token_type: constant, ...rest } = extra
  return {
    accessToken: found.access_token,
    tokenType: found.token_type ?? (typeof constant === 'string' ? constant : 'Bearer'),
    ...(expiresAt !== undefined && { expiresAt: expiresAt - skewSeconds }),
    ...(found.refresh_token && { refreshToken: found.refresh_token }),
    ...(refreshExpiresAt !== undefined && { refreshExpiresAt: refreshExpiresAt - skewSeconds }),
    scope: found.scope ?? asked,
    ...(found.id_token && { idToken: found.id_token }),
    extra: rest,
  }
}
