// The door itself: methods, paths, headers and names, before and around every operation.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Store, Unavailable } from '@patois/core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { authorizeParams, call, getTokens, newPkce, openBrowser, walk } from '../door/browser.ts'
import { start } from '../door/cli.ts'
import { CLIENTS, SECRETS } from '../door/fixtures.ts'
import { sendRaw } from '../door/raw.ts'
import { checkAnswer, checkLog, lastRequest, loggedRequests } from '../door/rules.ts'
import { freePort, type ServerOptions, startServer, type TestServer } from '../door/server.ts'

const FORM = 'application/x-www-form-urlencoded'
const CC = { grant_type: 'client_credentials', scope: 'api.read' }
const RAW_SECRET = 'a+b/c%41=d&e %zz-0123456789-0123456789'
const PLUS_SECRET = 'a+b/c%41==-0123456789-0123456789-0123456789'
const ORIGIN = 'https://app.test'

const clients = [
  ...CLIENTS,
  ...[PLUS_SECRET, RAW_SECRET].map((client_secret, index) => ({
    client_id: `raw${index}`,
    client_secret,
    grant_types: ['client_credentials'],
    scope: 'api.read',
    origins: [ORIGIN],
  })),
]

let server: TestServer
beforeAll(async () => {
  server = await startServer({ configuration: { clients } })
})
afterEach(() => checkLog(server, [PLUS_SECRET, RAW_SECRET]))
afterAll(() => server.close())

/** Runs a story at a server of its own. */
const at = async (options: ServerOptions, story: (own: TestServer) => Promise<void>) => {
  const own = await startServer(options)
  try {
    await story(own)
  } finally {
    await own.close()
  }
}

const warnings = (own: TestServer): { msg: string; text: string }[] =>
  own.log
    .filter((line) => JSON.parse(line).level === 'warn' && !line.includes('exception'))
    .map((text) => ({ msg: JSON.parse(text).msg, text }))

/** What holds for an answer that no operation gave. */
const checkPlain = async (answer: Response, status: number): Promise<string> => {
  const text = await answer.text()
  expect(answer.status, text).toBe(status)
  expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  expect(answer.headers.get('x-frame-options')).toBe('DENY')
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  return text
}

describe('HEAD', () => {
  test('is not a way to authorize or to sign out', async () => {
    const browser = openBrowser()
    const { challenge } = newPkce()
    const params = authorizeParams('cc', challenge)
    await walk(server, browser, params)
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const hint = (await getTokens(server, 'cc', {}, browser)).id_token ?? ''
    for (const path of [
      `/authorize?${new URLSearchParams(params)}`,
      `/logout?${new URLSearchParams({ id_token_hint: hint })}`,
    ]) {
      const answer = await sendRaw(server, path, { method: 'HEAD', headers: { cookie } })
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, POST'])
      expect(answer.headers.get('location')).toBeNull()
      expect(answer.headers.get('set-cookie')).toBeNull()
    }
    const page = await browser.get(server.url(`/authorize?${new URLSearchParams(params)}`))
    expect(page.location).toContain('code=')
  })

  test('of what only reads is answered without a body', async () => {
    for (const path of ['/jwks', '/login', '/.well-known/openid-configuration']) {
      expect((await fetch(server.url(path), { method: 'HEAD' })).status).toBe(200)
    }
  })
})

describe('the metadata of the issuer', () => {
  const forms = (path: string) =>
    ['openid-configuration', 'oauth-authorization-server'].flatMap((name) => [
      `${path}/.well-known/${name}`,
      `/.well-known/${name}${path}`,
    ])

  test.each(['', '/auth', '/a/b'])('is that of the only dialect, issuer path %j', async (path) => {
    await at(
      { path, configuration: { dialects: [{ dialect: 'standard', at: '/x' }] } },
      async (own) => {
        for (const form of [...forms(path), ...forms(`${path}/x`)]) {
          const answer = await fetch(own.origin + form)
          expect([form, answer.status]).toEqual([form, 200])
          const { issuer, token_endpoint } = await answer.json()
          expect([issuer, token_endpoint]).toEqual([own.issuer, `${own.issuer}/x/token`])
        }
      },
    )
  })

  test('is nowhere when two dialects could mean it', async () => {
    const dialects = ['/x', '/y'].map((place) => ({ dialect: 'standard', at: place }))
    await at({ configuration: { dialects } }, async (own) => {
      for (const form of forms('')) expect((await fetch(own.origin + form)).status).toBe(404)
      for (const form of forms('/y')) expect((await fetch(own.origin + form)).status).toBe(200)
    })
  })

  test('names the locales and the algorithms of assertions', async () => {
    const answer = await fetch(server.url('/.well-known/openid-configuration'))
    const found = await answer.json()
    expect(found.ui_locales_supported).toEqual(['en', 'de'])
    expect(found.token_endpoint_auth_signing_alg_values_supported).toContain('Ed25519')
  })
})

