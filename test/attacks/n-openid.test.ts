// Attacks, group N: what OpenID Connect says about people — ID tokens, userinfo, discovery, keys.

import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { createServer } from 'node:net'
import { DIALECTS } from '@patois/core'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { readConfiguration } from 'patois'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  type Answer,
  answerOf,
  authorizeParams,
  call,
  getCode,
  getTokens,
  logIn,
  newPkce,
  openBrowser,
  type TestBrowser,
  walk,
} from '../door/browser.ts'
import { OTHER_RESOURCE, PASSWORDS, RESOURCE, RU, SECRETS, USERS } from '../door/fixtures.ts'
import { sendRaw } from '../door/raw.ts'
import { checkAnswer, checkErrorRedirect, checkLog, checkPage, lastRequest } from '../door/rules.ts'
import { type ServerOptions, startServer, type TestServer } from '../door/server.ts'
import { introspect, isActive, openFolder, refresh, userinfo } from '../door/tokens.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
  await server.keys.ready('RS256')
})
afterEach(() => checkLog(server))
afterAll(() => server.close())

const getJson = async (
  url: string,
): Promise<{ headers: Headers; body: Record<string, unknown> }> => {
  const response = await fetch(url)
  expect(response.status).toBe(200)
  return { headers: response.headers, body: (await response.json()) as Record<string, unknown> }
}

const fetchJwks = async (from = server) =>
  (await getJson(from.url('/jwks'))).body as unknown as { keys: Record<string, unknown>[] }

/** What the configuration says about sections that somebody writes into the file. */
const faultsOf = (sections: Record<string, unknown>): string[] => {
  const tree = { issuer: 'https://id.test', ...sections }
  const text = JSON.stringify(tree)
  const read = readConfiguration({ text, env: {}, dev: false, dialects: DIALECTS })
  return read.ok ? [] : read.faults
}

const client = (more: Record<string, unknown>) => ({
  clients: [{ client_id: 'web', client_secret: SECRETS.web, redirect_uris: [RU], ...more }],
})

const HASHES: Readonly<Record<string, string>> = {
  RS256: 'sha256',
  ES256: 'sha256',
  EdDSA: 'sha512',
}

/** OIDC Core §3.1.3.6, for the algorithm that an ID token itself names. */
const halfHash = (idToken: string, token: string): string => {
  const digest = createHash(HASHES[decodeProtectedHeader(idToken).alg ?? ''] ?? '').update(token)
  const whole = digest.digest()
  return whole.subarray(0, whole.length / 2).toString('base64url')
}

/** Its claims, once its signature is right by the published keys. */
const readIdToken = async (idToken: string, alg: string): Promise<Record<string, unknown>> => {
  const keys = createLocalJWKSet((await fetchJwks()) as never)
  const currentDate = new Date(server.clock.now() * 1000)
  const { payload, protectedHeader } = await jwtVerify(idToken, keys, { currentDate })
  expect(protectedHeader).toEqual({ alg, typ: 'JWT', kid: expect.stringMatching(/^[\w-]{43}$/) })
  return payload
}

const ALGS: [client: string, alg: string][] = [
  ['cc', 'RS256'],
  ['jwt', 'RS256'],
  ['es', 'ES256'],
  ['ed', 'EdDSA'],
]

test.each(ALGS)(
  'N2: every claim of an ID token is right for %s, signed with %s',
  async (id, alg) => {
    const signedIn = server.clock.now()
    const { code, verifier } = await getCode(server, id, { nonce: 'n-0S6_WzA2Mj' })
    server.clock.advance(5)
    const redirect_uri = RU
    const exchange = {
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri,
    }
    const answer = await call(server, '/token', id, exchange)
    checkAnswer(answer, { status: 200 })
    const tokens = answer.body as Record<string, string>
    const { id_token = '', access_token = '', refresh_token = '' } = tokens
    const claims = await readIdToken(id_token, alg)
    // Neither azp (one audience) nor c_hash (no code beside it), nor claims of userinfo.
    expect(claims).toEqual({
      iss: server.issuer,
      sub: (await server.store.findUserByName('alice'))?.sub,
      aud: id,
      iat: signedIn + 5,
      exp: signedIn + 5 + 3600,
      auth_time: signedIn,
      nonce: 'n-0S6_WzA2Mj',
      sid: expect.stringMatching(/^[\w-]{22}$/),
      at_hash: halfHash(id_token, access_token),
    })

    server.clock.advance(10)
    const next = (await refresh(server, refresh_token, {}, id)).body as Record<string, string>
    const { nonce: _, sid: __, ...same } = claims
    expect(await readIdToken(next.id_token ?? '', alg)).toMatchObject({
      ...same,
      iat: signedIn + 15,
      exp: signedIn + 15 + 3600,
      at_hash: halfHash(next.id_token ?? '', next.access_token ?? ''),
    })
  },
)

