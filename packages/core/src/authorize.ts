// The authorization endpoint: up to "ask the user", and after the answer (RFC 6749 §4.1, RFC 9207).

import {
  type AuthorizeRequest,
  asksEveryTime,
  readAuthorizeRequest,
  readTarget,
  type Target,
} from './authorize-request.ts'
import { type Call, eventOf } from './call.ts'
import { isWanted } from './claims.ts'
import { countingGrants, findCovering, newGrant } from './consent.ts'
import { endOf } from './lifetime.ts'
import type { RedirectFacts } from './oauth.ts'
import type { Parts } from './parts.ts'
import type { Code, Grant, GrantOrigin, Session, User } from './records.ts'
import { Refusal } from './refusal.ts'
import { covers, union } from './scope.ts'
import { mintSecret } from './secret.ts'
import type { Change } from './store.ts'

/** Who is signed in at the browser that asks. */
export type SignedIn = { session: Session; user: User }

/** What is to happen next: ask somebody something, or send the browser back to the client. */
export type AuthorizeOutcome =
  | { next: 'login'; target: Target }
  | { next: 'consent'; target: Target; user: User; request: AuthorizeRequest; grants: Grant[] }
  | { next: 'redirect'; to: string; mode: Target['mode']; facts: RedirectFacts }

/** What the user answered on the consent page, `allow` with all that it showed; undefined while nobody was asked. */
export type Decision = { allow: readonly string[] } | 'deny' | undefined

/**
 * Answers an authorization request, or a decision about it. Throws Refusals that must be shown
 * on a page of ours; every other refusal is an outcome that goes to the client.
 */
export async function authorize(
  parts: Parts,
  call: Call,
  signedIn: SignedIn | undefined,
  decision: Decision,
): Promise<AuthorizeOutcome> {
  const target = await readTarget(parts, call)
  try {
    const request = await readAuthorizeRequest(parts, call, target)
    if (!signedIn || needsLogin(call, request, signedIn)) {
      if (request.prompts.includes('none')) throw new Refusal('login_needed')
      return { next: 'login', target }
    }
    checkSubject(request, signedIn)
    call.about.userId = signedIn.user.id
    const origin = target.client.consent === 'implicit' ? 'implicit' : 'consent'
    const asked: Asked = { target, request, signedIn, origin }
    const kept = await parts.store.findGrants(signedIn.user.id, target.client.id)
    const grants = countingGrants(kept, target.client, origin)
    if (decision === 'deny') throw denied(call)
    if (!allows(decision, request) && needsConsent(asked, grants)) {
      if (request.prompts.includes('none')) throw new Refusal('consent_needed')
      return { next: 'consent', target, user: signedIn.user, request, grants }
    }
    return back(parts, target, {
      code: await mintCode(parts, call, asked, grants[0]),
      scope: request.scope,
    })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return refuse(parts, call, target, error)
  }
}

type Asked = {
  target: Target
  request: AuthorizeRequest
  signedIn: SignedIn
  origin: GrantOrigin
}

function needsLogin(call: Call, request: AuthorizeRequest, { session, user }: SignedIn): boolean {
  const { prompts, maxAge, hintedSub } = request
  return (
    prompts.includes('login') ||
    prompts.includes('select_account') ||
    (maxAge !== undefined && call.now - session.authenticatedAt > maxAge) ||
    (hintedSub !== undefined && hintedSub !== user.sub)
  )
}

// OIDC Core §5.5.1: a request for one user's sub is never answered with another's.
function checkSubject({ claims }: AuthorizeRequest, { user }: SignedIn): void {
  if (claims && !isWanted(user.sub, claims)) throw new Refusal('login_needed')
}

function needsConsent({ target, request, origin }: Asked, grants: readonly Grant[]): boolean {
  if (origin === 'implicit') return false
  if (request.prompts.includes('consent') || asksEveryTime(target)) return true
  return findCovering(grants, request) === undefined
}

// The client's scope may have grown since the page was shown.
function allows(decision: Exclude<Decision, 'deny'>, { scope }: AuthorizeRequest): boolean {
  return decision !== undefined && covers(decision.allow, scope)
}

function denied(call: Call): Refusal {
  const events = [eventOf(call, 'consent', 'refused', 'consent_denied')]
  return new Refusal('consent_denied', { plan: { changes: [], events } })
}

// The state goes back in errors as well, and the issuer in every answer (RFC 9207 §2).
function back(
  parts: Parts,
  target: Target,
  facts: Omit<RedirectFacts, 'iss' | 'state'>,
): AuthorizeOutcome {
  return {
    next: 'redirect',
    to: target.redirectUri,
    mode: target.mode,
    facts: {
      ...facts,
      ...(target.state !== undefined && { state: target.state }),
      iss: parts.issuer,
    },
  }
}

async function refuse(
  parts: Parts,
  call: Call,
  target: Target,
  refusal: Refusal,
): Promise<AuthorizeOutcome> {
  if (refusal.details.plan) await parts.store.commit(refusal.details.plan)
  call.about.refused = refusal.reason
  return back(parts, target, { error: refusal.code, error_description: refusal.sentence })
}

function grantChange(grant: Grant, known: Grant | undefined): Change[] {
  if (!known) return [{ put: 'grant', grant }]
  const { scope, resources } = grant
  const same = covers(known.scope, scope) && covers(known.resources, resources)
  return same ? [] : [{ widen: 'grant', id: known.id, scope, resources }]
}

async function mintCode(
  parts: Parts,
  call: Call,
  asked: Asked,
  known: Grant | undefined,
): Promise<string> {
  const { target, request, signedIn } = asked
  const id = parts.store.newId()
  const { secret, hash } = mintSecret(parts, 'code', id)
  const grant = newGrant(call, known?.id ?? parts.store.newId(), {
    origin: asked.origin,
    userId: signedIn.user.id,
    clientId: target.client.id,
    scope: request.scope,
    resources: request.resources,
  })
  call.about.grantId = grant.id
  const { challenge, nonce, claims } = request
  const code: Code = {
    id,
    hash,
    grantId: grant.id,
    userId: signedIn.user.id,
    clientId: target.client.id,
    sessionId: signedIn.session.id,
    dialect: call.dialect.name,
    redirectUri: target.redirectUri,
    redirectSent: target.redirectSent,
    ...(challenge !== undefined && { challenge }),
    ...(target.state !== undefined && { state: target.state }),
    ...(nonce !== undefined && { nonce }),
    ...(claims && { claims }),
    scope: union([], request.scope),
    resources: request.resources,
    authenticatedAt: signedIn.session.authenticatedAt,
    createdAt: call.now,
    expiresAt: endOf(parts.policy, call.dialect.policy, 'code', call.now),
    wrongVerifiers: 0,
  }
  const changes: Change[] = [...grantChange(grant, known), { put: 'code', code }]
  const events = [eventOf(call, 'consent', 'allowed', 'code_minted')]
  const { oneCode } = call.dialect.policy
  const { userId, clientId, expiresAt: until } = code
  const slot = { what: 'code_slot', userId, clientId, codeId: id, at: call.now, until } as const
  const won = await parts.store.commit({ ...(oneCode && { spend: slot }), changes, events })
  if (!won) throw new Refusal('code_outstanding')
  return secret
}
