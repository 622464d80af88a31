// The floor's answers: what each call must check, find, mint and write, and nothing that need not be.

import { hash, timingSafeEqual } from 'node:crypto'
import { CLIENTS, type GivenClient, LIFETIMES, USER } from '../given.ts'
import type { openTables, Value, Write } from './tables.ts'
import { atHash, digest, JWKS, mintHandle, mintSecret, readId, seal, signJwt } from './tokens.ts'

/** A request that was read whole. */
export type Sent = { path: string; authorization: string; body: string; requestId: string }

/** What is answered once `writes` are kept. */
export type Answer = {
  status: number
  body: string
  clientId?: string
  writes?: readonly Write[]
}

type Tables = ReturnType<typeof openTables>
type Token = { client: GivenClient; scope: string; familyId: number | null; at: number }
type Turn = { tables: Tables; issuer: string; now: number }

const KNOWN = new Map<string, GivenClient & { hash: Buffer }>(
  CLIENTS.map((client) => [client.id, { ...client, hash: digest(client.secret) }]),
)
const KEPT = 86_400

function refuse(error: string, status = 400): Answer {
  return { status, body: JSON.stringify({ error }) }
}

function clientOf(authorization: string): GivenClient | undefined {
  const text = Buffer.from(authorization.slice('Basic '.length), 'base64').toString()
  const colon = text.indexOf(':')
  const client = KNOWN.get(decodeURIComponent(text.slice(0, colon)))
  const secret = digest(decodeURIComponent(text.slice(colon + 1)))
  return client && timingSafeEqual(secret, client.hash) ? client : undefined
}

function isSame(kept: Value | undefined, secret: string): boolean {
  return kept instanceof Uint8Array && timingSafeEqual(kept, digest(secret))
}

function mintAccess({ tables, issuer, now }: Turn, token: Token) {
  const { client, scope, familyId } = token
  const expiresAt = now + LIFETIMES.access
  if (client.accessToken === 'jwt') {
    const claims = {
      iss: issuer,
      sub: familyId === null ? client.id : USER.name,
      aud: issuer,
      exp: expiresAt,
      iat: now,
      jti: mintHandle(familyId ?? 0),
      client_id: client.id,
      scope,
      ...(familyId !== null && { auth_time: token.at }),
    }
    return { secret: signJwt('at+jwt', claims), writes: [] }
  }
  const id = tables.newId()
  const { secret, hash } = mintSecret('fa_', id)
  const until = expiresAt + KEPT
  const audience = JSON.stringify([issuer])
  const row = [id, hash, client.id, familyId, scope, audience, now, expiresAt, until] as const
  return { secret, writes: [['putAccess', ...row] satisfies Write] }
}

function tokensOf(access: string, scope: string) {
  return { access_token: access, token_type: 'Bearer', expires_in: LIFETIMES.access, scope }
}

function clientCredentials(turn: Turn, client: GivenClient): Answer {
  const scope = 'api.read'
  const access = mintAccess(turn, { client, scope, familyId: null, at: turn.now })
  return {
    status: 200,
    body: JSON.stringify(tokensOf(access.secret, scope)),
    writes: access.writes,
  }
}

function refresh(turn: Turn, client: GivenClient, form: URLSearchParams): Answer {
  const { tables, now } = turn
  const presented = form.get('refresh_token') ?? ''
  const id = readId('fr_', presented)
  const found = tables.find('findRefresh', id)
  if (!isSame(found?.hash, presented) || found?.client_id !== client.id)
    return refuse('invalid_grant')
  const isLive = Number(found.expires_at) > now && Number(found.family_expires_at) > now
  if (!isLive || found.ended_at !== null || found.spent_at !== null) return refuse('invalid_grant')
  const familyId = Number(found.family_id)
  const scope = String(found.scope)
  const access = mintAccess(turn, { client, scope, familyId, at: Number(found.authenticated_at) })
  const childId = tables.newId()
  const child = mintSecret('fr_', childId)
  const body = JSON.stringify({ ...tokensOf(access.secret, scope), refresh_token: child.secret })
  const until = now + LIFETIMES.refresh
  const writes: Write[] = [
    ['spendRefresh', now, childId, id],
    ['dropCell', id],
    ...access.writes,
    ['putRefresh', childId, child.hash, familyId, now, until],
    ['putCell', childId, familyId, seal(presented, body), now + LIFETIMES.replay],
  ]
  return { status: 200, body, writes }
}