test('N2: an ID token of the password grant has no session and the time of that call', async () => {
  const fields = { username: 'alice', password: PASSWORDS.alice ?? '', scope: 'openid' }
  const answer = await call(server, '/token', 'ropc', { grant_type: 'password', ...fields })
  checkAnswer(answer, { status: 200 })
  const idToken = String(answer.body.id_token)
  const now = server.clock.now()
  expect(await readIdToken(idToken, 'RS256')).toEqual({
    iss: server.issuer,
    sub: expect.any(String),
    aud: 'ropc',
    iat: now,
    exp: now + 3600,
    auth_time: now,
    at_hash: halfHash(idToken, String(answer.body.access_token)),
  })
})

test('N3: an ID token without a signature, or with one of less worth, cannot be registered', async () => {
  const bad = ['none', 'None', 'HS256', 'RS1', 'PS256', 'ES384', 'ES256 ', '', ['RS256']]
  for (const id_token_signed_response_alg of bad) {
    const [fault, ...others] = faultsOf(client({ id_token_signed_response_alg }))
    expect(fault).toMatch(/^clients\[0\]\.id_token_signed_response_alg: must be one of: /)
    expect(others).toEqual([])
  }
  for (const alg of ['RS256', 'ES256', 'EdDSA']) {
    expect(faultsOf(client({ id_token_signed_response_alg: alg }))).toEqual([])
  }
  const { body } = await getJson(server.url('/.well-known/openid-configuration'))
  expect(body.id_token_signing_alg_values_supported).toEqual(['RS256', 'ES256', 'EdDSA'])
  const algs = Object.entries(body).filter(([name]) => name.includes('signing_alg_values'))
  expect(algs.length).toBeGreaterThan(1)
  expect(JSON.stringify(algs)).not.toMatch(/"(none|HS\d+)"/i)
})

/** All that a caller hears of a token that is not good here. */
const checkBadToken = (answer: Answer): void => {
  checkAnswer(answer, { status: 401, error: 'invalid_token' })
  const { error_description } = answer.body
  const told = `Bearer error="invalid_token", error_description="${error_description}"`
  expect(answer.headers.get('www-authenticate')).toBe(told)
  expect(lastRequest(server)).toMatchObject({ operation: 'userinfo', decision: 'refused' })
}

const checkNoToken = (answer: Answer): void => {
  checkAnswer(answer, { status: 401 })
  expect(answer.body).toEqual({})
  expect(answer.headers.get('www-authenticate')).toBe('Bearer')
  expect(lastRequest(server).reason).toBe('token_missing')
}

const getUserinfo = (headers: Record<string, string | string[]>, query = ''): Promise<Answer> =>
  sendRaw(server, `/userinfo${query}`, { method: 'GET', headers })

test('N4: without a token userinfo names the scheme and says nothing else', async () => {
  checkNoToken(await getUserinfo({}))
  checkNoToken(await call(server, '/userinfo', undefined, {}))
  // A client's own proof is no token, and is not looked at.
  checkNoToken(await call(server, '/userinfo', 'cc', {}))
})

