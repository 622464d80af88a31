// A `fetch` for an MCP server: an API of ours behind a guard, whose tokens our server gives.

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refused, Unreadable } from '@patois/client'
import { discover } from '@patois/client/discover'
import { type McpOptions, mcp } from '@patois/client/mcp'
import { discoverResource } from '@patois/client/protected-resource'
import { register } from '@patois/client/register'
import { guard, jwtAccess } from '@patois/client/resource'
import { fileStore } from '@patois/client/stores/file'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openBrowser, walkFrom } from '../door/browser.ts'
import { type Line, type Script, startScript } from '../door/script.ts'
import { freePort, startServer, type TestServer } from '../door/server.ts'

const REDIRECT = 'http://127.0.0.1/callback'
const CLIENT = {
  client_id: 'mcp',
  client_name: 'MCP',
  redirect_uris: [REDIRECT],
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'none',
  scope: 'offline_access api.read api.write',
}
const known = { clientId: 'mcp', authMethod: 'none' } as const

let server: TestServer
let api: Server
let url = ''
let calls: string[] = []
beforeAll(async () => {
  const port = await freePort()
  url = `http://127.0.0.1:${port}/mcp`
  server = await startServer({
    configuration: {
      clients: [CLIENT],
      resources: [{ resource: url, access_token: 'jwt' }],
      lifetimes: { replay_window: 0 },
    },
  })
  const { metadata } = await discover(server.issuer)
  const verify = jwtAccess({
    issuer: server.issuer,
    resource: url,
    jwksUri: String(metadata.jwks_uri),
    now: server.clock.now,
  })
  const guarded = guard({ resource: url, issuers: [server.issuer], verify, scopes: ['api.read'] })
  api = createServer(async (request, response) => {
    const { authorization } = request.headers
    calls.push(`${request.url} ${authorization ? 'with' : 'without'}`)
    if (request.url === guarded.metadataPath) {
      response.end(JSON.stringify(guarded.metadata))
      return
    }
    const needs = request.url === '/mcp/write' ? ['api.write'] : ['api.read']
    const verdict = await guarded.check(authorization, needs)
    if ('denied' in verdict) {
      const { status, headers, body } = verdict.denied
      response.writeHead(status, headers).end(body)
    } else response.end(JSON.stringify(verdict.access.scope))
  })
  await new Promise<void>((done) => api.listen(port, '127.0.0.1', done))
})
beforeEach(() => {
  calls = []
})
afterAll(async () => {
  await new Promise((done) => api.close(done))
  await server.close()
})

/** An application with a person who signs in as often as they are asked; how often, is counted. */
const open = (more: Partial<McpOptions> = {}) => {
  const browser = openBrowser()
  const visits: URLSearchParams[] = []
  const ask = mcp({
    url,
    redirectUri: REDIRECT,
    now: server.clock.now,
    clients: new Map([[server.issuer, known]]),
    visit: async (page) => {
      visits.push(new URL(page).searchParams)
      return (await walkFrom(server, browser, page, 'alice')).location ?? ''
    },
    ...more,
  })
  const get = async (path = '') => {
    const response = await ask(url + path)
    return { status: response.status, body: JSON.parse((await response.text()) || 'null') }
  }
  return { ask, get, visits }
}

