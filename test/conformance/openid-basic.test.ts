// The modules of the conformance suite's plan for the Basic OP profile, one test each.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { newPkce, openBrowser, walkFrom } from '../door/browser.ts'
import { checkAnswer, checkErrorPage, checkErrorRedirect, checkLog } from '../door/rules.ts'
import { refresh } from '../door/tokens.ts'
import {
  asksLogin,
  authorizeUrl,
  CLAIMS,
  callUserinfo,
  checkIdToken,
  checkTokens,
  checkUserinfo,
  exchange,
  finish,
  firstPage,
  openSuite,
  random,
  request,
  type SignedIn,
  type Suite,
  signIn,
} from './suite.ts'

let suite: Suite
beforeAll(async () => {
  suite = await openSuite()
})
afterAll(() => suite.server.close())

/** The second sign-in of a browser, of which its user notices nothing. */
const again = async (first: SignedIn, params: Record<string, string>): Promise<void> => {
  suite.server.clock.advance(2)
  const second = await signIn(suite, params, { browser: first.browser, silent: true })
  expect(second.claims.sub).toBe(first.claims.sub)
  expect(second.claims.auth_time).toBe(first.claims.auth_time)
}

/** The second sign-in of a browser, for which its user has to prove who it is once more. */
const anew = async (params: Record<string, string>): Promise<void> => {
  const first = await signIn(suite)
  suite.server.clock.advance(2)
  const { browser } = first
  expect(asksLogin(await firstPage(suite, request(params), browser))).toBe(true)
  const second = await signIn(suite, params, { browser })
  expect(second.claims.sub).toBe(first.claims.sub)
  expect(second.claims.auth_time).toBe(Number(first.claims.auth_time) + 2)
}

/** An unsigned request object with the parameters of a request. */
const unsigned = (asked: Record<string, string>): string => {
  const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url')
  return `${encode({ alg: 'none' })}.${encode(asked)}.`
}

test('oidcc-server', async () => {
  expect(suite.metadata.token_endpoint_auth_methods_supported).toContain('client_secret_basic')
  const { tokens } = await signIn(suite)
  expect(tokens.refresh_token).toBeUndefined()
})

test('oidcc-response-type-missing', async () => {
  const asked = request({ response_type: undefined })
  const page = await firstPage(suite, asked)
  checkErrorRedirect(suite.server, page, 'invalid_request', { state: asked.state ?? null })
})

test('oidcc-idtoken-signature', async () => {
  const { tokens } = await signIn(suite)
  const [head = ''] = tokens.id_token.split('.')
  const header = JSON.parse(Buffer.from(head, 'base64url').toString())
  expect(header).toMatchObject({ alg: 'RS256', kid: expect.any(String) })
})

test.skip('oidcc-idtoken-unsigned — `none` is not offered, where the suite skips it', () => {})

test('oidcc-userinfo-get', async () => {
  const { tokens, claims } = await signIn(suite)
  await checkUserinfo(await callUserinfo(suite, tokens.access_token), claims.sub)
})

test('oidcc-userinfo-post-header', async () => {
  const { tokens, claims } = await signIn(suite)
  const response = await callUserinfo(suite, tokens.access_token, {
    method: 'POST',
    headers: { authorization: `Bearer ${tokens.access_token}` },
  })
  await checkUserinfo(response, claims.sub)
})

test('oidcc-userinfo-post-body', async () => {
  const { tokens, claims } = await signIn(suite)
  const body = new URLSearchParams({ access_token: tokens.access_token })
  const response = await callUserinfo(suite, '', { method: 'POST', body, headers: {} })
  await checkUserinfo(response, claims.sub)
})

test('oidcc-ensure-request-without-nonce-succeeds-for-code-flow', async () => {
  const { claims } = await signIn(suite, { nonce: undefined })
  expect(claims).not.toHaveProperty('nonce')
})

