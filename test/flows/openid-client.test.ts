// openid-client completes every flow against the running server, at the root and under a path.

import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser, type TestBrowser, walkFrom } from '../door/browser.ts'
import { PK_PRIVATE, RESOURCE, RU, SECRETS } from '../door/fixtures.ts'
import { startServer, type TestServer } from '../door/server.ts'

const FULL = 'openid profile email offline_access api.read'

type Tokens = Awaited<ReturnType<typeof client.authorizationCodeGrant>>

/** Finds a client's server the way applications do, and verifies the signature of ID tokens. */
const find = (
  server: TestServer,
  id: string,
  auth?: client.ClientAuth,
  algorithm: 'oidc' | 'oauth2' = 'oidc',
): Promise<client.Configuration> =>
  client.discovery(
    new URL(server.issuer),
    id,
    id === 'es' ? { id_token_signed_response_alg: 'ES256' } : undefined,
    auth ?? client.ClientSecretBasic(SECRETS[id]),
    { algorithm, execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] },
  )

/** What a whole sign-in left behind. */
type SignedIn = { tokens: Tokens; back: URL; browser: TestBrowser; nonce: string; state: string }

/** The code flow with PKCE, state, nonce and max_age; every check of the library is on. */
const signIn = async (
  server: TestServer,
  config: client.Configuration,
  more: Record<string, string> = {},
  browser = openBrowser(),
): Promise<SignedIn> => {
  const verifier = client.randomPKCECodeVerifier()
  const [state, nonce] = [client.randomState(), client.randomNonce()]
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: RU,
    scope: FULL,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    max_age: '300',
    state,
    nonce,
    ...more,
  })
  const page = await walkFrom(server, browser, url.href)
  const back = new URL(page.location ?? 'missing:')
  const tokens = await client.authorizationCodeGrant(config, back, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    maxAge: 300,
    idTokenExpected: true,
  })
  return { tokens, back, browser, nonce, state }
}

const keysOf = async (config: client.Configuration) => {
  const response = await fetch(config.serverMetadata().jwks_uri ?? '')
  return createLocalJWKSet((await response.json()) as JSONWebKeySet)
}

