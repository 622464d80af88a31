// Attacks on the client: forged ID and logout tokens, answers of another server, servers that lie.

import { connect, type Pending, Refused, retrying, Unreadable } from '@patois/client'
import { discover, discovered } from '@patois/client/discover'
import { type IdTokenChecks, idTokens } from '@patois/client/id-token'
import type { Dialect } from '@patois/core/caller'
import { apimatic } from '@patois/core/dialects/apimatic'
import { bolt } from '@patois/core/dialects/bolt'
import { cal } from '@patois/core/dialects/cal'
import { standard } from '@patois/core/dialects/standard'
import { ultracart } from '@patois/core/dialects/ultracart'
import { base64url, exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Line, type Script, startScript, TOKENS } from '../door/script.ts'

const ISSUER = 'https://as.test'
const NOW = 1_800_000_000
const ACCESS = 'an-access-token'
const RU = 'https://rp.test/cb'
const EVIL = 'https://evil.test'
const WHAT = { issuer: ISSUER, token_endpoint: `${ISSUER}/token`, jwks_uri: `${ISSUER}/jwks` }

const pairs = {
  one: await generateKeyPair('RS256'),
  two: await generateKeyPair('ES256'),
  foreign: await generateKeyPair('RS256'),
}
const jwkOf = async (name: 'one' | 'two', alg: string) => ({
  ...(await exportJWK(pairs[name].publicKey)),
  kid: name,
  alg,
  use: 'sig',
})
const KEYS = [await jwkOf('one', 'RS256'), await jwkOf('two', 'ES256')]

/** A checker of ID tokens of a server with these keys. */
const people = (keys: object[] = KEYS) => {
  const fetch = () => Promise.resolve(Response.json({ keys }))
  const metadata = { ...WHAT, id_token_signing_alg_values_supported: ['RS256', 'ES256', 'HS256'] }
  const client = connect({ ...discovered(metadata), clientId: 'app', fetch, now: () => NOW })
  return idTokens(client, metadata)
}

const hashOf = async (text: string) => {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return base64url.encode(new Uint8Array(digest).subarray(0, 16))
}

const OF_ACCESS = await hashOf(ACCESS)
const OF_OTHER = await hashOf('another')

const CLAIMS: JWTPayload = {
  iss: ISSUER,
  sub: 'alice',
  aud: 'app',
  exp: NOW + 300,
  iat: NOW,
  nonce: 'nonce-1',
  at_hash: OF_ACCESS,
}
const HEADER = { alg: 'RS256', kid: 'one' }
type Header = { alg: string; kid?: string; typ?: string; jwk?: object; jku?: string }
const RIGHT = { nonce: 'nonce-1' }

const sign = (
  more: Record<string, unknown> = {},
  header: Header = HEADER,
  key: CryptoKey | Uint8Array = pairs.one.privateKey,
  usual = CLAIMS,
): Promise<string> => new SignJWT({ ...usual, ...more }).setProtectedHeader(header).sign(key)

const check = (idToken: string, checks: IdTokenChecks = RIGHT) =>
  people().check({ idToken, accessToken: ACCESS }, checks)

