// Spends what was used and mints tokens, in one plan: the only writer of tokens.

import { base64url } from 'jose'
import { type ClientCall, eventOf } from './call.ts'
import { releasedClaims } from './claims.ts'
import type { May, UserMay } from './grants/grant.ts'
import type { TokenFacts } from './oauth.ts'
import type { Parts } from './parts.ts'
import type { AccessToken, AuditEvent, Change, RefreshToken } from './records.ts'
import { sealAnswer } from './replay.ts'
import { scopeAt, tokenForm } from './resource.ts'
import { mintHandle, mintSecret } from './secret.ts'

/** Issues what a grant type allowed; undefined when somebody else spent the same thing first. */
export const issue = async (
  parts: Parts,
  call: ClientCall,
  may: May,
): Promise<TokenFacts | undefined> => {
  const changes: Change[] = []
  const person = may.person
  if (person?.grant.is === 'new') changes.push({ put: 'grant', grant: person.grant.record })
  if (person?.family.is === 'new') changes.push({ put: 'family', family: person.family.record })
  if (person) call.about.familyId = person.family.record.id

  const scope = scopeAt(parts.policy, may.resources, may.scope)
  const access = await mintAccess(parts, call, may, scope, changes)
  const idToken = person && scope.includes('openid')
  const facts: TokenFacts = {
    ...access,
    ...(idToken && { id_token: await mintIdToken(parts, call, person, access) }),
    scope,
  }
  if (person && may.refreshToken) await addRefresh(parts, call, person, facts, changes)

  const spend = person?.spend
  const events = eventsOf(call, may)
  const won = await parts.store.commit({ ...(spend && { spend }), changes, events })
  return won ? facts : undefined
}

// A rotation is no news about anybody's access; what opens a sign-in's tokens is.
const eventsOf = (call: ClientCall, may: May): AuditEvent[] =>
  may.person?.family.is === 'new' ? [eventOf(call, 'tokens_opened', 'allowed', 'issued')] : []

const audienceOf = (parts: Parts, may: May, scope: readonly string[]): string[] => {
  if (may.resources.length === 0) return [parts.issuer]
  return scope.includes('openid') ? [...may.resources, parts.issuer] : [...may.resources]
}

const mintAccess = async (
  parts: Parts,
  call: ClientCall,
  may: May,
  scope: readonly string[],
  changes: Change[],
): Promise<Pick<TokenFacts, 'access_token' | 'access_expires_at' | 'token_type'>> => {
  const { now, client } = call
  const expiresAt = now + parts.policy.lifetimes.access_token
  const answer = { token_type: 'Bearer', access_expires_at: expiresAt } as const
  const audience = audienceOf(parts, may, scope)
  const family = may.person?.family.record
  if (tokenForm(parts.policy, client, may.resources) === 'jwt') {
    const claims = {
      iss: parts.issuer,
      sub: may.person?.user.sub ?? client.id,
      aud: audience.length === 1 ? audience[0] : audience,
      exp: expiresAt,
      iat: now,
      // The family's id, masked, is the front of the jti: revocation finds it without a row.
      jti: await mintHandle(parts, family?.id ?? 0),
      client_id: client.id,
      ...(scope.length > 0 && { scope: scope.join(' ') }),
      ...(family && { auth_time: family.authenticatedAt }),
    }
    return { ...answer, access_token: await parts.keys.sign('ES256', 'at+jwt', claims, now) }
  }
  const id = parts.store.newId()
  const { secret, hash } = await mintSecret(parts, 'access_token', id)
  const token: AccessToken = {
    id,
    hash,
    clientId: client.id,
    ...(family && { familyId: family.id }),
    scope,
    audience,
    createdAt: now,
    expiresAt,
  }
  changes.push({ put: 'access_token', token })
  return { ...answer, access_token: secret }
}

// OIDC Core §3.1.3.6: the left half of the access token's digest.
const halfHash = async (parts: Parts, token: string): Promise<string> =>
  base64url.encode((await parts.crypto.sha256(token)).subarray(0, 16))

const mintIdToken = async (
  parts: Parts,
  call: ClientCall,
  person: UserMay,
  access: Pick<TokenFacts, 'access_token'>,
): Promise<string> => {
  const { now, client } = call
  const { user, family, claims } = person
  // EdDSA's hash is SHA-512, whose half at_hash would need; there the claim, optional, is left out.
  const hash = client.idTokenAlg === 'EdDSA' ? undefined : await halfHash(parts, access.access_token)
  const payload = {
    ...releasedClaims(parts.policy, user, [], claims?.id_token),
    iss: parts.issuer,
    sub: user.sub,
    aud: client.id,
    exp: now + parts.policy.lifetimes.id_token,
    iat: now,
    auth_time: family.record.authenticatedAt,
    ...(person.nonce !== undefined && { nonce: person.nonce }),
    ...(person.sid !== undefined && { sid: person.sid }),
    ...(hash !== undefined && { at_hash: hash }),
  }
  return parts.keys.sign(client.idTokenAlg, 'JWT', payload, now)
}

const addRefresh = async (
  parts: Parts,
  call: ClientCall,
  person: UserMay,
  facts: TokenFacts,
  changes: Change[],
): Promise<void> => {
  const { lifetimes } = parts.policy
  const { parent, spend, family } = person
  const id = spend?.what === 'refresh_token' ? spend.childId : parts.store.newId()
  const { secret, hash } = await mintSecret(parts, 'refresh_token', id)
  const expiresAt = Math.min(call.now + lifetimes.refresh_token_idle, family.record.expiresAt)
  facts.refresh_token = secret
  facts.refresh_expires_at = expiresAt
  const token: RefreshToken = {
    id,
    hash,
    familyId: family.record.id,
    createdAt: call.now,
    expiresAt,
  }
  if (parent && lifetimes.replay_window > 0) {
    token.cell = await sealAnswer(parts, call, { childId: id, familyId: token.familyId }, facts)
    token.cellUntil = call.now + lifetimes.replay_window
  }
  changes.push({ put: 'refresh_token', token })
}
