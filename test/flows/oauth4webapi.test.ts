// oauth4webapi, the strict low-level client, completes every flow against the running server.

import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser, walkFrom } from '../door/browser.ts'
import { RU, SECRETS } from '../door/fixtures.ts'
import { startServer, type TestServer } from '../door/server.ts'

const plain = { [oauth.allowInsecureRequests]: true }
const FULL = 'openid profile email offline_access api.read'

let server: TestServer
let as: oauth.AuthorizationServer
beforeAll(async () => {
  server = await startServer()
  const issuer = new URL(server.issuer)
  const response = await oauth.discoveryRequest(issuer, { ...plain, algorithm: 'oauth2' })
  as = await oauth.processDiscoveryResponse(issuer, response)
})
afterAll(() => server.close())

/** Where the browser of a person who agrees is sent; checked for state and iss. */
const authorize = async (
  client: oauth.Client,
  more: Record<string, string>,
): Promise<URLSearchParams> => {
  const state = oauth.generateRandomState()
  const url = new URL(as.authorization_endpoint ?? '')
  const asked = { client_id: client.client_id, redirect_uri: RU, response_type: 'code', state }
  url.search = new URLSearchParams({ ...asked, ...more }).toString()
  const page = await walkFrom(server, openBrowser(), url.href)
  return oauth.validateAuthResponse(as, client, new URL(page.location ?? 'missing:'), state)
}

const isActive = async (client: oauth.Client, auth: oauth.ClientAuth, token: string) => {
  const response = await oauth.introspectionRequest(as, client, auth, token, plain)
  return (await oauth.processIntrospectionResponse(as, client, response)).active
}

test('code with PKCE, ID token, userinfo, refresh and revocation', async () => {
  const client: oauth.Client = { client_id: 'cc' }
  const auth = oauth.ClientSecretBasic(SECRETS.cc ?? '')
  const verifier = oauth.generateRandomCodeVerifier()
  const nonce = oauth.generateRandomNonce()
  const params = await authorize(client, {
    scope: FULL,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  const response = await oauth.authorizationCodeGrantRequest(
    as,
    client,
    auth,
    params,
    RU,
    verifier,
    plain,
  )
  expect(response.headers.get('cache-control')).toBe('no-store')
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
    expectedNonce: nonce,
    requireIdToken: true,
  })
  await oauth.validateApplicationLevelSignature(as, response, plain)
  expect(tokens.scope).toBe(FULL)
  const claims = oauth.getValidatedIdTokenClaims(tokens)
  expect(claims).toMatchObject({ iss: server.issuer, aud: 'cc', nonce })

  const info = await oauth.userInfoRequest(as, client, tokens.access_token, plain)
  const sub = claims?.sub ?? ''
  expect(await oauth.processUserInfoResponse(as, client, sub, info)).toEqual({
    sub,
    name: 'Alice A',
    email: 'alice@example.org',
    email_verified: true,
  })

  const refresh = tokens.refresh_token ?? ''
  const again = await oauth.refreshTokenGrantRequest(as, client, auth, refresh, plain)
  const next = await oauth.processRefreshTokenResponse(as, client, again)
  expect(next.refresh_token).not.toBe(refresh)
  expect(await isActive(client, auth, next.access_token)).toBe(true)

  const newest = next.refresh_token ?? ''
  const revoked = await oauth.revocationRequest(as, client, auth, newest, plain)
  await oauth.processRevocationResponse(revoked)
  expect(await isActive(client, auth, next.access_token)).toBe(false)
  const late = await oauth.refreshTokenGrantRequest(as, client, auth, newest, plain)
  await expect(oauth.processRefreshTokenResponse(as, client, late)).rejects.toMatchObject({
    error: 'invalid_grant',
    status: 400,
  })
})

test('a public client completes the code flow without credentials', async () => {
  const client: oauth.Client = { client_id: 'pub' }
  const verifier = oauth.generateRandomCodeVerifier()
  const params = await authorize(client, {
    scope: 'openid',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  const response = await oauth.authorizationCodeGrantRequest(
    as,
    client,
    oauth.None(),
    params,
    RU,
    verifier,
    plain,
  )
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, response)
  expect(oauth.getValidatedIdTokenClaims(tokens)?.aud).toBe('pub')
  expect(tokens.refresh_token).toBeUndefined()
})

test('client credentials by post, and the challenge after a wrong Basic secret', async () => {
  const form = new URLSearchParams({ scope: 'api.read' })
  const client: oauth.Client = { client_id: 'cp' }
  const right = oauth.ClientSecretPost(SECRETS.cp ?? '')
  const response = await oauth.clientCredentialsGrantRequest(as, client, right, form, plain)
  const tokens = await oauth.processClientCredentialsResponse(as, client, response)
  expect(tokens.scope).toBe('api.read')
  expect(await isActive(client, right, tokens.access_token)).toBe(true)

  const other: oauth.Client = { client_id: 'cc' }
  const wrong = oauth.ClientSecretBasic('not-the-secret')
  const refused = await oauth.clientCredentialsGrantRequest(as, other, wrong, form, plain)
  await expect(oauth.processClientCredentialsResponse(as, other, refused)).rejects.toMatchObject({
    status: 401,
    cause: [{ scheme: 'basic' }],
  })
})

test('a denied request is an error with our iss', async () => {
  const client: oauth.Client = { client_id: 'cc' }
  const none = { scope: 'openid', prompt: 'none', code_challenge_method: 'S256' }
  const code_challenge = await oauth.calculatePKCECodeChallenge(oauth.generateRandomCodeVerifier())
  await expect(authorize(client, { ...none, code_challenge })).rejects.toMatchObject({
    error: 'login_required',
  })
})
