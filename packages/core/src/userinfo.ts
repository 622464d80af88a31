// UserInfo (OIDC Core §5.3, RFC 6750).

import { presentAccessToken } from './access-token.ts'
import type { Call } from './call.ts'
import { releasedClaims } from './claims.ts'
import type { Facts } from './oauth.ts'
import type { Parts } from './parts.ts'
import { Refusal } from './refusal.ts'

/** The claims that the presented access token releases. Throws a Refusal as RFC 6750 §3.1 says. */
export async function userinfo(parts: Parts, call: Call): Promise<Facts> {
  const text = call.fields.access_token
  if (text === undefined) throw new Refusal('token_missing')
  const presented = await presentAccessToken(parts, text, call.now)
  if ('token' in presented) call.about.clientId = presented.token.client.id
  if (presented.dead || !('token' in presented)) {
    throw new Refusal(presented.dead ?? 'token_unknown')
  }
  const { lineage, scope, audience } = presented.token
  if (!audience.includes(parts.issuer)) throw new Refusal('audience_wrong')
  const any = call.dialect.policy.userinfo === 'any'
  if (!lineage || !(any || scope.includes('openid'))) throw new Refusal('openid_missing')
  const { user, family } = lineage
  Object.assign(call.about, { userId: user.id, familyId: family.id })
  return { ...releasedClaims(parts.policy, user, scope), sub: user.sub }
}
