// The peer @node-oauth/oauth2-server: in express by its own adapter, and without either.

import type { IncomingMessage, ServerResponse } from 'node:http'
import ExpressOAuthServer from '@node-oauth/express-oauth-server'
import OAuth2Server from '@node-oauth/oauth2-server'
import express from 'express'
import { LIFETIMES } from '../given.ts'
import { KNOWN, type Model, modelOn, save, secondsOf } from './node-oauth-model.ts'
import { bodyOf, NO_PATHS, type Peer, type PeerParts, runPeer, sendJson, times } from './peer.ts'

const { Request, Response } = OAuth2Server
const LASTING = {
  accessTokenLifetime: LIFETIMES.access,
  refreshTokenLifetime: LIFETIMES.refresh,
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

/** Its documentation: parsers for bodies, and the middleware of its adapter. */
function inExpress(model: Model): Peer['listen'] {
  const app = express()
  const oauth = new ExpressOAuthServer({ model, ...LASTING })
  app.use(express.json())
  app.use(express.urlencoded({ extended: false }))
  app.post('/token', oauth.token())
  app.post('/introspect', async ({ headers, body }, response) => {
    const [status, said] = await introspect(oauth.server, headers.authorization, body.token)
    response.status(status).json(said)
  })
  return app
}

/** The library alone: a body read by hand, nothing else. */
function bare(model: Model): Peer['listen'] {
  const server = new OAuth2Server({ model, ...LASTING })
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
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
  return (request, response) => void answer(request, response)
}

async function makePeer({ rows, told }: PeerParts): Promise<Peer> {
  const model = modelOn(rows)
  return {
    paths: { ...NO_PATHS, token: '/token', introspect: '/introspect' },
    rows: ['client credentials, opaque', 'refresh rotation, opaque', 'introspection, opaque'],
    listen: told.wiring === 'bare' ? bare(model) : inExpress(model),
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
