// The peer @node-oauth/oauth2-server, with a model as its documentation describes one.

import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import OAuth2Server, { type Client, type RefreshToken, type Token } from '@node-oauth/oauth2-server'
import {
  CLIENTS,
  type GivenClient,
  LIFETIMES,
  OPAQUE,
  REDIRECT_URI,
  SCOPE,
  USER,
} from '../given.ts'
import { bodyOf, NO_PATHS, type Peer, runPeer, sendJson, times } from './peer.ts'
import type { Rows } from './rows.ts'

const { Request, Response } = OAuth2Server

const KNOWN: ReadonlyMap<string, Client & { secret: string }> = new Map(
  CLIENTS.map(({ id, secret }: GivenClient) => {
    const grants = ['authorization_code', 'refresh_token', 'client_credentials']
    return [id, { id, secret, grants, redirectUris: [REDIRECT_URI] }]
  }),
)

function secondsOf(at: Date | undefined): number {
  return Math.floor(Number(at) / 1000)
}

// Dates of a record that went through JSON.
function revived<T extends object>(record: T): T {
  const entries = Object.entries(record).map(([name, value]) => [
    name,
    name.endsWith('ExpiresAt') ? new Date(value) : value,
  ])
  return Object.fromEntries(entries)
}

function modelOn(rows: Rows) {
  const find = async (kind: string, id: string) => {
    const record = await rows.get(kind, id)
    return record ? (revived(record) as Token & RefreshToken) : false
  }
  return {
    getClient: async (id: string, secret: string | null) => {
      const client = KNOWN.get(id)
      return client && (secret === null || client.secret === secret) ? client : false
    },
    getUserFromClient: async ({ id }: Client) => ({ id }),
    saveToken: async (token: Token, { id, grants }: Client, user: object) => {
      const kept = { ...token, client: { id, grants }, user }
      const { accessToken, accessTokenExpiresAt, refreshToken, refreshTokenExpiresAt } = token
      const expiresAt = secondsOf(accessTokenExpiresAt)
      await rows.put('access', accessToken, { value: kept, expiresAt })
      if (refreshToken) {
        const until = secondsOf(refreshTokenExpiresAt)
        await rows.put('refresh', refreshToken, { value: kept, expiresAt: until })
      }
      return kept
    },
    getAccessToken: (token: string) => find('access', token),
    getRefreshToken: (token: string) => find('refresh', token),
    revokeToken: ({ refreshToken }: RefreshToken) => rows.drop('refresh', refreshToken),
    validateScope: async (_: object, __: object, scope?: string[]) => scope ?? ['api.read'],
  }
}

type Model = ReturnType<typeof modelOn>

/** Keeps a token of the user, as if they had signed in. */
async function save(model: Model): Promise<{ accessToken: string; refreshToken: string }> {
  const client = KNOWN.get(OPAQUE.id)
  if (!client) throw new Error('There is no client.')
  const user = { id: USER.name }
  const until = new Date(Date.now() + LIFETIMES.refresh * 1000)
  const secrets = {
    accessToken: randomBytes(32).toString('hex'),
    refreshToken: randomBytes(32).toString('hex'),
  }
  const scope = SCOPE.tokens.split(' ')
  const times = { accessTokenExpiresAt: until, refreshTokenExpiresAt: until }
  await model.saveToken({ ...secrets, ...times, scope, client, user }, client, user)
  return secrets
}

// The library has no endpoint of this kind: what it does is to authenticate whoever has a token.
async function introspect(
  server: OAuth2Server,
  authorization = '',
  token = '',
): Promise<[status: number, said: object]> {
  const [id = '', secret] = Buffer.from(authorization.slice(6), 'base64').toString().split(':')
  if (KNOWN.get(id)?.secret !== secret) return [401, { error: 'invalid_client' }]
  const headers = { authorization: `Bearer ${token}` }
  const given = new Request({ method: 'GET', headers, query: {}, body: {} })
  const found = await server.authenticate(given, new Response({ headers: {} })).catch(() => {})
  if (!found) return [200, { active: false }]
  const { scope = [], user, client, accessTokenExpiresAt } = found
  const exp = secondsOf(accessTokenExpiresAt)
  return [200, { active: true, client_id: client.id, scope: scope.join(' '), exp, sub: user.id }]
}

/** Answers a request with what the library says. */
function openAnswers(model: Model) {
  const server = new OAuth2Server({
    model,
    accessTokenLifetime: LIFETIMES.access,
    refreshTokenLifetime: LIFETIMES.refresh,
  })
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url } = request
    const headers = request.headers as Record<string, string>
    const body = Object.fromEntries(new URLSearchParams(await bodyOf(request)))
    if (url === '/introspect') {
      const [status, said] = await introspect(server, headers.authorization, body.token)
      return sendJson(response, status, said)
    }
    const given = new Request({ method, headers, query: {}, body })
    const answered = new Response({ headers: {} })
    await server.token(given, answered).catch(() => {})
    sendJson(response, answered.status ?? 500, answered.body)
  }
}

async function makePeer(_: string, rows: Rows): Promise<Peer> {
  const model = modelOn(rows)
  const answer = openAnswers(model)
  return {
    paths: { ...NO_PATHS, token: '/token', introspect: '/introspect' },
    rows: ['client credentials, opaque', 'refresh rotation, opaque', 'introspection, opaque'],
    listen: (request, response) => void answer(request, response),
    seed: async ({ families }) => {
      const kept = await times(families, () => save(model))
      return {
        refreshOpaque: kept.map(({ refreshToken }) => refreshToken),
        refreshJwt: [],
        access: kept.map(({ accessToken }) => accessToken),
        codes: [],
      }
    },
  }
}

await runPeer(makePeer)