test('N4: a token that is malformed, unknown, of another kind or over is worth nothing', async () => {
  const browser = openBrowser()
  const tokens = await getTokens(server, 'cc', {}, browser)
  const { code } = await getCode(server, 'cc', {}, browser)
  const session = [...browser.cookies.values()].find((value) => value.startsWith('ps_')) ?? ''
  const kinds = [tokens.id_token ?? '', tokens.refresh_token, code, session]
  const odd = ['x', 'null', 'a.b.c', `${tokens.access_token}A`, `pa_${'A'.repeat(43)}`]
  for (const token of [...kinds, ...odd]) checkBadToken(await userinfo(server, token))
  checkAnswer(await userinfo(server, tokens.access_token), { status: 200 })

  const revoked = await getTokens(server, 'cc', {}, browser)
  await call(server, '/revoke', 'cc', { token: revoked.access_token })
  checkBadToken(await userinfo(server, revoked.access_token))
  expect(lastRequest(server).reason).toBe('token_revoked')
  server.clock.advance(3600)
  checkBadToken(await userinfo(server, tokens.access_token))
  expect(lastRequest(server).reason).toBe('token_expired')
})

test('N4: a token for somebody else, or about nobody, does not open userinfo', async () => {
  for (const resource of [RESOURCE, OTHER_RESOURCE]) {
    const elsewhere = await getTokens(server, 'cc', { resource, scope: 'api.read' })
    checkBadToken(await userinfo(server, elsewhere.access_token))
    expect(lastRequest(server).reason).toBe('audience_wrong')
  }
  const machine = { grant_type: 'client_credentials', scope: 'api.read' }
  for (const id of ['cc', 'jwt']) {
    const { access_token: own } = (await call(server, '/token', id, machine)).body
    const { access_token: plain } = await getTokens(server, id, { scope: 'api.read' })
    for (const token of [String(own), plain]) {
      const answer = await userinfo(server, token)
      checkAnswer(answer, { status: 403, error: 'insufficient_scope' })
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer error="insufficient_scope"/)
      expect(lastRequest(server).reason).toBe('openid_missing')
    }
  }
})

test('N5: a token in the query of userinfo is not read, and refused beside another', async () => {
  const { access_token } = await getTokens(server)
  const query = `?access_token=${access_token}`
  const authorization = `Bearer ${access_token}`
  for (const headers of [{}, { authorization }]) {
    for (const method of ['GET', 'POST']) {
      const answer = await sendRaw(server, `/userinfo${query}`, { method, headers })
      checkAnswer(answer)
      expect([400, 401]).toContain(answer.status)
      expect(lastRequest(server).decision).toBe('refused')
      expect(JSON.stringify(answer.body)).not.toContain('alice')
    }
  }
  checkAnswer(await userinfo(server, access_token), { status: 200 })
})

test('N6: userinfo answers GET and POST, header and body alike, about the same person', async () => {
  for (const id of ['cc', 'jwt']) {
    const { access_token, id_token = '' } = await getTokens(server, id)
    const authorization = `Bearer ${access_token}`
    const answers = [
      await getUserinfo({ authorization }),
      await getUserinfo({ authorization: `bEARER ${access_token}` }),
      await userinfo(server, access_token),
      await call(server, '/userinfo', undefined, { access_token }),
    ]
    const { sub } = decodeJwt(id_token)
    const claims = { name: 'Alice A', email: 'alice@example.org', email_verified: true }
    for (const answer of answers) {
      checkAnswer(answer, { status: 200 })
      expect(answer.body).toEqual({ sub, ...claims })
    }
    const [twice, mixed] = [
      await getUserinfo({ authorization: [authorization, authorization] }),
      await call(server, '/userinfo', undefined, { access_token }, { authorization }),
    ]
    expect(twice.status).toBeGreaterThanOrEqual(400)
    checkAnswer(mixed, { status: 400, error: 'invalid_request' })
  }
})

