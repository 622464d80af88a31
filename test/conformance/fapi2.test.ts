// The conformance suite's modules for FAPI 2 about code, PKCE, redirect URI and token endpoint.

import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type Answer,
  decide,
  logIn,
  newPkce,
  openBrowser,
  type Page,
  walkFrom,
} from '../door/browser.ts'
import { RU } from '../door/fixtures.ts'
import { checkAnswer, checkErrorPage, checkErrorRedirect, checkLog } from '../door/rules.ts'
import {
  type AssertionWanted,
  authorizeUrl,
  callUserinfo,
  checkCallback,
  checkIdToken,
  checkTokens,
  checkUserinfo,
  exchange,
  firstPage,
  openSuite,
  type Params,
  prove,
  RU_WITH_QUERY,
  random,
  request,
  type SignedIn,
  type Suite,
} from './suite.ts'

// The profile sends its requests to the pushed authorization request endpoint. Patois has none: what
// a module pushes goes to the authorization endpoint here, from clients that prove themselves by key.
let suite: Suite
beforeAll(async () => {
  suite = await openSuite()
})
afterAll(() => suite.server.close())

/** An authorization request with PKCE, and the verifier that belongs to it. */
type Asking = { asked: Record<string, string>; verifier: string }

const ask = (params: Params = {}, client = 'pk'): Asking => {
  const { verifier, challenge } = newPkce()
  const pkce = { code_challenge: challenge, code_challenge_method: 'S256' }
  return { asked: request({ ...pkce, ...params }, client), verifier }
}

/** A code that its client has not redeemed yet. */
type Entered = Asking & { code: string }

const enter = async (params: Params = {}, client = 'pk'): Promise<Entered> => {
  const asking = ask(params, client)
  const url = authorizeUrl(suite, asking.asked)
  const page = await walkFrom(suite.server, openBrowser(), url)
  return { ...asking, code: checkCallback(suite, page, asking.asked) }
}

/** Redeems a code with the proof of its client, or with whatever `proof` says. */
const redeem = async (
  entered: Entered,
  wanted: AssertionWanted = {},
  fields: Record<string, string> = {},
): Promise<Answer> => {
  const client = fields.client_id ?? entered.asked.client_id ?? ''
  const proof = await prove(suite, client, wanted)
  const pkce = { code_verifier: entered.verifier }
  return exchange(suite, entered, { ...pkce, ...proof, ...fields })
}

/** Goes all the way, and checks each answer. */
const signIn = async (params: Params = {}): Promise<Pick<SignedIn, 'tokens' | 'claims'>> => {
  const entered = await enter(params)
  const tokens = checkTokens(await redeem(entered))
  const claims = await checkIdToken(suite, { tokens, asked: entered.asked })
  await checkUserinfo(await callUserinfo(suite, tokens.access_token), claims.sub)
  return { tokens, claims }
}

/** Checks that a code still stands: its client redeems it after a refusal that was not its fault. */
const checkUnharmed = async (entered: Entered): Promise<void> => {
  checkTokens(await redeem(entered))
}

const checkBadClient = (answer: Answer): void =>
  checkAnswer(answer, { status: 401, error: 'invalid_client' })

const checkBadGrant = (answer: Answer): void =>
  checkAnswer(answer, { status: 400, error: 'invalid_grant' })

const checkRefused = (page: Page, asked: Record<string, string>, error: string): void =>
  checkErrorRedirect(suite.server, page, error, { to: RU, state: asked.state ?? null })

test('fapi2-security-profile-final-user-rejects-authentication', async () => {
  for (const [client, redirect_uri] of [
    ['pk', RU],
    ['pk2', RU_WITH_QUERY],
  ] as const) {
    const { asked } = ask({ redirect_uri, state: random(128) }, client)
    const browser = openBrowser()
    const login = await browser.get(authorizeUrl(suite, asked))
    const { location = '' } = await logIn(suite.server, browser, login)
    const consent = await browser.get(new URL(location, suite.server.origin).href)
    const { location: back = '' } = await decide(suite.server, browser, consent, 'deny')
    expect(back.startsWith(redirect_uri)).toBe(true)
    expect(Object.fromEntries(new URL(back).searchParams)).toEqual({
      ...Object.fromEntries(new URL(redirect_uri).searchParams),
      error: 'access_denied',
      error_description: expect.any(String),
      state: asked.state,
      iss: suite.server.issuer,
    })
  }
})

test('fapi2-security-profile-final-ensure-authorization-request-without-state-success', async () => {
  await signIn({ state: undefined })
})

test('fapi2-security-profile-final-ensure-authorization-request-without-nonce-success', async () => {
  const { claims } = await signIn({ nonce: undefined })
  expect(claims).not.toHaveProperty('nonce')
})

