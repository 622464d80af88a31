// The client at a server of another project: all that a standard server may have.

import { generateKeyPairSync } from 'node:crypto'
import { connect, Refused, Unreadable } from '@patois/client'
import { deviceFlow } from '@patois/client/device'
import { type Discovered, discover } from '@patois/client/discover'
import { dpop } from '@patois/client/dpop'
import { idTokens } from '@patois/client/id-token'
import { privateKeyJwt } from '@patois/client/private-key-jwt'
import { pushAuthorization } from '@patois/client/pushed'
import { guard, guardRequest, introspectedAccess, jwtAccess } from '@patois/client/resource'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser } from '../door/browser.ts'
import { RU } from '../door/fixtures.ts'
import { agree, startProvider, type TestProvider } from '../door/provider.ts'

const SECRET = 'a secret of/thirty-two+characters = or more'
const API = 'https://api.test/'
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = { ...key.publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'ES256' }
const privateJwk = { ...key.privateKey.export({ format: 'jwk' }), kty: 'EC' }

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code'
const web = {
  client_secret: SECRET,
  redirect_uris: [RU],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials', DEVICE],
}

let provider: TestProvider
let found: Discovered
beforeAll(async () => {
  provider = await startProvider(() => ({
    clients: [
      { ...web, client_id: 'web' },
      { ...web, client_id: 'post', token_endpoint_auth_method: 'client_secret_post' },
      {
        ...web,
        client_id: 'key',
        client_secret: undefined,
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES256',
        jwks: { keys: [jwk] },
      },
      { ...web, client_id: 'bound', dpop_bound_access_tokens: true },
    ],
    scopes: ['openid', 'offline_access', 'profile', 'api.read', 'api.write'],
    claims: { openid: ['sub'], profile: ['name'] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, name: `${id}!` }) }),
    features: {
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      deviceFlow: { enabled: true },
      dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 7), requireNonce: () => true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_, resource) => ({
          scope: 'api.read api.write',
          audience: resource,
          accessTokenFormat: resource === API ? 'jwt' : 'opaque',
          accessTokenTTL: 600,
        }),
      },
    },
  }))
  found = await discover(provider.issuer)
})
afterAll(() => provider.close())

const me = (more: object = {}) =>
  connect({
    ...found,
    clientId: 'web',
    clientSecret: SECRET,
    redirectUri: RU,
    scope: 'openid profile offline_access',
    ...more,
  })

const signIn = async (client: ReturnType<typeof me>, params: object = {}) => {
  const pending = await client.authorizeUrl({ prompt: 'consent', ...params })
  const { location = '' } = await agree(openBrowser(), pending.url)
  return { pending, tokens: await client.callback(location, undefined, params) }
}

