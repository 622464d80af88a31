// Resource indicators: which resources a token may be for (RFC 8707).

import type { Policy } from './parts.ts'
import type { Client } from './records.ts'
import { Refusal } from './refusal.ts'
import { covers, union } from './scope.ts'

/** The resources that an authorization request names. Throws a Refusal for an unknown one. */
export function chooseResources(policy: Policy, asked: readonly string[] | undefined): string[] {
  const known = policy.resources.map((one) => one.resource)
  if (!covers(known, asked ?? [])) throw new Refusal('resource_unknown', { rightValues: known })
  return union([], asked ?? [])
}

/** The resources of this answer: all that the grant covers, or the part that was asked for. */
export function narrowResources(
  granted: readonly string[],
  asked: readonly string[] | undefined,
): string[] {
  if (!asked || asked.length === 0) return [...granted]
  if (!covers(granted, asked)) throw new Refusal('resource_unknown', { rightValues: granted })
  return union([], asked)
}

/** What of the scope makes sense at these resources; a resource without a list takes all. */
export function scopeAt(
  policy: Policy,
  resources: readonly string[],
  scope: readonly string[],
): string[] {
  const limits = policy.resources.filter((one) => resources.includes(one.resource) && one.scopes)
  if (limits.length === 0 || limits.length < resources.length) return [...scope]
  const allowed = limits.flatMap((one) => one.scopes ?? [])
  const named = policy.resources.flatMap((one) => one.scopes ?? [])
  return scope.filter((name) => allowed.includes(name) || !named.includes(name))
}

/** Whether a token for these resources is a JWT: the resource decides, else the client. */
export function tokenForm(
  policy: Policy,
  client: Client,
  resources: readonly string[],
): 'jwt' | 'opaque' {
  const forms = resources.map(
    (name) =>
      policy.resources.find((one) => one.resource === name)?.access_token ?? client.accessToken,
  )
  if (forms.length === 0) return client.accessToken
  return forms.includes('opaque') ? 'opaque' : 'jwt'
}
