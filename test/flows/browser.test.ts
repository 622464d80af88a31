// What a person meets beside the straight way: old forms, other users, other languages, second thoughts.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  answerOf,
  authorizeParams,
  call,
  decide,
  formAction,
  getCode,
  getTokens,
  hiddenFields,
  logIn,
  newPkce,
  openBrowser,
  type Page,
  type TestBrowser,
  walk,
} from '../door/browser.ts'
import { CLIENTS, PASSWORDS, RESOURCE, RU, SCOPES } from '../door/fixtures.ts'
import { checkLog, checkPage } from '../door/rules.ts'
import { startServer, type TestServer } from '../door/server.ts'
import { isActive, openFolder, userinfo } from '../door/tokens.ts'

const HOUR = 3600

let server: TestServer
beforeAll(async () => {
  server = await startServer({
    configuration: {
      scopes: { ...SCOPES, team: { sentence: 'See your team', claims: ['team'] } },
      clients: [
        ...CLIENTS,
        {
          client_id: 'few',
          client_name: 'Few scopes',
          redirect_uris: [RU],
          token_endpoint_auth_method: 'none',
          scope: 'openid team',
        },
      ],
      users: [
        {
          username: 'alice',
          password: PASSWORDS.alice,
          claims: { email: 'alice@example.org', team: 'red' },
        },
        { username: 'bob', password: PASSWORDS.bob },
      ],
    },
  })
})
afterAll(() => server.close())

const open = (
  browser: TestBrowser,
  client: string,
  more: Record<string, string>,
): Promise<Page> => {
  const params = authorizeParams(client, newPkce().challenge, more)
  return browser.get(server.url(`/authorize?${new URLSearchParams(params)}`))
}

const exchange = (client: string, { code, verifier }: { code: string; verifier: string }) =>
  call(server, '/token', client, {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: RU,
  })

describe('the claims parameter', () => {
  const claims = JSON.stringify({ userinfo: { team: null, email: null }, id_token: { team: null } })

  test('asks for the scope that releases a claim, on the page and in the answer', async () => {
    const browser = openBrowser()
    const login = await open(browser, 'few', { scope: 'openid', claims })
    const next = (await logIn(server, browser, login)).location ?? ''
    const consent = await browser.get(new URL(next, server.origin).href)
    expect(consent.text).toContain('See your team')
    const fresh = await getCode(server, 'few', { scope: 'openid', claims }, browser)
    const { body } = await exchange('few', fresh)
    expect(body.scope).toBe('openid team')
    const [, payload = ''] = String(body.id_token).split('.')
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({ team: 'red' })
  })

  test('releases nothing that the client is not registered for', async () => {
    const tokens = await getTokens(server, 'few', { scope: 'openid', claims })
    const seen = await userinfo(server, tokens.access_token)
    expect(seen.body).toMatchObject({ team: 'red' })
    expect(seen.body).not.toHaveProperty('email')
  })

  test('gets past no consent that was given for less', async () => {
    const browser = openBrowser()
    await getCode(server, 'few', { scope: 'openid' }, browser, 'bob')
    const page = await open(browser, 'few', { scope: 'openid', claims, prompt: 'none' })
    expect(answerOf(page).get('error')).toBe('consent_required')
  })
})

describe('signing out', () => {
  test('leaves no code behind that would open a family nobody ends', async () => {
    const fresh = await getCode(server, 'es', { scope: 'openid profile' })
    const { browser } = fresh
    const question = await browser.get(server.url('/logout'))
    await decide(server, browser, question)
    const answer = await exchange('es', fresh)
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_grant'])
  })

  test('leaves a code with offline_access alone', async () => {
    const fresh = await getCode(server, 'es', { scope: 'openid offline_access' })
    await decide(server, fresh.browser, await fresh.browser.get(server.url('/logout')))
    expect((await exchange('es', fresh)).status).toBe(200)
  })

  test('happens to whoever was signed in before another user signs in over it', async () => {
    const browser = openBrowser()
    const scope = 'openid profile'
    const { access_token } = await getTokens(server, 'es', { scope }, browser, 'bob')
    const page = await open(browser, 'es', { scope, prompt: 'login' })
    await logIn(server, browser, page, 'alice')
    expect((await userinfo(server, access_token)).status).toBe(401)
  })
})

describe('consent', () => {
  test('was not given by a password that was used elsewhere', async () => {
    const ropc = {
      client_id: 'both',
      client_secret: 'both-secret-0123456789-0123456789-0123456789',
      redirect_uris: [RU],
      grant_types: ['authorization_code', 'password'],
      token_endpoint_auth_method: 'client_secret_post',
      scope: 'openid profile',
    }
    const own = await startServer({ configuration: { clients: [...CLIENTS, ropc] } })
    const { client_id, client_secret } = ropc
    const answer = await call(own, '/token', undefined, {
      client_id,
      client_secret,
      grant_type: 'password',
      username: 'alice',
      password: PASSWORDS.alice ?? '',
    })
    expect(answer.status).toBe(200)
    const browser = openBrowser()
    const params = authorizeParams(client_id, newPkce().challenge, { scope: 'openid profile' })
    const url = own.url(`/authorize?${new URLSearchParams(params)}`)
    const next = (await logIn(own, browser, await browser.get(url))).location ?? ''
    const page = await browser.get(new URL(next, own.origin).href)
    expect(page.text).toContain('value="allow"')
    await own.close()
  })

  test('is asked for anew when a client was away', async () => {
    const { database, remove } = openFolder()
    const options = { database, masterKey: 'm'.repeat(40) }
    const first = await startServer(options)
    const browser = openBrowser()
    await getCode(first, 'cc', {}, browser)
    await first.close()
    const port = first.port
    const rest = CLIENTS.filter((one) => one.client_id !== 'cc')
    const second = await startServer({ ...options, port, configuration: { clients: rest } })
    await second.close()
    const third = await startServer({ ...options, port, now: first.clock.now() + 10 })
    const params = authorizeParams('cc', newPkce().challenge)
    const page = await browser.get(third.url(`/authorize?${new URLSearchParams(params)}`))
    expect(page.text).toContain('value="allow"')
    await third.close()
    remove()
  })

  test('shows the service that access is asked for', async () => {
    const browser = openBrowser()
    await getCode(server, 'cc', {}, browser)
    const page = await open(browser, 'cc', { resource: RESOURCE })
    expect(page.text).toContain('value="allow"')
    expect(page.text).toContain(RESOURCE)
  })
})

