// Live: whether what stands behind a token still stands. Nothing here is cached.

import type { Policy } from './parts.ts'
import type { Client } from './records.ts'
import type { Reason } from './refusal.ts'
import { covers } from './scope.ts'
import type { Lineage } from './store.ts'

/** Why a sign-in's tokens are dead; undefined while client, user, grant and family are live. */
export function whyDead(
  client: Client,
  { user, grant, family }: Pick<Lineage, 'user' | 'grant'> & { family?: Lineage['family'] },
  createdAt: number,
): Reason | undefined {
  if (client.disabledAt !== undefined || createdAt < client.tokensFrom) return 'grant_ended'
  if (user.disabledAt !== undefined || createdAt < user.tokensFrom) return 'user_disabled'
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
  const dead = whyDead(client, lineage, family.createdAt)
  if (dead) return dead
  const resources = policy.resources.map((one) => one.resource)
  const keeps =
    covers(client.scope, family.scope) &&
    covers(grant.scope, family.scope) &&
    covers(resources, family.resources)
  return keeps ? undefined : 'scope_lost'
}