describe('with a file of users that changes', () => {
  let folder: ReturnType<typeof openFolder>
  let own: TestServer
  beforeAll(() => {
    folder = openFolder()
  })
  afterEach(() => checkLog(own))
  afterAll(async () => {
    await own?.close()
    folder.remove()
  })

  const load = async (users: Record<string, unknown>[]): Promise<void> => {
    const before = own
    await before?.close()
    const same = before && { port: before.port, masterKey: before.masterKey }
    const options: ServerOptions = { database: folder.database, configuration: { users }, ...same }
    own = await startServer({ ...options, ...(before && { now: before.clock.now() + 1 }) })
  }
  const subOf = (idToken = ''): string => String(decodeJwt(idToken).sub)
  const bobsTokens = () => getTokens(own, 'cc', {}, openBrowser(), 'bob')
  const [alice, bob] = USERS as [Record<string, unknown>, Record<string, unknown>]

  test('N7: userinfo says nothing about a user who was disabled or has left', async () => {
    await load([alice, bob])
    const tokens = await bobsTokens()
    const person = await own.store.findUserByName('bob')
    if (!person) throw new Error('no bob')
    const disabled = { ...person, disabledAt: own.clock.now() }
    await own.store.commit({ changes: [{ put: 'user', user: disabled }], events: [] })
    checkAnswer(await userinfo(own, tokens.access_token), { status: 401, error: 'invalid_token' })
    await own.store.commit({ changes: [{ put: 'user', user: person }], events: [] })
    checkAnswer(await userinfo(own, tokens.access_token), { status: 200 })
    await load([alice])
    checkAnswer(await userinfo(own, tokens.access_token), { status: 401, error: 'invalid_token' })
    expect(lastRequest(own).reason).toBe('token_revoked')
    expect((await introspect(own, tokens.access_token)).body).toEqual({ active: false })
    const late = await refresh(own, tokens.refresh_token)
    checkAnswer(late, { status: 400, error: 'invalid_grant' })
  })

  test('N18: a name that is given again is another person, who has nothing of the first', async () => {
    await load([alice, bob])
    const browser = openBrowser()
    const first = await getTokens(own, 'cc', {}, browser, 'bob')
    const friend = await getTokens(own)
    await load([alice])
    await load([alice, bob])
    const { verifier, challenge } = newPkce()
    const params = authorizeParams('cc', challenge, { prompt: 'none' })
    // Neither the session of the first one goes on, nor what that one allowed.
    const silent = await browser.get(own.url(`/authorize?${new URLSearchParams(params)}`))
    checkErrorRedirect(own, silent, 'login_required')
    const fresh = openBrowser()
    const login = await fresh.get(own.url('/login'))
    await logIn(own, fresh, login, 'bob')
    const asked = await fresh.get(own.url(`/authorize?${new URLSearchParams(params)}`))
    checkErrorRedirect(own, asked, 'consent_required')
    const page = await walk(own, fresh, authorizeParams('cc', challenge), 'bob')
    const second = await call(own, '/token', 'cc', {
      grant_type: 'authorization_code',
      code: answerOf(page).get('code') ?? '',
      code_verifier: verifier,
      redirect_uri: RU,
    })
    expect(subOf(String(second.body.id_token))).not.toBe(subOf(first.id_token))
    checkAnswer(await userinfo(own, first.access_token), { status: 401, error: 'invalid_token' })
    checkAnswer(await refresh(own, first.refresh_token), { status: 400, error: 'invalid_grant' })
    // Whoever stayed is who they were.
    expect(subOf((await getTokens(own)).id_token)).toBe(subOf(friend.id_token))
    checkAnswer(await userinfo(own, friend.access_token), { status: 200 })
  })

  test('N18: whoever returns under the sub of before is the same person, without a token', async () => {
    await load([alice, bob])
    const first = await bobsTokens()
    const sub = subOf(first.id_token)
    await load([alice])
    await load([alice, { ...bob, sub }])
    checkAnswer(await userinfo(own, first.access_token), { status: 401, error: 'invalid_token' })
    expect(subOf((await bobsTokens()).id_token)).toBe(sub)
    // Once said it need not be said again; another name does not make another person.
    await load([alice, bob])
    expect(subOf((await bobsTokens()).id_token)).toBe(sub)
  })

  test('N18: two users of the file cannot be one person, nor take a sub that is none', () => {
    const twice = faultsOf({
      users: [
        { ...alice, sub: 'x' },
        { ...bob, sub: 'x' },
      ],
    })
    expect(twice).toEqual(['users[1].sub: is used twice: x'])
    for (const sub of ['', ' ', 'a b', 'ü', 'x'.repeat(256), 'a\n', 7]) {
      const [fault] = faultsOf({ users: [{ ...alice, sub }] })
      expect(fault).toMatch(/^users\[0\]\.sub: must be /)
    }
  })
})

test.skip('N8: a pairwise sub is stable and differs by sector — every sub is public', () => {})