describe.each([
  ['at the root', ''],
  ['under a path', '/auth'],
])('an issuer %s', (_, path) => {
  let server: TestServer
  let config: client.Configuration
  beforeAll(async () => {
    server = await startServer({ path })
    config = await find(server, 'cc')
  })
  afterAll(() => server.close())

  test('every endpoint is found through the metadata', async () => {
    const at = (place: string) => server.issuer + place
    expect(config.serverMetadata()).toMatchObject({
      issuer: server.issuer,
      authorization_endpoint: at('/authorize'),
      token_endpoint: at('/token'),
      revocation_endpoint: at('/revoke'),
      introspection_endpoint: at('/introspect'),
      userinfo_endpoint: at('/userinfo'),
      end_session_endpoint: at('/logout'),
      jwks_uri: at('/jwks'),
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
    })
    const other = await find(server, 'cc', undefined, 'oauth2')
    expect(other.serverMetadata()).toEqual(config.serverMetadata())
  })

  test('every path form of discovery gives the same document', async () => {
    const [oauth, oidc] = ['oauth-authorization-server', 'openid-configuration']
    const places = [oauth, oidc].flatMap((name) => [
      `${server.origin}/.well-known/${name}${path}`,
      `${server.issuer}/.well-known/${name}`,
    ])
    for (const place of places) {
      const response = await fetch(place)
      expect([place, response.status]).toEqual([place, 200])
      expect(response.headers.get('content-type')).toMatch(/^application\/json/)
      expect(await response.json()).toEqual({ ...config.serverMetadata() })
    }
    if (path === '') return
    for (const name of [oauth, oidc]) {
      const response = await fetch(`${server.origin}/.well-known/${name}`)
      expect(response.status).toBe(404)
    }
  })

  test('code with PKCE, ID token, userinfo, refresh, introspection and revocation', async () => {
    const { tokens, back, nonce, state } = await signIn(server, config)
    expect(Object.fromEntries(back.searchParams)).toEqual({
      code: expect.any(String),
      state,
      iss: server.issuer,
    })
    expect(tokens).toEqual({
      access_token: expect.any(String),
      token_type: 'bearer',
      expires_in: 3600,
      refresh_token: expect.any(String),
      scope: FULL,
      id_token: expect.any(String),
    })
    const now = server.clock.now()
    const claims = tokens.claims()
    expect(claims).toEqual({
      iss: server.issuer,
      sub: expect.any(String),
      aud: 'cc',
      iat: now,
      exp: now + 3600,
      auth_time: now,
      nonce,
      sid: expect.any(String),
      at_hash: expect.any(String),
    })
    const sub = claims?.sub ?? ''

    expect(await client.fetchUserInfo(config, tokens.access_token, sub)).toEqual({
      sub,
      name: 'Alice A',
      email: 'alice@example.org',
      email_verified: true,
    })

    const active = {
      active: true,
      iss: server.issuer,
      aud: server.issuer,
      sub,
      client_id: 'cc',
      username: 'alice',
      scope: FULL,
      token_type: 'Bearer',
      iat: now,
      exp: now + 3600,
      auth_time: now,
    }
    expect(await client.tokenIntrospection(config, tokens.access_token)).toEqual(active)

    const next = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
    expect(next.refresh_token).not.toBe(tokens.refresh_token)
    expect(next.access_token).not.toBe(tokens.access_token)
    expect(next.scope).toBe(FULL)
    expect(next.claims()).toMatchObject({ sub, aud: 'cc', auth_time: now, sid: claims?.sid })
    expect(await client.tokenIntrospection(config, next.access_token)).toEqual(active)

    const narrow = await client.refreshTokenGrant(config, next.refresh_token ?? '', {
      scope: 'openid api.read',
    })
    expect(narrow.scope).toBe('openid api.read')

    await client.tokenRevocation(config, narrow.refresh_token ?? '')
    for (const one of [narrow, next, tokens]) {
      expect(await client.tokenIntrospection(config, one.access_token)).toEqual({ active: false })
      expect(await client.tokenIntrospection(config, one.refresh_token ?? '')).toEqual({
        active: false,
      })
    }
    await expect(client.fetchUserInfo(config, next.access_token, sub)).rejects.toMatchObject({
      code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE',
      status: 401,
      cause: [{ scheme: 'bearer', parameters: { error: 'invalid_token' } }],
    })
    await expect(
      client.refreshTokenGrant(config, narrow.refresh_token ?? ''),
    ).rejects.toMatchObject({ error: 'invalid_grant', status: 400 })
  })

  test('an access token that was revoked alone leaves its sign-in alive', async () => {
    const { tokens } = await signIn(server, config)
    await client.tokenRevocation(config, tokens.access_token, { token_type_hint: 'access_token' })
    expect(await client.tokenIntrospection(config, tokens.access_token)).toEqual({ active: false })
    const next = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
    expect(await client.tokenIntrospection(config, next.access_token)).toMatchObject({
      active: true,
    })
  })

  test('logout ends the session and goes where the client registered', async () => {
    const { tokens, browser } = await signIn(server, config, { scope: 'openid api.read' })
    expect(tokens.refresh_token).toBeUndefined()
    const url = client.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: 'https://rp.test/bye',
      state: 'so long',
    })
    const page = await browser.get(url.href)
    expect([page.status, page.location]).toEqual([303, 'https://rp.test/bye?state=so+long'])
    expect(await client.tokenIntrospection(config, tokens.access_token)).toEqual({ active: false })
    await expect(signIn(server, config, { prompt: 'none' }, browser)).rejects.toMatchObject({
      code: 'OAUTH_AUTHORIZATION_RESPONSE_ERROR',
      error: 'login_required',
    })
  })

  test('logout spares what was granted with offline_access', async () => {
    const { tokens, browser } = await signIn(server, config)
    const id_token_hint = tokens.id_token ?? ''
    const page = await browser.get(client.buildEndSessionUrl(config, { id_token_hint }).href)
    expect([page.status, page.location]).toEqual([200, undefined])
    expect(page.text).toContain('You are signed out')
    const next = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
    expect(next.scope).toBe(FULL)
  })
})

