// APIs behind a guard: tokens of our server at fastify, express, hono and plain requests.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Client, connect } from '@patois/client'
import { discover } from '@patois/client/discover'
import {
  type Access,
  expressGuard,
  fastifyGuard,
  type Guard,
  guard,
  guardRequest,
  honoGuard,
  introspectedAccess,
  jwtAccess,
  type Verifier,
} from '@patois/client/resource'
import type { standard } from '@patois/core/dialects/standard'
import express from 'express'
import { fastify } from 'fastify'
import { Hono } from 'hono'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { call, getTokens } from '../door/browser.ts'
import { OTHER_RESOURCE, RESOURCE, SECRETS } from '../door/fixtures.ts'
import { type Script, startScript } from '../door/script.ts'
import { startServer, type TestServer } from '../door/server.ts'

const RESOURCES = [
  { resource: RESOURCE, access_token: 'jwt', introspected_by: ['rs'] },
  { resource: OTHER_RESOURCE, access_token: 'opaque', introspected_by: ['rs'] },
]
const SCOPE = { read: 'api.read', write: 'api.write' }

let server: TestServer
let rs: Client<typeof standard>
let jwksUri = ''
beforeAll(async () => {
  server = await startServer({ configuration: { resources: RESOURCES } })
  const found = await discover(server.issuer)
  jwksUri = String(found.metadata.jwks_uri)
  const own = { clientId: 'rs', clientSecret: SECRETS.rs, now: () => server.clock.now() }
  rs = connect({ ...found, ...own })
})
afterAll(() => server.close())

/** An API as an application writes it: `/` for anybody with a token, `/write` for more. */
type Api = (guarded: Guard) => Promise<{ origin: string; close(): Promise<unknown> }>

const who = (access: Access | undefined) => ({ who: access?.clientId, scope: access?.scope })

const withFastify: Api = async (guarded) => {
  const app = fastify()
  app.get(guarded.metadataPath, async () => guarded.metadata)
  const answer = async (request: object) => who((request as { access?: Access }).access)
  app.get('/', { onRequest: fastifyGuard(guarded) }, answer)
  app.get('/write', { onRequest: fastifyGuard(guarded, SCOPE.write) }, answer)
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  return { origin, close: () => app.close() }
}

const listen = async (http: ReturnType<typeof createServer>) => {
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done))
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  return { origin, close: () => new Promise((done) => http.close(done)) }
}

const withExpress: Api = async (guarded) => {
  const app = express()
  app.get(guarded.metadataPath, (_, response) => void response.json(guarded.metadata))
  const answer: express.RequestHandler = (request, response) => {
    response.json(who((request as { access?: Access }).access))
  }
  app.get('/', expressGuard(guarded), answer)
  app.get('/write', expressGuard(guarded, SCOPE.write), answer)
  return listen(createServer(app))
}

// A fetch handler behind Node's own server: what hono and plain requests run on elsewhere.
const behindFetch = (handle: (request: Request) => Response | Promise<Response>) =>
  listen(
    createServer(async (request, response) => {
      const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)])
      const url = `http://${request.headers.host}${request.url}`
      const answer = await handle(new Request(url, { headers: headers as [string, string][] }))
      response.writeHead(answer.status, Object.fromEntries(answer.headers))
      response.end(await answer.text())
    }),
  )

const withHono: Api = async (guarded) => {
  const app = new Hono<{ Variables: { access: Access } }>()
  app.get(guarded.metadataPath, (context) => context.json(guarded.metadata))
  app.get('/', honoGuard(guarded), (context) => context.json(who(context.get('access'))))
  app.get('/write', honoGuard(guarded, SCOPE.write), (context) =>
    context.json(who(context.get('access'))),
  )
  return behindFetch((request) => app.fetch(request))
}

const withRequests: Api = (guarded) =>
  behindFetch(async (request) => {
    const { pathname } = new URL(request.url)
    if (pathname === guarded.metadataPath) return Response.json(guarded.metadata)
    const needs = pathname === '/write' ? [SCOPE.write] : []
    const access = await guardRequest(guarded, request, needs)
    return access instanceof Response ? access : Response.json(who(access))
  })

const APIS: [string, Api][] = [
  ['fastify', withFastify],
  ['express', withExpress],
  ['hono', withHono],
  ['plain requests', withRequests],
]

