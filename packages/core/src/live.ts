// Live: whether what stands behind a token still stands. Nothing here is cached.

import type { Client, Lineage } from './records.ts'
import type { Reason } from './refusal.ts'

/** Why a sign-in's tokens are dead; undefined while client, user, grant and family are live. */
export const whyDead = (
  client: Client,
  { user, grant, family }: Pick<Lineage, 'user' | 'grant'> & { family?: Lineage['family'] },
  createdAt: number,
): Reason | undefined => {
  if (client.disabledAt !== undefined || createdAt < client.tokensFrom) return 'grant_ended'
  if (user.disabledAt !== undefined || createdAt < user.tokensFrom) return 'user_disabled'
  if (grant.endedAt !== undefined) return 'grant_ended'
  if (family && family.endedAt !== undefined) return 'family_ended'
  return undefined
}