describe('a form that is too old', () => {
  test('of the login page starts its request anew', async () => {
    const browser = openBrowser()
    const page = await open(browser, 'cc', {})
    server.clock.advance(HOUR + 1)
    const answer = await logIn(server, browser, page)
    expect(answer.status).toBe(303)
    const again = await browser.get(new URL(answer.location ?? '', server.origin).href)
    checkPage(again)
    const done = await logIn(server, browser, again)
    expect(done.location).toContain('/authorize?')
  })

  test('without a request shows the login page again, and says why', async () => {
    const browser = openBrowser()
    const page = await browser.get(server.url('/login'))
    server.clock.advance(HOUR + 1)
    const again = await logIn(server, browser, page)
    expect(again.status).toBe(400)
    expect(again.text).toContain('This page was open for too long')
  })

  test('of the consent page asks again, and never takes the old answer', async () => {
    const browser = openBrowser()
    await logIn(server, browser, await browser.get(server.url('/login')))
    const page = await open(browser, 'cc', { prompt: 'consent' })
    server.clock.advance(HOUR + 1)
    const answer = await decide(server, browser, page)
    expect(answer.status).toBe(303)
    expect(answer.location).not.toContain(RU)
    const again = await browser.get(new URL(answer.location ?? '', server.origin).href)
    expect(again.text).toContain('value="allow"')
  })

  test('leads nowhere but to a request of ours', async () => {
    for (const request of [
      '//evil.test',
      'https://evil.test/authorize?x',
      '/\\evil.test',
      '/token',
    ]) {
      const browser = openBrowser()
      const page = await open(browser, 'cc', {})
      const fields = { ...hiddenFields(page.text), request }
      const answer = await browser.post(server.origin + formAction(page.text), fields)
      expect(answer.location).toBeUndefined()
      expect(answer.status).toBe(400)
    }
  })

  test('cannot break a header with what it carries', async () => {
    const browser = openBrowser()
    const page = await open(browser, 'cc', {})
    const request = '/authorize?client_id=cc\r\nset-cookie: a=b'
    const fields = { ...hiddenFields(page.text), request }
    const answer = await browser.post(server.origin + formAction(page.text), fields)
    expect(answer.status).toBe(303)
    expect(answer.location).toBe('/authorize?client_id=cc%0D%0Aset-cookie%3A+a%3Db')
  })
})

test('the language of a request stays when a password was wrong', async () => {
  const browser = openBrowser()
  const page = await open(browser, 'cc', { ui_locales: 'de' })
  const again = await logIn(server, browser, page, 'alice', 'wrong')
  expect(again.status).toBe(401)
  expect(again.text).toContain('<html lang="de"')
})

test('pages that lead to a client hold its own redirects up with no form-action', async () => {
  const browser = openBrowser()
  const page = await open(browser, 'cc', {})
  expect(page.headers.get('content-security-policy')).not.toContain('form-action')
  const own = await browser.get(server.url('/login'))
  expect(own.headers.get('content-security-policy')).toContain("form-action 'self'")
})

test('an operator hears one event for each request', async () => {
  const heard: { operation?: string; decision: string; reason: string }[] = []
  const own = await startServer({ on: (event) => void heard.push(event) })
  await call(own, '/token', 'rs', { grant_type: 'client_credentials' })
  await call(own, '/token', 'rs', { grant_type: 'password' })
  await walk(own, openBrowser(), { client_id: 'nobody' })
  expect(heard.map(({ operation, decision, reason }) => [operation, decision, reason])).toEqual([
    ['token', 'allowed', 'ok'],
    ['token', 'refused', 'grant_not_allowed'],
    ['authorize', 'refused', 'client_unknown'],
  ])
  await own.close()
})

test('a wrong secret is kept as an event, without the name when that is made up', async () => {
  const wrong = { client_secret: 'wrong', grant_type: 'client_credentials' }
  await call(server, '/token', undefined, { ...wrong, client_id: 'cp' })
  await call(server, '/token', undefined, { ...wrong, client_id: 'made-up' })
  const events = (await server.store.listEvents(50)).filter(
    (one) => one.type === 'client_authentication',
  )
  expect(events.map((one) => [one.clientId, one.reason])).toEqual([
    [undefined, 'client_unknown'],
    ['cp', 'client_secret_wrong'],
  ])
  expect(await isActive(server, 'nothing')).toBe(false)
  checkLog(server, [])
})