test('fapi2-security-profile-final-ensure-authorization-request-with-64-char-nonce-success', async () => {
  await signIn({ nonce: random(64) })
})

test('fapi2-security-profile-final-ensure-other-scope-order-succeeds', async () => {
  await signIn({ scope: 'email openid' })
})

test('fapi2-security-profile-final-test-claims-parameter-identity-claims', async () => {
  const supported = (suite.metadata.claims_supported as string[]).filter((name) => name !== 'sub')
  const forms = [null, { essential: true }, { essential: false }]
  const wanted = Object.fromEntries(supported.map((name, at) => [name, forms[at % 3]]))
  const asked = { ...wanted, [`unheard_${random()}`]: { essential: true } }
  const { tokens, claims } = await signIn({
    claims: JSON.stringify({ id_token: asked, userinfo: asked }),
  })
  const response = await callUserinfo(suite, tokens.access_token)
  const userinfo = await checkUserinfo(response, claims.sub)
  expect(Object.keys(userinfo).toSorted()).toEqual(['sub', ...supported].toSorted())
  for (const name of supported) expect(claims[name]).toEqual(userinfo[name])
})

test('fapi2-security-profile-final-access-token-type-header-case-sensitivity', async () => {
  const { tokens, claims } = await signIn()
  const headers = { authorization: `bEARER ${tokens.access_token}` }
  await checkUserinfo(await callUserinfo(suite, '', { headers }), claims.sub)
})

test('fapi2-security-profile-final-ensure-authorization-request-with-long-nonce', async () => {
  await signIn({ nonce: random(384) })
})

test('fapi2-security-profile-final-ensure-authorization-request-with-long-state', async () => {
  await signIn({ state: random(1000) })
})

test('fapi2-security-profile-final-ensure-registered-redirect-uri', async () => {
  const { asked } = ask({ redirect_uri: `${RU}/${random()}` })
  checkErrorPage(await firstPage(suite, asked))
})

test('fapi2-security-profile-final-plain-fapi-tolerate-unregistered-redirect-uri', async () => {
  const { asked } = ask({ redirect_uri: `${RU}/${random()}` })
  checkErrorPage(await firstPage(suite, asked))
})

test('fapi2-security-profile-final-ensure-redirect-uri-in-authorization-request', async () => {
  const { asked } = ask({ redirect_uri: undefined })
  checkErrorPage(await firstPage(suite, asked))
})

test('fapi2-security-profile-final-ensure-response-type-code-idtoken-fails', async () => {
  const { asked } = ask({ response_type: 'code id_token' })
  checkRefused(await firstPage(suite, asked), asked, 'unsupported_response_type')
})

test('fapi2-security-profile-final-ensure-response-type-token-fails', async () => {
  const { asked } = ask({ response_type: 'token' })
  checkRefused(await firstPage(suite, asked), asked, 'unsupported_response_type')
})

test('fapi2-security-profile-final-ensure-client-id-in-token-endpoint', async () => {
  const entered = await enter()
  checkBadClient(await redeem(entered, { signer: 'pk' }, { client_id: 'pk2' }))
  await checkUnharmed(entered)
})

test('fapi2-security-profile-final-ensure-authorization-code-is-bound-to-client', async () => {
  const entered = await enter()
  checkBadGrant(await redeem(entered, { signer: 'pk2' }, { client_id: 'pk2' }))
  await checkUnharmed(entered)
})

test('fapi2-security-profile-final-attempt-reuse-authorization-code-after-one-second', async () => {
  const entered = await enter()
  const { access_token } = checkTokens(await redeem(entered))
  suite.server.clock.advance(1)
  checkBadGrant(await redeem(entered))
  expect((await callUserinfo(suite, access_token)).status).toBe(401)
})

test('fapi2-security-profile-final-ensure-token-endpoint-fails-with-expired-auth-code', async () => {
  const entered = await enter()
  suite.server.clock.advance(62)
  checkBadGrant(await redeem(entered))
})

test('fapi2-security-profile-final-ensure-client-assertion-in-token-endpoint', async () => {
  const entered = await enter()
  checkBadClient(await exchange(suite, entered, { code_verifier: entered.verifier }))
  await checkUnharmed(entered)
})

test('fapi2-security-profile-final-ensure-client-assertion-with-exp-is-5-minutes-in-past-fails', async () => {
  const entered = await enter()
  const exp = suite.server.clock.now() - 300
  checkBadClient(await redeem(entered, { claims: { exp, iat: exp - 60 } }))
  await checkUnharmed(entered)
})