describe('what no operation can read', () => {
  test('a path that is not percent-encoding is one sentence', async () => {
    for (const path of ['/%zz', '/token/%', '/%E0%A4%A']) {
      const text = await checkPlain(await fetch(server.origin + path), 400)
      expect(text).toBe('The path cannot be read.\n')
    }
  })

  test('a content type that is none is refused in the shape of the operation', async () => {
    const headers = { 'content-type': ';;;', origin: ORIGIN }
    const answer = await sendRaw(server, '/token', { headers, body: 'grant_type=x' })
    checkAnswer(answer, { status: 415, error: 'invalid_request' })
    expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(lastRequest(server)).toMatchObject({
      operation: 'token',
      decision: 'refused',
      reason: 'body_type_wrong',
      status: 415,
      requestId: answer.headers.get('x-request-id'),
    })
  })

  test('a body that is too large is refused in the shape of the operation', async () => {
    const headers = { 'content-type': FORM, origin: ORIGIN }
    const body = `grant_type=${'x'.repeat(70_000)}`
    const answer = await sendRaw(server, '/token', { headers, body })
    checkAnswer(answer, { status: 413, error: 'invalid_request' })
    expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(lastRequest(server)).toMatchObject({ operation: 'token', reason: 'body_too_large' })
  })

  test('at a page it is an error page', async () => {
    const headers = { 'content-type': ';;;' }
    for (const path of ['/login', '/consent', '/login/end', '/authorize', '/logout']) {
      const answer = await fetch(server.url(path), { method: 'POST', headers, body: 'a=b' })
      expect([path, answer.status]).toEqual([path, 415])
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
      expect(lastRequest(server)).toMatchObject({ reason: 'body_type_wrong', status: 415 })
    }
  })

  test('where nothing is, that is what is said', async () => {
    for (const [type, body] of [
      [';;;', 'a'],
      [FORM, 'x'.repeat(70_000)],
    ] as const) {
      const sent = { method: 'POST', headers: { 'content-type': type }, body }
      const text = await checkPlain(await fetch(server.url('/nothing'), sent), 404)
      expect(text).toBe(
        `Nothing is here. ${server.url('/.well-known/openid-configuration')} lists the endpoints.\n`,
      )
    }
  })

  test('a parameter of a path that is too long is one sentence', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'patois-door-'))
    const port = await freePort()
    const dev = start(['dev', '--port', String(port), '--database', 'sqlite::memory:'], { cwd })
    await dev.until('Ctrl+C')
    const answer = await fetch(`http://127.0.0.1:${port}/dev/why/${'x'.repeat(2000)}`)
    expect(await checkPlain(answer, 414)).toBe('The path is too long.\n')
    await dev.stop()
    rmSync(cwd, { recursive: true })
  })
})

describe('every answer', () => {
  test('carries the id under which it stands in the log', async () => {
    for (const path of ['/', '/login', '/jwks', '/userinfo', '/assets/patois.css', '/nothing']) {
      const { headers } = await fetch(server.url(path))
      expect(headers.get('x-request-id'), path).toMatch(/^[0-9a-f-]{36}$/)
    }
    const answer = await call(server, '/token', 'cc', CC)
    expect(lastRequest(server).requestId).toBe(answer.headers.get('x-request-id'))
  })

  test('lets scripts read that id', async () => {
    const exposed = 'access-control-expose-headers'
    const answer = await call(server, '/token', 'cc', CC, { origin: ORIGIN })
    expect(answer.headers.get(exposed)).toBe('Date, WWW-Authenticate, Retry-After, X-Request-Id')
    const { headers } = await fetch(server.url('/jwks'))
    expect(headers.get(exposed)).toBe('X-Request-Id')
  })
})