describe('N14: an ID token', () => {
  test('N14: that is right in every way is taken', async () => {
    expect(await check(await sign())).toMatchObject({ sub: 'alice' })
    const two = await sign({}, { alg: 'ES256', kid: 'two' }, pairs.two.privateKey)
    expect(await check(two)).toMatchObject({ sub: 'alice' })
    const several = await sign({ aud: ['app', 'other'], azp: 'app' })
    expect(await check(several)).toHaveProperty('azp', 'app')
    const late = await sign({ exp: NOW - 30, iat: NOW - 330 })
    expect(await check(late)).toHaveProperty('sub')
    expect(await check(await sign({ auth_time: NOW - 90 }), { ...RIGHT, maxAge: 60 })).toBeDefined()
    const nameless = await sign({}, { alg: 'RS256' })
    const [sole = {}] = KEYS
    expect(
      await people([sole]).check({ idToken: nameless, accessToken: ACCESS }, RIGHT),
    ).toBeDefined()
  })

  const wrong: [string, Record<string, unknown>, IdTokenChecks?][] = [
    ['of no issuer', { iss: undefined }],
    ['of another issuer', { iss: EVIL }],
    ['of the issuer with a slash', { iss: `${ISSUER}/` }],
    ['for nobody', { aud: undefined }],
    ['for another client', { aud: 'other' }],
    ['for several clients without us', { aud: ['other', 'third'], azp: 'app' }],
    ['for several clients and no party', { aud: ['app', 'other'] }],
    ['of another party', { azp: 'other' }],
    ['of a party that is no text', { azp: ['app'] }],
    ['without a subject', { sub: undefined }],
    ['without an end', { exp: undefined }],
    ['with an end that is no number', { exp: String(NOW + 300) }],
    ['that has ended', { exp: NOW - 61 }],
    ['without a beginning', { iat: undefined }],
    ['that was made in the future', { iat: NOW + 61 }],
    ['that is not valid yet', { nbf: NOW + 61 }],
    ['without the nonce', { nonce: undefined }],
    ['with another nonce', { nonce: 'nonce-2' }],
    ['with a nonce that was not sent', {}, {}],
    ['of another access token', { at_hash: OF_OTHER }],
    ['with the whole hash', { at_hash: `${OF_ACCESS}AAAA` }],
    ['of a sign-in without a time', {}, { ...RIGHT, maxAge: 60 }],
    ['of a sign-in that is too long ago', { auth_time: NOW - 121 }, { ...RIGHT, maxAge: 60 }],
  ]
  for (const [name, claims, checks] of wrong) {
    test(`N14: ${name} is refused`, async () => {
      await expect(check(await sign(claims), checks)).rejects.toHaveProperty(
        'code',
        expect.stringMatching(/^ERR_JWT_/),
      )
    })
  }

  test('N14: that is not signed, or by somebody else, is refused', async () => {
    const none = new UnsecuredJWT(CLAIMS).encode()
    const right = await sign()
    const [head = '', body = '', mark = ''] = right.split('.')
    const changed = base64url.encode(JSON.stringify({ ...CLAIMS, sub: 'mallory' }))
    const secret = new TextEncoder().encode(JSON.stringify(KEYS[0]).padEnd(64, 'x'))
    const foreign = pairs.foreign.privateKey
    const jwk = await exportJWK(pairs.foreign.publicKey)
    const forged = [
      none,
      `${head}.${body}.`,
      `${head}.${changed}.${mark}`,
      `${head}.${body}.${mark.slice(0, -4)}AAAA`,
      await sign({}, { alg: 'HS256', kid: 'one' }, secret),
      await sign({}, HEADER, foreign),
      await sign({}, { ...HEADER, jwk }, foreign),
      await sign({}, { ...HEADER, jku: `${EVIL}/jwks` }, foreign),
      await sign({}, { alg: 'RS256', kid: 'two' }),
      await sign({}, { alg: 'RS256', kid: 'three' }),
      await sign({}, { alg: 'RS256', kid: '../../one' }),
      'no-token',
      '',
    ]
    for (const idToken of forged) {
      const error = await check(idToken).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error, idToken).toHaveProperty('code', expect.stringMatching(/^ERR_/))
    }
    await expect(people().check({ accessToken: ACCESS })).rejects.toThrow('ask for openid')
  })

  test('N14: without a key name, of a server with several such keys, is refused', async () => {
    const twin = { ...(await exportJWK(pairs.foreign.publicKey)), alg: 'RS256', use: 'sig' }
    const idToken = await sign({}, { alg: 'RS256' })
    const several = people([...KEYS, { ...twin, kid: 'three' }])
    await expect(several.check({ idToken, accessToken: ACCESS }, RIGHT)).rejects.toHaveProperty(
      'code',
      'ERR_JWKS_MULTIPLE_MATCHING_KEYS',
    )
  })

  test('N14: by an algorithm that the client is not registered for is refused', async () => {
    await expect(check(await sign(), { ...RIGHT, algorithms: ['ES256'] })).rejects.toHaveProperty(
      'code',
      'ERR_JOSE_ALG_NOT_ALLOWED',
    )
  })
})