describe('a fetch for an MCP server', () => {
  test('finds out whose tokens it takes, has the person sign in, and asks again', async () => {
    const { get, visits } = open()
    expect(await get()).toEqual({ status: 200, body: ['api.read', 'offline_access'] })
    expect(calls).toEqual([
      '/mcp without',
      '/.well-known/oauth-protected-resource/mcp without',
      '/mcp with',
    ])
    expect(visits).toHaveLength(1)
    expect(visits[0]?.get('resource')).toBe(url)
    expect(visits[0]?.get('code_challenge_method')).toBe('S256')
    calls = []
    expect((await get()).status).toBe(200)
    expect(calls).toEqual(['/mcp with'])
  })

  test('signs in once for all who ask at the same time', async () => {
    const { get, visits } = open()
    const all = await Promise.all(Array.from({ length: 10 }, () => get()))
    expect(all.every(({ status }) => status === 200)).toBe(true)
    expect(visits).toHaveLength(1)
  })

  test('refreshes what has ended, and bothers nobody', async () => {
    const { get, visits } = open()
    await get()
    server.clock.advance(7200)
    expect((await get()).status).toBe(200)
    expect(visits).toHaveLength(1)
  })

  test('steps up: what was had stays, and what is needed comes on top', async () => {
    const { get, visits } = open()
    await get()
    const { status, body } = await get('/write')
    expect(status).toBe(200)
    expect(body).toContain('api.read')
    expect(body).toContain('api.write')
    expect(visits).toHaveLength(2)
    expect(visits[1]?.get('scope')?.split(' ').toSorted()).toEqual([
      'api.read',
      'api.write',
      'offline_access',
    ])
  })

  test('goes on with what another run has kept', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'patois-mcp-'))
    const kept = { store: fileStore(folder), secrets: [randomBytes(24).toString('hex')] }
    const first = open(kept)
    await first.get()
    const second = open(kept)
    expect((await second.get()).status).toBe(200)
    expect(second.visits).toHaveLength(0)
    rmSync(folder, { recursive: true })
  })

  test('takes a body along when it asks again', async () => {
    const { ask } = open()
    const response = await ask(`${url}/mcp`, { method: 'POST', body: '{"jsonrpc":"2.0"}' })
    expect(response.status).toBe(200)
  })

  test('gives no token to another host', async () => {
    const { ask, get } = open()
    await get()
    const other = await startScript()
    other.play({ status: 401, headers: { 'www-authenticate': 'Bearer' } })
    expect((await ask(other.origin)).status).toBe(401)
    expect(other.calls[0]?.headers.authorization).toBeUndefined()
    await other.close()
  })

  test('tells what the person has refused', async () => {
    const visit = async (page: string) => {
      const { searchParams } = new URL(page)
      const state = searchParams.get('state') ?? ''
      const back = new URLSearchParams({ error: 'access_denied', state, iss: server.issuer })
      return `${REDIRECT}?${back}`
    }
    const { get } = open({ visit })
    await expect(get()).rejects.toBeInstanceOf(Refused)
    await expect(open({ visit: undefined }).get()).rejects.toThrow(TypeError)
  })

  test('registers nowhere where nobody registers', async () => {
    await expect(open({ clients: new Map() }).get()).rejects.toThrow('registers no clients')
  })
})