test('N8: what is not pairwise does not say that it were', async () => {
  const { body } = await getJson(server.url('/.well-known/openid-configuration'))
  expect(body.subject_types_supported).toEqual(['public'])
  for (const more of [
    { subject_type: 'pairwise' },
    { sector_identifier_uri: 'https://rp.test/sector' },
  ]) {
    const [name] = Object.keys(more)
    expect(faultsOf(client(more))).toEqual([`clients[0].${name}: is not a known key`])
  }
})

const HOSTS: Record<string, string>[] = [
  { host: 'evil.test' },
  { host: 'evil.test:443', 'x-forwarded-host': 'evil.test' },
  { 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'https', 'x-forwarded-port': '443' },
  { forwarded: 'host=evil.test;proto=https' },
  { 'x-original-host': 'evil.test', 'x-forwarded-prefix': '/evil', 'x-forwarded-server': 'evil' },
]

test.each(['', '/auth'])(
  'N9: discovery is the configured issuer’s, whatever a request says: %j',
  async (path) => {
    const configuration = { trusted_proxies: ['127.0.0.0/8'] }
    for (const own of [await startServer({ path }), await startServer({ path, configuration })]) {
      const places = ['openid-configuration', 'oauth-authorization-server']
      for (const place of places.map((name) => `/.well-known/${name}`)) {
        const { body } = await getJson(own.url(place))
        expect(body.issuer).toBe(own.issuer)
        expect(JSON.stringify(body)).not.toContain('evil')
        for (const [name, value] of Object.entries(body)) {
          if (!name.endsWith('_endpoint') && name !== 'jwks_uri') continue
          expect(value).toMatch(new RegExp(`^${own.issuer}/`))
        }
        for (const headers of HOSTS) {
          const answer = await sendRaw(own, place, { method: 'GET', headers })
          expect(answer.status).toBe(200)
          expect(answer.body).toEqual(body)
        }
      }
      const { id_token = '' } = await getTokens(own)
      expect(decodeJwt(id_token).iss).toBe(own.issuer)
      checkLog(own)
      await own.close()
    }
  },
)

test('N11: the key set has public halves only, each named once, and may be kept for a while', async () => {
  const { headers, body } = await getJson(server.url('/jwks'))
  expect(headers.get('cache-control')).toMatch(/^public, max-age=\d+$/)
  expect(headers.get('content-type')).toMatch(/^application\/json(;|$)/)
  expect(headers.get('access-control-allow-origin')).toBe('*')
  const keys = body.keys as Record<string, unknown>[]
  expect(Object.keys(body)).toEqual(['keys'])
  const members = { RS256: ['e', 'n'], ES256: ['crv', 'x', 'y'], EdDSA: ['crv', 'x'] }
  expect(keys.map(({ alg }) => alg).sort()).toEqual(Object.keys(members).sort())
  for (const { alg, ...jwk } of keys) {
    const own = members[alg as keyof typeof members]
    expect(Object.keys(jwk).sort()).toEqual([...own, 'kid', 'kty', 'use'].sort())
    expect(jwk.use).toBe('sig')
  }
  const kids = keys.map(({ kid }) => kid)
  expect(new Set(kids).size).toBe(kids.length)
  // A modulus of 2048 bits or more.
  const modulus = String(keys.find(({ kty }) => kty === 'RSA')?.n)
  expect(Buffer.from(modulus, 'base64url').length).toBeGreaterThanOrEqual(256)
})

const LIFETIMES = { key_rotation: 3600, key_publish_ahead: 300, access_token: 240, id_token: 240 }

test('N12: while keys change under load every token verifies with the key sets around it', async () => {
  const own = await startServer({ configuration: { lifetimes: LIFETIMES } })
  await own.keys.ready('RS256')
  let before = await fetchJwks(own)
  const kids = new Set<string | undefined>()
  const machine = { grant_type: 'client_credentials', scope: 'api.read' }
  for (let round = 0; round < 30; round++) {
    own.clock.advance(150)
    const now = own.clock.now()
    const asked = Array.from({ length: 20 }, () => call(own, '/token', 'jwt', machine))
    const [answers] = await Promise.all([Promise.all(asked), own.keys.tick(now)])
    const after = await fetchJwks(own)
    for (const answer of answers) {
      checkAnswer(answer, { status: 200 })
      const token = String(answer.body.access_token)
      kids.add(decodeProtectedHeader(token).kid)
      for (const keys of [before, after]) {
        const currentDate = new Date(now * 1000)
        await jwtVerify(token, createLocalJWKSet(keys as never), { currentDate })
      }
    }
    before = after
  }
  expect(kids.size).toBe(2)
  checkLog(own)
  await own.close()
})

