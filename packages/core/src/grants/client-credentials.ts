// The client credentials grant: the client acts for itself (RFC 6749 §4.4).

import { isConfidential } from '../records.ts'
import { Refusal } from '../refusal.ts'
import { chooseResources } from '../resource.ts'
import { chooseScope, STANDARD_SCOPES } from '../scope.ts'
import type { GrantType } from './grant.ts'

/** `grant_type=client_credentials`; never a refresh token, never a claim about a person. */
export const clientCredentials: GrantType<undefined> = {
  type: 'client_credentials',
  needs: [],

  async find() {
    return undefined
  },

  judge(_, { call, policy }) {
    if (!isConfidential(call.client)) throw new Refusal('grant_not_allowed')
    const asked = call.fields.scope
    if (asked?.includes('openid')) throw new Refusal('scope_none')
    const own = call.client.scope.filter((name) => !Object.hasOwn(STANDARD_SCOPES, name))
    const scope = chooseScope(policy, { scope: own }, call)
    const resources = chooseResources(policy, call.fields.resource)
    return { may: { scope, resources, refreshToken: false } }
  },
}
