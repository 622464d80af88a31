// The emulator's shortcuts and its ways back: what a test has without a browser and without time.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  answerOf,
  authorizeParams,
  call,
  getTokens,
  newPkce,
  openBrowser,
} from '../door/browser.ts'
import { drive, driven } from '../door/emulator.ts'
import { RU } from '../door/fixtures.ts'
import { startServer, type TestServer } from '../door/server.ts'
import { isActive, refresh } from '../door/tokens.ts'

let server: TestServer

beforeAll(async () => {
  const dialects = ['standard', 'bolt', 'cal', 'ultracart', 'apimatic']
  server = await startServer({
    demo: true,
    configuration: { dialects },
  })
})
afterAll(() => server.close())
beforeEach(async () => {
  await driven(server, 'POST', '/reset', {})
})

const post = <T = Record<string, string>>(path: string, body: object = {}) =>
  driven<T>(server, 'POST', path, body)

describe('tokens', () => {
  test('of a user are what the token endpoint would answer', async () => {
    const tokens = await post('/token', { client_id: 'cc', username: 'bob' })
    expect(tokens).toEqual({
      access_token: expect.stringMatching(/^test_pa_/),
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: expect.stringMatching(/^test_pr_/),
      id_token: expect.stringMatching(/^eyJ/),
      scope: expect.any(String),
    })
    expect((await refresh(server, tokens.refresh_token ?? '')).status).toBe(200)
  })

  test('of a client itself have its scope', async () => {
    const asked = { client_id: 'cc', grant_type: 'client_credentials', scope: 'api.read' }
    expect(await post('/token', asked)).toMatchObject({ scope: 'api.read' })
  })

  test.each([
    ['bolt', { access_token: /^test_pa_/, id_token: /^eyJ/ }],
    ['cal', { 'data.accessToken': /^test_pa_/, 'data.refreshToken': /^test_pr_/ }],
    ['ultracart', { access_token: /^test_pa_/, refresh_token: /^test_pr_/ }],
    ['apimatic', { access_token: /^test_pa_/ }],
  ])('in %s are in its words', async (dialect, members) => {
    const tokens = await post('/token', { dialect })
    for (const [path, pattern] of Object.entries(members)) {
      expect(tokens).toHaveProperty(path, expect.stringMatching(pattern))
    }
  })

  test('for nobody are refused in a sentence', async () => {
    const wrong = [{ client_id: 'nobody' }, { username: 'nobody' }, { dialect: 'nobody' }]
    for (const asked of wrong) {
      const { status, body } = await drive(server, 'POST', '/token', asked)
      expect([status, body.error]).toEqual([404, expect.stringContaining('nobody')])
    }
    const { status, body } = await drive(server, 'POST', '/token', { client_id: 'rs' })
    expect([status, body.error]).toEqual([
      400,
      expect.stringMatching(/^(unauthorized_client|invalid)/),
    ])
  })
})

test('a session is had without a page, and ends in time', async () => {
  const { cookie = '' } = await post('/login', { username: 'bob' })
  const look = async () => {
    const page = await fetch(server.url('/login'), { headers: { cookie, accept: 'text/html' } })
    return page.text()
  }
  expect(await look()).toContain('bob')
  await driven(server, 'POST', '/clock', { advance: '2h' })
  expect(await look()).toContain('name="password"')
})

describe('an end at once', () => {
  test('is that of time: the token is expired, and a refresh helps', async () => {
    const { access_token, refresh_token } = await getTokens(server)
    await post('/expire', { token: access_token })
    expect(await isActive(server, access_token)).toBe(false)
    const again = await refresh(server, refresh_token)
    expect(again.status).toBe(200)
    await post('/expire', { token: again.body.refresh_token })
    const refused = await refresh(server, String(again.body.refresh_token))
    expect(refused.body.error).toBe('invalid_grant')
    const { entries } = await driven<{ entries: { reason: string }[] }>(server, 'GET', '/journal')
    expect(entries.at(-1)?.reason).toBe('refresh_expired')
  })

  test('is that of a revocation, of opaque tokens and of JWTs', async () => {
    for (const client of ['cc', 'jwt']) {
      const { access_token } = await getTokens(server, client)
      await post('/revoke', { token: access_token })
      expect(await isActive(server, access_token, client)).toBe(false)
    }
    const { access_token, refresh_token } = await getTokens(server)
    await post('/revoke', { token: refresh_token })
    expect(await isActive(server, access_token)).toBe(false)
  })

  test.each(['/expire', '/revoke'])('%s wants a token of ours', async (path) => {
    expect((await drive(server, 'POST', path, { token: 'another' })).status).toBe(400)
    expect((await drive(server, 'POST', path, {})).body.error).toBe('token: is needed')
  })
})

