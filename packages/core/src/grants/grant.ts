// The shape of a grant type: what it needs, how it finds, how it judges.

import type { ClientCall } from '../call.ts'
import type { Dialect } from '../dialects/dialect.ts'
import type { TextField } from '../oauth.ts'
import type { Parts, Policy } from '../parts.ts'
import type { ClaimsRequest, Client, Family, Grant, RefreshToken, User } from '../records.ts'
import type { Spend } from '../store.ts'

/** Leave to issue tokens to a user's client; a refresh has a parent, a new sign-in has none. */
export type UserMay = {
  user: User
  /** The grant; `new` when it must be kept with the tokens. */
  grant: { is: 'known' | 'new'; record: Grant }
  /** The family; `new` when this opens it. */
  family: { is: 'known' | 'new'; record: Family }
  parent?: RefreshToken
  spend?: Extract<Spend, { what: 'code' | 'refresh_token' }>
  sid?: string
  nonce?: string
  claims?: ClaimsRequest
}

/** What may be issued. */
export type May = {
  scope: readonly string[]
  resources: readonly string[]
  refreshToken: boolean
  /** Absent when the client acts for itself. */
  person?: UserMay
}

/** A judgement: issue anew, or say again what the spent token was answered with. */
export type Verdict = { may: May } | { again: RefreshToken; family: Family }

/** What a judge looks at: the call, the policy, and an id for whatever will be made. */
export type Asked = { call: ClientCall; policy: Policy; newId: () => number }

/** One grant type (RFC 6749 §1.3). `find` reads and never consumes; `judge` is pure. */
export type GrantType<Found = unknown> = {
  type: string
  needs: readonly TextField[]
  find(parts: Parts, call: ClientCall): Promise<Found>
  /** Throws a Refusal; the reuse of what was spent is judged last. */
  judge(found: Found, asked: Asked): Verdict
}

/** A scope with all that a dialect holds to be contained in it. */
export function heldScope({ policy }: Dialect, granted: readonly string[]): string[] {
  return granted.flatMap((one) => [one, ...(policy.implies?.[one] ?? [])])
}

/** What some providers refresh to, whatever is asked for; undefined where the caller chooses. */
export function refreshedScope(dialect: Dialect, granted: readonly string[]): string[] | undefined {
  const held = heldScope(dialect, granted)
  return dialect.policy.scopeAtRefresh?.filter((one) => held.includes(one))
}

/** True when tokens for this scope come with a refresh token. */
export function wantsRefreshToken(
  client: Client,
  dialect: Dialect,
  scope: readonly string[],
): boolean {
  if (!client.grantTypes.includes('refresh_token')) return false
  if (refreshedScope(dialect, scope)?.length === 0) return false
  // OIDC Core §11: with openid a refresh token is what offline_access asks for.
  const gated = dialect.policy.offlineAccess === 'asked' && scope.includes('openid')
  return !gated || scope.includes('offline_access')
}
