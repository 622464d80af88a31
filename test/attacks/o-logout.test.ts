// Attacks, group O: signing out — by whom, of what, and where it leads.

import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import {
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
} from '../door/browser.ts'
import { CLIENTS, RU, SECRETS } from '../door/fixtures.ts'
import { checkAnswer, checkErrorPage, checkLog, checkPage, lastRequest } from '../door/rules.ts'
import { startServer, type TestServer } from '../door/server.ts'
import { introspect, isActive, refresh, userinfo } from '../door/tokens.ts'

const BYE = 'https://rp.test/bye'
const ONLINE = { scope: 'openid profile' }

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterEach(() => checkLog(server))
afterAll(() => server.close())

type Fields = Record<string, string>

/** A browser where somebody is signed in, with the ID token that says so. */
const signIn = async (client = 'cc', username = 'alice') => {
  const browser = openBrowser()
  const tokens = await getTokens(server, client, ONLINE, browser, username)
  return { browser, tokens, hint: String(tokens.id_token) }
}

const logOut = (browser: TestBrowser, fields: Fields = {}, at = server): Promise<Page> =>
  browser.get(at.url(`/logout?${new URLSearchParams(fields)}`))

const isSignedIn = async (browser: TestBrowser): Promise<boolean> => {
  const page = await browser.get(server.url('/login'))
  checkPage(page, { status: 200 })
  return !page.text.includes('name="password"')
}

/** The page that asks: it leads nowhere, and nobody is signed out by being asked. */
const checkQuestion = async (browser: TestBrowser, page: Page): Promise<void> => {
  checkPage(page, { status: 200 })
  expect(page.location).toBeUndefined()
  expect(page.headers.get('refresh')).toBeNull()
  expect(page.text).toContain('id="sign-out"')
  expect(page.text).not.toContain('evil')
  expect(await isSignedIn(browser)).toBe(true)
}

/** The page that says that it is done, without a way on. */
const checkSignedOut = async (browser: TestBrowser, page: Page): Promise<void> => {
  checkPage(page, { status: 200 })
  expect(page.location).toBeUndefined()
  expect(page.text).not.toMatch(/<form|id="continue"|evil/)
  expect(lastRequest(server)).toMatchObject({ operation: 'logout', decision: 'allowed' })
  expect(await isSignedIn(browser)).toBe(false)
}

const BAD_URIS = [
  'https://evil.test/bye',
  `${BYE}/`,
  `${BYE}?x=1`,
  `${BYE}?`,
  `${BYE}#`,
  `${BYE}#f`,
  `${BYE}/../bye`,
  'https://rp.test/BYE',
  'HTTPS://rp.test/bye',
  'http://rp.test/bye',
  'https://rp.test:443/bye',
  'https://rp.test@evil.test/bye',
  'https://rp.test/bye ',
  ' https://rp.test/bye',
  'https://rp.test/%62ye',
  '//rp.test/bye',
  '/bye',
  'javascript:alert(1)',
  'data:text/html,evil',
  RU,
]

test('O2: only a registered place to go on to is gone to, and nothing else signs anybody out', async () => {
  const { browser, hint } = await signIn()
  for (const post_logout_redirect_uri of BAD_URIS) {
    const asked = { post_logout_redirect_uri, state: 's', client_id: 'cc' }
    for (const fields of [asked, { ...asked, id_token_hint: hint }]) {
      const page = await logOut(browser, fields)
      checkPage(page, { status: 200 })
      expect(page.text, post_logout_redirect_uri).toContain('id="sign-out"')
    }
  }
  const last = { post_logout_redirect_uri: 'https://evil.test/bye', client_id: 'cc' }
  const page = await logOut(browser, last)
  await checkQuestion(browser, page)
  await checkSignedOut(browser, await decide(server, browser, page))
})

