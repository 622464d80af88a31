// Access tokens as they are presented: opaque ones by their row, JWTs by signature and family.

import { audienceOf, looksLikeJwt, readOwnJwt } from './jwt.ts'
import { whyDead } from './live.ts'
import type { Parts } from './parts.ts'
import type { Client } from './records.ts'
import type { Reason } from './refusal.ts'
import { splitScope } from './scope.ts'
import { readHandle, readSecret } from './secret.ts'
import type { Lineage } from './store.ts'

/** A live access token and all that stands behind it. */
export type PresentedToken = {
  client: Client
  lineage?: Lineage
  scope: readonly string[]
  audience: readonly string[]
  createdAt: number
  expiresAt: number
  /** How it is ended: by its row, or by its jti. */
  handle: { kind: 'row'; id: number } | { kind: 'jwt'; jti: string; jtiHash: Uint8Array }
}

/** What a presented token turned out to be. */
export type Presented = { token: PresentedToken; dead?: Reason } | { dead: Reason }

type Bare = Omit<PresentedToken, 'client'> & { clientId: string; ended: boolean }

/** Looks an access token up; `dead` says why it may not be used, `token` whose it was. */
export async function presentAccessToken(
  parts: Parts,
  text: string,
  now: number,
): Promise<Presented> {
  const bare = looksLikeJwt(text) ? await readJwt(parts, text, now) : await readOpaque(parts, text)
  const client = bare && (await parts.store.findClient(bare.clientId))
  if (!bare || !client) return { dead: 'token_unknown' }
  const { clientId: _, ended, ...rest } = bare
  const token: PresentedToken = { ...rest, client }
  const dead = ended ? 'token_revoked' : whyUnusable(token, now)
  return dead ? { token, dead } : { token }
}

function whyUnusable(token: PresentedToken, now: number): Reason | undefined {
  if (token.expiresAt <= now) return 'token_expired'
  const { client, lineage, createdAt } = token
  // A family that is dead is no reason to live for what it was refreshed to since.
  if (lineage) return whyDead(client, lineage, lineage.family) && 'token_revoked'
  const gone = client.disabledAt !== undefined || createdAt < client.tokensFrom
  return gone ? 'token_revoked' : undefined
}

async function readOpaque(parts: Parts, text: string): Promise<Bare | undefined> {
  const secret = readSecret(parts, 'access_token', text)
  const found = secret && (await parts.store.findAccessToken(secret.id))
  if (!found || !parts.crypto.equal(secret.hash, found.token.hash)) return undefined
  const { token, lineage } = found
  return {
    clientId: token.clientId,
    ...(lineage && { lineage }),
    scope: token.scope,
    audience: token.audience,
    createdAt: token.createdAt,
    expiresAt: token.expiresAt,
    handle: { kind: 'row', id: token.id },
    // A token of a family that is gone is as dead as its family.
    ended: token.revokedAt !== undefined || (token.familyId !== undefined && !lineage),
  }
}

async function readJwt(parts: Parts, text: string, now: number): Promise<Bare | undefined> {
  const claims = await readOwnJwt(parts, text, 'at+jwt', now)
  if (!claims) return undefined
  const { jti, client_id: clientId, scope = '' } = claims
  const audience = audienceOf(claims)
  const isWhole = typeof jti === 'string' && typeof clientId === 'string' && audience.length > 0
  if (!isWhole || typeof scope !== 'string') return undefined
  const familyId = readHandle(parts, jti)
  if (familyId === undefined) return undefined
  const jtiHash = parts.crypto.sha256(jti)
  const lineage = familyId === 0 ? undefined : await parts.store.findFamily(familyId)
  return {
    clientId,
    ...(lineage && { lineage }),
    scope: splitScope(scope),
    audience,
    createdAt: Number(claims.iat),
    expiresAt: Number(claims.exp),
    handle: { kind: 'jwt', jti, jtiHash },
    ended: (familyId !== 0 && !lineage) || (await parts.store.isJwtEnded(jtiHash)),
  }
}
