// Spends what was used and mints tokens, in one plan: the only writer of tokens.

import { base64url } from 'jose'
import { type ClientCall, eventOf } from './call.ts'
import { releasedClaims, renamedClaims } from './claims.ts'
import type { May, UserMay } from './grants/grant.ts'
import { endOf } from './lifetime.ts'
import type { TokenFacts } from './oauth.ts'
import type { Parts } from './parts.ts'
import type { AccessToken, AuditEvent, KeyKind, RefreshToken } from './records.ts'
import { sealAnswer } from './replay.ts'
import { scopeAt, tokenForm } from './resource.ts'
import { mintHandle, mintSecret } from './secret.ts'
import type { Change } from './store.ts'

/** What is being issued: the call, its leave, and the scope that its tokens get. */
type Order = { call: ClientCall; may: May; scope: readonly string[] }

/** A token's part of the answer, and what is written for it. */
type Minted<F> = { facts: F; changes: Change[] }

/** How long an expired token is told from an unknown one; a day, in seconds. */
const KEPT = 86_400

type AccessFacts = Pick<TokenFacts, 'access_token' | 'access_expires_at' | 'token_type'>

/** Issues what a grant type allowed; undefined when somebody else spent the same thing first. */
export async function issue(
  parts: Parts,
  call: ClientCall,
  may: May,
): Promise<TokenFacts | undefined> {
  const { person } = may
  if (person) call.about.familyId = person.family.record.id
  const order = { call, may, scope: scopeAt(parts.policy, may.resources, may.scope) }
  const access = await mintAccess(parts, order)
  const facts: TokenFacts = { ...access.facts, scope: [...order.scope] }
  if (person && order.scope.includes('openid')) {
    facts.id_token = await mintIdToken(parts, order, person, facts.access_token)
  }
  const refresh = person && may.refreshToken ? mintRefresh(parts, call, person, facts) : []
  const spend = person?.spend
  const changes = [...openings(person), ...access.changes, ...refresh]
  const won = await parts.store.commit({
    ...(spend && { spend }),
    changes,
    events: eventsOf(order),
  })
  return won ? facts : undefined
}

function openings(person: UserMay | undefined): Change[] {
  return [
    ...(person?.grant.is === 'new' ? [{ put: 'grant', grant: person.grant.record } as const] : []),
    ...(person?.family.is === 'new'
      ? [{ put: 'family', family: person.family.record } as const]
      : []),
  ]
}

// A rotation is no news about anybody's access; what opens a sign-in's tokens is.
function eventsOf({ call, may }: Order): AuditEvent[] {
  return may.person?.family.is === 'new'
    ? [eventOf(call, 'tokens_opened', 'allowed', 'issued')]
    : []
}

function audienceOf(parts: Parts, { may, scope }: Order): string[] {
  if (may.resources.length === 0) return [parts.issuer]
  return scope.includes('openid') ? [...may.resources, parts.issuer] : [...may.resources]
}

async function mintAccess(parts: Parts, order: Order): Promise<Minted<AccessFacts>> {
  const { call, may } = order
  const expiresAt = endOf(parts.policy, call.dialect.policy, 'access_token', call.now)
  const answer = { token_type: 'Bearer', access_expires_at: expiresAt } as const
  if (tokenForm(parts.policy, call.client, may.resources) === 'jwt') {
    const claims = jwtClaims(parts, order, expiresAt)
    const access_token = await parts.keys.sign('ES256', 'at+jwt', claims, call.now)
    return { facts: { ...answer, access_token }, changes: [] }
  }
  const id = parts.store.newId()
  const { secret, hash } = mintSecret(parts, 'access_token', id)
  const family = may.person?.family.record
  const kept = expiresAt + KEPT
  const token: AccessToken = {
    id,
    hash,
    clientId: call.client.id,
    ...(family && { familyId: family.id }),
    scope: order.scope,
    audience: audienceOf(parts, order),
    createdAt: call.now,
    expiresAt,
    keptUntil: call.dialect.policy.expired === 'told' ? (family?.expiresAt ?? kept) : kept,
  }
  return {
    facts: { ...answer, access_token: secret },
    changes: [{ put: 'access_token', token }],
  }
}

// RFC 9068 §2.2.
function jwtClaims(parts: Parts, order: Order, expiresAt: number): object {
  const { call, may, scope } = order
  const audience = audienceOf(parts, order)
  const family = may.person?.family.record
  return {
    iss: parts.issuer,
    sub: may.person?.user.sub ?? call.client.id,
    aud: audience.length === 1 ? audience[0] : audience,
    exp: expiresAt,
    iat: call.now,
    // The family's id, masked, is the front of the jti: revocation finds it without a row.
    jti: mintHandle(parts, family?.id ?? 0),
    client_id: call.client.id,
    ...(scope.length > 0 && { scope: scope.join(' ') }),
    ...(family && { auth_time: family.authenticatedAt }),
  }
}

// The digest inside each signature; that of Ed25519 is SHA-512 (RFC 8032 §5.1).
const DIGESTS = {
  ES256: 'sha256',
  EdDSA: 'sha512',
  RS256: 'sha256',
  'RS256/4096': 'sha256',
} as const satisfies Record<KeyKind, string>

// OIDC Core §3.1.3.6: the left half of the access token's digest.
function halfHash(parts: Parts, kind: KeyKind, token: string): string {
  const digest = parts.crypto[DIGESTS[kind]](token)
  return base64url.encode(digest.subarray(0, digest.length / 2))
}

async function mintIdToken(
  parts: Parts,
  { call, scope }: Order,
  person: UserMay,
  accessToken: string,
): Promise<string> {
  const { client, now } = call
  const { idToken } = call.dialect.policy
  // A client that calls itself by a short name looks for that one.
  const named = call.fields.client_id ?? client.id
  const { user, family, claims } = person
  const kind = idToken ? 'RS256/4096' : client.idTokenAlg
  const payload = {
    ...releasedClaims(parts.policy, user, scope, Object.keys(claims?.id_token ?? {})),
    ...renamedClaims(user, idToken?.claims),
    iss: parts.issuer,
    sub: user.sub,
    aud: idToken?.audience === 'array' ? [...new Set([client.id, named])] : client.id,
    exp: now + parts.policy.lifetimes.id_token,
    iat: now,
    auth_time: family.record.authenticatedAt,
    ...(person.nonce !== undefined && { nonce: person.nonce }),
    ...(person.sid !== undefined && { sid: person.sid }),
    at_hash: halfHash(parts, kind, accessToken),
  }
  return parts.keys.sign(kind, 'JWT', payload, now)
}

// Completes the facts before they are sealed: the cell must hold the very tokens of the answer.
function mintRefresh(
  parts: Parts,
  call: ClientCall,
  { parent, spend, family }: UserMay,
  facts: TokenFacts,
): Change[] {
  const { lifetimes } = parts.policy
  const id = spend?.what === 'refresh_token' ? spend.childId : parts.store.newId()
  const { secret, hash } = mintSecret(parts, 'refresh_token', id)
  const idle = endOf(parts.policy, call.dialect.policy, 'refresh_token', call.now)
  const expiresAt = Math.min(idle, family.record.expiresAt)
  facts.refresh_token = secret
  facts.refresh_expires_at = expiresAt
  const familyId = family.record.id
  const token: RefreshToken = { id, hash, familyId, createdAt: call.now, expiresAt }
  if (parent && lifetimes.replay_window > 0) {
    token.cell = sealAnswer(parts, call, { childId: id, familyId }, facts)
    token.cellUntil = call.now + lifetimes.replay_window
  }
  return [{ put: 'refresh_token', token }]
}