test.skip('N12: every token of three rotations with every fitting key set — test/promises/keys.test.ts has it', () => {})

test('N13: an old key stays until its last token is over on a clock that is minutes behind', async () => {
  const own = await startServer({ configuration: { lifetimes: LIFETIMES } })
  await own.keys.ready('RS256')
  const start = own.clock.now()
  const isPublished = async (kid: unknown) => {
    await own.keys.tick(own.clock.now())
    return (await fetchJwks(own)).keys.some((jwk) => jwk.kid === kid)
  }
  const goTo = (at: number) => own.clock.advance(at - own.clock.now())
  goTo(start + 3600 - 300)
  expect(await isPublished('none')).toBe(false)
  goTo(start + 3599)
  const { id_token = '', access_token } = await getTokens(own, 'jwt')
  for (const token of [id_token, access_token]) {
    const { kid } = decodeProtectedHeader(token)
    const exp = Number(decodeJwt(token).exp)
    expect(exp).toBe(start + 3599 + 240)
    own.clock.advance(Math.max(0, exp + 300 - own.clock.now()))
    expect(await isPublished(kid)).toBe(true)
  }
  goTo(start + 3600 + 240 + 300)
  for (const token of [id_token, access_token])
    expect(await isPublished(decodeProtectedHeader(token).kid)).toBe(false)
  checkLog(own)
  await own.close()
})

const encode = (part: unknown): string =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')