describe('O10: a logout token', () => {
  const LOGOUT: JWTPayload = {
    iss: ISSUER,
    aud: 'app',
    iat: NOW,
    exp: NOW + 120,
    jti: 'j-1',
    sub: 'alice',
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
  }
  const header = { ...HEADER, typ: 'logout+jwt' }
  const make = (more: Record<string, unknown>, head: Header = header, key = pairs.one.privateKey) =>
    sign(more, head, key, LOGOUT)

  test('O10: that is right is taken', async () => {
    expect(await people().checkLogout(await make({}))).toMatchObject({ sub: 'alice' })
    expect(await people().checkLogout(await make({}, HEADER))).toBeDefined()
    expect(await people().checkLogout(await make({ sub: undefined, sid: 's' }))).toBeDefined()
  })

  const forged: [string, () => Promise<string>][] = [
    ['of another issuer', () => make({ iss: EVIL })],
    ['for another client', () => make({ aud: 'other' })],
    ['that is an ID token', () => sign()],
    ['that was an ID token', () => sign({ nonce: undefined, jti: 'j' }, header)],
    ['with a nonce', () => make({ nonce: 'n' })],
    ['that is old', () => make({ iat: NOW - 500, exp: NOW + 500 })],
    ['that is from the future', () => make({ iat: NOW + 500, exp: NOW + 900 })],
    ['that has ended', () => make({ exp: NOW - 61 })],
    ['without an id', () => make({ jti: undefined })],
    ['of another event', () => make({ events: { 'http://other.test/event': {} } })],
    ['of no event', () => make({ events: 'http://schemas.openid.net/event/backchannel-logout' })],
    ['of nobody', () => make({ sub: undefined })],
    ['that is an access token', () => make({}, { ...HEADER, typ: 'at+jwt' })],
    ['of another key', () => make({}, header, pairs.foreign.privateKey)],
    ['that is not signed', async () => new UnsecuredJWT(LOGOUT).encode()],
  ]
  for (const [name, forge] of forged) {
    test(`O10: ${name} is refused`, async () => {
      await expect(people().checkLogout(await forge())).rejects.toHaveProperty(
        'code',
        expect.stringMatching(/^ERR_/),
      )
    })
  }
})

describe('N15: an answer at the redirect URI', () => {
  const asked: string[] = []
  const fetch: typeof globalThis.fetch = async (input) => {
    asked.push(String(input))
    return Response.json(TOKENS.body)
  }
  const client = (saysIssuer = true) =>
    connect({
      dialect: standard,
      url: ISSUER,
      issuer: ISSUER,
      saysIssuer,
      clientId: 'app',
      clientSecret: 'secret',
      redirectUri: RU,
      fetch,
    })
  const back = ({ state }: Pending, more: Record<string, string>) =>
    `${RU}?${new URLSearchParams({ code: 'c', state, ...more })}`

  test('N15: of the right issuer is taken, with or without its name when it never says it', async () => {
    for (const [says, iss] of [
      [true, { iss: ISSUER }],
      [false, { iss: ISSUER }],
      [false, {}],
    ] as const) {
      asked.length = 0
      const as = client(says)
      const tokens = await as.callback(back(await as.authorizeUrl(), iss))
      expect(tokens.accessToken).toBe(TOKENS.body.access_token)
      expect(asked).toEqual([`${ISSUER}/token`])
    }
  })

  const foreign: [string, boolean, Record<string, string>][] = [
    ['without its issuer', true, {}],
    ['of another issuer', true, { iss: EVIL }],
    ['of another issuer, which nobody expects', false, { iss: EVIL }],
    ['with a slash', true, { iss: `${ISSUER}/` }],
    ['in other letters', true, { iss: ISSUER.toUpperCase() }],
    ['with the port that is meant anyway', true, { iss: `${ISSUER}:443` }],
    ['with an empty issuer', true, { iss: '' }],
    ['of an error of another issuer', true, { iss: EVIL, error: 'access_denied' }],
    ['without its state', true, { iss: ISSUER, state: '' }],
    ['of another state', true, { iss: ISSUER, state: 'other' }],
    ['without a code', true, { iss: ISSUER, code: '' }],
  ]
  for (const [name, says, more] of foreign) {
    test(`N15: ${name} is refused before any code goes anywhere`, async () => {
      asked.length = 0
      const as = client(says)
      const pending = await as.authorizeUrl()
      const url = back(pending, more)
      for (const handed of [undefined, pending]) {
        await expect(as.callback(url, handed)).rejects.toBeInstanceOf(Unreadable)
      }
      expect(asked).toEqual([])
    })
  }

  test('N15: that names two states, codes or issuers is refused', async () => {
    const as = client()
    for (const name of ['state', 'code', 'iss']) {
      const pending = await as.authorizeUrl()
      const url = `${back(pending, { iss: ISSUER })}&${name}=other`
      await expect(as.callback(url, pending)).rejects.toThrow('repeated')
    }
  })

  test('N15: is taken once', async () => {
    asked.length = 0
    const as = client()
    const url = back(await as.authorizeUrl(), { iss: ISSUER })
    await as.callback(url)
    await expect(as.callback(url)).rejects.toBeInstanceOf(Unreadable)
    expect(asked).toHaveLength(1)
  })

  test('N15: the refusal of the right issuer is told as one', async () => {
    const as = client()
    const url = back(await as.authorizeUrl(), { iss: ISSUER, error: 'access_denied' })
    await expect(as.callback(url)).rejects.toBeInstanceOf(Refused)
  })
})