type Kind = 'jwt' | 'opaque'
const RESOURCE_OF = { jwt: RESOURCE, opaque: OTHER_RESOURCE }
const verifierOf = (kind: Kind): Verifier =>
  kind === 'jwt'
    ? jwtAccess({ issuer: server.issuer, resource: RESOURCE, jwksUri, now: server.clock.now })
    : introspectedAccess({ client: rs, resource: OTHER_RESOURCE })

const tokenFor = async (resource: string, scope = 'api.read'): Promise<string> => {
  const fields = { grant_type: 'client_credentials', resource, scope }
  const { body } = await call(server, '/token', 'cc', fields)
  return String(body.access_token)
}

describe.each(APIS)('an API with %s', (_, open) => {
  describe.each<Kind>(['jwt', 'opaque'])('and %s tokens', (kind) => {
    const resource = RESOURCE_OF[kind]
    let api: Awaited<ReturnType<Api>>
    let down: unknown
    const failures: unknown[] = []
    beforeAll(async () => {
      const verify: Verifier = (token) => (down ? Promise.reject(down) : verifierOf(kind)(token))
      const onFailure = (error: unknown) => failures.push(error)
      const scopes = Object.values(SCOPE)
      api = await open(guard({ resource, issuers: [server.issuer], verify, scopes, onFailure }))
    })
    beforeEach(() => {
      down = undefined
      failures.length = 0
    })
    afterAll(() => api.close())

    const pointer = () =>
      `resource_metadata="${resource.slice(0, -1)}/.well-known/oauth-protected-resource"`
    const get = async (authorization?: string, path = '/') => {
      const headers: Record<string, string> = authorization ? { authorization } : {}
      const response = await fetch(api.origin + path, { headers })
      const text = await response.text()
      return {
        status: response.status,
        challenge: response.headers.get('www-authenticate'),
        store: response.headers.get('cache-control'),
        retry: response.headers.get('retry-after'),
        body: text === '' ? undefined : JSON.parse(text),
      }
    }

    test('lets in who has a token for it, in any case of the scheme', async () => {
      const token = await tokenFor(resource)
      for (const scheme of ['Bearer', 'bearer', 'BEARER ']) {
        const { status, body } = await get(`${scheme} ${token}`)
        expect({ status, body }).toEqual({
          status: 200,
          body: { who: 'cc', scope: ['api.read'] },
        })
      }
    })

    test('tells who brings nothing of the kind where to get it, and of no error', async () => {
      for (const header of [undefined, 'Basic YTpi', 'DPoP abc', 'Bearerabc']) {
        const answer = await get(header)
        expect(answer).toMatchObject({ status: 401, body: undefined, store: 'no-store' })
        expect(answer.challenge).toBe(`Bearer ${pointer()}`)
      }
      const { challenge } = await get(undefined, '/write')
      expect(challenge).toBe(`Bearer scope="api.write", ${pointer()}`)
    })

    test('says what is wrong with the header', async () => {
      for (const header of ['Bearer', 'Bearer a b', 'Bearer a,Bearer b', 'Bearer "a"']) {
        const answer = await get(header)
        expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
        expect(answer.challenge).toMatch(/^Bearer error="invalid_request", /)
      }
    })

    test('refuses what is no token of its own', async () => {
      const foreign = RESOURCE_OF[kind === 'jwt' ? 'opaque' : 'jwt']
      const { refresh_token, access_token } = await getTokens(server)
      const tokens = ['abc', 'a.b.c', await tokenFor(foreign), refresh_token, access_token]
      for (const token of tokens) {
        const answer = await get(`Bearer ${token}`)
        expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_token' } })
        expect(answer.challenge).toContain('error="invalid_token"')
        expect(answer.challenge).toContain(pointer())
        expect(JSON.stringify(answer)).not.toContain(token)
      }
    })

    test('refuses a token that has ended', async () => {
      const token = await tokenFor(resource)
      server.clock.advance(3600 + 31)
      expect(await get(`Bearer ${token}`)).toMatchObject({ status: 401 })
    })

    test('says which scope is missing', async () => {
      const answer = await get(`Bearer ${await tokenFor(resource)}`, '/write')
      expect(answer).toMatchObject({
        status: 403,
        body: { error: 'insufficient_scope', scope: 'api.write' },
      })
      expect(answer.challenge).toContain('error="insufficient_scope"')
      expect(answer.challenge).toContain('scope="api.write"')
      const enough = await tokenFor(resource, 'api.write')
      expect(await get(`Bearer ${enough}`, '/write')).toMatchObject({ status: 200 })
    })

    test('answers 503 when nothing can be found out, and tells its owner why', async () => {
      down = new Error('no keys')
      const answer = await get(`Bearer ${await tokenFor(resource)}`)
      expect(answer).toMatchObject({ status: 503, retry: '5', challenge: null })
      expect(answer.body).toEqual({ error: 'temporarily_unavailable' })
      expect(failures).toEqual([down])
    })

    test('publishes whose tokens it takes', async () => {
      const { body, status } = await get(undefined, '/.well-known/oauth-protected-resource')
      expect({ body, status }).toEqual({
        status: 200,
        body: {
          resource,
          authorization_servers: [server.issuer],
          bearer_methods_supported: ['header'],
          scopes_supported: ['api.read', 'api.write'],
        },
      })
    })

    test(`${kind === 'jwt' ? 'takes' : 'refuses'} a token that was revoked`, async () => {
      const token = await tokenFor(resource)
      await call(server, '/revoke', 'cc', { token })
      expect((await get(`Bearer ${token}`)).status).toBe(kind === 'jwt' ? 200 : 401)
    })
  })
})

