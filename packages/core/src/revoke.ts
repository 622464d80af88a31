// Revocation (RFC 7009): a refresh token takes its family along, an access token goes alone.

import { presentAccessToken } from './access-token.ts'
import { type Call, type ClientCall, eventOf } from './call.ts'
import { authenticate } from './client-auth.ts'
import type { Parts } from './parts.ts'
import { Refusal } from './refusal.ts'
import { readSecret } from './secret.ts'
import type { Change } from './store.ts'

/** Revokes the token; unknown ones are no error (§2.2). Throws a Refusal for another client's. */
export async function revoke(parts: Parts, call: Call): Promise<Record<string, never>> {
  const known = await authenticate(parts, call)
  const text = call.fields.token
  if (text === undefined) throw new Refusal('field_missing', { field: 'token' })
  const change =
    (await refreshChange(parts, known, text)) ?? (await accessChange(parts, known, text))
  if (change) {
    const events = [eventOf(call, 'revocation', 'allowed', 'revoked')]
    await parts.store.commit({ changes: [change], events })
  }
  return {}
}

async function refreshChange(
  parts: Parts,
  call: ClientCall,
  text: string,
): Promise<Change | undefined> {
  const secret = readSecret(parts, 'refresh_token', text)
  const found = secret && (await parts.store.findRefreshToken(secret.id))
  if (!found || !parts.crypto.equal(secret.hash, found.token.hash)) return undefined
  const { family } = found
  if (family.clientId !== call.client.id) throw new Refusal('token_other_client')
  Object.assign(call.about, { userId: family.userId, grantId: family.grantId, familyId: family.id })
  return call.dialect.policy.revokes === 'grant'
    ? { end: 'grant', id: family.grantId, at: call.now, reason: 'revoked' }
    : { end: 'family', id: family.id, at: call.now, reason: 'revoked' }
}

async function accessChange(
  parts: Parts,
  call: ClientCall,
  text: string,
): Promise<Change | undefined> {
  const presented = await presentAccessToken(parts, text, call.now)
  if (!('token' in presented)) return undefined
  const { client, lineage, handle, expiresAt } = presented.token
  if (client.id !== call.client.id) throw new Refusal('token_other_client')
  if (lineage) Object.assign(call.about, { userId: lineage.user.id, familyId: lineage.family.id })
  if (presented.dead) return undefined
  if (lineage && call.dialect.policy.revokes === 'grant') {
    return { end: 'grant', id: lineage.grant.id, at: call.now, reason: 'revoked' }
  }
  return handle.kind === 'row'
    ? { end: 'access_token', id: handle.id, at: call.now }
    : { end: 'jwt', jtiHash: handle.jtiHash, expiresAt }
}