describe('a server of a dialect', () => {
  let server: Script
  let other: Script
  beforeAll(async () => {
    server = await startScript()
    other = await startScript()
  })
  afterAll(async () => {
    await server.close()
    await other.close()
  })

  const SECRET = 'a-secret-that-is-for-one-server'
  const clients = (more: object = {}) =>
    [standard, bolt, apimatic, cal, ultracart].map((dialect: Dialect) =>
      connect({
        dialect,
        url: server.origin,
        clientId: 'app',
        clientSecret: SECRET,
        redirectUri: RU,
        ...more,
      }),
    )

  const failures: Line[] = [
    { body: { error: 'invalid_grant' } },
    { body: { error: 'invalid_grant', error_description: 'no', access_token: null } },
    { body: { ok: false, error: 'invalid_grant' } },
    { body: { success: false, error: { error_code: 'x', user_message: 'no' } } },
    { body: { status: 'error', error: { code: 'Unauthorized', message: 'no' } } },
    { body: { access_token: '' } },
    { body: { access_token: 7 } },
    { body: { data: null } },
    { body: {} },
    { body: [] },
    { body: 'null' },
    { body: '' },
    { body: '<html>sign in</html>' },
    { status: 204 },
  ]
  test('W12: whatever comes with 200, without a token it is a failure', async () => {
    for (const client of clients()) {
      for (const line of failures) {
        server.play(line)
        const call = client.exchange({ code: 'c', scope: 'openid', codeVerifier: 'v' })
        const error = await call.then(
          (tokens) => tokens,
          (thrown: unknown) => thrown,
        )
        const isTyped = error instanceof Refused || error instanceof Unreadable
        expect(isTyped, `${client.connection.dialect.name} ${JSON.stringify([line, error])}`).toBe(
          true,
        )
      }
    }
  })

  test('W16: gets no secret over plain http', async () => {
    let asked = 0
    const fetch = () => Promise.resolve(Response.json(asked++))
    for (const url of ['http://as.test', 'http://10.0.0.1', 'http://127.0.0.1.evil.test']) {
      for (const client of clients({ url, fetch })) {
        const call = client.refresh({ refreshToken: 'r', scope: 'openid' })
        await expect(call).rejects.toThrow(TypeError)
      }
    }
    expect(asked).toBe(0)
  })

  test('W16: cannot send a secret on to another host', async () => {
    for (const client of clients({ retry: retrying({ initialMs: 1 }) })) {
      for (const status of [301, 302, 303, 307, 308]) {
        server.play({ status, headers: { location: `${other.origin}/token?${SECRET}` } })
        const call = client.refresh({ refreshToken: 'r', scope: 'openid' })
        await expect(call).rejects.toBeInstanceOf(Unreadable)
      }
    }
    expect(other.calls).toEqual([])
  })

  test('W16: of another dialect gets nothing: each client calls its own server alone', async () => {
    server.play(TOKENS)
    other.play(TOKENS)
    const one = connect({ dialect: bolt, url: server.origin, clientId: 'a', clientSecret: SECRET })
    const two = connect({ dialect: cal, url: other.origin, clientId: 'b', clientSecret: 'another' })
    await one.refresh({ refreshToken: 'r', scope: 'openid' }).catch(() => {})
    await two.refresh({ refreshToken: 'r' }).catch(() => {})
    expect([server.calls.length, other.calls.length]).toEqual([1, 1])
    expect(JSON.stringify(server.calls)).toContain(SECRET)
    expect(JSON.stringify(other.calls)).not.toContain(SECRET)
  })

  test('W16: that describes itself as another’s is left before anything is sent to it', async () => {
    server.play({ body: { ...WHAT, token_endpoint: `${server.origin}/token` } })
    await expect(discover(server.origin)).rejects.toBeInstanceOf(Unreadable)
    server.play({ body: { issuer: server.origin, token_endpoint: 'http://evil.test/token' } })
    await expect(discover(server.origin)).rejects.toBeInstanceOf(Unreadable)
  })
})