test('O2: a place that is registered for one client is not for another, or for nobody', async () => {
  const { browser } = await signIn()
  const { hint } = await signIn('es')
  const place = { post_logout_redirect_uri: BYE, state: 's' }
  for (const fields of [place, { ...place, client_id: 'es' }, { ...place, client_id: 'nobody' }]) {
    await checkQuestion(browser, await logOut(browser, fields))
  }
  await checkQuestion(browser, await logOut(browser, { ...place, id_token_hint: hint }))
  // Nobody is signed in here: there is nothing to ask, and still nowhere to go.
  const empty = openBrowser()
  await checkSignedOut(empty, await logOut(empty, { ...place, client_id: 'es' }))
})

test('O2: the registered place is reached with the state as it was sent', async () => {
  const { browser, hint } = await signIn()
  const state = 'a b&c=d#e"ü<script>\r\nLocation: https://evil.test'
  const fields = { id_token_hint: hint, post_logout_redirect_uri: BYE, state }
  const page = await logOut(browser, fields)
  checkPage(page, { status: 303 })
  expect(page.location).toBe(`${BYE}?${new URLSearchParams({ state })}`)
  expect(await isSignedIn(browser)).toBe(false)
  const other = await signIn()
  const asked = await logOut(other.browser, { client_id: 'cc', post_logout_redirect_uri: BYE })
  await checkQuestion(other.browser, asked)
  expect((await decide(server, other.browser, asked)).location).toBe(BYE)
})

test('O2: a client that was disabled sends nobody anywhere', async () => {
  const { browser, hint } = await signIn()
  const client = await server.store.findClient('cc')
  if (!client) throw new Error('no client')
  const disabled = { ...client, disabledAt: server.clock.now() }
  await server.store.commit({ changes: [{ put: 'client', client: disabled }], events: [] })
  const fields = { id_token_hint: hint, post_logout_redirect_uri: BYE }
  const page = await logOut(browser, fields)
  await server.store.commit({ changes: [{ put: 'client', client }], events: [] })
  await checkQuestion(browser, page)
  expect((await logOut(browser, fields)).location).toBe(BYE)
})

const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url')

/** ID tokens that are not ours any more, or never were. */
const forgeries = (hint: string): string[] => {
  const [head = '', body = '', seal = ''] = hint.split('.')
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const signed = (header: object, payload: object): string => {
    const data = `${encode(header)}.${encode(payload)}`
    return `${data}.${sign('sha256', Buffer.from(data), privateKey).toString('base64url')}`
  }
  const header = decodeProtectedHeader(hint)
  const claims = decodeJwt(hint)
  const mac = createHmac('sha256', 'x').update(`${encode({ ...header, alg: 'HS256' })}.${body}`)
  return [
    `${encode({ alg: 'none' })}.${body}.`,
    `${encode({ ...header, alg: 'none' })}.${body}.${seal}`,
    `${encode({ ...header, alg: 'HS256' })}.${body}.${mac.digest('base64url')}`,
    signed(header, claims),
    signed({ ...header, kid: 'mine' }, claims),
    `${head}.${encode({ ...claims, aud: 'cc2' })}.${seal}`,
    `${head}.${encode({ ...claims, exp: 9e9 })}.${seal}`,
    `${head}.${body}.`,
    `${head}.${body}.${'A'.repeat(seal.length)}`,
    `${hint}x`,
    `${head}.${body}`,
    'null',
    '1',
    'x'.repeat(17_000),
  ]
}

test('O3: a hint that is not an ID token of ours as it was issued moves nobody', async () => {
  const { browser, hint } = await signIn()
  const other = await startServer()
  const theirs = String((await getTokens(other, 'cc', ONLINE)).id_token)
  await other.close()
  const { access_token } = await getTokens(server, 'jwt', ONLINE)
  for (const id_token_hint of [...forgeries(hint), theirs, access_token]) {
    // What a bad hint says is not made good by a client_id beside it.
    for (const more of [{}, { client_id: 'cc' }] as Fields[]) {
      const fields = { id_token_hint, post_logout_redirect_uri: BYE, state: 's', ...more }
      const page = await logOut(browser, fields)
      await checkQuestion(browser, page)
    }
  }
  const page = await logOut(browser, { id_token_hint: theirs, post_logout_redirect_uri: BYE })
  await checkSignedOut(browser, await decide(server, browser, page))
})

