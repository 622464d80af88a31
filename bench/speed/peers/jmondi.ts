// The peer @jmondi/oauth2-server: access tokens are JWTs, refresh tokens opaque, both kept.

import { generateKeyPairSync } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  AuthorizationServer,
  DateInterval,
  generateRandomToken,
  type Headers,
  type JwtInterface,
  type OAuthClient,
  OAuthException,
  OAuthRequest,
  type OAuthScope,
  type OAuthToken,
  type OAuthUser,
} from '@jmondi/oauth2-server'
import jsonwebtoken from 'jsonwebtoken'
import { CLIENTS, JWT, LIFETIMES, SCOPE, USER } from '../given.ts'
import { bodyOf, NO_PATHS, type Peer, runPeer, sendJson, times } from './peer.ts'
import type { Rows } from './rows.ts'

const KEY_ID = 'peer-1'
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const PUBLIC = { ...publicKey.export({ format: 'jwk' }), kid: KEY_ID, alg: 'ES256', use: 'sig' }

const SCOPES: OAuthScope[] = SCOPE.tokens.split(' ').map((name) => ({ name }))
const KNOWN: ReadonlyMap<string, OAuthClient> = new Map(
  CLIENTS.map(({ id, secret }) => [
    id,
    {
      id,
      name: id,
      secret,
      redirectUris: [],
      allowedGrants: ['client_credentials', 'refresh_token'],
      scopes: SCOPES,
    },
  ]),
)

const jwt: JwtInterface = {
  verify: async (token) => jsonwebtoken.verify(token, publicKey) as Record<string, unknown>,
  decode: (token) => jsonwebtoken.decode(token),
  sign: async (payload) =>
    jsonwebtoken.sign(payload, privateKey, { algorithm: 'ES256', keyid: KEY_ID }),
}

function clientOf(id: string): OAuthClient {
  const client = KNOWN.get(id)
  if (!client) throw OAuthException.invalidClient()
  return client
}

function inSeconds(seconds: number): Date {
  return new Date(Date.now() + seconds * 1000)
}

function newToken(client: OAuthClient, scopes: OAuthScope[], user?: OAuthUser | null): OAuthToken {
  const accessTokenExpiresAt = inSeconds(LIFETIMES.access)
  const accessToken = generateRandomToken()
  return { accessToken, accessTokenExpiresAt, client, scopes, user: user ?? null }
}

function tokensOn(rows: Rows) {
  // The library persists a token once more when it gets its refresh token.
  const persist = async (token: OAuthToken): Promise<void> => {
    const { client, refreshToken, accessToken } = token
    const value = { ...token, client: client.id }
    const expiresAt = Math.floor(Number(token.accessTokenExpiresAt) / 1000)
    await rows.put('token', refreshToken ?? accessToken, { value, expiresAt })
  }
  return {
    persist,
    issueToken: async (client: OAuthClient, scopes: OAuthScope[], user?: OAuthUser | null) =>
      newToken(client, scopes, user),
    issueRefreshToken: async (token: OAuthToken) => {
      token.refreshToken = generateRandomToken()
      token.refreshTokenExpiresAt = inSeconds(LIFETIMES.refresh)
      await persist(token)
      return token
    },
    revoke: async ({ refreshToken, accessToken }: OAuthToken) =>
      void (await rows.drop('token', refreshToken ?? accessToken)),
    isRefreshTokenRevoked: async ({ refreshTokenExpiresAt }: OAuthToken) =>
      Number(refreshTokenExpiresAt) < Date.now(),
    getByRefreshToken: async (refreshToken: string): Promise<OAuthToken> => {
      const found = (await rows.get('token', refreshToken)) as
        | (OAuthToken & { client: unknown })
        | undefined
      if (!found) throw OAuthException.invalidGrant()
      return {
        ...found,
        client: clientOf(String(found.client)),
        accessTokenExpiresAt: new Date(found.accessTokenExpiresAt),
        refreshTokenExpiresAt: new Date(found.refreshTokenExpiresAt ?? 0),
      }
    },
  }
}

async function makePeer(issuer: string, rows: Rows): Promise<Peer> {
  const tokens = tokensOn(rows)
  const server = new AuthorizationServer(
    {
      getByIdentifier: async (id) => clientOf(id),
      isClientValid: async (_, client, secret) => client.secret === secret,
    },
    tokens,
    {
      getAllByIdentifiers: async (names) => SCOPES.filter(({ name }) => names.includes(name)),
      finalize: async (scopes) => scopes,
    },
    jwt,
    { issuer, useOpaqueRefreshTokens: true },
  )
  server.enableGrantType('client_credentials', new DateInterval(`${LIFETIMES.access}s`))
  server.enableGrantType('refresh_token', new DateInterval(`${LIFETIMES.access}s`))

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url === '/jwks') return sendJson(response, 200, { keys: [PUBLIC] })
    const body = Object.fromEntries(new URLSearchParams(await bodyOf(request)))
    try {
      const given = new OAuthRequest({ headers: request.headers as Headers, query: {}, body })
      const { status, body: said } = await server.respondToAccessTokenRequest(given)
      sendJson(response, status, said)
    } catch (error) {
      sendJson(response, 400, { error: String(error) })
    }
  }

  const client = clientOf(JWT.id)
  const user = { id: USER.name }
  const refresh = async (): Promise<string> => {
    const token = await tokens.issueRefreshToken(newToken(client, SCOPES, user))
    return token.refreshToken ?? ''
  }
  return {
    paths: { ...NO_PATHS, token: '/token', jwks: '/jwks' },
    rows: ['client credentials, ES256', 'refresh rotation, ES256'],
    listen: (request, response) => void answer(request, response),
    seed: async ({ families }) => ({
      refreshOpaque: [],
      refreshJwt: await times(families, refresh),
      access: [],
      codes: [],
    }),
  }
}

await runPeer(makePeer)
