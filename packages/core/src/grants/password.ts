// The password grant (RFC 6749 §4.3): outside OAuth 2.1, for clients that are registered for it.

import { countingGrants, findCovering, newGrant } from '../consent.ts'
import { whyDead } from '../live.ts'
import type { Grant, User } from '../records.ts'
import { isConfidential } from '../records.ts'
import { Refusal } from '../refusal.ts'
import { chooseResources } from '../resource.ts'
import { chooseScope } from '../scope.ts'
import { signIn } from '../sign-in.ts'
import { type GrantType, wantsRefreshToken } from './grant.ts'

type Found = { user: User; grants: readonly Grant[] }

/** `grant_type=password`: no session, the same throttle and queue as the login page. */
export const password: GrantType<Found> = {
  type: 'password',
  needs: ['username', 'password'],

  async find(parts, call) {
    if (!isConfidential(call.client)) throw new Refusal('grant_not_allowed')
    const { username = '', password: secret = '' } = call.fields
    const user = await signIn(parts, call, { username, password: secret })
    const grants = await parts.store.findGrants(user.id, call.client.id)
    return { user, grants: countingGrants(grants, call.client, 'password') }
  },

  judge({ user, grants }, asked) {
    const { call, policy, newId } = asked
    const scope = chooseScope(policy, call.client, call)
    const resources = chooseResources(policy, call.fields.resource)
    const about = { userId: user.id, clientId: call.client.id, scope, resources }
    const known = findCovering(grants, about)
    const grant = known ?? newGrant(call, newId(), { origin: 'password', ...about })
    const born = { createdAt: call.now, authenticatedAt: call.now }
    const dead = whyDead(call.client, { user, grant }, born)
    if (dead) throw new Refusal('password_wrong')
    const family = {
      ...about,
      id: newId(),
      grantId: grant.id,
      dialect: call.dialect.name,
      authenticatedAt: call.now,
      createdAt: call.now,
      expiresAt: call.now + policy.lifetimes.refresh_token,
    }
    return {
      may: {
        scope,
        resources,
        refreshToken: wantsRefreshToken(call.client, call.dialect, scope),
        person: {
          user,
          grant: { is: known ? 'known' : 'new', record: grant },
          family: { is: 'new', record: family },
        },
      },
    }
  },
}