describe('dev mode', () => {
  const options = { dev: true, path: '/auth' }

  test('answers to no foreign name, wherever a request goes', async () => {
    await at(options, async (own) => {
      for (const host of ['evil.test', `evil.test:${own.port}`, '127.0.0.1.evil.test', '[::2]:80'])
        for (const path of ['/jwks', '/login', '/nothing', '/assets/patois.css', '/%zz'])
          for (const method of ['GET', 'POST', 'OPTIONS', 'HEAD']) {
            const answer = await sendRaw(own, path, { method, headers: { host } })
            expect([host, path, method, answer.status]).toEqual([host, path, method, 403])
            expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8')
            expect(answer.headers.get('set-cookie')).toBeNull()
          }
      expect(loggedRequests(own)).toEqual([])
    })
  })

  test('answers to every name of this machine', async () => {
    await at(options, async (own) => {
      for (const host of ['localhost', 'LOCALHOST:1', '127.0.0.1', '[::1]', `[::1]:${own.port}`]) {
        const answer = await sendRaw(own, '/jwks', { method: 'GET', headers: { host } })
        expect([host, answer.status]).toEqual([host, 200])
      }
    })
  })

  test('answers to the name of its issuer and of a dialect', async () => {
    const issuer = 'https://tunnel.test'
    const dialects = [{ dialect: 'standard', host: 'api.test' }]
    await at({ dev: true, configuration: { issuer, dialects } }, async (own) => {
      for (const [host, path] of [
        ['tunnel.test', '/login'],
        ['api.test', '/jwks'],
      ] as const) {
        const answer = await sendRaw(own, path, { method: 'GET', headers: { host } })
        expect([host, answer.status]).toEqual([host, 200])
      }
    })
  })

  test('is where names matter: elsewhere the proxy chooses', async () => {
    const headers = { host: 'inner.test' }
    expect((await sendRaw(server, '/jwks', { method: 'GET', headers })).status).toBe(200)
  })
})

describe('a body', () => {
  const send = (type: string, more: Record<string, string> = {}) => {
    const authorization = `Basic ${btoa(`cc:${SECRETS.cc}`)}`
    const headers = { 'content-type': type, authorization, ...more }
    return sendRaw(server, '/token', { headers, body: new URLSearchParams(CC).toString() })
  }

  test('is a form with any parameters but another charset', async () => {
    for (const more of [';', '; boundary=x', ';charset=utf-8;', '; a=b; charset="UTF-8"'])
      checkAnswer(await send(FORM + more), { status: 200 })
    for (const more of [';charset=latin1', '; a=b; charset=utf-16', ';charset=utf-8;charset=x'])
      checkAnswer(await send(FORM + more), { status: 415 })
  })

  test('is not packed', async () => {
    checkAnswer(await send(FORM, { 'content-encoding': 'identity' }), { status: 200 })
    for (const coding of ['gzip', 'br', 'identity, gzip'])
      checkAnswer(await send(FORM, { 'content-encoding': coding }), { status: 415 })
  })

  test('of another type is no matter where the header has the token', async () => {
    const { access_token } = await getTokens(server)
    const bearer = { authorization: `Bearer ${access_token}` }
    const json = { 'content-type': 'application/json' }
    const answer = await sendRaw(server, '/userinfo', {
      headers: { ...bearer, ...json },
      body: '{}',
    })
    checkAnswer(answer, { status: 200 })
    expect((await sendRaw(server, '/userinfo', { headers: json, body: '{}' })).status).toBe(415)
    const twice = { headers: { ...bearer, 'content-type': FORM }, body: 'access_token=x' }
    expect((await sendRaw(server, '/userinfo', twice)).status).toBe(400)
  })
})

