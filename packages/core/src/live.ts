// Live: whether what stands behind a token still stands. Nothing here is cached.

import type { Policy } from './parts.ts'
import type { Client, Family } from './records.ts'
import type { Reason } from './refusal.ts'
import { covers } from './scope.ts'
import type { Lineage } from './store.ts'

/** A code or a family: made at a moment, out of a sign-in that may be older. */
export type Born = Pick<Family, 'createdAt' | 'authenticatedAt'>

/** Why a sign-in's tokens are dead; undefined while client, user, grant and family are live. */
export function whyDead(
  client: Client,
  { user, grant, family }: Pick<Lineage, 'user' | 'grant'> & { family?: Lineage['family'] },
  { createdAt, authenticatedAt }: Born,
): Reason | undefined {
  if (client.disabledAt !== undefined || createdAt < client.tokensFrom) return 'grant_ended'
  // A sign-in that is dead is no reason to live for what came of it since.
  if (user.disabledAt !== undefined || authenticatedAt < user.tokensFrom) return 'user_disabled'
  if (grant.endedAt !== undefined) return 'grant_ended'
  if (family && family.endedAt !== undefined) return 'family_ended'
  return undefined
}

/** Why a family may not be refreshed: it is dead, or lost a scope or a resource that it has. */
export function whyNotRefreshed(
  policy: Policy,
  client: Client,
  lineage: Lineage,
): Reason | undefined {
  const { family, grant } = lineage
  const dead = whyDead(client, lineage, family)
  if (dead) return dead
  const resources = policy.resources.map((one) => one.resource)
  const keeps =
    covers(client.scope, family.scope) &&
    covers(grant.scope, family.scope) &&
    covers(resources, family.resources)
  return keeps ? undefined : 'scope_lost'
}