test('O3: an ID token that has expired is still a hint', async () => {
  const { browser, hint } = await signIn()
  server.clock.advance(3601)
  const fields = { id_token_hint: hint, post_logout_redirect_uri: BYE }
  expect((await logOut(browser, fields)).location).toBe(BYE)
  expect(await isSignedIn(browser)).toBe(false)
})

test('O5: a client_id that the hint was not issued to is an error, and signs nobody out', async () => {
  const { browser, hint } = await signIn()
  for (const client_id of ['es', 'cc2', 'nobody', 'CC', 'cc ']) {
    const fields = { id_token_hint: hint, client_id, post_logout_redirect_uri: BYE }
    checkErrorPage(await logOut(browser, fields))
    expect(lastRequest(server)).toMatchObject({
      operation: 'logout',
      decision: 'refused',
      reason: 'hint_other_client',
    })
  }
  expect(await isSignedIn(browser)).toBe(true)
  const fields = { id_token_hint: hint, client_id: 'cc', post_logout_redirect_uri: BYE }
  expect((await logOut(browser, fields)).location).toBe(BYE)
})

test('O6: no other site signs anybody out: without the form of this browser nothing happens', async () => {
  const { browser } = await signIn()
  const stranger = await signIn()
  await checkQuestion(browser, await logOut(browser))
  const question = await logOut(browser, { client_id: 'cc', post_logout_redirect_uri: BYE })
  const own = { ...hiddenFields(question.text), decision: 'allow' }
  const theirs = hiddenFields((await logOut(stranger.browser)).text)
  const login = hiddenFields((await openBrowser().get(server.url('/login'))).text)
  const url = server.origin + formAction(question.text)
  const { csrf = '', request = '' } = own as Fields
  const forms: Fields[] = [
    {},
    { decision: 'allow' },
    { ...own, csrf: '' },
    { ...own, csrf: `${csrf.slice(0, -2)}AA` },
    { ...own, csrf: csrf.replace(/^\d+/, '9999999999') },
    { ...own, csrf: theirs.csrf ?? '' },
    { ...own, ...theirs },
    { ...own, csrf: login.csrf ?? '' },
    { ...own, request: request.replace(BYE, 'https://evil.test/bye') },
    { ...own, request: '{}' },
    { ...own, request: '' },
  ]
  for (const fields of forms) await checkStale(browser, await browser.post(url, fields))
  for (const from of ['cross-site', 'same-site', 'nonsense']) {
    await checkStale(browser, await browser.post(url, own, { 'sec-fetch-site': from }))
  }
  const json = { method: 'POST', headers: { 'content-type': 'application/json' } }
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const headers = { ...json.headers, cookie }
  expect((await fetch(url, { ...json, headers, body: JSON.stringify(own) })).status).toBe(415)
  expect((await browser.get(url)).status).toBe(405)
  expect(await isSignedIn(browser)).toBe(true)
  const stayed = await browser.post(url, { ...own, decision: 'deny' })
  expect(stayed.location).toBe('/login')
  expect(await isSignedIn(browser)).toBe(true)
  expect((await browser.post(url, own, { 'sec-fetch-site': 'same-origin' })).location).toBe(BYE)
  expect(await isSignedIn(browser)).toBe(false)
  expect(await isSignedIn(stranger.browser)).toBe(true)
})

const checkStale = async (browser: TestBrowser, page: Page): Promise<void> => {
  checkErrorPage(page)
  expect(lastRequest(server)).toMatchObject({ decision: 'refused', reason: 'form_stale' })
  expect(await isSignedIn(browser)).toBe(true)
}

