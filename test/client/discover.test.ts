// Servers that describe themselves: ours, at the root and under a path, and such as lie about it.

import { connect, Unreachable, Unreadable } from '@patois/client'
import { deviceFlow } from '@patois/client/device'
import { discover } from '@patois/client/discover'
import { idTokens } from '@patois/client/id-token'
import { pushAuthorization } from '@patois/client/pushed'
import type { Operation } from '@patois/core/caller'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser, walkFrom } from '../door/browser.ts'
import { RU, SECRETS } from '../door/fixtures.ts'
import { type Line, type Script, type ScriptedCall, startScript } from '../door/script.ts'
import { freePort, startServer } from '../door/server.ts'

describe.each(['', '/auth', '/a/b'])('our server at "%s"', (path) => {
  test('is found out, and signs somebody in', async () => {
    const server = await startServer({ path })
    try {
      const found = await discover(server.issuer)
      expect(found).toMatchObject({ issuer: server.issuer, saysIssuer: true })
      for (const { at, path: place } of Object.values<Operation>(found.dialect.operations)) {
        expect(at).toBe(server.origin)
        expect(place.startsWith(`${path}/`)).toBe(true)
      }
      const client = connect({
        ...found,
        clientId: 'cc',
        clientSecret: SECRETS.cc,
        redirectUri: RU,
        scope: 'openid email api.read',
        now: () => server.clock.now(),
      })
      const pending = await client.authorizeUrl()
      const { location = '' } = await walkFrom(server, openBrowser(), pending.url, 'alice')
      const tokens = await client.callback(location)
      const people = idTokens(client, found.metadata)
      const claims = await people.check(tokens, { nonce: pending.nonce, maxAge: 60 })
      expect(claims).toMatchObject({ iss: server.issuer, aud: 'cc' })
      expect(await people.userinfo(tokens, claims)).toMatchObject({ email: 'alice@example.org' })
      expect(await client.introspect({ token: tokens.accessToken })).toHaveProperty('active', true)
      await client.revoke({ token: tokens.accessToken })
    } finally {
      await server.close()
    }
  })
})

describe('what a server does not have', () => {
  test('is a TypeError, before anything is sent', async () => {
    const issuer = 'https://as.test'
    const metadata = { issuer, token_endpoint: `${issuer}/token` }
    let asked = 0
    const fetch = async () => {
      asked++
      return Response.json(metadata)
    }
    const found = await discover(issuer, { fetch })
    expect(Object.keys(found.dialect.operations)).toEqual(['token'])
    expect(found.saysIssuer).toBe(false)
    const client = connect({ ...found, clientId: 'c', fetch })
    await expect(client.introspect({ token: 't' })).rejects.toThrow('standard has no introspect')
    await expect(client.authorizeUrl()).rejects.toThrow(TypeError)
    await expect(pushAuthorization(client, found)).rejects.toThrow('takes no pushed')
    await expect(deviceFlow(client, found)).rejects.toThrow('has no device flow')
    expect(() => idTokens(client, found.metadata)).toThrow('publishes no keys')
    expect(asked).toBe(1)
  })
})