describe('a link', () => {
  const link = (params: Record<string, string>, more: Record<string, string> = {}) =>
    server.url(`/authorize?${new URLSearchParams({ ...params, ...more })}`)

  test('that names its user ends at the client, and signs nobody in', async () => {
    const { verifier, challenge } = newPkce()
    const browser = openBrowser()
    const params = authorizeParams('cc', challenge, { prompt: 'login consent' })
    const code = answerOf(await browser.get(link(params, { patois_user: 'bob' }))).get('code') ?? ''
    const fields = {
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: RU,
    }
    const { body } = await call(server, '/token', 'cc', fields)
    expect(body.access_token).toBeDefined()
    expect([...browser.cookies.keys()].filter((name) => name.includes('session'))).toEqual([])
    const again = await browser.get(link(authorizeParams('cc', challenge)))
    expect(again.text).toContain('name="password"')
  })

  test('that names nobody we know says who there is', async () => {
    const params = authorizeParams('cc', newPkce().challenge)
    const page = await openBrowser().get(link(params, { patois_user: 'nobody' }))
    expect(page.status).toBe(400)
    expect(page.text).toContain('alice')
  })

  test('does nothing as an image or a frame of another page', async () => {
    const params = authorizeParams('cc', newPkce().challenge)
    const headers = { 'sec-fetch-dest': 'image', 'sec-fetch-site': 'cross-site' }
    const page = await openBrowser().get(link(params, { patois_user: 'bob' }), headers)
    expect(page.location).toBeUndefined()
  })

  test('means nothing outside dev mode', async () => {
    const plain = await startServer()
    const params = authorizeParams('cc', newPkce().challenge, { patois_user: 'bob' })
    const page = await openBrowser().get(plain.url(`/authorize?${new URLSearchParams(params)}`))
    expect(page.text).toContain('name="password"')
    expect((await fetch(plain.url('/dev/clock'))).status).toBe(404)
    await plain.close()
  })
})

test('consent is allowed or denied at once, until it is asked for again', async () => {
  const { cookie = '' } = await post('/login', {})
  const params = authorizeParams('cc', newPkce().challenge, { prompt: 'consent' })
  const go = () =>
    fetch(server.url(`/authorize?${new URLSearchParams(params)}`), {
      headers: { cookie },
      redirect: 'manual',
    })
  await post('/consent', { mode: 'deny' })
  expect((await go()).headers.get('location')).toContain('error=access_denied')
  await post('/consent', { mode: 'allow' })
  expect((await go()).headers.get('location')).toContain('code=')
  await post('/consent', { mode: 'ask' })
  expect((await go()).status).toBe(200)
  expect((await drive(server, 'POST', '/consent', { mode: 'maybe' })).status).toBe(400)
})

describe('a snapshot', () => {
  test('is gone back to: what was spent is unspent, what came after is unknown', async () => {
    const { refresh_token, access_token } = await getTokens(server)
    const { id } = await post('/snapshot')
    const later = await refresh(server, refresh_token)
    await driven(server, 'POST', '/clock', { advance: '2h' })
    expect(await isActive(server, access_token)).toBe(false)
    await post('/restore', { id })
    expect(await isActive(server, access_token)).toBe(true)
    expect(await isActive(server, String(later.body.access_token))).toBe(false)
    expect((await refresh(server, refresh_token)).status).toBe(200)
  })

  test('of nothing is refused', async () => {
    expect((await drive(server, 'POST', '/restore', { id: 's999' })).status).toBe(404)
  })

  test('of the start is always there', async () => {
    const { access_token } = await getTokens(server)
    await driven(server, 'POST', '/faults', { fault: { kind: 'drop' }, where: { client: 'x' } })
    await driven(server, 'POST', '/clock', { advance: '1d', freeze: true })
    await post('/reset')
    expect(await isActive(server, access_token)).toBe(false)
    expect(await driven(server, 'GET', '/faults')).toEqual({ faults: [] })
    expect(await driven(server, 'GET', '/clock')).toMatchObject({ frozen: false, offsetSeconds: 0 })
    const { entries } = await driven<{ entries: object[] }>(server, 'GET', '/journal')
    expect(entries).toHaveLength(1)
  })
})
