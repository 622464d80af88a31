// Introspection (RFC 7662): for the client's own tokens and those of resources it is named for.

import { type PresentedToken, presentAccessToken } from './access-token.ts'
import type { Call, ClientCall } from './call.ts'
import { authenticate } from './client-auth.ts'
import { whyNotRefreshed } from './live.ts'
import type { Facts } from './oauth.ts'
import type { Parts } from './parts.ts'
import { type Client, isConfidential } from './records.ts'
import { Refusal } from './refusal.ts'
import { readSecret } from './secret.ts'

const INACTIVE: Facts = { active: false }

/** What the caller may know of a token. Throws a Refusal for clients without credentials. */
export async function introspect(parts: Parts, call: Call): Promise<Facts> {
  const known = await authenticate(parts, call)
  if (!isConfidential(known.client)) throw new Refusal('client_method_wrong')
  const text = call.fields.token
  if (text === undefined) throw new Refusal('field_missing', { field: 'token' })
  return (await refreshFacts(parts, known, text)) ?? (await accessFacts(parts, known, text))
}

function isNamedFor(parts: Parts, client: Client, audience: readonly string[]): boolean {
  return audience.some(
    (name) =>
      client.introspects.includes(name) ||
      parts.policy.resources.some(
        (one) => one.resource === name && one.introspected_by.includes(client.id),
      ),
  )
}

async function accessFacts(parts: Parts, call: ClientCall, text: string): Promise<Facts> {
  const presented = await presentAccessToken(parts, text, call.now)
  if (presented.dead || !('token' in presented)) return INACTIVE
  const { token } = presented
  const own = token.client.id === call.client.id
  if (!own && !isNamedFor(parts, call.client, token.audience)) return INACTIVE
  return factsOf(parts, token)
}

function factsOf(parts: Parts, token: PresentedToken): Facts {
  const { lineage, handle, audience } = token
  return {
    active: true,
    iss: parts.issuer,
    sub: lineage?.user.sub ?? token.client.id,
    aud: audience.length === 1 ? audience[0] : audience,
    client_id: token.client.id,
    ...(token.scope.length > 0 && { scope: token.scope.join(' ') }),
    token_type: 'Bearer',
    exp: token.expiresAt,
    iat: token.createdAt,
    ...(handle.kind === 'jwt' && { jti: handle.jti }),
    ...(lineage && { username: lineage.user.username, auth_time: lineage.family.authenticatedAt }),
  }
}

async function refreshFacts(
  parts: Parts,
  call: ClientCall,
  text: string,
): Promise<Facts | undefined> {
  const secret = readSecret(parts, 'refresh_token', text)
  if (!secret) return undefined
  const found = await parts.store.findRefreshToken(secret.id)
  if (!found || !parts.crypto.equal(secret.hash, found.token.hash)) return INACTIVE
  const { token, family, user } = found
  const dead =
    family.clientId !== call.client.id ||
    token.spentAt !== undefined ||
    token.expiresAt <= call.now ||
    family.expiresAt <= call.now ||
    whyNotRefreshed(parts.policy, call.client, found) !== undefined
  if (dead) return INACTIVE
  return {
    active: true,
    iss: parts.issuer,
    sub: user.sub,
    client_id: family.clientId,
    scope: family.scope.join(' '),
    exp: token.expiresAt,
    iat: token.createdAt,
    username: user.username,
  }
}