test('O6: a question that was left open for an hour is not answered any more', async () => {
  const { browser } = await signIn()
  const question = await logOut(browser)
  server.clock.advance(3600)
  await checkStale(browser, await decide(server, browser, question))
})

test('O6: a form that another site posts brings no cookies, and only gets the question asked', async () => {
  const { browser, hint } = await signIn()
  const fields = { client_id: 'cc', post_logout_redirect_uri: BYE }
  const posted = await openBrowser().post(server.url('/logout'), fields)
  checkPage(posted, { status: 303 })
  expect(posted.location).toBe(`/logout?${new URLSearchParams(fields)}`)
  await checkQuestion(browser, await browser.get(server.origin + posted.location))
  await checkQuestion(browser, await browser.post(server.url('/logout'), fields))
  // With our cookies and a hint about this session a POST is as good as a GET.
  const certain = { ...fields, id_token_hint: hint }
  expect((await browser.post(server.url('/logout'), certain)).location).toBe(BYE)
})

test('O7: a hint ends no session but that of the browser which brings it', async () => {
  const alice = await signIn()
  const elsewhere = await signIn()
  const bob = await signIn('cc', 'bob')
  const fields = { post_logout_redirect_uri: BYE }
  // Without a cookie there is nothing to end, whoever the hint is about.
  const stolen = await logOut(openBrowser(), { ...fields, id_token_hint: alice.hint })
  expect(stolen.location).toBe(BYE)
  expect(await isActive(server, alice.tokens.access_token)).toBe(true)
  // Another person's hint, or one of another session of the same person: the user is asked.
  for (const { hint } of [alice, elsewhere]) {
    await checkQuestion(bob.browser, await logOut(bob.browser, { ...fields, id_token_hint: hint }))
  }
  const question = await logOut(alice.browser, { ...fields, id_token_hint: elsewhere.hint })
  await checkQuestion(alice.browser, question)
  expect((await decide(server, alice.browser, question)).location).toBe(BYE)
  expect(await isSignedIn(alice.browser)).toBe(false)
  expect(await isActive(server, alice.tokens.access_token)).toBe(false)
  for (const { browser, tokens } of [elsewhere, bob]) {
    expect(await isSignedIn(browser)).toBe(true)
    expect(await isActive(server, tokens.access_token)).toBe(true)
  }
})

test('O7: a question that one person was asked is not answered by the next one at that browser', async () => {
  const { browser } = await signIn()
  const question = await logOut(browser)
  const params = authorizeParams('cc', newPkce().challenge, { prompt: 'login' })
  const page = await browser.get(server.url(`/authorize?${new URLSearchParams(params)}`))
  await logIn(server, browser, page, 'bob')
  await checkStale(browser, await decide(server, browser, question))
})

test('O7: a cookie that was copied is worth nothing once its session was signed out', async () => {
  const { browser, hint } = await signIn()
  const copy = openBrowser()
  for (const [name, value] of browser.cookies) copy.cookies.set(name, value)
  expect(await isSignedIn(copy)).toBe(true)
  checkPage(await logOut(browser, { id_token_hint: hint }), { status: 200 })
  expect([...browser.cookies.values()].some((value) => value.startsWith('ps_'))).toBe(false)
  expect(await isSignedIn(copy)).toBe(false)
})

test.skip('O8: what a back-channel logout token says — there is no back-channel logout yet', () => {})

test.skip('O9: a back-channel endpoint that is slow or dead — there is no back-channel logout yet', () => {})

test('O8: back-channel and front-channel logout are neither announced nor registered', async () => {
  const response = await fetch(server.url('/.well-known/openid-configuration'))
  expect(await response.text()).not.toMatch(/(back|front)channel_logout|check_session_iframe/)
  const uri = 'https://rp.test/logout'
  for (const name of ['backchannel_logout_uri', 'frontchannel_logout_uri']) {
    const clients = CLIENTS.map((one) => (one.client_id === 'cc' ? { ...one, [name]: uri } : one))
    const starting = startServer({ configuration: { clients } })
    await expect(starting).rejects.toThrow(`clients[0].${name}: is not a known key`)
  }
})