describe('a guard', () => {
  const open = (verify: Verifier, resource = RESOURCE) =>
    guard({ resource, issuers: ['https://as.test'], verify })

  test('of an API with a path puts the name in front of it (RFC 9728)', () => {
    const { metadataPath } = open(async () => undefined, 'https://api.test/v1/mcp')
    expect(metadataPath).toBe('/.well-known/oauth-protected-resource/v1/mcp')
  })

  test('takes no token that is bound to a key, which it could not check', async () => {
    for (const cnf of [{ jkt: 'x' }, { 'x5t#S256': 'x' }, {}]) {
      const verify: Verifier = async (token) => ({ token, scope: [], claims: { cnf } })
      const verdict = await open(verify).check('Bearer abc')
      expect(verdict).toMatchObject({ denied: { status: 401 } })
      expect(JSON.stringify(verdict)).toContain('bound to a key')
    }
  })
})

describe('a verifier', () => {
  let down: Script
  beforeAll(async () => {
    down = await startScript()
  })
  afterAll(() => down.close())

  test('of JWTs fails, and refuses nobody, when the keys cannot be had', async () => {
    const token = await tokenFor(RESOURCE)
    for (const line of [{ status: 500 }, { body: '<html>' }, { body: {} }, 'reset'] as const) {
      down.play(line)
      const verify = jwtAccess({
        issuer: server.issuer,
        resource: RESOURCE,
        jwksUri: `${down.origin}/jwks`,
        now: server.clock.now,
      })
      await expect(verify(token)).rejects.toThrow()
    }
    const unsafe = { issuer: server.issuer, resource: RESOURCE, jwksUri: 'http://as.test/jwks' }
    expect(() => jwtAccess(unsafe)).toThrow(TypeError)
  })

  test('that introspects fails, and refuses nobody, when there is no answer', async () => {
    const own = connect({ ...(await discover(server.issuer)), clientId: 'rs', clientSecret: 'no' })
    await expect(introspectedAccess({ client: own })('abc')).rejects.toThrow('invalid_client')
  })

  test('that introspects believes an answer as long as it is told to, and no longer', async () => {
    let asked = 0
    const counting: typeof fetch = (input, init) => {
      asked++
      return fetch(input, init)
    }
    const client = { connection: { ...rs.connection, fetch: counting } }
    const verify = introspectedAccess({ client, cacheSeconds: 60 })
    const token = await tokenFor(OTHER_RESOURCE)
    const both = [await verify(token), await verify(token)]
    expect(both[0]).toEqual(both[1])
    expect(asked).toBe(1)
    await call(server, '/revoke', 'cc', { token })
    expect(await verify(token)).toBeDefined()
    server.clock.advance(61)
    expect(await verify(token)).toBeUndefined()
    expect(asked).toBe(2)
  })
})