describe('at servers that lie', () => {
  let script: Script
  beforeAll(async () => {
    script = await startScript()
  })
  afterEach(() => script.play({ status: 404 }))
  afterAll(() => script.close())

  const fault = (work: Promise<unknown>): Promise<Error> =>
    work.then(
      () => expect.unreachable('nothing was thrown'),
      (error: Error) => error,
    )

  const foreign = ['https://evil.test/', 'elsewhere', 7, '/mcp', '/mc', '/MCP']
  test.each(foreign)('metadata of %s is not believed', async (resource) => {
    const own = String(resource).startsWith('/') ? script.origin + resource : resource
    script.play({ body: { resource: own, authorization_servers: ['https://evil.test'] } })
    const asked = resource === '/mcp' ? '/mcpx' : '/mcp'
    const error = await fault(discoverResource(script.origin + asked))
    expect(error).toBeInstanceOf(Unreadable)
    expect(script.calls).toHaveLength(1)
  })

  test('metadata is found in front of the path, or for the whole host', async () => {
    const document = (path: string) => ({ body: { resource: script.origin + path } })
    const at = (path: string) => (call: { path: string }) =>
      call.path === path ? document('') : { status: 404 }
    script.play(document('/mcp'))
    expect(await discoverResource(`${script.origin}/mcp`)).toEqual(document('/mcp').body)
    script.play(at('/.well-known/oauth-protected-resource'))
    expect(await discoverResource(`${script.origin}/mcp`)).toEqual(document('').body)
    expect(script.calls).toHaveLength(2)
    script.play({ status: 404 })
    expect(await fault(discoverResource(script.origin))).toBeInstanceOf(Unreadable)
    expect(script.calls).toHaveLength(1)
  })

  test('a server that does not check challenges gets nobody', async () => {
    const origin = script.origin
    script.play(
      { status: 401 },
      { body: { resource: origin, authorization_servers: [origin] } },
      {
        body: {
          issuer: origin,
          authorization_endpoint: `${origin}/a`,
          token_endpoint: `${origin}/t`,
        },
      },
    )
    const error = await fault(open({ url: origin }).ask(origin))
    expect(error.message).toContain('code challenges')
  })

  test('an endless demand for more scope ends', async () => {
    const origin = script.origin
    const issuer = server.issuer
    let asked = 0
    script.play(({ path }): Line => {
      if (path.startsWith('/.well-known')) {
        return { body: { resource: origin, authorization_servers: [issuer] } }
      }
      const challenge = `Bearer error="insufficient_scope", scope="s${asked++}"`
      return { status: 403, headers: { 'www-authenticate': challenge } }
    })
    let obtained = 0
    const obtain = async () => {
      obtained++
      return { accessToken: 'a', tokenType: 'Bearer', scope: [], extra: {} }
    }
    const response = await open({ url: origin, obtain }).ask(origin)
    expect(response.status).toBe(403)
    expect(obtained).toBe(2)
  })
})

describe('registering', () => {
  let script: Script
  beforeAll(async () => {
    script = await startScript()
  })
  afterAll(() => script.close())

  const metadata = (more: object = {}) => ({
    issuer: script.origin,
    registration_endpoint: `${script.origin}/register`,
    ...more,
  })

  test('says what the client is, and hears who it is now', async () => {
    const answer = { client_id: 'c', client_secret: 's', client_secret_expires_at: 0 }
    script.play({ status: 201, body: answer })
    const said = { client_name: 'App', redirect_uris: [REDIRECT] }
    expect(await register(metadata(), said, { headers: { authorization: 'Bearer i' } })).toEqual({
      clientId: 'c',
      clientSecret: 's',
    })
    const [call] = script.calls
    expect(JSON.parse(call?.body ?? '')).toEqual(said)
    expect(call?.headers).toMatchObject({
      'content-type': 'application/json',
      authorization: 'Bearer i',
    })
  })

  test('asks for a way to prove itself that the server has', async () => {
    script.play({ status: 201, body: { client_id: 'c', token_endpoint_auth_method: 'none' } })
    const offered = { token_endpoint_auth_methods_supported: ['private_key_jwt', 'none'] }
    expect(await register(metadata(offered), {})).toEqual({ clientId: 'c', authMethod: 'none' })
    expect(JSON.parse(script.calls[0]?.body ?? '')).toEqual({ token_endpoint_auth_method: 'none' })
    await register(metadata(offered), { token_endpoint_auth_method: 'client_secret_post' })
    expect(script.calls[1]?.body).toContain('client_secret_post')
  })

  test('tells a refusal, and what cannot be read', async () => {
    const body = { error: 'invalid_redirect_uri', error_description: 'https only' }
    script.play({ status: 400, body })
    await expect(register(metadata(), {})).rejects.toMatchObject({
      name: 'Refused',
      code: 'invalid_redirect_uri',
      description: 'https only',
      operation: 'register',
    })
    for (const line of [{ body: {} }, { status: 201, body: '<html>' }, { status: 500 }]) {
      script.play(line)
      await expect(register(metadata(), {})).rejects.toBeInstanceOf(Unreadable)
    }
    await expect(register({ issuer: 'https://as.test' }, {})).rejects.toThrow(TypeError)
    const unsafe = metadata({ registration_endpoint: 'http://as.test/register' })
    await expect(register(unsafe, {})).rejects.toThrow(TypeError)
  })
})