describe('another server', () => {
  test('is found out', () => {
    expect(found).toMatchObject({ issuer: provider.issuer, saysIssuer: true })
    expect(Object.keys(found.dialect.operations)).toEqual([
      'authorize',
      'token',
      'revoke',
      'introspect',
      'userinfo',
      'logout',
      'jwks',
    ])
  })

  for (const clientId of ['web', 'post']) {
    test(`signs somebody in for ${clientId}, refreshes, introspects and revokes`, async () => {
      const authMethod = clientId === 'post' ? 'client_secret_post' : undefined
      const client = me({ ...(await discover(provider.issuer, { authMethod })), clientId })
      const { pending, tokens } = await signIn(client)
      expect(tokens).toMatchObject({ tokenType: 'Bearer', refreshToken: expect.any(String) })
      expect(tokens.scope).toEqual(['openid', 'profile', 'offline_access'])
      const people = idTokens(client, found.metadata)
      const claims = await people.check(tokens, { nonce: pending.nonce })
      expect(claims).toMatchObject({ iss: provider.issuer, aud: clientId, sub: 'alice' })
      expect(await people.userinfo(tokens, claims)).toEqual({ sub: 'alice', name: 'alice!' })
      await expect(people.userinfo(tokens, { sub: 'bob' })).rejects.toMatchObject({ claim: 'sub' })
      const next = await client.refresh({ refreshToken: tokens.refreshToken ?? '' })
      expect(next.accessToken).not.toBe(tokens.accessToken)
      expect(await client.introspect({ token: next.accessToken })).toMatchObject({ active: true })
      await client.revoke({ token: next.accessToken })
      expect(await client.introspect({ token: next.accessToken })).toEqual({ active: false })
    })
  }

  test('says why not', async () => {
    const client = me({ clientSecret: 'wrong' })
    await expect(client.clientCredentials({ scope: 'api.read' })).rejects.toMatchObject({
      code: 'invalid_client',
      status: 401,
      meaning: 'configuration',
    })
    await expect(me().exchange({ code: 'no-such-code', codeVerifier: 'v' })).rejects.toMatchObject({
      code: 'invalid_grant',
      meaning: 'dead',
    })
    const pending = await me().authorizeUrl({ prompt: 'none' })
    const { location = '' } = await openBrowser().get(pending.url)
    await expect(me().callback(location, pending)).rejects.toMatchObject({
      code: 'login_required',
      status: 0,
      meaning: 'dead',
    })
  })

  test('takes what is asked for in a pushed request, also from a client with a key', async () => {
    const proof = privateKeyJwt({ clientId: 'key', key: privateJwk, alg: 'ES256', kid: 'k1' })
    const known = { clientId: 'key', clientSecret: undefined, proof }
    for (const client of [me(), me(known)]) {
      const pending = await pushAuthorization(client, found, { prompt: 'consent' })
      const { searchParams } = new URL(pending.url)
      expect([...searchParams.keys()]).toEqual(['client_id', 'request_uri'])
      const { location = '' } = await agree(openBrowser(), pending.url)
      const tokens = await client.callback(location)
      const people = idTokens(client, found.metadata)
      expect(await people.check(tokens, { nonce: pending.nonce })).toMatchObject({ sub: 'alice' })
    }
    const refused = pushAuthorization(me({ clientSecret: 'wrong' }), found)
    await expect(refused).rejects.toMatchObject({
      code: 'invalid_client',
      operation: 'pushed_authorization_request',
    })
    const wrong = pushAuthorization(me(), found, { redirectUri: 'https://evil.test/' })
    await expect(wrong).rejects.toBeInstanceOf(Refused)
  })

  test('lets a client in by its key, and no other key', async () => {
    const proof = privateKeyJwt({ clientId: 'key', key: privateJwk, alg: 'ES256' })
    const own = { clientId: 'key', scope: undefined }
    const client = me({ ...own, proof })
    expect((await client.clientCredentials({ resource: API })).accessToken).toBeDefined()
    await client.revoke({ token: 'any' })
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const jwkOfOther = { ...other.export({ format: 'jwk' }), kty: 'EC' }
    const wrong = privateKeyJwt({ clientId: 'key', key: jwkOfOther, alg: 'ES256' })
    await expect(me({ ...own, proof: wrong }).clientCredentials()).rejects.toMatchObject({
      code: 'invalid_client',
    })
  })
})

