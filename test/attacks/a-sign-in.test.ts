// Attacks on who signs in and who allows: at whose browser, for which user, how long ago.

import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ask,
  at,
  claimsOf,
  expectCode,
  expectErrorPage,
  expectLogged,
  expectRefused,
  follow,
  isConsent,
  isLogin,
  openEndpoint,
  openRequest,
  paramsOf,
  post,
  raw,
  signedIn,
  unchanged,
  urlOf,
} from '../door/authorize.ts'
import {
  type call,
  decide,
  getCode,
  getTokens,
  hiddenFields,
  logIn,
  openBrowser,
  type TestBrowser,
  walk,
} from '../door/browser.ts'
import { openPerson, startChromium } from '../door/chromium.ts'
import { RESOURCE } from '../door/fixtures.ts'
import { checkErrorRedirect, checkPage } from '../door/rules.ts'
import { startServer } from '../door/server.ts'

const EVIL = 'https://evil.test'

openEndpoint()

/** When the user has signed in, as the ID token for a code says it. */
const authTimeOf = async (answer: ReturnType<typeof call>): Promise<number> => {
  const { status, body } = await answer
  expect(status, JSON.stringify(body)).toBe(200)
  return Number(claimsOf(String(body.id_token)).auth_time)
}

describe('the claims parameter', () => {
  const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`

  test.each([
    'not JSON',
    '{',
    "{'id_token':null}",
    '[]',
    '[{"id_token":{}}]',
    'null',
    'true',
    '1',
    '"text"',
    '{"id_token":[]}',
    '{"id_token":"email"}',
    '{"userinfo":1}',
    '{"userinfo":true,"id_token":{}}',
    deep(200),
    `{"id_token":{"email":${deep(200)}}}`,
    `${'['.repeat(4000)}${']'.repeat(4000)}`,
    '{"__proto__":{"polluted":1}}',
    '{"id_token":{"__proto__":{"polluted":1}}}',
    '{"userinfo":{"email":{"__proto__":{"polluted":1}}}}',
    '{"constructor":{"prototype":{"polluted":1}}}',
    '{"id_token":{"\\u005f_proto__":{"polluted":1}}}',
    `{"id_token":{"${'x'.repeat(9000)}":null}}`,
  ])('A23: %.60s is refused, and no prototype is touched', async (claims) => {
    await expectRefused(() => ask({ claims }), 'invalid_request', 'claims_malformed')
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  test('A23: a megabyte is refused before it is read', async () => {
    const claims = JSON.stringify({ id_token: { ['x'.repeat(1024 * 1024)]: null } })
    await expectErrorPage(() => post(paramsOf({ claims })), 'body_too_large', 413)
    const page = await unchanged(() => raw({ method: 'GET' }, paramsOf({ claims }).toString()))
    expect([page.status, page.location]).toEqual([431, undefined])
  })

  test('A23: sound claims are taken, and what is unknown in them is passed over', async () => {
    for (const claims of [
      '{}',
      '{"id_token":null,"x":1}',
      '{"id_token":{"email":null,"x":null}}',
    ]) {
      expectCode(await ask({ claims }))
    }
  })

  test('A24: a request for one user’s sub is never answered with another’s', async () => {
    const sub = async (user: string) => {
      const tokens = await getTokens(at.server, 'cc', {}, openBrowser(), user)
      return String(claimsOf(tokens.id_token).sub)
    }
    const [alice, bob] = [await sub('alice'), await sub('bob')]
    const asks = (id_token: unknown, userinfo?: unknown) =>
      JSON.stringify({
        id_token: { sub: id_token },
        ...(userinfo ? { userinfo: { sub: userinfo } } : {}),
      })
    for (const claims of [
      asks({ value: bob }),
      asks({ value: bob, essential: true }),
      asks({ value: bob, essential: false }),
      JSON.stringify({ userinfo: { sub: { value: bob } } }),
      asks(null, { value: bob }),
      asks({ essential: true }, { value: bob }),
      asks({ value: alice }, { value: bob }),
      asks({ value: bob }, { value: alice }),
      asks({ values: [bob] }),
      asks({ values: [bob, 'nobody'], essential: true }),
      asks({ values: bob }),
      asks({ value: alice, values: [bob] }),
      asks({ value: null }),
      asks({ value: `${alice} ` }),
    ]) {
      await expectRefused(() => ask({ claims }), 'login_required', 'login_needed')
      const silent = () => ask({ claims, prompt: 'none' })
      await expectRefused(silent, 'login_required', 'login_needed')
    }
    for (const claims of [asks({ value: alice }), asks({ values: [bob, alice] }), asks(null)]) {
      expectCode(await ask({ claims }))
    }
  })

  test('A24: nor is it after somebody else has signed in for it', async () => {
    const tokens = await getTokens(at.server, 'cc', {}, openBrowser(), 'bob')
    const claims = JSON.stringify({
      id_token: { sub: { value: claimsOf(tokens.id_token).sub } },
    })
    const person = openBrowser()
    const login = await person.get(urlOf(paramsOf({ claims })))
    const next = await logIn(at.server, person, login)
    const page = await person.get(new URL(next.location ?? '', at.server.origin).href)
    checkErrorRedirect(at.server, page, 'login_required')
    expectLogged('login_needed')
    expectCode(
      await walk(at.server, openBrowser(), Object.fromEntries(paramsOf({ claims })), 'bob'),
    )
  })

  test('A33: an acr that the client cannot do without is refused: none can be given', async () => {
    for (const acr of [
      { essential: true, values: ['phr'] },
      { essential: true, values: ['urn:mace:incommon:iap:silver', '0'] },
      { essential: true, value: 'phr' },
    ]) {
      const claims = JSON.stringify({ id_token: { acr } })
      const error = 'unmet_authentication_requirements'
      await expectRefused(() => ask({ claims }), error, 'acr_unmet')
      await expectRefused(() => ask({ claims, prompt: 'none' }), error, 'acr_unmet')
      // Nobody is asked to sign in for what cannot be had.
      await expectRefused(() => ask({ claims }, 'cc', openBrowser()), error, 'acr_unmet')
    }
  })

  test('A33: an acr that the client can do without is not given, and no obstacle', async () => {
    for (const acr of [
      null,
      { essential: true },
      { values: ['phr'] },
      { essential: false, value: '0' },
    ]) {
      expectCode(await ask({ claims: JSON.stringify({ id_token: { acr } }) }))
    }
    expectCode(
      await ask({
        claims: JSON.stringify({ userinfo: { acr: { essential: true, values: ['a'] } } }),
      }),
    )
    const tokens = await getTokens(at.server, 'cc', { acr_values: 'phr phrh' }, at.browser)
    expect(claimsOf(tokens.id_token)).not.toHaveProperty('acr')
  })
})

describe('max_age, prompt and hints', () => {
  test.each([
    '-1',
    'abc',
    '9007199254740993',
    '1e3',
    '1.5',
    '+1',
    ' 1',
    '1 ',
    '0x10',
    'NaN',
    'Infinity',
    'null',
    '١',
    '1,2',
  ])('A25: max_age=%j is refused', async (max_age) => {
    await expectRefused(() => ask({ max_age }), 'invalid_request', 'max_age_malformed')
  })

  test.each([
    'none login',
    'login none',
    'none none',
    'bogus',
    'login bogus',
    'None',
    'login,consent',
    ' ',
    'none ',
  ])('A26: prompt=%j is refused', async (prompt) => {
    await expectRefused(() => ask({ prompt }), 'invalid_request', 'prompt_malformed')
  })

  test('A32: ui_locales that name no language of ours change nothing', async () => {
    const list = Array.from({ length: 1000 }, (_, index) => `x${index}`).join(' ')
    for (const ui_locales of [
      '../../etc/passwd',
      '..%2f..%2fetc%2fpasswd',
      '/etc/passwd',
      'en/../de',
      'de\0',
      '__proto__',
      'constructor',
      `${list} de`,
      'de'.repeat(2500),
      '<script>alert(1)</script>',
    ]) {
      const page = await ask({ ui_locales }, 'cc', openBrowser())
      checkPage(page, { status: 200 })
      expect(page.text).toContain('<html lang="en"')
      expect(page.text).not.toContain('root:')
      expectCode(await ask({ ui_locales }))
    }
  })

  test.each([
    ['display', 'popup'],
    ['display', 'bogus'],
    ['acr_values', 'x'],
    ['claims_locales', 'se'],
    ['claims_locales', '../..'],
    ['login_hint', 'bob'],
    ['unknown_parameter', 'x'],
    ['__proto__', 'x'],
  ])('A33: %s=%s is no obstacle', async (name, value) => {
    expectCode(await ask({ [name]: value }))
    const params = Object.fromEntries(paramsOf({ [name]: value }))
    expectCode(await walk(at.server, openBrowser(), params))
  })

  test('A34: what is not supported is answered with its own code', async () => {
    const jwt = 'eyJhbGciOiJub25lIn0.eyJjbGllbnRfaWQiOiJjYyJ9.'
    const refuse = (more: Record<string, string>, error: string, reason: string) =>
      expectRefused(() => ask(more), error, reason)
    for (const value of [jwt, 'x', '{}']) {
      await refuse({ request: value }, 'request_not_supported', 'request_unsupported')
      await refuse(
        { registration: value },
        'registration_not_supported',
        'registration_unsupported',
      )
    }
    for (const request_uri of [
      'https://rp.test/request.jwt',
      'http://127.0.0.1:1/',
      'urn:x',
      'x',
    ]) {
      const error = 'request_uri_not_supported'
      await refuse({ request_uri }, error, 'request_uri_unsupported')
    }
  })
})

describe('id_token_hint', () => {
  const encode = (value: unknown): string =>
    Buffer.from(JSON.stringify(value)).toString('base64url')

  const expectWrong = async (id_token_hint: string): Promise<void> => {
    await expectRefused(() => ask({ id_token_hint }), 'invalid_request', 'hint_wrong')
    const silent = () => ask({ id_token_hint, prompt: 'none' })
    await expectRefused(silent, 'invalid_request', 'hint_wrong')
  }

  test('A36: what is no JWT at all is refused', async () => {
    for (const hint of [
      'null',
      '1',
      '{}',
      'a.b',
      'a.b.c',
      '..',
      'a.b.c.d.e',
      '\0',
      'x'.repeat(20_000),
    ]) {
      await expectWrong(hint)
    }
    for (const payload of ['null', '1', '[]', '{"sub":"a"}', 'not JSON']) {
      const part = Buffer.from(payload).toString('base64url')
      await expectWrong(`${encode({ alg: 'none' })}.${part}.${part}`)
    }
  })

  test('A36: a token that we did not sign, or not so, is refused', async () => {
    const { id_token = '' } = await getTokens(at.server, 'cc', {}, at.browser)
    const [head = '', payload = '', signature = ''] = id_token.split('.')
    const header = JSON.parse(Buffer.from(head, 'base64url').toString())
    const claims = claimsOf(id_token)
    await expectWrong(`${encode({ ...header, alg: 'none' })}.${payload}.`)
    await expectWrong(`${encode({ ...header, alg: 'none' })}.${payload}.${signature}`)
    await expectWrong(`${head}.${encode({ ...claims, sub: 'bob' })}.${signature}`)
    await expectWrong(`${head}.${payload}.${signature.slice(0, -4)}AAAA`)
    await expectWrong(`${head}.${payload}`)
    const jwk = (await at.server.keys.published(at.server.clock.now())).find(
      ({ kid }) => kid === header.kid,
    )
    const hs = `${encode({ ...header, alg: 'HS256' })}.${payload}`
    for (const key of [JSON.stringify(jwk), String(jwk?.n)]) {
      await expectWrong(`${hs}.${createHmac('sha256', key).update(hs).digest('base64url')}`)
    }
  })

  test('A36: a token that we signed for something else is refused', async () => {
    const now = at.server.clock.now()
    const right = { iss: at.server.issuer, sub: 'x', aud: 'cc', exp: now + 60, iat: now }
    const sign = (claims: object, type = 'JWT') => at.server.keys.sign('RS256', type, claims, now)
    for (const claims of [
      [right],
      [],
      { ...right, iss: EVIL },
      { ...right, iss: `${at.server.issuer}/` },
      { ...right, iss: [at.server.issuer] },
      { ...right, iss: undefined },
      { ...right, aud: 'cp' },
      { ...right, aud: ['cp'] },
      { ...right, aud: undefined },
      { ...right, aud: { cc: true } },
      { ...right, sub: undefined },
      { ...right, sub: 1 },
      { ...right, sub: null },
      { ...right, sub: ['x'] },
    ]) {
      await expectWrong(await sign(claims))
    }
    await expectWrong(await sign(right, 'at+jwt'))
    await expectWrong(await sign(right, 'logout+jwt'))
    const other = await startServer()
    const foreign = await getTokens(other)
    await expectWrong(foreign.id_token ?? '')
    await other.close()
  })

  test('A36: an ID token that has expired still says who was meant', async () => {
    const { id_token = '' } = await getTokens(at.server, 'cc', {}, at.browser)
    at.server.clock.advance(3700)
    expectCode(await ask({ id_token_hint: id_token }))
    expectCode(await ask({ id_token_hint: id_token, prompt: 'none' }))
  })
})

describe('prompt and max_age', () => {
  test('A27: prompt=none without a session is login_required, and no page is shown', async () => {
    const refuse = async (who: TestBrowser) => {
      await expectRefused(
        () => ask({ prompt: 'none' }, 'cc', who),
        'login_required',
        'login_needed',
      )
      const page = await ask({ prompt: 'none', response_mode: 'form_post' }, 'cc', who)
      expect(hiddenFields(page.text).error).toBe('login_required')
      expect(page.text).not.toMatch(/password|allow/)
    }
    await refuse(openBrowser())
    const who = await signedIn()
    who.cookies.forEach((value, name) => {
      const other = value.endsWith('A') ? 'Q' : 'A'
      if (value.startsWith('ps_')) who.cookies.set(name, value.slice(0, -1) + other)
    })
    await refuse(who)
    const out = await signedIn()
    await decide(at.server, out, await out.get(at.server.url('/logout')))
    await refuse(out)
  })

  test('A28: prompt=none with a session but without consent is consent_required', async () => {
    const refuse = (who: TestBrowser, client: string, more: Record<string, string> = {}) =>
      expectRefused(
        () => ask({ prompt: 'none', ...more }, client, who),
        'consent_required',
        'consent_needed',
      )
    const bob = await signedIn('bob')
    await refuse(bob, 'es')
    await walk(at.server, bob, Object.fromEntries(paramsOf({ scope: 'openid' }, 'es')))
    expectCode(await ask({ prompt: 'none', scope: 'openid' }, 'es', bob))
    await refuse(bob, 'es', { scope: 'openid api.read' })
    await refuse(bob, 'es', { scope: 'openid', resource: RESOURCE })
    const claims = JSON.stringify({ userinfo: { email: null } })
    await refuse(bob, 'es', { scope: 'openid', claims })
    await refuse(bob, 'cp', { scope: 'openid' })
  })

  test('A28: a client that anybody can pose as is asked about every time', async () => {
    const native = { redirect_uri: 'http://127.0.0.1:4711/cb' }
    const who = await signedIn()
    await walk(at.server, who, Object.fromEntries(paramsOf(native, 'nat')))
    const page = await unchanged(() => ask({ prompt: 'none', ...native }, 'nat', who))
    checkErrorRedirect(at.server, page, 'consent_required', { to: native.redirect_uri })
    expect(isConsent(await ask(native, 'nat', who))).toBe(true)
  })

  test('A29: prompt=consent asks a user who has allowed it, each time anew', async () => {
    for (const prompt of ['consent', 'consent', 'consent login', 'select_account consent']) {
      const who = at.browser
      let page = await unchanged(() => ask({ prompt }))
      if (prompt !== 'consent') {
        expect(isLogin(page)).toBe(true)
        page = await follow(await logIn(at.server, who, page))
      }
      expect(isConsent(page)).toBe(true)
      expectCode(await decide(at.server, who, page))
    }
    const denied = await decide(at.server, at.browser, await ask({ prompt: 'consent' }), 'deny')
    checkErrorRedirect(at.server, denied, 'access_denied')
    expectCode(await ask())
  })

  test.each([
    { prompt: 'login' },
    { max_age: '1' },
    { max_age: '0' },
    { prompt: 'select_account' },
  ])('A30: %j makes a user sign in again, and auth_time says so', async (more) => {
    const who = openBrowser()
    const first = openRequest()
    const [, code] = [await getCode(at.server, 'cc', {}, who), expectCode(await who.get(first.url))]
    const old = await authTimeOf(first.exchange(code))
    expect(old).toBe(at.server.clock.now())
    at.server.clock.advance(2)
    const again = openRequest(more)
    // However often it is tried: the session that is there does not count.
    for (const _ of ['one', 'two']) {
      expect(isLogin(await unchanged(() => who.get(again.url)))).toBe(true)
    }
    const login = await who.get(again.url)
    const wrong = await logIn(at.server, who, login, 'alice', 'wrong-password-2')
    checkPage(wrong, { status: 401 })
    at.server.clock.advance(1)
    const next = await logIn(at.server, who, login)
    const fresh = await authTimeOf(again.exchange(expectCode(await follow(next, who))))
    expect(fresh).toBe(old + 3)
    // The session goes on from there.
    const later = openRequest()
    const time = await authTimeOf(later.exchange(expectCode(await who.get(later.url))))
    expect(time).toBe(fresh)
  })

  test('A30: max_age counts to the second', async () => {
    const who = openBrowser()
    await getCode(at.server, 'cc', {}, who)
    at.server.clock.advance(10)
    expectCode(await ask({ max_age: '10' }, 'cc', who))
    expectCode(await ask({ max_age: '10', prompt: 'none' }, 'cc', who))
    at.server.clock.advance(1)
    const silent = () => ask({ max_age: '10', prompt: 'none' }, 'cc', who)
    await expectRefused(silent, 'login_required', 'login_needed')
    expect(isLogin(await ask({ max_age: '10' }, 'cc', who))).toBe(true)
    expectCode(await ask({ max_age: '11' }, 'cc', who))
    expectCode(await ask({ max_age: '9999999999' }, 'cc', who))
  })

  test('A30: who signs in over another gets an answer about itself alone', async () => {
    const who = openBrowser()
    await getCode(at.server, 'cc', {}, who)
    await getCode(at.server, 'cc', {}, openBrowser(), 'bob')
    const { url, exchange } = openRequest({ prompt: 'login' })
    const next = await logIn(at.server, who, await who.get(url), 'bob')
    const answer = await exchange(expectCode(await follow(next, who)))
    const { id_token } = await getTokens(at.server, 'cc', {}, openBrowser(), 'bob')
    expect(claimsOf(String(answer.body.id_token)).sub).toBe(claimsOf(id_token).sub)
  })

  test('A35: a hint at another user is login_required in silence, and a login page otherwise', async () => {
    const { id_token = '' } = await getTokens(at.server, 'cc', {}, openBrowser(), 'bob')
    const silent = () => ask({ id_token_hint: id_token, prompt: 'none' })
    await expectRefused(silent, 'login_required', 'login_needed')
    const who = openBrowser()
    await getCode(at.server, 'cc', {}, who)
    const login = await unchanged(() => ask({ id_token_hint: id_token }, 'cc', who))
    expect(isLogin(login)).toBe(true)
    // Signing in as the same user again is not what the client has asked for.
    const still = await follow(await logIn(at.server, who, login), who)
    expect(isLogin(still)).toBe(true)
    expectCode(await follow(await logIn(at.server, who, still, 'bob'), who))
    const own = await getTokens(at.server, 'cc', {}, at.browser)
    expectCode(await ask({ id_token_hint: own.id_token ?? '', prompt: 'none' }))
  })
})

describe('a login_hint in a real browser', () => {
  let chromium: Awaited<ReturnType<typeof startChromium>>
  beforeAll(async () => {
    chromium = await startChromium()
  })
  afterAll(() => chromium?.close())

  test('A31: is text, whatever stands in it', async () => {
    const { page, troubles, asked, close } = await openPerson(chromium)
    const strange = () =>
      page.evaluate(() => {
        const found = document.querySelectorAll('script, img, iframe, svg, base, meta[http-equiv]')
        const handlers = [...document.querySelectorAll('*')].flatMap((element) =>
          element.getAttributeNames().filter((name) => name.startsWith('on') || name === 'style'),
        )
        return [found.length, handlers.length, 'hit' in globalThis]
      })
    for (const hint of [
      '"><script>globalThis.hit=1</script><svg onload=globalThis.hit=1>',
      `'><img src=x onerror=globalThis.hit=1>\`\${globalThis.hit=1}\`{{7*7}}<%= 7 %>`,
      '" autofocus onfocus="globalThis.hit=1" x="&quot;&gt;&lt;script&gt;globalThis.hit=1',
      '</form></main><base href=https://evil.test/><meta http-equiv=refresh content=0;url=//evil>',
    ]) {
      const params = paramsOf({ login_hint: hint, ui_locales: hint })
      const answer = await page.goto(urlOf(params))
      expect(answer?.status(), hint).toBe(200)
      expect(await page.inputValue('#username')).toBe(hint)
      expect(await strange(), hint).toEqual([0, 0, false])
      await page.fill('#password', 'wrong-password-3')
      await page.click('#sign-in')
      expect(await page.inputValue('#username')).toBe(hint)
      expect(await strange(), hint).toEqual([0, 0, false])
    }
    expect(troubles).toEqual([])
    expect(asked.filter((url) => !url.startsWith(at.server.origin))).toEqual([])
    await close()
  })
})
