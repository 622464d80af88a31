// The peer @jmondi/oauth2-server, in express and without: access tokens are JWTs, all are kept.

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
import {
  handleExpressError,
  handleExpressResponse,
  requestFromExpress,
} from '@jmondi/oauth2-server/express'
import express from 'express'
import jsonwebtoken from 'jsonwebtoken'
import { CLIENTS, JWT, LIFETIMES, SCOPE, USER } from '../given.ts'
import { bodyOf, NO_PATHS, type Peer, type PeerParts, runPeer, sendJson, times } from './peer.ts'
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

function openServer(issuer: string, tokens: ReturnType<typeof tokensOn>): AuthorizationServer {
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
  return server
}

/** Its documentation: parsers for bodies, and the functions of its adapter. */
function inExpress(server: AuthorizationServer): Peer['listen'] {
  const app = express()
  app.use(express.json())
  app.use(express.urlencoded({ extended: false }))
  app.get('/jwks', (_, response) => void response.json({ keys: [PUBLIC] }))
  app.post('/token', async (request, response) => {
    try {
      const said = await server.respondToAccessTokenRequest(requestFromExpress(request))
      handleExpressResponse(response, said)
    } catch (error) {
      handleExpressError(error, response)
    }
  })
  return app
}

/** The library alone: a body read by hand, nothing else. */
function bare(server: AuthorizationServer): Peer['listen'] {
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
  return (request, response) => void answer(request, response)
}

async function makePeer({ issuer, rows, told }: PeerParts): Promise<Peer> {
  const tokens = tokensOn(rows)
  const server = openServer(issuer, tokens)
  const client = clientOf(JWT.id)
  const user = { id: USER.name }
  const refresh = async (): Promise<string> => {
    const token = await tokens.issueRefreshToken(newToken(client, SCOPES, user))
    return token.refreshToken ?? ''
  }
  return {
    paths: { ...NO_PATHS, token: '/token', jwks: '/jwks' },
    rows: ['client credentials, ES256', 'refresh rotation, ES256'],
    listen: told.wiring === 'bare' ? bare(server) : inExpress(server),
    seed: async ({ families }) => ({
      refreshOpaque: [],
      refreshJwt: await times(families, refresh),
      access: [],
      codes: [],
    }),
  }
}

await runPeer(makePeer)