describe('a secret by Basic', () => {
  const token = (client: string, secret: string) => {
    const authorization = `Basic ${btoa(`${client}:${secret}`)}`
    return call(server, '/token', undefined, CC, { authorization })
  }
  const encoded = (secret: string) => encodeURIComponent(secret).replaceAll('%20', '+')

  test('may be form-encoded or sent as it is', async () => {
    for (const [index, secret] of [PLUS_SECRET, RAW_SECRET].entries()) {
      checkAnswer(await token(`raw${index}`, secret), { status: 200 })
      checkAnswer(await token(`raw${index}`, encoded(secret)), { status: 200 })
      checkAnswer(await token(`raw${index}`, encodeURIComponent(secret)), { status: 200 })
    }
  })

  test('is no other secret in any reading', async () => {
    const wrong = [
      encoded(encoded(PLUS_SECRET)),
      PLUS_SECRET.replace('%41', 'A'),
      `${PLUS_SECRET}+`,
    ]
    for (const secret of [...wrong, '+', '%41', RAW_SECRET]) {
      checkAnswer(await token('raw0', secret), { status: 401, error: 'invalid_client' })
    }
  })
})

describe('the origin of a script', () => {
  const isAllowed = async (own: TestServer, origin: string): Promise<boolean> => {
    const { headers } = await fetch(own.url('/userinfo'), { headers: { origin } })
    expect(headers.get('vary')).toBe('Origin')
    return headers.get('access-control-allow-origin') === origin
  }

  test('is known without all clients being read for each request', async () => {
    let lists = 0
    const wrapStore = (store: Store): Store => ({
      ...store,
      listClients: () => {
        lists++
        return store.listClients()
      },
    })
    await at({ configuration: { clients }, wrapStore }, async (own) => {
      const before = lists
      for (let times = 0; times < 5; times++) expect(await isAllowed(own, ORIGIN)).toBe(true)
      expect(await isAllowed(own, 'https://evil.test')).toBe(false)
      expect(lists).toBe(before)
    })
  })

  test('is unknown while the store does not answer, and no failure of ours', async () => {
    const wrapStore = (store: Store): Store => ({
      ...store,
      isOrigin: () => {
        throw new Unavailable('busy', 1)
      },
    })
    await at({ configuration: { clients }, wrapStore }, async (own) => {
      expect(await isAllowed(own, ORIGIN)).toBe(false)
      checkLog(own)
    })
  })
})

describe('a proxy', () => {
  const proxied = { 'x-forwarded-for': '203.0.113.7' }

  test('that is not trusted is named once, and believed nothing', async () => {
    await at({}, async (own) => {
      await call(own, '/token', 'cc', CC)
      expect(warnings(own)).toEqual([])
      for (const headers of [
        proxied,
        { forwarded: 'for=203.0.113.7' },
        { 'x-forwarded-proto': 'https' },
      ])
        await call(own, '/token', 'cc', CC, headers)
      expect(warnings(own).map(({ msg }) => msg)).toEqual([
        '127.0.0.1 forwards requests but is not in trusted_proxies: all callers behind it count as one',
      ])
      const document = await fetch(own.url('/.well-known/openid-configuration'), {
        headers: { 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'https' },
      })
      expect(await document.text()).not.toContain('evil')
    })
  })

  test('that is trusted and was called by another address is told so once', async () => {
    const configuration = { issuer: 'https://id.test/auth', trusted_proxies: ['127.0.0.1'] }
    await at({ configuration }, async (own) => {
      const send = (host: string, proto: string) =>
        fetch(`${own.origin}/auth/jwks`, {
          headers: { ...proxied, 'x-forwarded-host': host, 'x-forwarded-proto': proto },
        })
      await send('id.test', 'https')
      await send('ID.test:443, inner', 'https, http')
      await fetch(`${own.origin}/auth/jwks`, { headers: proxied })
      expect(warnings(own)).toEqual([])
      for (const [host, proto] of [
        ['other.test', 'https'],
        ['id.test', 'http'],
        ['%%', 'gopher'],
      ] as const)
        expect((await send(host, proto)).status).toBe(200)
      const [first, ...others] = warnings(own)
      expect(others).toEqual([])
      expect(first?.text).toContain('https://other.test')
      expect(first?.text).toContain('https://id.test')
    })
  })
})