function exchange(
  turn: Turn,
  client: GivenClient,
  form: URLSearchParams,
  requestId: string,
): Answer {
  const { tables, now, issuer } = turn
  const presented = form.get('code') ?? ''
  const id = readId('fc_', presented)
  const found = tables.find('findCode', id)
  if (!isSame(found?.hash, presented) || found?.client_id !== client.id)
    return refuse('invalid_grant')
  const challenge = hash('sha256', form.get('code_verifier') ?? '', 'base64url')
  const isBound = challenge === found.challenge && form.get('redirect_uri') === found.redirect_uri
  const isLive = Number(found.expires_at) > now && found.spent_at === null
  if (!isBound || !isLive) return refuse('invalid_grant')
  const at = Number(found.authenticated_at)
  const scope = String(found.scope)
  const familyId = tables.newId()
  const access = mintAccess(turn, { client, scope, familyId, at })
  const childId = tables.newId()
  const child = mintSecret('fr_', childId)
  const id_token = signJwt('JWT', {
    iss: issuer,
    sub: USER.name,
    aud: client.id,
    exp: now + LIFETIMES.id,
    iat: now,
    auth_time: at,
    at_hash: atHash(access.secret),
  })
  const tokens = { ...tokensOf(access.secret, scope), refresh_token: child.secret, id_token }
  const until = now + LIFETIMES.refresh
  const writes: Write[] = [
    ['spendCode', now, familyId, id],
    ['putFamily', familyId, client.id, scope, at, now, until],
    ...access.writes,
    ['putRefresh', childId, child.hash, familyId, now, until],
    ['putEvent', now, requestId, client.id, familyId],
  ]
  return { status: 200, body: JSON.stringify(tokens), writes }
}

function introspect({ tables, issuer, now }: Turn, form: URLSearchParams): Answer {
  const presented = form.get('token') ?? ''
  const found = tables.find('findAccess', readId('fa_', presented))
  const isLive = isSame(found?.hash, presented) && Number(found?.expires_at) > now
  if (!found || !isLive || found.ended_at !== null) return { status: 200, body: '{"active":false}' }
  const facts = {
    active: true,
    iss: issuer,
    sub: USER.name,
    aud: issuer,
    client_id: found.client_id,
    scope: found.scope,
    exp: found.expires_at,
    iat: found.created_at,
    token_type: 'Bearer',
  }
  return { status: 200, body: JSON.stringify(facts) }
}

function userinfo({ tables, now }: Turn, authorization: string): Answer {
  const presented = authorization.slice('Bearer '.length)
  const found = tables.find('findAccess', readId('fa_', presented))
  const isLive = isSame(found?.hash, presented) && Number(found?.expires_at) > now
  if (!found || !isLive || found.ended_at !== null) return refuse('invalid_token', 401)
  return { status: 200, body: JSON.stringify({ sub: USER.name }) }
}

function discovery({ issuer }: Turn): Answer {
  const ends = ['authorize', 'token', 'introspect', 'revoke', 'userinfo']
  const members = ends.map((name) => [`${name}_endpoint`, `${issuer}/${name}`])
  const more = { issuer, jwks_uri: `${issuer}/jwks`, response_types_supported: ['code'] }
  return { status: 200, body: JSON.stringify({ ...more, ...Object.fromEntries(members) }) }
}

function token(turn: Turn, client: GivenClient, { body, requestId }: Sent): Answer {
  const form = new URLSearchParams(body)
  switch (form.get('grant_type')) {
    case 'client_credentials':
      return clientCredentials(turn, client)
    case 'refresh_token':
      return refresh(turn, client, form)
    case 'authorization_code':
      return exchange(turn, client, form, requestId)
    default:
      return refuse('unsupported_grant_type')
  }
}

/** Answers a request, or says what must be kept before it may be answered so. */
export function answer(turn: Turn, sent: Sent): Answer {
  const { path, authorization, body } = sent
  if (path === '/jwks') return { status: 200, body: JWKS }
  if (path === '/.well-known/oauth-authorization-server') return discovery(turn)
  if (path === '/userinfo') return userinfo(turn, authorization)
  const client = clientOf(authorization)
  if (!client) return refuse('invalid_client', 401)
  const answered =
    path === '/introspect' ? introspect(turn, new URLSearchParams(body)) : token(turn, client, sent)
  return { ...answered, clientId: client.id }
}
