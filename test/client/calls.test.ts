// The client and servers that fail: what is repeated, what is thrown, and what no error tells.

import {
  type Client as AnyClient,
  type CallEvent,
  connect,
  type Refused,
  retrying,
  Unreachable,
  Unreadable,
} from '@patois/client'
import { cal } from '@patois/core/dialects/cal'
import { standard } from '@patois/core/dialects/standard'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Script, startScript, TOKENS } from '../door/script.ts'

const SECRET = 'the/secret+of=a&client é'
const QUICK = { initialMs: 1, longestMs: 5 }

let server: Script
let other: Script
const events: CallEvent[] = []
beforeAll(async () => {
  server = await startScript()
  other = await startScript()
})
beforeEach(() => {
  other.play(TOKENS)
  events.length = 0
})
afterAll(async () => {
  await server.close()
  await other.close()
})

const me = (more: object = {}) =>
  connect({
    dialect: standard,
    url: server.origin,
    clientId: 'app',
    clientSecret: SECRET,
    redirectUri: 'https://rp.test/cb',
    timeoutMs: 2000,
    log: (event) => events.push(event),
    ...more,
  })

/** What a call throws. */
const fault = async <E = Refused>(work: Promise<unknown>): Promise<E> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error === undefined) throw new Error('nothing was thrown')
  return error as E
}

const WAYS: [string, (client: ReturnType<typeof me>) => Promise<unknown>][] = [
  ['a code', (client) => client.exchange({ code: 'code-secret', codeVerifier: 'verifier-secret' })],
  ['a refresh token', (client) => client.refresh({ refreshToken: 'refresh-secret' })],
]

describe('a failed call', () => {
  for (const status of [500, 502, 503, 504]) {
    test(`of ${status} is told, once, when nobody asked for more`, async () => {
      server.play({ status, body: '<html>down</html>' }, TOKENS)
      const error = await fault(me().clientCredentials())
      expect(error).toMatchObject({ status, meaning: 'transient' })
      expect(server.calls).toHaveLength(1)
    })

    test(`of ${status} is repeated where that does nothing twice`, async () => {
      server.play({ status }, { status }, { status }, TOKENS)
      const tokens = await me({ retry: retrying(QUICK) }).clientCredentials()
      expect(tokens.accessToken).toBe('at-secret')
      expect(server.calls).toHaveLength(4)
      expect(events.filter(({ step }) => step === 'wait')).toHaveLength(3)
    })
  }

  for (const [name, ask] of WAYS) {
    for (const line of [
      { status: 500 },
      { status: 502 },
      { status: 504 },
      'reset',
      'cut',
    ] as const) {
      const what = typeof line === 'string' ? `a ${line}` : String(line.status)
      test(`with ${name} is never repeated blindly after ${what}`, async () => {
        server.play(line, TOKENS)
        const error = await fault(ask(me({ retry: retrying(QUICK) })))
        expect(error.meaning).toBe('transient')
        expect(server.calls).toHaveLength(1)
      })
    }

    test(`with ${name} is not repeated when the time is up`, async () => {
      server.play('hang')
      const error = await fault<Unreachable>(ask(me({ retry: retrying(QUICK), timeoutMs: 500 })))
      expect(error).toBeInstanceOf(Unreachable)
      expect(error.timedOut).toBe(true)
      expect(server.calls).toHaveLength(1)
    })

    for (const status of [429, 503]) {
      test(`with ${name} is repeated after ${status}: nothing was spent`, async () => {
        server.play({ status, headers: { 'retry-after': '0' } }, TOKENS)
        await ask(me({ retry: retrying(QUICK) }))
        expect(server.calls).toHaveLength(2)
      })
    }

    test(`with ${name} is not repeated after a refusal`, async () => {
      server.play({ status: 400, body: { error: 'invalid_grant' } }, TOKENS)
      const error = await fault(ask(me({ retry: retrying(QUICK) })))
      expect(error).toMatchObject({ code: 'invalid_grant', status: 400, meaning: 'dead' })
      expect(server.calls).toHaveLength(1)
    })
  }

  test('waits as long as Retry-After says, and gives up where that is too long', async () => {
    server.play({ status: 429, headers: { 'retry-after': '1' } }, TOKENS)
    await me({ retry: retrying(QUICK) }).clientCredentials()
    expect(events.find(({ step }) => step === 'wait')?.milliseconds).toBe(1000)
    for (const at of ['7200', new Date(Date.now() + 7_200_000).toUTCString()]) {
      server.play({ status: 429, headers: { 'retry-after': at } }, TOKENS)
      const error = await fault(me({ retry: retrying(QUICK) }).clientCredentials())
      expect(error.code).toBe('temporarily_unavailable')
      expect(error.retryAfter).toBeGreaterThan(7190)
      expect(server.calls).toHaveLength(1)
    }
    server.play({ status: 429, headers: { 'retry-after': 'soon' }, body: { error: 'slow_down' } })
    expect((await fault(me().clientCredentials())).retryAfter).toBeUndefined()
  })

  test('is not repeated for ever', async () => {
    server.play({ status: 503 })
    let now = 1_800_000_000
    const late = me({ retry: retrying({ ...QUICK, withinMs: 10_000 }), now: () => now++ })
    expect(await fault(late.clientCredentials())).toMatchObject({ status: 503 })
    expect(server.calls.length).toBeGreaterThan(1)
    expect(server.calls.length).toBeLessThan(12)
  })

  test('of an unreadable answer says when to ask again', async () => {
    server.play({ status: 502, headers: { 'retry-after': '7' }, body: '<html>' })
    const error = await fault<Unreadable>(me().clientCredentials())
    expect(error).toBeInstanceOf(Unreadable)
    expect(error).toMatchObject({ retryAfter: 7, body: '<html>', meaning: 'transient' })
  })
})