test('fapi2-security-profile-final-ensure-client-assertion-with-wrong-aud-fails', async () => {
  const entered = await enter()
  checkBadClient(await redeem(entered, { claims: { aud: 'https://elsewhere.test/' } }))
  await checkUnharmed(entered)
})

test('fapi2-security-profile-final-ensure-client-assertion-with-no-sub-fails', async () => {
  const entered = await enter()
  checkBadClient(await redeem(entered, { claims: { sub: undefined } }))
  await checkUnharmed(entered)
})

test('fapi2-security-profile-final-par-ensure-pkce-required', async () => {
  const { asked } = ask({ code_challenge: undefined, code_challenge_method: undefined })
  checkRefused(await firstPage(suite, asked), asked, 'invalid_request')
})

test('fapi2-security-profile-final-ensure-pkce-code-verifier-required', async () => {
  const entered = await enter()
  checkBadGrant(await exchange(suite, entered, await prove(suite, 'pk')))
})

test('fapi2-security-profile-final-incorrect-pkce-code-verifier-rejected', async () => {
  const entered = await enter()
  checkBadGrant(await redeem(entered, {}, { code_verifier: newPkce().verifier }))
})

test('fapi2-security-profile-final-par-plain-pkce-rejected', async () => {
  const { verifier } = newPkce()
  const { asked } = ask({ code_challenge: verifier, code_challenge_method: 'plain' })
  checkRefused(await firstPage(suite, asked), asked, 'invalid_request')
})

test.skip('fapi2-security-profile-final-discovery-end-point-verification — fails: there are no pushed requests to discover', () => {})
test.skip('fapi2-security-profile-final-happy-flow — fails: it pushes its request, and its tokens are bound to a key', () => {})
test.skip('fapi2-security-profile-final-ensure-unsigned-authorization-request-without-using-par-fails — fails: requests need not be pushed', () => {})
test.skip('fapi2-security-profile-final-ensure-holder-of-key-required — fails: tokens are not bound to a key', () => {})
test.skip('fapi2-security-profile-final-ensure-signed-client-assertion-with-RS256-fails — fails: clients may sign with RS256', () => {})
test.skip('fapi2-security-profile-final-ensure-invalid-client-assertions-fail — fails: the token endpoint is taken as audience too, as OIDC Core asks', () => {})
test.skip('fapi2-security-profile-final-refresh-token — fails: refresh tokens are rotated, and not bound to a key', () => {})

test.skip('fapi2-security-profile-final-check-dpop-proof-nbf-exp — there is no DPoP yet', () => {})
test.skip('fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-before-succeeds — there is no DPoP yet', () => {})
test.skip('fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-after-succeeds — there is no DPoP yet', () => {})
test.skip('fapi2-security-profile-final-ensure-mismatched-dpop-jkt-fails — there is no DPoP yet', () => {})
test.skip('fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt — there is no DPoP yet', () => {})
test.skip('fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-jkt — there is no DPoP yet', () => {})
test.skip('fapi2-security-profile-final-ensure-dpopproof-at-par-endpoint-binding-success — there is no DPoP yet', () => {})
test.skip('fapi2-security-profile-final-ensure-dpop-auth-code-binding-success — there is no DPoP yet', () => {})
test.skip('fapi2-security-profile-final-dpop-negative-tests — there is no DPoP yet', () => {})

test.skip('fapi2-security-profile-final-ensure-different-nonce-inside-and-outside-request-object — there are no pushed requests yet', () => {})
test.skip('fapi2-security-profile-final-ensure-different-state-inside-and-outside-request-object — there are no pushed requests yet', () => {})
test.skip('fapi2-security-profile-final-state-only-outside-request-object-not-used — there are no pushed requests yet', () => {})
test.skip('fapi2-security-profile-final-ensure-request-object-without-redirect-uri-fails — there are no pushed requests yet', () => {})
test.skip('fapi2-security-profile-final-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds — there are no pushed requests yet', () => {})
test.skip('fapi2-security-profile-final-par-attempt-reuse-request_uri — there are no pushed requests yet', () => {})
test.skip('fapi2-security-profile-final-par-attempt-to-use-expired-request_uri — there are no pushed requests yet', () => {})
test.skip('fapi2-security-profile-final-par-attempt-to-use-request_uri-for-different-client — there are no pushed requests yet', () => {})
test.skip('fapi2-security-profile-final-par-authorization-request-containing-request_uri-form-param — there are no pushed requests yet', () => {})
test.skip('fapi2-security-profile-final-par-attempt-invalid-http-method — there are no pushed requests yet', () => {})
test.skip('fapi2-security-profile-final-par-without-duplicate-parameters — there are no pushed requests yet', () => {})

test('what the server said meanwhile keeps the rules', () => checkLog(suite.server))
