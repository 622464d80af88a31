// Lifetimes: when what is issued ends, as the operator and the dialect have it.

import type { DialectPolicy } from './dialects/dialect.ts'
import type { Policy } from './parts.ts'

/** Codes, access tokens, and refresh tokens that nobody uses. */
export type Kind = 'code' | 'access_token' | 'refresh_token'

/**
 * The moment (seconds) at which a thing that is made now ends. Where a provider states a lifetime
 * its clients are built for it; an access token never lives longer than the operator says.
 */
export function endOf(policy: Policy, dialect: DialectPolicy, kind: Kind, now: number): number {
  const { lifetimes } = policy
  const stated = dialect.lifetimes?.[kind]
  const life = {
    code: stated ?? lifetimes.code,
    access_token: Math.min(stated ?? lifetimes.access_token, lifetimes.access_token),
    refresh_token: stated ?? lifetimes.refresh_token_idle,
  }[kind]
  const step = kind === 'code' ? undefined : dialect.rounding?.[kind]
  const end = now + life
  return step === undefined ? end : Math.max(now + 1, end - (end % step))
}