describe('every kind of client', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer()
  })
  afterAll(() => server.close())

  test('errors come back with state and iss, and the library takes them for ours', async () => {
    const config = await find(server, 'cc')
    const challenge = await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier())
    const asked = { redirect_uri: RU, state: 's', code_challenge: challenge }
    const rows = [
      [{ prompt: 'none', scope: 'openid', code_challenge_method: 'S256' }, 'login_required'],
      [{ scope: 'unheard_of', code_challenge_method: 'S256' }, 'invalid_scope'],
      [{ scope: 'openid', code_challenge_method: 'plain' }, 'invalid_request'],
    ] as const
    for (const [more, error] of rows) {
      const url = client.buildAuthorizationUrl(config, { ...asked, ...more })
      const back = new URL((await openBrowser().get(url.href)).location ?? 'missing:')
      expect(back.origin + back.pathname).toBe(RU)
      expect(Object.fromEntries(back.searchParams)).toEqual({
        error,
        error_description: expect.any(String),
        state: 's',
        iss: server.issuer,
      })
      const answer = client.authorizationCodeGrant(config, back, { expectedState: 's' })
      await expect(answer).rejects.toMatchObject({ error })
    }
  })

  test('client credentials, opaque and JWT', async () => {
    const opaque = await find(server, 'cc')
    const first = await client.clientCredentialsGrant(opaque)
    expect(first).toEqual({
      access_token: expect.stringMatching(/^[^.]+$/),
      token_type: 'bearer',
      expires_in: 3600,
      scope: 'api.read api.write',
    })
    const facts = await client.tokenIntrospection(opaque, first.access_token)
    expect(facts).toMatchObject({ active: true, sub: 'cc', client_id: 'cc' })

    const jwt = await find(server, 'jwt')
    const second = await client.clientCredentialsGrant(jwt, { scope: 'api.read' })
    const { payload, protectedHeader } = await jwtVerify(second.access_token, await keysOf(jwt), {
      issuer: server.issuer,
      audience: server.issuer,
      typ: 'at+jwt',
    })
    expect(protectedHeader.alg).toBe('ES256')
    expect(payload).toMatchObject({ sub: 'jwt', client_id: 'jwt', scope: 'api.read' })
    await client.tokenRevocation(jwt, second.access_token)
    expect(await client.tokenIntrospection(jwt, second.access_token)).toEqual({ active: false })
  })

  test('private_key_jwt authenticates at every endpoint that wants a client', async () => {
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
    const pkcs8 = PK_PRIVATE.export({ type: 'pkcs8', format: 'der' })
    const key = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign'])
    const config = await find(server, 'pk', client.PrivateKeyJwt({ key, kid: 'pk-1' }))
    const { tokens } = await signIn(server, config)
    expect(tokens.claims()?.aud).toBe('pk')
    const next = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
    expect(await client.tokenIntrospection(config, next.access_token)).toMatchObject({
      active: true,
      client_id: 'pk',
    })
    await client.tokenRevocation(config, next.refresh_token ?? '')
    expect(await client.tokenIntrospection(config, next.access_token)).toEqual({ active: false })
    const own = await client.clientCredentialsGrant(config, { scope: 'api.read' })
    expect(own.scope).toBe('api.read')
  })

  test('client_secret_post and a public client complete the code flow', async () => {
    const rows = [
      ['cp', client.ClientSecretPost(SECRETS.cp)],
      ['pub', client.None()],
    ] as const
    for (const [id, auth] of rows) {
      const config = await find(server, id, auth)
      const { tokens } = await signIn(server, config)
      expect(tokens.claims()?.aud).toBe(id)
      const next = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
      expect(next.scope).toBe(FULL)
      await client.tokenRevocation(config, next.refresh_token ?? '')
      const late = client.refreshTokenGrant(config, next.refresh_token ?? '')
      await expect(late).rejects.toMatchObject({ error: 'invalid_grant' })
    }
  })

  test('a wrong secret and a wrong verifier are refused in the words of the RFC', async () => {
    const wrong = await find(server, 'cc', client.ClientSecretBasic('not-the-secret'))
    await expect(client.clientCredentialsGrant(wrong)).rejects.toMatchObject({ status: 401 })
    const config = await find(server, 'cc')
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: RU,
      scope: 'openid',
      code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()),
      code_challenge_method: 'S256',
    })
    const page = await walkFrom(server, openBrowser(), url.href)
    const other = { pkceCodeVerifier: client.randomPKCECodeVerifier() }
    const answer = client.authorizationCodeGrant(config, new URL(page.location ?? ''), other)
    await expect(answer).rejects.toMatchObject({ error: 'invalid_grant', status: 400 })
  })

  test.each([
    ['cc', 'RS256'],
    ['es', 'ES256'],
  ])('the ID token of %s is signed with %s', async (id, alg) => {
    const config = await find(server, id)
    const { tokens } = await signIn(server, config)
    const header = decodeProtectedHeader(tokens.id_token ?? '')
    expect(header).toEqual({ alg, typ: 'JWT', kid: expect.any(String) })
    const verified = await jwtVerify(tokens.id_token ?? '', await keysOf(config), {
      issuer: server.issuer,
      audience: id,
    })
    expect(verified.payload.sub).toBe(tokens.claims()?.sub)
  })

  test('a resource indicator gives a JWT for that resource alone', async () => {
    const config = await find(server, 'cc')
    const asked = { scope: 'offline_access api.read', resource: RESOURCE, prompt: 'consent' }
    const verifier = client.randomPKCECodeVerifier()
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: RU,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...asked,
    })
    const page = await walkFrom(server, openBrowser(), url.href)
    const back = new URL(page.location ?? '')
    const checks = { pkceCodeVerifier: verifier }
    const tokens = await client.authorizationCodeGrant(config, back, checks, { resource: RESOURCE })
    const keys = await keysOf(config)
    const read = async (token: string) =>
      (await jwtVerify(token, keys, { issuer: server.issuer, audience: RESOURCE, typ: 'at+jwt' }))
        .payload
    const now = server.clock.now()
    const claims = {
      iss: server.issuer,
      sub: expect.any(String),
      aud: RESOURCE,
      client_id: 'cc',
      scope: 'offline_access api.read',
      iat: now,
      exp: now + 3600,
      jti: expect.any(String),
      auth_time: now,
    }
    const first = await read(tokens.access_token)
    expect(first).toEqual(claims)

    const next = await client.refreshTokenGrant(config, tokens.refresh_token ?? '', {
      resource: RESOURCE,
    })
    const second = await read(next.access_token)
    expect(second).toEqual(claims)
    expect(second.jti).not.toBe(first.jti)

    const guard = await find(server, 'rs')
    const seen = await client.tokenIntrospection(guard, next.access_token)
    expect(seen).toMatchObject({ active: true, aud: RESOURCE, jti: second.jti, username: 'alice' })
    await client.tokenRevocation(config, next.refresh_token ?? '')
    expect(await client.tokenIntrospection(guard, next.access_token)).toEqual({ active: false })

    const unknown = client.clientCredentialsGrant(config, { resource: 'https://unheard.test/' })
    await expect(unknown).rejects.toMatchObject({ error: 'invalid_target', status: 400 })
  })
})