type Tokens = { access_token: string; refresh_token?: string }

/** Dead to everybody who may ask. */
const checkDead = async ({ access_token, refresh_token }: Tokens, client: string) => {
  expect((await introspect(server, access_token, client)).body).toEqual({ active: false })
  checkAnswer(await userinfo(server, access_token), { status: 401, error: 'invalid_token' })
  if (refresh_token === undefined) return
  expect((await introspect(server, refresh_token, client)).body).toEqual({ active: false })
  const late = await refresh(server, refresh_token, {}, client)
  checkAnswer(late, { status: 400, error: 'invalid_grant' })
  expect(lastRequest(server).reason).toBe('family_ended')
}

const checkAlive = async ({ access_token, refresh_token = '' }: Tokens, client: string) => {
  expect(await isActive(server, access_token, client)).toBe(true)
  if (refresh_token) checkAnswer(await refresh(server, refresh_token, {}, client), { status: 200 })
}

test('O11: logout ends what was opened in its session without offline_access, and no more', async () => {
  const { browser, tokens, hint } = await signIn()
  const jwt = await getTokens(server, 'jwt', ONLINE, browser)
  // Without openid a refresh token needs no offline_access, and gets no exemption either.
  const plain = await getTokens(server, 'es', { scope: 'profile' }, browser)
  expect(plain.refresh_token).toBeDefined()
  const rotated = await getTokens(server, 'quiet', { scope: 'profile' }, browser)
  const young = (await refresh(server, rotated.refresh_token, {}, 'quiet')).body as Tokens
  const waiting = await getCode(server, 'cc', ONLINE, browser)
  const offline = await getTokens(server, 'cc', {}, browser)
  const bought = await getCode(server, 'cc', {}, browser)
  const elsewhere = await signIn()
  const others = await signIn('cc', 'bob')
  const machine = { grant_type: 'client_credentials', scope: 'api.read' }
  const own = (await call(server, '/token', 'cc', machine)).body as Tokens

  expect((await logOut(browser, { id_token_hint: hint })).status).toBe(200)

  await checkDead(tokens, 'cc')
  await checkDead({ access_token: jwt.access_token }, 'jwt')
  await checkDead(plain, 'es')
  await checkDead({ access_token: rotated.access_token }, 'quiet')
  await checkDead(young, 'quiet')
  const exchange = ({ code, verifier }: { code: string; verifier: string }) =>
    call(server, '/token', 'cc', {
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: RU,
    })
  checkAnswer(await exchange(waiting), { status: 400, error: 'invalid_grant' })
  checkAnswer(await exchange(bought), { status: 200 })
  await checkAlive(offline, 'cc')
  for (const other of [elsewhere.tokens, others.tokens, own]) await checkAlive(other, 'cc')
})

test('O11: a session that was signed in again goes on, and its logout ends all that it opened', async () => {
  const { browser, tokens, hint } = await signIn()
  server.clock.advance(600)
  const { prompt, ...again } = { prompt: 'login', ...ONLINE }
  const page = await browser.get(
    server.url(
      `/authorize?${new URLSearchParams(authorizeParams('cc', newPkce().challenge, { ...again, prompt }))}`,
    ),
  )
  await logIn(server, browser, page)
  const later = await getTokens(server, 'cc', ONLINE, browser)
  expect(decodeJwt(later.id_token ?? '').sid).toBe(decodeJwt(hint).sid)
  expect(await isActive(server, tokens.access_token)).toBe(true)
  expect((await logOut(browser, { id_token_hint: hint })).status).toBe(200)
  for (const one of [tokens, later]) await checkDead({ access_token: one.access_token }, 'cc')
})

