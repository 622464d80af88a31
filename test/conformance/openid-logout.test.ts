// The modules of the conformance suite's plan for RP-initiated logout, one test each.

import { generateKeyPairSync } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decide, type Page } from '../door/browser.ts'
import { checkErrorRedirect, checkLog, checkPage } from '../door/rules.ts'
import { startServer } from '../door/server.ts'
import {
  asksLogin,
  BYE,
  firstPage,
  openSuite,
  type Params,
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

/** A sign-in, and what a logout request of its client says. */
type Leaving = { signedIn: SignedIn; asked: Params }

const enter = async (more: (signedIn: SignedIn) => Params = () => ({})): Promise<Leaving> => {
  const signedIn = await signIn(suite)
  const { id_token } = signedIn.tokens
  const plain = { id_token_hint: id_token, post_logout_redirect_uri: BYE, state: random(128) }
  return { signedIn, asked: { ...plain, ...more(signedIn) } }
}

const leave = ({ signedIn, asked }: Leaving): Promise<Page> => {
  const sent = Object.entries(asked).filter(([, value]) => value !== undefined)
  const query = new URLSearchParams(Object.fromEntries(sent) as Record<string, string>)
  return signedIn.browser.get(`${suite.metadata.end_session_endpoint}?${query}`)
}

/** Asks without questions whether a browser is still signed in, and checks the answer. */
const checkSignedIn = async ({ signedIn }: Leaving, expected: boolean): Promise<void> => {
  const asked = request({ prompt: 'none' })
  const page = await firstPage(suite, asked, signedIn.browser)
  if (expected) expect(page.location).toContain('code=')
  else checkErrorRedirect(suite.server, page, 'login_required', { state: asked.state ?? null })
}

/** The question whether to sign out: nothing has happened yet, and nothing leads to the client. */
const checkAsked = async (leaving: Leaving, page: Page): Promise<void> => {
  checkPage(page, { status: 200 })
  expect(page.location).toBeUndefined()
  expect(page.text).toContain('id="sign-out"')
  expect(asksLogin(page)).toBe(false)
  await checkSignedIn(leaving, true)
}

/** The end of a logout that leads nowhere: whoever answers yes is signed out here. */
const checkLeft = async (leaving: Leaving, page: Page): Promise<void> => {
  checkPage(page, { status: 200 })
  expect(page.text).toContain('You are signed out')
  expect(page.text).not.toContain(BYE)
  await checkSignedIn(leaving, false)
}

/** Answers the question with yes, and checks that this leads to no address but our own page. */
const checkAskedThenLeft = async (leaving: Leaving): Promise<void> => {
  const page = await leave(leaving)
  await checkAsked(leaving, page)
  await checkLeft(leaving, await decide(suite.server, leaving.signedIn.browser, page))
}

test('oidcc-rp-initiated-logout-discovery-endpoint-verification', async () => {
  expect(suite.metadata.end_session_endpoint).toBe(suite.server.url('/logout'))
  const issuer = 'https://id.test'
  const behindProxy = await startServer({ configuration: { issuer } })
  const response = await fetch(`${behindProxy.origin}/.well-known/openid-configuration`)
  expect(await response.json()).toMatchObject({ end_session_endpoint: `${issuer}/logout` })
  await behindProxy.close()
})

test('oidcc-rp-initiated-logout', async () => {
  const leaving = await enter()
  const page = await leave(leaving)
  checkPage(page, { status: 303 })
  expect(page.location).toBe(`${BYE}?state=${leaving.asked.state}`)
  await checkSignedIn(leaving, false)
})

test('oidcc-rp-initiated-logout-bad-post-logout-redirect-uri', async () => {
  await checkAskedThenLeft(await enter(() => ({ post_logout_redirect_uri: `${BYE}/${random()}` })))
})

test('oidcc-rp-initiated-logout-modified-id-token-hint', async () => {
  const toNone = (token: string): string => {
    const header = { ...decodeProtectedHeader(token), alg: 'none' }
    const [, payload] = token.split('.')
    return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload}.`
  }
  await checkAskedThenLeft(
    await enter(({ tokens }) => ({ id_token_hint: toNone(tokens.id_token) })),
  )
})

test('oidcc-rp-initiated-logout-no-id-token-hint', async () => {
  await checkAskedThenLeft(await enter(() => ({ id_token_hint: undefined })))
})

test('oidcc-rp-initiated-logout-no-params', async () => {
  const nothing = { id_token_hint: undefined, post_logout_redirect_uri: undefined }
  await checkAskedThenLeft(await enter(() => ({ ...nothing, state: undefined })))
})

test('oidcc-rp-initiated-logout-no-post-logout-redirect-uri', async () => {
  const leaving = await enter(() => ({ post_logout_redirect_uri: undefined }))
  await checkLeft(leaving, await leave(leaving))
})

test('oidcc-rp-initiated-logout-no-state', async () => {
  const leaving = await enter(() => ({ state: undefined }))
  const page = await leave(leaving)
  checkPage(page, { status: 303 })
  expect(page.location).toBe(BYE)
  await checkSignedIn(leaving, false)
})

test('oidcc-rp-initiated-logout-only-state', async () => {
  const nothing = { id_token_hint: undefined, post_logout_redirect_uri: undefined }
  await checkAskedThenLeft(await enter(() => nothing))
})

test('oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri', async () => {
  await checkAskedThenLeft(await enter(() => ({ post_logout_redirect_uri: `${BYE}?foo=bar` })))
})

test('oidcc-rp-initiated-logout-bad-id-token-hint', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const leaving = await enter()
  const { id_token } = leaving.signedIn.tokens
  const forged = await new SignJWT(decodeJwt(id_token))
    .setProtectedHeader({ ...decodeProtectedHeader(id_token), alg: 'RS256' })
    .sign(privateKey)
  await checkAskedThenLeft({ ...leaving, asked: { ...leaving.asked, id_token_hint: forged } })
})

test('what the server said meanwhile keeps the rules', () => checkLog(suite.server))