describe('metadata', () => {
  let server: Script
  beforeAll(async () => {
    server = await startScript()
  })
  afterAll(() => server.close())

  const metadata = (issuer: string) => ({
    issuer,
    authorization_endpoint: `${issuer}/go`,
    token_endpoint: `${issuer}/token`,
  })
  const paths = () => server.calls.map(({ path }) => path)
  const at = (path: string, line: Line, otherwise: Line = { status: 404 }) =>
    server.play((call: ScriptedCall) => (call.path === path ? line : otherwise))

  const fault = async (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => expect.unreachable('nothing was thrown'),
      (error: unknown) => error,
    )

  const places = [
    '/a/b/.well-known/openid-configuration',
    '/.well-known/openid-configuration/a/b',
    '/.well-known/oauth-authorization-server/a/b',
  ]
  for (const [index, place] of places.entries()) {
    test(`is found at ${place}`, async () => {
      const issuer = `${server.origin}/a/b`
      at(place, { body: metadata(issuer) })
      expect((await discover(issuer)).issuer).toBe(issuer)
      expect(paths()).toEqual(places.slice(0, index + 1))
      expect(server.calls[0]?.headers.accept).toBe('application/json')
    })
  }

  const nothing: [string, Line][] = [
    ['a page', { body: '<html>our application</html>' }],
    ['an empty object', { body: {} }],
    ['a list', { body: [] }],
    ['a redirect', { status: 302, headers: { location: '/login' } }],
    ['401', { status: 401 }],
  ]
  for (const [name, line] of nothing) {
    test(`is looked for elsewhere where there is ${name} in its place`, async () => {
      const issuer = server.origin
      at('/.well-known/oauth-authorization-server', { body: metadata(issuer) }, line)
      expect((await discover(issuer)).issuer).toBe(issuer)
      expect(paths()).toHaveLength(2)
    })
  }

  test('that is nowhere is Unreadable, and says where it was looked for', async () => {
    server.play({ status: 404 })
    const error = await fault(discover(server.origin))
    expect(error).toBeInstanceOf(Unreadable)
    expect(error).toMatchObject({ status: 404, operation: 'metadata', meaning: 'configuration' })
    expect(String(error)).toContain('/.well-known/oauth-authorization-server')
  })

  for (const status of [500, 503, 429]) {
    test(`that may only be away for now (${status}) is not looked for elsewhere`, async () => {
      server.play({ status })
      const error = await fault(discover(server.origin))
      expect(error).toMatchObject({ status, meaning: 'transient' })
      expect(server.calls).toHaveLength(1)
    })
  }

  for (const line of ['reset', 'hang', 'cut'] as const) {
    test(`of a server that does ${line} is Unreachable`, async () => {
      server.play(line)
      const error = await fault(discover(server.origin, { timeoutMs: 200 }))
      expect(error).toBeInstanceOf(Unreachable)
      expect(error).toMatchObject({ timedOut: line === 'hang' })
      expect(server.calls).toHaveLength(1)
    })
  }

  test('can be waited for no longer', async () => {
    server.play('hang')
    const reason = new Error('enough')
    const signal = AbortSignal.timeout(50)
    expect(await fault(discover(server.origin, { signal }))).toBe(signal.reason)
    expect(await fault(discover(server.origin, { signal: AbortSignal.abort(reason) }))).toBe(reason)
    const origin = `http://127.0.0.1:${await freePort()}`
    expect(await fault(discover(origin))).toBeInstanceOf(Unreachable)
  })

  test('that stands elsewhere is not followed there', async () => {
    const other = await startScript()
    const issuer = server.origin
    other.play({ body: metadata(issuer) })
    server.play({ status: 307, headers: { location: `${other.origin}/metadata` } })
    expect(await fault(discover(issuer))).toBeInstanceOf(Unreadable)
    expect(other.calls).toHaveLength(0)
    await other.close()
  })

  const foreign = [
    'https://evil.test',
    'http://127.0.0.1',
    (issuer: string) => `${issuer}/`,
    (issuer: string) => issuer.replace('http:', 'https:'),
    (issuer: string) => issuer.toUpperCase(),
    () => null,
    (issuer: string) => [issuer],
  ]
  for (const who of foreign) {
    test(`of another issuer is refused, and nowhere else looked for: ${who}`, async () => {
      const issuer = server.origin
      const says = typeof who === 'string' ? who : who(issuer)
      server.play({ body: { ...metadata(issuer), issuer: says } })
      const error = await fault(discover(issuer))
      expect(error).toBeInstanceOf(Unreadable)
      expect(String(error)).toContain('the metadata is of')
      expect(server.calls).toHaveLength(1)
    })
  }

  for (const endpoint of [
    'http://as.test/token',
    'javascript:alert(1)',
    'token',
    'https://a:b@c',
  ]) {
    test(`that sends secrets to ${endpoint} is refused`, async () => {
      const issuer = server.origin
      for (const name of ['token_endpoint', 'authorization_endpoint', 'jwks_uri']) {
        server.play({ body: { ...metadata(issuer), [name]: endpoint } })
        expect(await fault(discover(issuer))).toBeInstanceOf(Unreadable)
      }
    })
  }

  for (const issuer of ['http://as.test', 'https://as.test?a=b', 'https://as.test#a', 'as.test']) {
    test(`is not asked for from ${issuer}`, async () => {
      const fetch = () => Promise.reject(new Error('asked'))
      expect(await fault(discover(issuer, { fetch }))).toBeInstanceOf(TypeError)
    })
  }

  test('says how a client proves itself', async () => {
    const issuer = 'https://as.test'
    const spots = async (methods: unknown, authMethod?: 'none' | 'client_secret_basic') => {
      const body = { ...metadata(issuer), token_endpoint_auth_methods_supported: methods }
      const fetch = () => Promise.resolve(Response.json(body))
      const { dialect } = await discover(issuer, { fetch, authMethod })
      return [dialect.operations.token.reads.client_secret].flat()[0]
    }
    expect(await spots(undefined)).toBe('basic client_secret')
    expect(await spots(['client_secret_post'])).toBe('form client_secret')
    expect(await spots(['client_secret_post', 'client_secret_basic'])).toBe('basic client_secret')
    expect(await spots(['client_secret_post'], 'client_secret_basic')).toBe('basic client_secret')
    expect(await spots(['client_secret_basic'], 'none')).toBe('form client_secret')
  })
})
