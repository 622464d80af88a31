// Claims about a user: which a scope or the claims parameter releases (OIDC Core §5.4, §5.5).

import type { Policy } from './parts.ts'
import type { ClaimsRequest, Client, User } from './records.ts'
import { Refusal } from './refusal.ts'
import { claimsOf } from './scope.ts'

const LONGEST = 8192
const DEEPEST = 6
const FORBIDDEN = ['__proto__', 'constructor', 'prototype']
/** Claims of the token itself, which no request may set. */
const OWN = ['iss', 'sub', 'aud', 'exp', 'iat', 'nonce', 'auth_time', 'sid', 'acr', 'amr', 'azp']

/** The claims of a user that the scope releases; of these only the `wanted` ones where named. */
export function releasedClaims(
  policy: Policy,
  user: User,
  scope: readonly string[],
  wanted?: readonly string[],
): Record<string, unknown> {
  const names = claimsOf(policy, scope).filter((name) => wanted?.includes(name) ?? true)
  const released: Record<string, unknown> = {}
  for (const name of names) {
    if (!OWN.includes(name) && Object.hasOwn(user.claims, name)) released[name] = user.claims[name]
  }
  return released
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSound(value: unknown, depth: number): boolean {
  if (depth > DEEPEST) return false
  if (Array.isArray(value)) return value.every((one) => isSound(one, depth + 1))
  if (!isPlain(value)) return true
  return Object.entries(value).every(
    ([name, inner]) => !FORBIDDEN.includes(name) && isSound(inner, depth + 1),
  )
}

/** Reads the claims parameter. Throws a Refusal when it is not what OIDC Core §5.5 describes. */
export function parseClaims(text: string): ClaimsRequest {
  const parsed = text.length > LONGEST ? undefined : parseJson(text)
  if (!isPlain(parsed) || !isSound(parsed, 0)) throw new Refusal('claims_malformed')
  const member = (name: 'userinfo' | 'id_token'): Record<string, unknown> | undefined => {
    const value = parsed[name]
    if (value === undefined || value === null) return undefined
    if (!isPlain(value)) throw new Refusal('claims_malformed')
    return value
  }
  const [userinfo, idToken] = [member('userinfo'), member('id_token')]
  return { ...(userinfo && { userinfo }), ...(idToken && { id_token: idToken }) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A user's claims under the names that a dialect's ID token has for them. */
export function renamedClaims(
  user: User,
  names: Readonly<Record<string, string>> = {},
): Record<string, unknown> {
  const known = Object.entries(names).filter(([, own]) => Object.hasOwn(user.claims, own))
  return Object.fromEntries(known.map(([name, own]) => [name, user.claims[own]]))
}

/**
 * The scopes of the client that release what the claims parameter names. They count as asked for,
 * so that a claim is released only under a scope that its user has seen (OIDC Core §5.5).
 */
export function scopesOfClaims(
  policy: Policy,
  client: Client,
  { userinfo, id_token }: ClaimsRequest,
): string[] {
  const names = [...Object.keys(userinfo ?? {}), ...Object.keys(id_token ?? {})]
  const releasing = names.map((name) =>
    client.scope.find((scope) => claimsOf(policy, [scope]).includes(name)),
  )
  return releasing.filter((scope) => scope !== undefined)
}

/** False when a request insists on another user through a `sub` claim, wherever it names one. */
export function isWanted(sub: string, { id_token, userinfo }: ClaimsRequest): boolean {
  return [id_token?.sub, userinfo?.sub].flatMap(wantedValues).every((one) => one.includes(sub))
}

/** True when a request cannot do without one of some `acr` values (OIDC Core §5.5.1.1). */
export function insistsOnAcr({ id_token }: ClaimsRequest): boolean {
  const asked = id_token?.acr
  return isPlain(asked) && asked.essential === true && wantedValues(asked).length > 0
}

// `value` and `values` of a claim that is asked for, each of which must be met.
function wantedValues(asked: unknown): unknown[][] {
  if (!isPlain(asked)) return []
  return ['value', 'values']
    .filter((name) => Object.hasOwn(asked, name))
    .map((name) => [asked[name]].flat())
}
