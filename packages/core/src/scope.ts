// Scopes: their grammar and who may have which (RFC 6749 §3.3, OIDC Core §5.4).

import type { Policy } from './parts.ts'
import type { Client } from './records.ts'
import { Refusal } from './refusal.ts'

const TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/
/** How many dropped values are named: thousands would help nobody. */
const MOST_NAMED = 10

/** Claims that the standard scopes release (OIDC Core §5.4). */
export const STANDARD_SCOPES: Readonly<Record<string, readonly string[]>> = {
  openid: [],
  profile: [
    'name',
    'family_name',
    'given_name',
    'middle_name',
    'nickname',
    'preferred_username',
    'profile',
    'picture',
    'website',
    'gender',
    'birthdate',
    'zoneinfo',
    'locale',
    'updated_at',
  ],
  email: ['email', 'email_verified'],
  address: ['address'],
  phone: ['phone_number', 'phone_number_verified'],
  offline_access: [],
}

/** Splits scope text at spaces. */
export function splitScope(text: string): string[] {
  return text.split(' ').filter((one) => one !== '')
}

/** True when every value of `part` is in `whole`. */
export function covers(whole: readonly string[], part: readonly string[]): boolean {
  return part.every((one) => whole.includes(one))
}

/** Both lists together, each value once. */
export function union(a: readonly string[], b: readonly string[]): string[] {
  const all = [...a, ...b]
  // One scope or resource at most is what most calls name: 0.3 µs without the set.
  return all.length < 2 ? all : [...new Set(all)]
}

/** Throws a Refusal when a value has characters that no scope may have. */
export function checkScope(asked: readonly string[]): void {
  if (!asked.every((one) => TOKEN.test(one))) throw new Refusal('scope_malformed')
}

/** True for the name of a scope that this server has. */
export function isKnownScope(policy: Policy, name: string): boolean {
  return Object.hasOwn(policy.scopes, name) || Object.hasOwn(STANDARD_SCOPES, name)
}

/** What is read of a call, and where it is told what was dropped. */
type Asking = {
  fields: { scope?: readonly string[] }
  about: { droppedScope?: readonly string[] }
}

/**
 * What of the asked scope the client may have: unknown and unassigned values are dropped, a
 * missing scope means all that the client is registered for. Throws a Refusal when none is left.
 */
export function chooseScope(
  policy: Policy,
  client: Pick<Client, 'scope'>,
  { fields, about }: Asking,
): string[] {
  const asked = fields.scope
  if (asked) checkScope(asked)
  const wanted = union([], asked && asked.length > 0 ? asked : client.scope)
  const scope = wanted.filter((name) => client.scope.includes(name) && isKnownScope(policy, name))
  if (scope.length < wanted.length) {
    const dropped = wanted.filter((name) => !scope.includes(name))
    about.droppedScope = dropped.slice(0, MOST_NAMED)
  }
  if (scope.length === 0 && (asked?.length || client.scope.length > 0)) {
    throw new Refusal('scope_none', { rightValues: client.scope })
  }
  return scope
}

/** What of the granted scope this answer carries; wider than granted is refused. */
export function narrowScope(
  granted: readonly string[],
  asked: readonly string[] | undefined,
): string[] {
  if (!asked || asked.length === 0) return [...granted]
  checkScope(asked)
  if (!covers(granted, asked)) throw new Refusal('scope_wider', { rightValues: granted })
  return union([], asked)
}

/** The claims that a scope releases. */
export function claimsOf(policy: Policy, scope: readonly string[]): string[] {
  return scope.flatMap((name) => policy.scopes[name]?.claims ?? STANDARD_SCOPES[name] ?? [])
}