test('oidcc-scope-profile', async () => {
  const { userinfo, claims } = await signIn(suite, { scope: 'openid profile' })
  expect(userinfo).toEqual({ sub: claims.sub, ...CLAIMS.profile })
})

test('oidcc-scope-email', async () => {
  const { userinfo, claims } = await signIn(suite, { scope: 'openid email' })
  expect(userinfo).toEqual({ sub: claims.sub, ...CLAIMS.email })
})

test('oidcc-scope-address', async () => {
  const { userinfo, claims } = await signIn(suite, { scope: 'openid address' })
  expect(userinfo).toEqual({ sub: claims.sub, ...CLAIMS.address })
})

test('oidcc-scope-phone', async () => {
  const { userinfo, claims } = await signIn(suite, { scope: 'openid phone' })
  expect(userinfo).toEqual({ sub: claims.sub, ...CLAIMS.phone })
})

test('oidcc-scope-all', async () => {
  const scope = 'openid profile email address phone'
  const { userinfo, claims } = await signIn(suite, { scope })
  const { profile, email, address, phone } = CLAIMS
  expect(userinfo).toEqual({ sub: claims.sub, ...profile, ...email, ...address, ...phone })
})

test('oidcc-alternate-happy-flow', async () => {
  const asked = request({ scope: 'email openid' })
  const reversed = Object.fromEntries(Object.entries(asked).toReversed())
  const browser = openBrowser()
  const page = await walkFrom(suite.server, browser, authorizeUrl(suite, reversed))
  const { userinfo, claims } = await finish(suite, page, { asked, browser })
  expect(userinfo).toEqual({ sub: claims.sub, ...CLAIMS.email })
})

test('oidcc-display-page', async () => {
  await signIn(suite, { display: 'page' })
})

test('oidcc-display-popup', async () => {
  await signIn(suite, { display: 'popup' })
})

test('oidcc-prompt-login', () => anew({ prompt: 'login' }))

test('oidcc-prompt-none-not-logged-in', async () => {
  const asked = request({ prompt: 'none' })
  const page = await firstPage(suite, asked)
  checkErrorRedirect(suite.server, page, 'login_required', { state: asked.state ?? null })
})

test('oidcc-prompt-none-logged-in', async () => {
  await again(await signIn(suite), { prompt: 'none' })
})

test('oidcc-max-age-1', () => anew({ max_age: '1' }))

test('oidcc-max-age-10000', async () => {
  await again(await signIn(suite, { max_age: '15000' }), { max_age: '10000' })
})

test('oidcc-ensure-request-with-unknown-parameter-succeeds', async () => {
  await signIn(suite, { extra: 'foobar' })
})

test('oidcc-id-token-hint', async () => {
  const first = await signIn(suite)
  await again(first, { prompt: 'none', id_token_hint: first.tokens.id_token })
})

test('oidcc-login-hint', async () => {
  const login_hint = 'buffy@127.0.0.1'
  expect((await firstPage(suite, request({ login_hint }))).text).toContain(login_hint)
  await signIn(suite, { login_hint })
})

test('oidcc-ui-locales', async () => {
  for (const ui_locales of ['se', 'de']) await signIn(suite, { ui_locales })
  const { text } = await firstPage(suite, request({ ui_locales: 'de' }))
  expect(text).toContain('<html lang="de"')
})

test('oidcc-claims-locales', async () => {
  await signIn(suite, { claims_locales: 'se' })
})

test('oidcc-ensure-request-with-acr-values-succeeds', async () => {
  expect(suite.metadata).not.toHaveProperty('acr_values_supported')
  await signIn(suite, { acr_values: '1 2' })
})

test('oidcc-codereuse', async () => {
  const first = await signIn(suite)
  checkAnswer(await exchange(suite, first), { status: 400, error: 'invalid_grant' })
})

