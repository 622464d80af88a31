// Attacks, group E: who is calling at the token endpoint, and how the call is framed.

import {
  createHash,
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto'
import { createServer } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { nodeCrypto } from '../../packages/server/src/crypto.ts'
import { ASSERTION, assertAt, claimsFor, es256, jws, type Seal } from '../door/assertion.ts'
import { inBatches } from '../door/batches.ts'
import { type Answer, call, getCode, getTokens } from '../door/browser.ts'
import {
  CLIENTS,
  OTHER_RESOURCE,
  PASSWORDS,
  PK_PRIVATE,
  PK2_PRIVATE,
  RESOURCE,
  RU,
  SECRETS,
} from '../door/fixtures.ts'
import { sendRaw } from '../door/raw.ts'
import { checkAnswer, checkLog, lastRequest } from '../door/rules.ts'
import { startServer, type TestServer } from '../door/server.ts'
import { countRows, isActive, openFolder, refresh } from '../door/tokens.ts'

const FORM = 'application/x-www-form-urlencoded'
const THROTTLE_WINDOW = 15 * 60
const CC = { grant_type: 'client_credentials', scope: 'api.read' }

/** What callers sent that must not come back, nor be logged. */
const planted: string[] = []

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
// Failures are counted by client and network: each case starts with none.
beforeEach(() => server.clock.advance(THROTTLE_WINDOW + 1))
afterEach(() => checkLog(server, planted))
afterAll(() => server.close())

const basic = (id: string, secret: string): string => `Basic ${btoa(`${id}:${secret}`)}`

type Body = Record<string, string> | string

/** Sends a form without any proof but what the caller says. */
const post = (
  fields: Body,
  authorization?: string | string[],
  path = '/token',
  at = server,
): Promise<Answer> =>
  sendRaw(at, path, {
    headers: { 'content-type': FORM, ...(authorization && { authorization }) },
    body: new URLSearchParams(fields).toString(),
  })

/** One answer for every way of not being the client. */
const checkBadClient = (answer: Answer, at = server): void => {
  checkAnswer(answer, { status: 401, error: 'invalid_client' })
  expect(answer.body.error_description).toBe('Client authentication failed.')
  expect(answer.headers.get('www-authenticate')).toBe(`Basic realm="${at.issuer}"`)
}

const checkBadRequest = (answer: Answer, status = 400): void => {
  checkAnswer(answer, { status, error: 'invalid_request' })
  expect(answer.headers.get('www-authenticate')).toBeNull()
}

const HEADER = { alg: 'ES256', kid: 'pk-1' }

const claimsOf = (more: Record<string, unknown> = {}) => claimsFor(server, 'pk', more)

const assertion = (more: Record<string, unknown> = {}): string => jws(HEADER, claimsOf(more))

const assert = (client_assertion: string, more: Record<string, string> = {}, at = server) =>
  assertAt(at, client_assertion, more)

test('E2: a wrong, empty, foreign or padded secret is no proof', async () => {
  for (const client of ['cc', 'cp']) {
    const right = SECRETS[client] ?? ''
    const wrong = ['wrong', '', SECRETS.cc2 ?? '', right.slice(0, -1), right.toUpperCase()]
    wrong.push(`${right}\0`, `${right} `, ` ${right}`, `${right}\n`, right.repeat(200))
    for (const secret of wrong) {
      const answer =
        client === 'cc'
          ? await post(CC, basic(client, secret))
          : await post({ ...CC, client_id: client, client_secret: secret })
      checkBadClient(answer)
      expect(lastRequest(server)).toMatchObject({ clientId: client, decision: 'refused' })
    }
    checkAnswer(await call(server, '/token', client, CC), { status: 200 })
  }
})

test('E4: an unreadable Authorization header is no proof and no failure of ours', async () => {
  const unreadable = ['Bearer %', 'Basic %', 'Basic', 'Basic Og==', 'Negotiate x', 'Basic "cc"']
  const noColon = `Basic ${btoa('cc')}`
  const notUtf8 = `Basic ${Buffer.from([0xff, 0xfe, 0x3a, 0xff]).toString('base64')}`
  const tooLong = `Basic ${'QUFB'.repeat(4000)}`
  for (const header of [...unreadable, noColon, notUtf8, tooLong]) {
    checkBadClient(await post(CC, header))
    checkBadClient(await post({ ...CC, client_id: 'cc' }, header))
  }
})

test('E5: two proofs in one call are refused, even when both are right', async () => {
  const secret = SECRETS.cc ?? ''
  const asserted = { client_assertion: assertion(), client_assertion_type: ASSERTION }
  checkBadRequest(await post({ ...CC, client_secret: secret }, basic('cc', secret)))
  checkBadRequest(await post({ ...CC, client_secret: 'other' }, basic('cc', secret)))
  checkBadRequest(await post({ ...CC, ...asserted }, basic('pk', 'any')))
  checkBadRequest(await post({ ...CC, ...asserted, client_id: 'pk', client_secret: 'any' }))
  checkBadRequest(await post(CC, [basic('cc', secret), basic('cc2', SECRETS.cc2 ?? '')]))
})

test('E6: header and body must name one client', async () => {
  const header = basic('cc', SECRETS.cc ?? '')
  checkBadRequest(await post({ ...CC, client_id: 'cc2' }, header))
  checkAnswer(await post({ ...CC, client_id: 'cc' }, header), { status: 200 })
})

test('E7: a client proves itself only in the way it is registered for', async () => {
  const own = (id: string) => ({ client_id: id, client_secret: SECRETS[id] ?? 'any' })
  checkBadClient(await post({ ...CC, ...own('cc') }))
  checkBadClient(await post(CC, basic('cp', SECRETS.cp ?? '')))
  checkBadClient(await post({ ...CC, ...own('pk') }))
  checkBadClient(await post(CC, basic('pk', 'any')))
  const { refresh_token } = await getTokens(server, 'pub')
  const use = { grant_type: 'refresh_token', refresh_token }
  checkBadClient(await post({ ...use, ...own('pub') }))
  checkBadClient(await post(use, basic('pub', 'any')))
  checkBadClient(await assert(jws(HEADER, claimsOf({ iss: 'cc', sub: 'cc' }))))
  checkBadClient(await assert(jws(HEADER, claimsOf({ iss: 'pub', sub: 'pub' }))))
  checkAnswer(await refresh(server, refresh_token, {}, 'pub'), { status: 200 })
})

test('E8: the name alone is no proof of a confidential client, whatever it asks for', async () => {
  const { code, verifier } = await getCode(server)
  const tokens = await getTokens(server)
  const exchange = { grant_type: 'authorization_code', code, code_verifier: verifier }
  const asked: [string, Record<string, string>][] = [
    ['/token', { ...exchange, redirect_uri: RU }],
    ['/token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }],
    ['/token', CC],
    ['/revoke', { token: tokens.refresh_token }],
    ['/revoke', { token: tokens.access_token }],
    ['/introspect', { token: tokens.access_token }],
  ]
  for (const client_id of ['cc', 'cp', 'pk']) {
    for (const [path, fields] of asked) {
      checkBadClient(await post({ ...fields, client_id }, undefined, path))
      expect(lastRequest(server)).toMatchObject({
        clientId: client_id,
        reason: 'client_method_wrong',
      })
    }
  }
  const password = { grant_type: 'password', username: 'alice', password: PASSWORDS.alice ?? '' }
  checkBadClient(await post({ ...password, client_id: 'ropc' }))
  expect(await isActive(server, tokens.access_token)).toBe(true)
  checkAnswer(await refresh(server, tokens.refresh_token), { status: 200 })
  checkAnswer(await call(server, '/token', 'cc', { ...exchange, redirect_uri: RU }), {
    status: 200,
  })
})

test.skip('E8: the name alone is no proof at PAR and device — neither endpoint exists yet', () => {})

test('E9: secrets and tokens in the query are refused and logged nowhere', async () => {
  const names = ['client_secret', 'client_assertion', 'code', 'code_verifier', 'refresh_token']
  for (const name of [...names, 'password', 'token', 'access_token', 'client%5Fsecret']) {
    const canary = `canary-in-query-${randomUUID()}`
    planted.push(canary)
    for (const path of ['/token', '/revoke', '/introspect']) {
      const header = basic('cc', SECRETS.cc ?? '')
      checkBadRequest(await post({ ...CC, token: 'x' }, header, `${path}?${name}=${canary}`))
      expect(lastRequest(server).reason).toBe('secret_in_query')
    }
  }
  // The name of a client is no secret, but the query is not where it is read.
  checkBadClient(await post(CC, undefined, '/token?client_id=cc'))
})

test('E11: a JSON body where a form is read is refused', async () => {
  const json = JSON.stringify({ ...CC, client_id: 'cp', client_secret: SECRETS.cp })
  for (const type of ['application/json', 'application/json; charset=utf-8']) {
    const headers = { 'content-type': type }
    checkBadRequest(await sendRaw(server, '/token', { headers, body: json }), 415)
  }
  // The same bytes under the form's name are one odd parameter, not a client.
  const named = { 'content-type': FORM }
  checkBadRequest(await sendRaw(server, '/token', { headers: named, body: json }))
})

test('E12: a body of another type, charset or of two types is refused unread', async () => {
  const fields = { ...CC, client_id: 'cp', client_secret: SECRETS.cp ?? '' }
  const body = new URLSearchParams(fields).toString()
  const types = [
    `${FORM};charset=utf-7`,
    `${FORM}; charset=iso-8859-1`,
    `${FORM}; charset=utf-16`,
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/xml',
  ]
  for (const type of types) {
    const answer = await sendRaw(server, '/token', { headers: { 'content-type': type }, body })
    checkBadRequest(answer, 415)
  }
  checkBadRequest(await sendRaw(server, '/token', { body }), 415)
  const twice = { 'content-type': [FORM, FORM] }
  checkBadRequest(await sendRaw(server, '/token', { headers: twice, body }))
  for (const type of [`${FORM};charset=UTF-8`, `${FORM}; charset="utf-8"`]) {
    const answer = await sendRaw(server, '/token', { headers: { 'content-type': type }, body })
    checkAnswer(answer, { status: 200 })
  }
})

test('E12: a body that is not UTF-8 is refused, encoded or raw', async () => {
  const headers = { 'content-type': FORM }
  for (const body of ['grant_type=%ff', 'grant_type=%zz', Buffer.from('grant_type=\xff', 'latin1')])
    checkBadRequest(await sendRaw(server, '/token', { headers, body }))
})

test('E13: each parameter may come once, alike or not; only resource may repeat', async () => {
  const once = ['grant_type', 'client_id', 'client_secret', 'client_assertion', 'code', 'scope']
  once.push('client_assertion_type', 'redirect_uri', 'code_verifier', 'refresh_token')
  const proof = { client_id: 'cp', client_secret: SECRETS.cp ?? '' }
  const twice = async (path: string, name: string, values: readonly string[]) => {
    const sent = new URLSearchParams(path === '/token' ? { ...CC, ...proof } : proof)
    sent.delete(name)
    for (const value of values) sent.append(name, value)
    checkBadRequest(await post(sent.toString(), undefined, path))
    expect(lastRequest(server).reason).toBe('field_repeated')
  }
  for (const name of [...once, 'username', 'password']) {
    await twice('/token', name, ['same', 'same'])
    await twice('/token', name, ['', 'one'])
  }
  for (const path of ['/revoke', '/introspect']) {
    for (const name of ['token', 'token_type_hint', 'client_id', 'client_secret'])
      await twice(path, name, ['a', 'b'])
  }
  const resources = new URLSearchParams({ ...CC, ...proof, resource: RESOURCE })
  resources.append('resource', OTHER_RESOURCE)
  checkAnswer(await post(resources.toString()), { status: 200 })
})

test('E16: unknown, empty and foreign grant types are told apart', async () => {
  const ask = (client: string, grant_type: string) => call(server, '/token', client, { grant_type })
  for (const odd of ['urn:x', 'Authorization_Code', 'implicit', '__proto__', 'constructor', ' '])
    checkAnswer(await ask('cc', odd), { status: 400, error: 'unsupported_grant_type' })
  checkBadRequest(await ask('cc', ''))
  checkBadRequest(await call(server, '/token', 'cc', {}))
  const listed = { 'grant_type[]': 'client_credentials', 'grant_type[0]': 'client_credentials' }
  checkBadRequest(await call(server, '/token', 'cc', listed))
  const foreign: [string, string][] = [
    ['rs', 'authorization_code'],
    ['rs', 'refresh_token'],
    ['cc', 'password'],
    ['ropc', 'client_credentials'],
    ['pub', 'client_credentials'],
    ['pub', 'password'],
  ]
  for (const [client, grant] of foreign)
    checkAnswer(await ask(client, grant), { status: 400, error: 'unauthorized_client' })
})

test('E17: an assertion proves its client once', async () => {
  const used = assertion()
  checkAnswer(await assert(used), { status: 200 })
  checkBadClient(await assert(used))
  expect(lastRequest(server)).toMatchObject({ clientId: 'pk', reason: 'assertion_replayed' })
  // The same jti in another assertion is the same use.
  const jti = randomUUID()
  checkAnswer(await assert(assertion({ jti })), { status: 200 })
  checkBadClient(await assert(assertion({ jti, exp: server.clock.now() + 120 })))
})

test('E17: of 20 calls at once with one jti exactly one succeeds', async () => {
  const jti = randomUUID()
  const one = assertion({ jti })
  const calls = Array.from({ length: 20 }, (_, index) =>
    assert(index % 2 ? one : assertion({ jti, exp: server.clock.now() + 100 + index })),
  )
  const answers = await Promise.all(calls)
  const refused = answers.filter(({ status }) => status !== 200)
  expect(refused).toHaveLength(19)
  for (const answer of refused) checkBadClient(answer)
})

test('E17: a used jti is remembered through sweeps as long as its assertion could pass', async () => {
  const used = assertion()
  checkAnswer(await assert(used), { status: 200 })
  server.clock.advance(60 + 29)
  await server.store.sweep(server.clock.now(), 500)
  checkBadClient(await assert(used))
  expect(lastRequest(server).reason).toBe('assertion_replayed')
  server.clock.advance(1)
  await server.store.sweep(server.clock.now(), 500)
  checkBadClient(await assert(used))
  expect(lastRequest(server).reason).toBe('assertion_wrong')
})

test('E17: a used jti is remembered through a restart', async () => {
  const folder = openFolder()
  const options = { database: folder.database, now: server.clock.now() }
  const first = await startServer(options)
  const used = assertion({ aud: first.issuer })
  checkAnswer(await assert(used, {}, first), { status: 200 })
  await first.close()
  const { port, masterKey } = first
  const second = await startServer({ ...options, port, masterKey })
  checkBadClient(await assert(used, {}, second), second)
  checkLog(second)
  await second.close()
  folder.remove()
})

test('E18: an assertion without jti, exp, sub, iss or aud is no proof, one without iat is', async () => {
  for (const name of ['jti', 'exp', 'sub', 'iss', 'aud']) {
    checkBadClient(await assert(assertion({ [name]: undefined }), { client_id: 'pk' }))
    checkBadClient(await assert(assertion({ [name]: undefined })))
  }
  checkAnswer(await assert(assertion({ iat: undefined })), { status: 200 })
})

test('E18: claims of another type are no proof and no failure of ours', async () => {
  const soon = server.clock.now() + 60
  const odd: Record<string, readonly unknown[]> = {
    jti: ['', 7, null, {}, ['x']],
    exp: [String(soon), soon + 0.5, null, 1e300, -1, {}],
    iat: ['now', null, {}],
    nbf: ['now', null],
    sub: ['', 7, true, null, {}, ['pk'], { sub: 'pk' }],
    iss: ['', 7, null, ['pk']],
    aud: ['', 7, null, [], {}, [server.issuer, 7], 'https://evil.test'],
  }
  for (const [name, values] of Object.entries(odd)) {
    for (const value of values) {
      checkBadClient(await assert(assertion({ [name]: value }), { client_id: 'pk' }))
      checkBadClient(await assert(assertion({ [name]: value })))
    }
    server.clock.advance(THROTTLE_WINDOW + 1)
  }
})

test('E19: an assertion that is over, lives too long or comes from the future is no proof', async () => {
  const now = server.clock.now()
  const wrong: Record<string, unknown>[] = [
    { exp: now - 300 },
    { exp: now - 31 },
    { exp: now + 10 * 365 * 86_400 },
    { exp: now + 3700 },
    { nbf: now + 61 },
    { iat: now + 61 },
    { iat: now - 86_400 },
  ]
  for (const claims of wrong) checkBadClient(await assert(assertion(claims)))
})

test('E20: a clock that is a little ahead is borne', async () => {
  const now = server.clock.now()
  for (const claims of [{ nbf: now + 8 }, { iat: now + 8 }, { exp: now - 8 }, { exp: now + 3600 }])
    checkAnswer(await assert(assertion(claims)), { status: 200 })
  for (const aud of [server.url('/token'), [server.issuer], ['https://a.test', server.issuer]])
    checkAnswer(await assert(assertion({ aud })), { status: 200 })
  checkAnswer(await assert(jws({ alg: 'ES256' }, claimsOf())), { status: 200 })
})

test('E22: no signature, a public key as HMAC secret and foreign keys prove nothing', async () => {
  const none: Seal = () => new Uint8Array(0)
  for (const alg of ['none', 'None', 'nOnE', ''])
    checkBadClient(await assert(jws({ alg, kid: 'pk-1' }, claimsOf(), none)))
  checkBadClient(await assert(jws(HEADER, claimsOf(), none)))
  const key = createPublicKey(PK_PRIVATE)
  const jwk = CLIENTS.find(({ client_id }) => client_id === 'pk')?.jwks as { keys: object[] }
  const secrets = [
    JSON.stringify(jwk.keys[0]),
    JSON.stringify(jwk),
    key.export({ format: 'pem', type: 'spki' }),
    key.export({ format: 'der', type: 'spki' }),
  ]
  for (const secret of secrets) {
    const hmac: Seal = (data) => createHmac('sha256', secret).update(data).digest()
    for (const kid of ['pk-1', undefined])
      checkBadClient(await assert(jws({ alg: 'HS256', kid }, claimsOf(), hmac)))
  }
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const rs256: Seal = (data) => sign('sha256', Buffer.from(data), rsa)
  checkBadClient(await assert(jws({ alg: 'RS256', kid: 'pk-1' }, claimsOf(), rs256)))
  checkBadClient(await assert(jws({ ...HEADER, kid: '../../x' }, claimsOf())))
  // Both numbers zero: what some verifiers took for a signature of anything.
  checkBadClient(await assert(jws(HEADER, claimsOf(), () => new Uint8Array(64))))
  const der: Seal = (data) => sign('sha256', Buffer.from(data), PK_PRIVATE)
  checkBadClient(await assert(jws(HEADER, claimsOf(), der)))
})

test('E22: either of two keys without names proves the client, and a third does not', async () => {
  const third = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const claims = { iss: 'pk2', sub: 'pk2' }
  const by = (key: KeyObject) => jws({ alg: 'ES256' }, { ...claimsOf(claims) }, es256(key))
  for (const key of PK2_PRIVATE) checkAnswer(await assert(by(key)), { status: 200 })
  checkBadClient(await assert(by(third)))
})

test('E22: a key that the assertion brings or points to is never used or fetched', async () => {
  let visits = 0
  const canary = createServer(() => visits++)
  await new Promise<void>((done) => canary.listen(0, '127.0.0.1', done))
  const address = canary.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const link = `http://127.0.0.1:${port}/keys`
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' })
  const x5c = [publicKey.export({ format: 'der', type: 'spki' }).toString('base64')]
  for (const kid of ['pk-1', 'mine', undefined]) {
    for (const brought of [{ jwk }, { jku: link }, { x5u: link }, { x5c }]) {
      const header = { alg: 'ES256', kid, ...brought }
      checkBadClient(await assert(jws(header, claimsOf(), es256(privateKey))))
    }
  }
  expect(visits).toBe(0)
  canary.close()
})

test('E23: an assertion that is not what it seems is refused quickly', async () => {
  const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`
  const odd = ['null', '[]', '"x"', '7', '', '{', deep, `{"sub":${deep}}`]
  const whole = odd.flatMap((part) => [jws(part, claimsOf()), jws(HEADER, part)])
  const pieces = ['', '.', '..', '...', 'a.b', 'a.b.c', 'a.b.c.d.e', '%00.%00.%00', '{}']
  for (const text of [...whole, ...pieces, assertion({ pad: 'x'.repeat(20_000) })]) {
    // Without an assertion and a secret, the name alone is left: also no proof.
    checkBadClient(await assert(text, { client_id: 'pk' }))
    checkBadClient(await assert(text))
  }
  const huge = assertion({ pad: 'x'.repeat(5_000_000) })
  const answer = await assert(huge)
  checkAnswer(answer, { status: 413, error: 'invalid_request' })
})

test('E24: a critical header that nobody knows is refused', async () => {
  for (const crit of [['exp'], ['b64'], ['http://x.test/critical'], [], 'exp', null]) {
    const header = { ...HEADER, crit, exp: 1, b64: false, 'http://x.test/critical': true }
    checkBadClient(await assert(jws(header, claimsOf())))
  }
})

test('E25: issuer, subject and client_id must all name the client', async () => {
  checkBadClient(await assert(assertion({ iss: 'cc2' })))
  checkBadClient(await assert(assertion({ sub: 'cc2' })))
  checkBadClient(await assert(assertion({ sub: 'cc2' }), { client_id: 'pk' }))
  checkBadClient(await assert(assertion({ iss: 'cc2', sub: 'cc2' })))
  checkBadClient(await assert(assertion({ iss: server.issuer })))
  checkBadClient(await assert(assertion(), { client_id: 'cc2' }))
  checkBadClient(await assert(assertion(), { client_id: 'pub' }))
  checkAnswer(await assert(assertion(), { client_id: 'pk' }), { status: 200 })
})

test('E26: an assertion needs its type, and the type its assertion', async () => {
  const saml = 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer'
  for (const client_assertion_type of [saml, ASSERTION.toUpperCase(), `${ASSERTION} `, ''])
    checkBadClient(await assert(assertion(), { client_assertion_type }))
  checkBadClient(await post({ ...CC, client_id: 'pk', client_assertion: assertion() }))
  checkBadClient(await post({ ...CC, client_id: 'pk', client_assertion_type: ASSERTION }))
})

test('E29: certificates in headers of a stranger are ignored', async () => {
  const certificate = encodeURIComponent(
    '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
  )
  for (const name of ['x-ssl-client-cert', 'x_ssl_client_cert', 'x-forwarded-client-cert']) {
    const headers = { 'content-type': FORM, [name]: certificate, 'x-ssl-client-verify': 'SUCCESS' }
    const body = new URLSearchParams({ ...CC, client_id: 'cc' }).toString()
    checkBadClient(await sendRaw(server, '/token', { headers, body }))
    const right = await call(server, '/token', 'cc', CC, { [name]: certificate })
    checkAnswer(right, { status: 200 })
  }
})

/** The first so many wrong tries are told apart from the rest, which must wait. */
const checkGuesses = (answers: readonly Answer[], borne: number, at: TestServer): void => {
  const held = answers.filter(({ status }) => status === 429)
  expect(answers.length - held.length).toBe(borne)
  for (const answer of answers.filter(({ status }) => status !== 429)) checkBadClient(answer, at)
  for (const answer of held) {
    checkAnswer(answer, { status: 429, error: 'temporarily_unavailable' })
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(Number(answer.headers.get('retry-after'))).toBeLessThanOrEqual(THROTTLE_WINDOW)
  }
}

test('E30: who guesses a secret waits after 50 tries, who knows it never', async () => {
  const configuration = { trusted_proxies: ['127.0.0.1/32'] }
  const own = await startServer({ configuration })
  const guess = (client: string, address: string) =>
    call(own, '/token', undefined, CC, {
      authorization: basic(client, randomUUID()),
      'x-forwarded-for': address,
    })
  const knows = async (client: string, address: string) =>
    checkAnswer(await call(own, '/token', client, CC, { 'x-forwarded-for': address }), {
      status: 200,
    })

  checkGuesses(await inBatches(300, () => guess('cc', '203.0.113.7')), 50, own)
  await knows('cc', '203.0.113.7')
  await knows('cc', '203.0.113.8')
  const many = (index: number) => guess('cc2', `10.1.${index >> 8}.${index & 255}`)
  checkGuesses(await inBatches(300, many), 50, own)
  await knows('cc2', '10.1.0.1')
  await knows('cp', '10.1.0.1')

  own.clock.advance(THROTTLE_WINDOW)
  checkBadClient(await guess('cc', '203.0.113.7'), own)
  checkLog(own)
  await own.close()
})

test('E30: a network that tries many names of clients waits after 300 tries', async () => {
  const own = await startServer()
  const guess = (index: number) =>
    call(own, '/token', undefined, CC, {
      authorization: basic(`name-${index}`, 'secret'),
      // Nobody trusts this peer, so its word does not move it to another network.
      'x-forwarded-for': `10.2.${index >> 8}.${index & 255}`,
    })
  checkGuesses(await inBatches(330, guess), 300, own)
  checkAnswer(await call(own, '/token', 'cc', CC), { status: 200 })
  checkLog(own)
  await own.close()
})

test('E31: the work does not depend on where a secret is wrong', async () => {
  const right = SECRETS.cc ?? ''
  const work = async (secret: string) => {
    const sha256 = vi.spyOn(nodeCrypto, 'sha256')
    const equal = vi.spyOn(nodeCrypto, 'equal')
    checkBadClient(await post(CC, basic('cc', secret)))
    const done = { hashed: sha256.mock.calls.length, compared: equal.mock.calls.length }
    // What is compared is of one length, whatever was sent.
    for (const [a, b] of equal.mock.calls) expect([a.length, b.length]).toEqual([32, 32])
    vi.restoreAllMocks()
    return done
  }
  const first = await work(`x${right.slice(1)}`)
  expect(first).toEqual({ hashed: 1, compared: 2 })
  expect(await work(`${right.slice(0, -1)}x`)).toEqual(first)
  expect(await work('x')).toEqual(first)
})

test('E32: a client that does not exist costs the same work as one that does', async () => {
  const work = async (client: string, secret: string) => {
    const sha256 = vi.spyOn(nodeCrypto, 'sha256')
    const equal = vi.spyOn(nodeCrypto, 'equal')
    const commit = vi.spyOn(server.store, 'commit')
    checkBadClient(await post(CC, basic(client, secret)))
    const done = {
      hashed: sha256.mock.calls.length,
      compared: equal.mock.calls.length,
      written: commit.mock.calls.map(([{ changes, events }]) => [changes.length, events.length]),
    }
    vi.restoreAllMocks()
    return done
  }
  const known = await work('cc', 'wrong')
  expect(known).toEqual({ hashed: 1, compared: 2, written: [[0, 1]] })
  for (const client of ['nobody', 'pk', 'pub', 'cp', 'x'.repeat(100)])
    expect(await work(client, 'wrong'), client).toEqual(known)
})

test('E32: failed proofs are kept as events, but nobody fills the table with them', async () => {
  const own = await startServer()
  const guess = (index: number) =>
    call(own, '/token', undefined, CC, { authorization: basic(`name-${index}`, 'secret') })
  const kept = () => countRows(own, 'events', "type = 'client_authentication'")
  await inBatches(400, guess)
  expect(kept()).toBe(300)
  // The first of somebody else is kept as soon as there is room again, 3 s later.
  own.clock.advance(6)
  checkBadClient(await post(CC, basic('cc', 'wrong'), '/token', own), own)
  expect(kept()).toBe(301)
  await own.close()
})

test('E33: after the file changed a secret only the new one passes', async () => {
  const folder = openFolder()
  const first = await startServer({ database: folder.database })
  const old = basic('cc', SECRETS.cc ?? '')
  checkAnswer(await post(CC, old, '/token', first), { status: 200 })
  await first.close()
  const next = 'cc-second-secret-0123456789-0123456789'
  const clients = CLIENTS.map((one) =>
    one.client_id === 'cc' ? { ...one, client_secret: next } : one,
  )
  const { port, masterKey } = first
  const { database } = folder
  const second = await startServer({ database, port, masterKey, configuration: { clients } })
  checkBadClient(await post(CC, old, '/token', second), second)
  checkAnswer(await post(CC, basic('cc', next), '/token', second), { status: 200 })
  checkLog(second, [next])
  await second.close()
  folder.remove()
})

const OLD = 'turning-old-secret-0123456789-0123456789'
const NEW = 'turning-new-secret-0123456789-0123456789'
const hashOf = (secret: string) => `sha256:${createHash('sha256').update(secret).digest('hex')}`

/** A server with a client whose secret is being replaced: the old one is good for an hour more. */
const startTurning = async () => {
  planted.push(OLD, NEW)
  const now = Math.floor(Date.now() / 1000)
  const expires_at = new Date((now + 3600) * 1000).toISOString()
  const client = {
    client_id: 'turning',
    client_secrets: [{ client_secret: NEW }, { client_secret_hash: hashOf(OLD), expires_at }],
    grant_types: ['client_credentials'],
    scope: 'api.read',
  }
  return startServer({ now, configuration: { clients: [...CLIENTS, client] } })
}

test('E33: two secrets side by side prove the client, the old one until its end', async () => {
  const own = await startTurning()
  const as = (secret: string) => post(CC, basic('turning', secret), '/token', own)
  for (const secret of [OLD, NEW]) checkAnswer(await as(secret), { status: 200 })
  checkBadClient(await as('neither'), own)
  own.clock.advance(3599)
  checkAnswer(await as(OLD), { status: 200 })
  own.clock.advance(1)
  checkBadClient(await as(OLD), own)
  expect(lastRequest(own)).toMatchObject({ clientId: 'turning', reason: 'client_secret_expired' })
  checkBadClient(await as('neither'), own)
  expect(lastRequest(own).reason).toBe('client_secret_wrong')
  checkAnswer(await as(NEW), { status: 200 })
  checkLog(own, planted)
  await own.close()
})

test('E33: whichever of two secrets it is, the work is that of a client with one or none', async () => {
  const own = await startTurning()
  const work = async (client: string, secret: string) => {
    const sha256 = vi.spyOn(nodeCrypto, 'sha256')
    const equal = vi.spyOn(nodeCrypto, 'equal')
    // A grant that the client may not use: nothing but its proof is worked on.
    await post({ grant_type: 'refresh_token' }, basic(client, secret), '/token', own)
    const done = { hashed: sha256.mock.calls.length, compared: equal.mock.calls.length }
    vi.restoreAllMocks()
    return done
  }
  for (const secret of [NEW, OLD, 'neither'])
    expect(await work('turning', secret)).toEqual({ hashed: 1, compared: 2 })
  expect(await work('nobody', OLD)).toEqual({ hashed: 1, compared: 2 })
  await own.close()
})

test('E33: both secrets lie in the database as hashes only', async () => {
  const own = await startTurning()
  const which = "id = 'turning' AND (proof LIKE '%turning-%' OR proof NOT LIKE"
  expect(countRows(own, 'clients', `${which} '%${hashOf(OLD).slice(7)}%')`)).toBe(0)
  expect(countRows(own, 'clients', `${which} '%${hashOf(NEW).slice(7)}%')`)).toBe(0)
  expect(countRows(own, 'clients', "id = 'turning'")).toBe(1)
  await own.close()
})
