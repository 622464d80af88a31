// The password grant (RFC 6749 §4.3): outside OAuth 2.1, for clients that are registered for it.

import { whyDead } from '../live.ts'
import type { Grant, User } from '../records.ts'
import { isConfidential } from '../records.ts'
import { Refusal } from '../refusal.ts'
import { chooseResources } from '../resource.ts'
import { chooseScope } from '../scope.ts'
import { signIn } from '../sign-in.ts'
import { type Asked, type GrantType, wantsRefreshToken } from './grant.ts'

const newGrant = (
  { call, newId }: Asked,
  user: User,
  scope: string[],
  resources: string[],
): Grant => ({
  id: newId(),
  userId: user.id,
  clientId: call.client.id,
  scope,
  resources,
  createdAt: call.now,
  ...(call.address !== undefined && { address: call.address }),
  ...(call.userAgent !== undefined && { userAgent: call.userAgent }),
})

/** `grant_type=password`: no session, the same throttle and queue as the login page. */
export const password: GrantType<User> = {
  type: 'password',
  needs: ['username', 'password'],

  async find(parts, call) {
    if (!isConfidential(call.client)) throw new Refusal('grant_not_allowed')
    const { username = '', password: secret = '' } = call.fields
    return signIn(parts, call, { username, password: secret })
  },

  judge(user, asked) {
    const { call, policy, newId } = asked
    const scope = chooseScope(policy, call.client, call.fields.scope)
    const resources = chooseResources(policy, call.fields.resource)
    const grant = newGrant(asked, user, scope, resources)
    const dead = whyDead(call.client, { user, grant }, call.now)
    if (dead) throw new Refusal('password_wrong')
    const family = {
      id: newId(),
      grantId: grant.id,
      userId: user.id,
      clientId: call.client.id,
      dialect: call.dialect.name,
      scope,
      resources,
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
          grant: { is: 'new', record: grant },
          family: { is: 'new', record: family },
        },
      },
    }
  },
}