test('oidcc-codereuse-30seconds', async () => {
  const first = await signIn(suite)
  suite.server.clock.advance(30)
  checkAnswer(await exchange(suite, first), { status: 400, error: 'invalid_grant' })
  expect((await callUserinfo(suite, first.tokens.access_token)).status).toBe(401)
})

test('oidcc-ensure-registered-redirect-uri', async () => {
  const redirect_uri = `https://rp.test/cb/${random()}`
  checkErrorPage(await firstPage(suite, request({ redirect_uri })))
})

test('oidcc-ensure-post-request-succeeds', async () => {
  const asked = request()
  const browser = openBrowser()
  const { location = '' } = await browser.post(suite.server.url('/authorize'), asked)
  const url = new URL(location, suite.server.origin)
  await finish(suite, await walkFrom(suite.server, browser, url.href), { asked, browser })
})

test('oidcc-server-client-secret-post', async () => {
  expect(suite.metadata.token_endpoint_auth_methods_supported).toContain('client_secret_post')
  await signIn(suite, {}, { client: 'cp' })
})

test('oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported', async () => {
  expect(suite.metadata.request_uri_parameter_supported).toBe(false)
  const params = { request_uri: 'https://rp.test/request.jwt', state: undefined, nonce: undefined }
  const page = await firstPage(suite, request(params))
  checkErrorRedirect(suite.server, page, 'request_uri_not_supported', { state: null })
})

test('oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported', async () => {
  expect(suite.metadata.request_parameter_supported).toBe(false)
  const params = { request: unsigned(request()), state: undefined, nonce: undefined }
  const page = await firstPage(suite, request(params))
  checkErrorRedirect(suite.server, page, 'request_not_supported', { state: null })
})

test('oidcc-claims-essential', async () => {
  const claims = JSON.stringify({ userinfo: { name: { essential: true } } })
  const signedIn = await signIn(suite, { claims })
  expect(signedIn.userinfo.name).toBe(CLAIMS.profile.name)
  expect(signedIn.claims).not.toHaveProperty('name')
})

test('oidcc-ensure-request-object-with-redirect-uri', async () => {
  const redirect_uri = `https://rp.test/cb/${random()}`
  const page = await firstPage(suite, request({ request: unsigned(request()), redirect_uri }))
  checkErrorPage(page)
})

test('oidcc-refresh-token', async () => {
  const params = { scope: 'openid offline_access', prompt: 'consent' }
  const refreshed: string[] = []
  for (const client of ['cc', 'cc2']) {
    const first = await signIn(suite, params, { client })
    suite.server.clock.advance(1)
    const scope = client === 'cc' ? { scope: params.scope } : {}
    const token = String(first.tokens.refresh_token)
    const tokens = checkTokens(await refresh(suite.server, token, scope, client))
    expect(tokens.access_token).not.toBe(first.tokens.access_token)
    const { nonce: _, ...asked } = first.asked
    const claims = await checkIdToken(suite, { tokens, asked })
    const { iss, sub, aud, auth_time, iat } = first.claims
    expect(claims).toMatchObject({ iss, sub, aud, auth_time })
    expect(claims.iat).toBeGreaterThan(Number(iat))
    await checkUserinfo(await callUserinfo(suite, tokens.access_token), sub)
    refreshed.push(String(tokens.refresh_token))
  }
  const foreign = await refresh(suite.server, refreshed[1] ?? '', {}, 'cc')
  checkAnswer(foreign, { status: 400, error: 'invalid_grant' })
})

test('oidcc-ensure-request-with-valid-pkce-succeeds', async () => {
  const { verifier, challenge } = newPkce()
  const pkce = { code_challenge: challenge, code_challenge_method: 'S256' }
  const [asked, browser] = [request(pkce), openBrowser()]
  const page = await walkFrom(suite.server, browser, authorizeUrl(suite, asked))
  await finish(suite, page, { asked, browser }, { code_verifier: verifier })
})

test('what the server said meanwhile keeps the rules', () => checkLog(suite.server))