test('N16: nothing in the header of a JWT makes us read a file, a row or an address', async () => {
  let visits = 0
  const canary = createServer((socket) => {
    visits++
    socket.destroy()
  })
  await new Promise<void>((done) => canary.listen(0, '127.0.0.1', done))
  const address = canary.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/jwks`
  const tokens = await getTokens(server, 'jwt')
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' })
  const kids = ['../../x', '/etc/passwd', '/dev/null', "' OR '1'='1", 'x\0', '', 7, null, {}]
  const headers: Record<string, unknown>[] = [
    ...[...kids, 'k'.repeat(10_240), '__proto__', 'constructor'].map((kid) => ({ kid })),
    { jku: url, kid: 'mine' },
    { x5u: url, kid: 'mine' },
    { jwk: { ...jwk, kid: 'mine' }, kid: 'mine' },
    { jwk },
    { jku: url },
    { crit: ['exp'] },
  ]
  const forged = (token: string, more: Record<string, unknown>): string[] => {
    const [, body = '', seal = ''] = token.split('.')
    const real = { ...decodeProtectedHeader(token), ...more }
    const head = encode({ ...real, alg: 'ES256' })
    const mine = sign('sha256', Buffer.from(`${head}.${body}`), {
      key: privateKey,
      dsaEncoding: 'ieee-p1363',
    })
    return [`${encode(real)}.${body}.${seal}`, `${head}.${body}.${mine.toString('base64url')}`]
  }
  const browser = openBrowser()
  await getCode(server, 'jwt', {}, browser)
  for (const more of headers) {
    for (const token of forged(tokens.access_token, more)) {
      checkBadToken(await userinfo(server, token))
      expect((await introspect(server, token, 'jwt')).body).toEqual({ active: false })
    }
    for (const id_token_hint of forged(tokens.id_token ?? '', more)) {
      await checkHint(browser, id_token_hint)
    }
  }
  expect(visits).toBe(0)
  expect(await isActive(server, tokens.access_token, 'jwt')).toBe(true)
  canary.close()
})

/** A hint that is not believed: an error at the client, and a question before signing out. */
const checkHint = async (browser: TestBrowser, id_token_hint: string): Promise<void> => {
  const params = authorizeParams('jwt', newPkce().challenge, { id_token_hint })
  const page = await browser.get(server.url(`/authorize?${new URLSearchParams(params)}`))
  checkErrorRedirect(server, page, 'invalid_request')
  expect(lastRequest(server).reason).toBe('hint_wrong')
  const question = await browser.get(
    server.url(`/logout?${new URLSearchParams({ id_token_hint })}`),
  )
  checkPage(question, { status: 200 })
  expect(question.text).toContain('name="csrf"')
}

describe('names and addresses', () => {
  const named = (username: unknown, more: Record<string, unknown> = {}) => ({
    username,
    password: 'a-password-1',
    ...more,
  })
  const withEmail = (username: string, email: unknown) => named(username, { claims: { email } })

  test('N17: names that are one name after normalisation are refused in the configuration', () => {
    const pairs = [
      ['alice', 'ALICE'],
      ['alice', 'ａｌｉｃｅ'],
      ['alice', ' alice '],
      ['anna@b.test', 'Anna@B.TEST'],
      ['anna@b.test', 'anna＠b.test'],
      ['josé', 'jose\u0301'],
      ['straße', 'STRAẞE'],
      ['kelvin', '\u212Aelvin'],
    ]
    for (const [one = '', other = ''] of pairs) {
      const faults = faultsOf({ users: [named(one), named(other)] })
      const folded = other.trim().normalize('NFKC').toLowerCase()
      expect(faults, other).toEqual([`users[1].username: is used twice: ${folded}`])
    }
    expect(faultsOf({ users: [named('anna'), named('ånna')] })).toEqual([])
  })

  test('N17: a name with what nobody can see in it is refused', () => {
    const bad = [
      '',
      ' ',
      '\u00A0',
      'a\u200Bb',
      'a\u202Eb',
      '\uFEFFalice',
      'a\u00ADb',
      'a\nb',
      'a\0',
      'a\u2028',
    ]
    for (const username of [...bad, 'x'.repeat(256), '\uD800']) {
      const [fault] = faultsOf({ users: [named(username)] })
      expect(fault, JSON.stringify(username)).toMatch(/^users\[0\]\.username: must be 1 to 255 /)
    }
  })

  test('N17: an email claim is one plain address, and one person’s', () => {
    const bad = [
      '',
      'a',
      '@b.test',
      'a@',
      'a@b@c',
      'a@b.com＠evil',
      'a＠b.test',
      'a@b.test,c@d.test',
    ]
    const worse = [
      'a@b.test;c@d.test',
      'a b@c.test',
      ' a@b.test',
      'A <a@b.test>',
      'a@b.test\n',
      '"a"@b',
    ]
    for (const email of [...bad, ...worse, 'a\u200B@b.test', `a@${'b'.repeat(320)}`, 7]) {
      const [fault] = faultsOf({ users: [withEmail('anna', email)] })
      expect(fault, JSON.stringify(email)).toMatch(/^users\[0\]\.claims\.email: must be /)
    }
    const twice = faultsOf({
      users: [withEmail('anna', 'Anna@B.test'), withEmail('bert', 'anna@b.TEST')],
    })
    expect(twice).toEqual(['users[1].claims.email: is used twice: anna@b.test'])
    for (const email of ['anna+x@b.test', "o'neill@b.test", 'anna@bücher.test', 'a@b'])
      expect(faultsOf({ users: [withEmail('anna', email)] }), email).toEqual([])
  })

  test('N17: whoever types a name another way is the same person', async () => {
    const { sub } = decodeJwt((await getTokens(server)).id_token ?? '')
    const password = PASSWORDS.alice ?? ''
    const grant = (username: string, secret: string) =>
      call(server, '/token', 'ropc', {
        grant_type: 'password',
        username,
        password: secret,
        scope: 'openid',
      })
    for (const username of ['ALICE', ' alice', 'ａlice', 'Alice\u00A0']) {
      const answer = await grant(username, password)
      checkAnswer(answer, { status: 200 })
      expect(decodeJwt(String(answer.body.id_token)).sub).toBe(sub)
      const browser = openBrowser()
      const page = await logIn(
        server,
        browser,
        await browser.get(server.url('/login')),
        username,
        password,
      )
      checkPage(page, { status: 303 })
    }
    for (const username of ['alice\u200B', 'al ice', 'аlice', 'alice@', 'alice,bob', 'alice\0']) {
      checkAnswer(await grant(username, password), { status: 400, error: 'invalid_grant' })
    }
  })
})

test.skip('N19: an upstream address that nobody verified links to no account — nothing is federated', () => {})
