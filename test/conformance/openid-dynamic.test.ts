// The conformance suite's modules for the Dynamic OP profile, with clients of a configuration file.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { newPkce, openBrowser, walkFrom } from '../door/browser.ts'
import { CLIENTS } from '../door/fixtures.ts'
import { checkErrorPage, checkLog } from '../door/rules.ts'
import {
  authorizeUrl,
  finish,
  firstPage,
  openSuite,
  prove,
  RU_WITH_QUERY,
  request,
  type Suite,
  signIn,
} from './suite.ts'

/** How long a key signs, in seconds. */
const ROTATION = 86_400

let suite: Suite
beforeAll(async () => {
  suite = await openSuite()
})
afterAll(() => suite.server.close())

test('oidcc-idtoken-rs256', async () => {
  expect(suite.metadata.id_token_signing_alg_values_supported).toContain('RS256')
  const named = CLIENTS.map((client) => ({ ...client, id_token_signed_response_alg: 'RS256' }))
  const own = await openSuite({ configuration: { clients: named } })
  const { verifier, challenge } = newPkce()
  const asked = request({ code_challenge: challenge, code_challenge_method: 'S256' })
  const browser = openBrowser()
  const page = await walkFrom(own.server, browser, authorizeUrl(own, asked))
  await finish(own, page, { asked, browser }, { code_verifier: verifier })
  await own.server.close()
})

test.skip('oidcc-userinfo-rs256 — userinfo is not signed yet', () => {})

test('oidcc-ensure-redirect-uri-in-authorization-request', async () => {
  checkErrorPage(await firstPage(suite, request({ redirect_uri: undefined })))
})

test('oidcc-redirect-uri-query-OK', async () => {
  await signIn(suite, { redirect_uri: RU_WITH_QUERY })
})

test('oidcc-redirect-uri-query-mismatch', async () => {
  const redirect_uri = RU_WITH_QUERY.replace('lorem', 'dolor')
  checkErrorPage(await firstPage(suite, request({ redirect_uri })))
})

test('oidcc-redirect-uri-query-added', async () => {
  const redirect_uri = `${RU_WITH_QUERY}&dummy3=sit`
  checkErrorPage(await firstPage(suite, request({ redirect_uri })))
})

test('oidcc-redirect-uri-regfrag', async () => {
  const redirect_uris = ['https://rp.test/cb#fragment']
  const clients = CLIENTS.map((client) => ({ ...client, redirect_uris }))
  await expect(openSuite({ configuration: { clients } })).rejects.toThrow('has a fragment')
})

test('oidcc-server-rotate-keys', async () => {
  const { server, keys } = await openSuite({
    configuration: { lifetimes: { key_rotation: ROTATION } },
  })
  server.clock.advance(ROTATION)
  await server.keys.tick(server.clock.now())
  const published = (await (await fetch(server.url('/jwks'))).json()) as Suite['keys']
  const [before, after] = [keys, published].map((set) => set.keys.map(({ kid }) => kid))
  expect(after).toEqual(expect.arrayContaining(before ?? []))
  expect(after).toHaveLength(2 * (before?.length ?? 0))
  await server.close()
})

test('oidcc-ensure-client-assertion-with-iss-aud-succeeds', async () => {
  const { verifier, challenge } = newPkce()
  const pkce = { code_challenge: challenge, code_challenge_method: 'S256' }
  const [asked, browser] = [request(pkce, 'pk'), openBrowser()]
  const page = await walkFrom(suite.server, browser, authorizeUrl(suite, asked))
  const proof = await prove(suite, 'pk', { claims: { aud: suite.server.issuer } })
  await finish(suite, page, { asked, browser }, { code_verifier: verifier, ...proof })
})

test.skip('oidcc-registration-logo-uri — there is no dynamic registration yet', () => {})
test.skip('oidcc-registration-policy-uri — there is no dynamic registration yet', () => {})
test.skip('oidcc-registration-tos-uri — there is no dynamic registration yet', () => {})
test.skip('oidcc-registration-jwks-uri — there is no dynamic registration yet', () => {})
test.skip('oidcc-registration-sector-uri — there is no dynamic registration yet', () => {})
test.skip('oidcc-registration-sector-bad — there is no dynamic registration yet', () => {})
test.skip('oidcc-refresh-token-rp-key-rotation — there is no dynamic registration yet', () => {})
test.skip('oidcc-request-uri-unsigned — there are no request objects yet', () => {})
test.skip('oidcc-request-uri-signed-rs256 — there are no request objects yet', () => {})

test('what the server said meanwhile keeps the rules', () => checkLog(suite.server))
