// The authorization code grant (RFC 6749 §4.1.3, RFC 7636 §4.6, RFC 8707 §2.2).

import { eventOf } from '../call.ts'
import { whyDead } from '../live.ts'
import type { Lifetimes } from '../parts.ts'
import { challengeOf } from '../pkce.ts'
import type { Code, Family } from '../records.ts'
import { isRegistered } from '../redirect.ts'
import { Refusal } from '../refusal.ts'
import { narrowResources } from '../resource.ts'
import { narrowScope } from '../scope.ts'
import { readSecret } from '../secret.ts'
import type { FoundCode, Plan } from '../store.ts'
import { type Asked, type GrantType, wantsRefreshToken } from './grant.ts'

/** Wrong verifiers that use a code up: fewer would let a stranger burn it, more would let one guess. */
const MOST_WRONG_VERIFIERS = 5

type Found = FoundCode & { sid?: string; answered: string | undefined }

function checkBinding({ code }: Found, { call }: Asked): void {
  if (code.clientId !== call.client.id) throw new Refusal('code_other_client')
  if (code.dialect !== call.dialect.name) throw new Refusal('code_other_dialect')
  if (code.spentAt === undefined && code.expiresAt <= call.now) throw new Refusal('code_expired')
}

function checkRedirect({ code }: Found, { call }: Asked): void {
  const sent = call.fields.redirect_uri
  // The operator took it away since: the code must not outlive the decision.
  if (!isRegistered(call.client.redirectUris, code.redirectUri)) throw new Refusal('redirect_other')
  if (sent !== undefined && sent !== code.redirectUri) {
    throw new Refusal('redirect_other', { rightValues: [code.redirectUri] })
  }
  const field = call.operation.reads.redirect_uri !== undefined
  // With a challenge the verifier binds the code to the request that asked for it (OAuth 2.1 §10.2).
  const bound = code.challenge !== undefined && call.dialect.policy.redirectAtExchange !== 'always'
  if (sent === undefined && field && code.redirectSent && !bound) {
    throw new Refusal('redirect_missing')
  }
  const { state } = call.fields
  if (state !== undefined && state !== code.state) throw new Refusal('state_other')
}

function checkVerifier({ code, answered }: Found, { call }: Asked): void {
  if (code.challenge === undefined) {
    if (answered !== undefined) throw new Refusal('verifier_unexpected')
    return
  }
  if (answered === undefined) throw new Refusal('verifier_missing')
  if (answered === code.challenge) return
  const plan: Plan = {
    changes: [
      { count: 'wrong_verifier', codeId: code.id, at: call.now, limit: MOST_WRONG_VERIFIERS },
    ],
    events: [eventOf(call, 'code', 'refused', 'verifier_wrong')],
  }
  throw new Refusal('verifier_wrong', { plan })
}

function checkLive(found: Found, { call }: Asked): void {
  const dead = whyDead(call.client, found, found.code)
  if (dead) throw new Refusal(dead)
}

// RFC 6749 §4.1.2: a second valid use means that somebody has the code who should not.
function checkUnspent({ code }: Found, { call }: Asked): void {
  if (code.spentAt === undefined) return
  if (code.familyId === undefined) throw new Refusal('code_spent')
  call.about.familyId = code.familyId
  const plan: Plan = {
    changes: [{ end: 'family', id: code.familyId, at: call.now, reason: 'code_reused' }],
    events: [eventOf(call, 'code', 'refused', 'code_reused')],
  }
  throw new Refusal('code_reused', { plan })
}

function newFamily(code: Code, now: number, lifetimes: Lifetimes, id: number): Family {
  return {
    id,
    grantId: code.grantId,
    userId: code.userId,
    clientId: code.clientId,
    ...(code.sessionId !== undefined && { sessionId: code.sessionId }),
    ...(code.claims && { claims: code.claims }),
    dialect: code.dialect,
    scope: code.scope,
    resources: code.resources,
    authenticatedAt: code.authenticatedAt,
    createdAt: now,
    expiresAt: now + lifetimes.refresh_token,
  }
}

/** `grant_type=authorization_code`. */
export const authorizationCode: GrantType<Found> = {
  type: 'authorization_code',
  needs: ['code'],

  async find(parts, call) {
    const { code = '', code_verifier } = call.fields
    const answered = code_verifier && challengeOf(parts.crypto, code_verifier)
    const secret = readSecret(parts, 'code', code)
    const found = secret && (await parts.store.findCode(secret.id))
    if (!found || !parts.crypto.equal(secret.hash, found.code.hash)) {
      throw new Refusal('code_unknown')
    }
    Object.assign(call.about, { userId: found.user.id, grantId: found.grant.id })
    const { sessionId } = found.code
    const session = sessionId === undefined ? undefined : await parts.store.findSession(sessionId)
    return { ...found, answered, ...(session && { sid: session.session.sid }) }
  },

  judge(found, asked) {
    checkBinding(found, asked)
    checkRedirect(found, asked)
    checkVerifier(found, asked)
    checkLive(found, asked)
    const { call, policy, newId } = asked
    const { code } = found
    const resources = narrowResources(code.resources, call.fields.resource)
    const narrows = call.dialect.policy.scopeAtExchange === 'narrows'
    const scope = narrowScope(code.scope, narrows ? call.fields.scope : undefined)
    checkUnspent(found, asked)
    const family = newFamily(code, call.now, policy.lifetimes, newId())
    return {
      may: {
        scope,
        resources,
        refreshToken: wantsRefreshToken(call.client, call.dialect, code.scope),
        person: {
          user: found.user,
          grant: { is: 'known', record: found.grant },
          family: { is: 'new', record: family },
          spend: { what: 'code', id: code.id, at: call.now, familyId: family.id },
          ...(found.sid !== undefined && { sid: found.sid }),
          ...(code.nonce !== undefined && { nonce: code.nonce }),
          ...(code.claims && { claims: code.claims }),
        },
      },
    }
  },
}