describe('nobody there', () => {
  test('is Unreachable, with its cause', async () => {
    const free = await startScript()
    await free.close()
    const error = await fault<Unreachable>(me({ url: free.origin }).clientCredentials())
    expect(error).toBeInstanceOf(Unreachable)
    expect(error).toMatchObject({ timedOut: false, dialect: 'standard', operation: 'token' })
    expect(error.cause).toBeInstanceOf(Error)
    expect(error.message).toContain(free.origin)
  })

  test('a call of one’s own time is as long as it says', async () => {
    server.play('hang')
    const error = await fault<Unreachable>(me().clientCredentials({}, { timeoutMs: 30 }))
    expect(error.timedOut).toBe(true)
  })

  test('whatever a fetch of one’s own throws is told', async () => {
    const cause = new Error('the tunnel is closed')
    const fetch = () => Promise.reject(cause)
    const error = await fault<Unreachable>(me({ fetch }).clientCredentials())
    expect(error).toBeInstanceOf(Unreachable)
    expect(error.cause).toBe(cause)
  })
})

describe('a signal', () => {
  test('ends a call with its own reason, before it, in it and between attempts', async () => {
    const reason = new Error('the person went away')
    server.play('hang')
    const done = AbortSignal.abort(reason)
    expect(await fault(me().clientCredentials({}, { signal: done }))).toBe(reason)
    expect(server.calls).toHaveLength(0)
    const within = new AbortController()
    const call = fault(me().clientCredentials({}, { signal: within.signal }))
    await expect.poll(() => server.calls.length).toBe(1)
    within.abort(reason)
    expect(await call).toBe(reason)
    server.play({ status: 503 })
    const between = new AbortController()
    const slow = me({ retry: retrying({ initialMs: 60_000 }) })
    const waiting = fault(slow.clientCredentials({}, { signal: between.signal }))
    await expect.poll(() => events.some(({ step }) => step === 'wait')).toBe(true)
    between.abort(reason)
    expect(await waiting).toBe(reason)
    expect(server.calls).toHaveLength(1)
  })
})

describe('a redirect', () => {
  for (const status of [301, 302, 303, 307, 308]) {
    test(`(${status}) to another host takes no secret there`, async () => {
      server.play({ status, headers: { location: `${other.origin}/token` } })
      const error = await fault<Unreadable>(
        me({ retry: retrying(QUICK) }).refresh({ refreshToken: 'r' }),
      )
      expect(error).toBeInstanceOf(Unreadable)
      expect(error).toMatchObject({ status, meaning: 'configuration' })
      expect(error.message).toContain('redirected')
      expect(server.calls).toHaveLength(1)
      expect(other.calls).toHaveLength(0)
    })
  }
})

describe('an address', () => {
  const unsafe = ['http://as.test', 'http://127.0.0.1.as.test', 'ftp://as.test', 'http://[::2]']
  for (const url of unsafe) {
    test(`of ${url} gets no secret`, async () => {
      let asked = 0
      const fetch = () => Promise.resolve(new Response(String(asked++)))
      const error = await fault<TypeError>(me({ url, fetch }).clientCredentials())
      expect(error).toBeInstanceOf(TypeError)
      expect(error.message).toMatch(/over https only/)
      await expect(me({ url, fetch }).authorizeUrl()).rejects.toThrow(TypeError)
      expect(asked).toBe(0)
    })
  }

  test('with a user name in it is refused', async () => {
    const error = await fault<TypeError>(me({ url: 'https://a:b@as.test' }).clientCredentials())
    expect(error.message).not.toContain('a:b')
  })

  test('on loopback is all right', async () => {
    for (const url of ['http://localhost:1', 'http://127.8.9.10', 'http://[::1]:2']) {
      const fetch = () => Promise.resolve(Response.json(TOKENS.body))
      expect((await me({ url, fetch }).clientCredentials()).accessToken).toBe('at-secret')
    }
  })
})