test('O11: a session that merely expires takes nothing along, and signs nobody in any more', async () => {
  const { browser, tokens } = await signIn('quiet')
  const plain = await getTokens(server, 'quiet', { scope: 'profile' }, browser)
  server.clock.advance(2 * 3600)
  expect(await isSignedIn(browser)).toBe(false)
  expect(await isActive(server, tokens.access_token, 'quiet')).toBe(false)
  await checkAlive({ ...plain, access_token: await freshAccess(plain.refresh_token) }, 'quiet')
})

const freshAccess = async (token: string): Promise<string> => {
  const answer = await refresh(server, token, {}, 'quiet')
  checkAnswer(answer, { status: 200 })
  return String(answer.body.access_token)
}

const PLACES = [
  '//evil.test',
  '/\\evil.test',
  '\\\\evil.test',
  'https:evil.test',
  'https://evil.test',
  '///evil.test',
  '/%2f/evil.test',
  '/login/../..//evil.test',
  '\t//evil.test',
  'javascript:alert("evil")',
  'data:text/html,evil',
  'en\r\nLocation: https://evil.test',
]

test('O13: no parameter of logout or login leads to another site', async () => {
  const { browser } = await signIn()
  const stranger = openBrowser()
  const names = ['state', 'ui_locales', 'back', 'next', 'return_to', 'continue', 'redirect_uri']
  const all = [...names, 'post_logout_redirect_uri', 'request', 'logout_hint']
  for (const place of PLACES) {
    const query = new URLSearchParams([...all.map((name) => [name, place]), ['client_id', 'cc']])
    for (const who of [browser, stranger]) {
      for (const path of ['/logout', '/login']) {
        const page = await who.get(server.url(`${path}?${query}`))
        checkPage(page, { status: 200 })
        expect(page.location).toBeUndefined()
        expect(page.text, `${path}?${query}`).not.toContain('evil')
      }
    }
  }
  expect(await isSignedIn(browser)).toBe(true)
})

test('O13: a state goes along to the registered place, and is no way to another', async () => {
  for (const state of PLACES) {
    const { browser, hint } = await signIn()
    const fields = { id_token_hint: hint, post_logout_redirect_uri: BYE, state }
    const page = await logOut(browser, fields)
    checkPage(page, { status: 303 })
    expect(page.location).toBe(`${BYE}?${new URLSearchParams({ state })}`)
    expect(new URL(page.location ?? '').origin).toBe('https://rp.test')
  }
})

test('O13: the request that waits behind the sign-in form leads to /authorize or nowhere', async () => {
  const browser = openBrowser()
  const page = await browser.get(server.url('/login'))
  const { csrf = '' } = hiddenFields(page.text)
  const typed = { username: 'alice', password: 'alice-password-1', csrf }
  for (const request of [...PLACES, '//evil.test/authorize?x', 'https://evil.test/authorize?x']) {
    const answer = await browser.post(server.url('/login'), { ...typed, request })
    checkPage(answer, { status: 400 })
    expect(answer.location).toBeUndefined()
    expect(answer.text).not.toContain('evil')
  }
  // Its path must be one of ours; what its query says is judged as if it had just come.
  const request = '/authorize?redirect_uri=https%3A%2F%2Fevil.test&client_id=cc'
  const answer = await browser.post(server.url('/login'), { ...typed, request })
  checkPage(answer, { status: 303 })
  expect(answer.location?.startsWith('/authorize?')).toBe(true)
  checkErrorPage(await browser.get(server.origin + answer.location))
  expect(await isSignedIn(browser)).toBe(false)
})

test('O2: a place with a scheme that runs something cannot be registered', async () => {
  const bad = ['javascript:alert(1)', 'data:text/html,x', 'vbscript:x', '/bye', `${BYE}#f`]
  for (const uri of bad) {
    const client = {
      client_id: 'web',
      client_secret: SECRETS.web,
      redirect_uris: [RU],
      post_logout_redirect_uris: [uri],
    }
    const starting = startServer({ configuration: { clients: [client], resources: [] } })
    await expect(starting, uri).rejects.toThrow(/^clients\[0\]\.post_logout_redirect_uris\[0\]: /)
  }
})
