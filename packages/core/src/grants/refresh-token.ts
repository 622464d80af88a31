// The refresh token grant: rotation with idempotent replay (RFC 6749 §6, RFC 9700 §4.14.2).

import { type ClientCall, eventOf } from '../call.ts'
import { whyNotRefreshed } from '../live.ts'
import { type Reason, Refusal } from '../refusal.ts'
import { narrowResources } from '../resource.ts'
import { narrowScope } from '../scope.ts'
import { readSecret } from '../secret.ts'
import type { FoundRefreshToken, Plan } from '../store.ts'
import { type Asked, type GrantType, heldScope, refreshedScope, type Verdict } from './grant.ts'

/** Without a window, losers of one burst must not end the family that its winner lives on; seconds. */
const BURST = 5

type Found = FoundRefreshToken & { sid?: string }

function checkBinding({ token, family }: Found, { call }: Asked): void {
  if (family.clientId !== call.client.id) throw new Refusal('refresh_other_client')
  if (family.dialect !== call.dialect.name) throw new Refusal('refresh_other_dialect')
  if (token.expiresAt <= call.now || family.expiresAt <= call.now) {
    throw new Refusal('refresh_expired')
  }
}

function checkLive(found: Found, { call, policy }: Asked): void {
  const dead = whyNotRefreshed(policy, call.client, found)
  if (dead) throw new Refusal(dead)
}

// The table of rules for a token that was spent before: say it again, stay calm, or end the family.
function judgeSpent(found: Found, asked: Asked, spentAt: number): Verdict {
  const { call, policy } = asked
  const elapsed = Math.max(0, call.now - spentAt)
  const window = policy.lifetimes.replay_window
  const { child, family } = found
  if (window === 0 && elapsed < BURST) throw new Refusal('refresh_raced')
  if (elapsed < window && child && child.spentAt === undefined) return { again: child, family }
  throw new Refusal('refresh_reused', { plan: endFamily(call, family.id, 'refresh_reused') })
}

function endFamily(call: ClientCall, id: number, reason: Reason & 'refresh_reused'): Plan {
  return {
    changes: [{ end: 'family', id, at: call.now, reason }],
    events: [eventOf(call, 'refresh_token', 'refused', reason)],
  }
}

// Whatever is asked for must be covered; some providers give a part of the grant all the same.
function scopeOf(granted: readonly string[], { dialect, fields }: ClientCall): string[] {
  const scope = refreshedScope(dialect, granted)
  if (!scope) return narrowScope(granted, fields.scope)
  narrowScope(heldScope(dialect, granted), fields.scope)
  if (scope.length === 0) throw new Refusal('scope_none')
  return scope
}

/** `grant_type=refresh_token`. */
export const refreshToken: GrantType<Found> = {
  type: 'refresh_token',
  needs: ['refresh_token'],

  async find(parts, call) {
    const secret = readSecret(parts, 'refresh_token', call.fields.refresh_token ?? '')
    const found = secret && (await parts.store.findRefreshToken(secret.id))
    if (!found || !parts.crypto.equal(secret.hash, found.token.hash)) {
      throw new Refusal('refresh_unknown')
    }
    const { family, grant, user } = found
    Object.assign(call.about, { userId: user.id, grantId: grant.id, familyId: family.id })
    const { sessionId } = family
    const session = sessionId === undefined ? undefined : await parts.store.findSession(sessionId)
    return { ...found, ...(session && { sid: session.session.sid }) }
  },

  judge(found, asked) {
    checkBinding(found, asked)
    checkLive(found, asked)
    const { call, newId } = asked
    const { family, token } = found
    const scope = scopeOf(family.scope, call)
    const resources = narrowResources(family.resources, call.fields.resource)
    if (token.spentAt !== undefined) return judgeSpent(found, asked, token.spentAt)
    return {
      may: {
        scope,
        resources,
        refreshToken: true,
        person: {
          user: found.user,
          grant: { is: 'known', record: found.grant },
          family: { is: 'known', record: family },
          parent: token,
          spend: { what: 'refresh_token', id: token.id, at: call.now, childId: newId() },
          ...(found.sid !== undefined && { sid: found.sid }),
          ...(family.claims && { claims: family.claims }),
        },
      },
    }
  },
}