describe('what is sent', () => {
  test('can have more headers and fields than the dialect knows', async () => {
    server.play(TOKENS)
    const client = me({ headers: { 'X-Publishable-Key': 'pk', 'user-agent': 'app/1' } })
    const more = { headers: { 'X-Publishable-Key': 'pk2' }, fields: { audience: 'https://x' } }
    await client.clientCredentials({ scope: ['a', 'b'] }, more)
    const [call] = server.calls
    expect(call?.headers).toMatchObject({ 'x-publishable-key': 'pk2', 'user-agent': 'app/1' })
    expect(call?.headers['content-type']).toBe('application/x-www-form-urlencoded')
    expect(Object.fromEntries(new URLSearchParams(call?.body))).toEqual({
      grant_type: 'client_credentials',
      scope: 'a b',
      audience: 'https://x',
    })
    const [id, secret] = atob(call?.headers.authorization?.slice(6) ?? '').split(':')
    const decode = (text = '') => decodeURIComponent(text.replaceAll('+', ' '))
    expect([id, decode(secret)]).toEqual(['app', SECRET])
  })

  test('a header that no header can be is a fault of the caller', async () => {
    server.play(TOKENS)
    const headers = { 'x-key': 'a\r\nb: c' }
    const error = await fault<TypeError>(me().clientCredentials({}, { headers }))
    expect(error).toBeInstanceOf(TypeError)
    expect(server.calls).toHaveLength(0)
  })

  test('a part of the path that nobody gave is missed before anything is sent', async () => {
    server.play(TOKENS)
    const client = connect({ dialect: cal, url: server.origin, clientId: '' })
    await expect(client.exchange({ code: 'c' })).rejects.toThrow(TypeError)
    expect(server.calls).toHaveLength(0)
  })
})

test('no error and no event tells a secret', async () => {
  const secrets = { password: 'password-secret', code: 'code-secret', token: 'token-secret' }
  const client = me({
    headers: { 'x-api-key': 'key-secret' },
  }) as unknown as AnyClient
  const more = {
    headers: { authorization: 'Bearer header-secret' },
    fields: { api_token: 'field-secret', assertion: 'assertion-secret' },
  }
  const calls = [
    () => client.password({ username: 'alice', password: secrets.password }, more),
    () => client.exchange({ code: secrets.code, codeVerifier: 'verifier-secret' }, more),
    () => client.refresh({ refreshToken: 'refresh-secret' }, more),
    () => client.revoke({ token: secrets.token }, more),
    () => client.introspect({ token: secrets.token }, more),
    () => client.userinfo({ accessToken: 'access-secret' }),
  ]
  const said: string[] = []
  for (const line of [
    { status: 400, body: { error: 'invalid_request' } },
    'reset',
    TOKENS,
  ] as const) {
    server.play(line)
    for (const ask of calls) {
      const error = await ask().then(
        () => undefined,
        (thrown: Error) => thrown,
      )
      if (error) said.push(JSON.stringify(error), String(error), error.stack ?? '')
    }
  }
  expect(said.length).toBeGreaterThan(30)
  const all = said.join('\n') + JSON.stringify(events)
  expect(all).not.toMatch(/\w+-secret/)
  expect(all).not.toContain(SECRET)
  expect(all).not.toContain(encodeURIComponent(SECRET))
  expect(all).toContain('alice')
})

describe('the parts of a refusal', () => {
  test('are all there', async () => {
    const facts = {
      error: 'invalid_client',
      error_description: 'who are you?',
      error_uri: 'https://as.test/e',
    }
    server.play({ status: 401, body: facts, headers: { 'x-request-id': '7', 'retry-after': '3' } })
    const error = await fault(me().clientCredentials())
    expect(error).toMatchObject({
      name: 'Refused',
      code: 'invalid_client',
      status: 401,
      description: 'who are you?',
      uri: 'https://as.test/e',
      retryAfter: 3,
      dialect: 'standard',
      operation: 'token',
      meaning: 'configuration',
      sent: { method: 'POST', url: `${server.origin}/token` },
    })
    expect(error.headers['x-request-id']).toBe('7')
    expect(JSON.parse(error.body)).toEqual(facts)
    expect(error.sent.body).toContain('grant_type=client_credentials')
    expect(error.sent.headers.authorization).toBe('***')
  })

  test('an answer of introspection that says nothing is not believed', async () => {
    server.play({ body: {} })
    expect(await fault(me().introspect({ token: 't' }))).toBeInstanceOf(Unreadable)
  })

  test('revoking is done when the status says so', async () => {
    for (const line of [{ status: 200 }, { status: 204 }, { body: {} }]) {
      server.play(line)
      expect(await me().revoke({ token: 't' })).toEqual({})
    }
    server.play({ body: '<html>not found</html>' })
    expect(await fault(me().revoke({ token: 't' }))).toBeInstanceOf(Unreadable)
  })
})

describe('authorizing by a call', () => {
  const client = () =>
    connect({ dialect: cal, url: server.origin, clientId: 'c', redirectUri: 'https://rp.test/cb' })

  test('without a code is no success', async () => {
    for (const location of ['https://rp.test/cb', 'https://rp.test/cb?code=', '/cb?code=x']) {
      server.play({ status: 302, headers: { location } })
      expect(await fault(client().authorize())).toBeInstanceOf(Unreadable)
    }
    const location = 'https://rp.test/cb?error=access_denied'
    server.play({ status: 302, headers: { location } })
    expect(await fault(client().authorize())).toMatchObject({ code: 'access_denied' })
  })
})