describe('tokens that are bound to a key', () => {
  test('are got, used, refreshed and looked into, with the nonce that is asked for', async () => {
    const binding = await dpop()
    const client = me({ clientId: 'bound', binding })
    const { pending, tokens } = await signIn(client)
    expect(tokens.tokenType).toBe('DPoP')
    const people = idTokens(client, found.metadata)
    const claims = await people.check(tokens, { nonce: pending.nonce })
    expect(await people.userinfo(tokens, claims)).toHaveProperty('name')
    const next = await client.refresh({ refreshToken: tokens.refreshToken ?? '' })
    expect(await client.introspect({ token: next.accessToken })).toMatchObject({
      active: true,
      cnf: { jkt: binding.thumbprint },
    })
  })

  test('are asked for by many at once, each told the nonce', async () => {
    const client = me({ clientId: 'bound', scope: undefined, binding: await dpop() })
    const all = await Promise.all(Array.from({ length: 10 }, () => client.clientCredentials()))
    expect(new Set(all.map(({ accessToken }) => accessToken)).size).toBe(10)
  })

  test('are worth nothing without their key', async () => {
    const { tokens } = await signIn(me({ clientId: 'bound', binding: await dpop() }))
    await expect(me().userinfo(tokens)).rejects.toMatchObject({ status: 401 })
    const other = me({ clientId: 'bound', binding: await dpop() })
    await expect(other.userinfo(tokens)).rejects.toMatchObject({ status: 401 })
  })

  test('are refused at an API that takes Bearer tokens only, with and without a proof', async () => {
    const client = me({ clientId: 'bound', scope: undefined, binding: await dpop() })
    const { accessToken } = await client.clientCredentials({ resource: API, scope: 'api.read' })
    expect(decodeJwt(accessToken)).toHaveProperty('cnf.jkt')
    const jwksUri = String(found.metadata.jwks_uri)
    const verify = jwtAccess({ issuer: provider.issuer, resource: API, jwksUri })
    const api = guard({ resource: API, issuers: [provider.issuer], verify })
    for (const scheme of ['Bearer', 'DPoP']) {
      const headers = { authorization: `${scheme} ${accessToken}`, dpop: 'a.b.c' }
      const answer = await guardRequest(api, new Request(API, { headers }))
      expect(answer).toBeInstanceOf(Response)
      expect(answer).toMatchObject({ status: 401 })
    }
  })

  test('are insisted on: a server that binds nothing is not believed', async () => {
    const body = { access_token: 'a', token_type: 'Bearer' }
    const fetch = () => Promise.resolve(Response.json(body))
    const client = me({ binding: await dpop(), fetch })
    await expect(client.clientCredentials()).rejects.toBeInstanceOf(Unreadable)
  })
})

describe('a resource', () => {
  test('gets JWTs that are for it alone', async () => {
    const { tokens } = await signIn(me(), { resource: API, scope: 'openid api.read' })
    expect(decodeJwt(tokens.accessToken)).toMatchObject({ aud: API, scope: 'api.read' })
    const jwksUri = String(found.metadata.jwks_uri)
    const apiFor = (resource: string) =>
      jwtAccess({ issuer: provider.issuer, resource, jwksUri })(tokens.accessToken)
    expect(await apiFor(API)).toMatchObject({
      subject: 'alice',
      clientId: 'web',
      scope: ['api.read'],
    })
    expect(await apiFor('https://other.test/')).toBeUndefined()
  })

  test('gets opaque tokens that it asks about', async () => {
    const OTHER = 'https://opaque.test/'
    const client = me({ scope: 'api.write' })
    const { accessToken } = await client.clientCredentials({ resource: OTHER })
    const ask = (resource: string) => introspectedAccess({ client, resource })(accessToken)
    expect(await ask(OTHER)).toMatchObject({ clientId: 'web', scope: ['api.write'] })
    expect(await ask(API)).toBeUndefined()
    await client.revoke({ token: accessToken })
    expect(await ask(OTHER)).toBeUndefined()
  })
})

describe('a device', () => {
  test('gets its tokens once the person has agreed elsewhere', async () => {
    const client = me()
    const flow = await deviceFlow(client, found, { scope: 'openid profile' })
    expect(flow.userCode).toMatch(/^[A-Z-]+$/)
    expect(flow.expiresAt).toBeGreaterThan(Date.now() / 1000)
    const page = await agree(openBrowser(), flow.verificationUriComplete ?? '')
    expect(page.text).toContain('Sign-in Success')
    const tokens = await flow.tokens()
    const people = idTokens(client, found.metadata)
    expect(await people.check(tokens)).toMatchObject({ sub: 'alice' })
  })

  test('hears at once that the client is another', async () => {
    const refused = deviceFlow(me({ clientSecret: 'wrong' }), found)
    await expect(refused).rejects.toMatchObject({ code: 'invalid_client' })
  })
})
