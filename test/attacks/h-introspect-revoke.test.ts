// Attacks, group H: introspection and revocation.

import { createHash, createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { type Store, Unavailable } from '@patois/core'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { nodeCrypto } from '../../packages/server/src/crypto.ts'
import { inBatches } from '../door/batches.ts'
import { type Answer, call, getCode, getTokens, openBrowser } from '../door/browser.ts'
import { CLIENTS, OTHER_RESOURCE, RESOURCE, RU, SECRETS } from '../door/fixtures.ts'
import { sendRaw } from '../door/raw.ts'
import { checkAnswer, checkLog, checkPage, lastRequest } from '../door/rules.ts'
import { startServer, type TestServer } from '../door/server.ts'
import { databaseOf, introspect, isActive, refresh, revoke, userinfo } from '../door/tokens.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterEach(() => checkLog(server))
afterAll(() => server.close())

/** All that anybody hears about a token that is none of its business, or dead. */
const checkInactive = (answer: Answer): void => {
  checkAnswer(answer, { status: 200 })
  expect(answer.body).toEqual({ active: false })
  expect(answer.headers.get('content-type')).toMatch(/^application\/json(;|$)/)
}

const checkRevoked = (answer: Answer): void => {
  checkAnswer(answer, { status: 200 })
  expect(answer.body).toEqual({})
}

const checkBadClient = (answer: Answer): void => {
  checkAnswer(answer, { status: 401, error: 'invalid_client' })
  expect(answer.headers.get('www-authenticate')).toBe(`Basic realm="${server.issuer}"`)
}

/** A client's own token, of nobody's sign-in. */
const ownToken = async (client = 'cc', more: Record<string, string> = {}): Promise<string> => {
  const fields = { grant_type: 'client_credentials', scope: 'api.read', ...more }
  const answer = await call(server, '/token', client, fields)
  checkAnswer(answer, { status: 200 })
  return String(answer.body.access_token)
}

test('H1: a caller without credentials may not introspect', async () => {
  const { access_token: token } = await getTokens(server)
  checkBadClient(await call(server, '/introspect', undefined, { token }))
  const bearer = { authorization: `Bearer ${token}` }
  checkBadClient(await call(server, '/introspect', undefined, { token }, bearer))
  checkBadClient(await introspect(server, token, 'pub'))
  checkBadClient(await introspect(server, token, 'nat'))
  const open = await getTokens(server, 'pub')
  checkBadClient(await introspect(server, open.access_token, 'pub'))
  checkBadClient(await call(server, '/introspect', undefined, { token, client_id: 'cc' }))
  checkBadClient(await call(server, '/revoke', undefined, { token }))
  const missing = await call(server, '/introspect', 'cc', {})
  checkAnswer(missing, { status: 400, error: 'invalid_request' })
  expect(await isActive(server, token)).toBe(true)
})

test('H2: a resource server learns of tokens for itself only', async () => {
  const mine = await getTokens(server, 'cc', { resource: RESOURCE })
  const others = await getTokens(server, 'cc', { resource: OTHER_RESOURCE })
  const none = await getTokens(server)
  for (const token of [others.access_token, none.access_token, await ownToken('cc2')])
    checkInactive(await introspect(server, token, 'rs'))
  for (const token of [mine.refresh_token, others.refresh_token])
    checkInactive(await introspect(server, token, 'rs'))
  for (const { access_token } of [mine, others, none])
    checkInactive(await introspect(server, access_token, 'cc2'))
  const seen = await introspect(server, mine.access_token, 'rs')
  checkAnswer(seen, { status: 200 })
  expect(seen.body).toMatchObject({ active: true, client_id: 'cc', iss: server.issuer })
  expect(seen.body.aud).toEqual([RESOURCE, server.issuer])
})

test('H2: a client that is named for a resource learns of its tokens, and only of these', async () => {
  const clients = CLIENTS.map((one) =>
    one.client_id === 'cc2' ? { ...one, introspects: [OTHER_RESOURCE] } : one,
  )
  const own = await startServer({ configuration: { clients } })
  const tokens = await getTokens(own, 'cc', { resource: OTHER_RESOURCE })
  const guarded = await getTokens(own, 'cc', { resource: RESOURCE })
  expect(await isActive(own, tokens.access_token, 'cc2')).toBe(true)
  checkInactive(await introspect(own, tokens.refresh_token, 'cc2'))
  checkInactive(await introspect(own, guarded.access_token, 'cc2'))
  checkInactive(await introspect(own, tokens.access_token, 'rs'))
  checkLog(own)
  await own.close()
})

test('H2: whoever asks for a signed answer gets the same plain one', async () => {
  const accept = { accept: 'application/token-introspection+jwt' }
  const { access_token: token } = await getTokens(server, 'cc', { resource: OTHER_RESOURCE })
  checkInactive(await call(server, '/introspect', 'rs', { token }, accept))
})

test('H2: the answer about an own token says all of it and nothing more', async () => {
  const tokens = await getTokens(server)
  const now = server.clock.now()
  const { body } = await introspect(server, tokens.access_token)
  const common = {
    active: true,
    iss: server.issuer,
    sub: expect.any(String),
    client_id: 'cc',
    scope: 'openid profile email offline_access api.read',
    iat: now,
    username: 'alice',
  }
  const access = { aud: server.issuer, token_type: 'Bearer', exp: now + 3600, auth_time: now }
  expect(body).toEqual({ ...common, ...access })
  const long = await introspect(server, tokens.refresh_token)
  expect(long.body).toEqual({ ...common, exp: now + 30 * 86_400 })
})

const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url')

/** Access tokens that look like ours, made from one of ours without our key. */
const forgeries = (jwt: string): string[] => {
  const [head = '', body = '', seal = ''] = jwt.split('.')
  const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, string>
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const foreign = `${head}.${body}`
  const signature = sign('sha256', Buffer.from(foreign), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
  })
  const hs = `${encode({ ...header, alg: 'HS256' })}.${body}`
  return [
    `${encode({ ...header, alg: 'none' })}.${body}.`,
    `${encode({ ...header, alg: 'none' })}.${body}.${seal}`,
    `${hs}.${createHmac('sha256', JSON.stringify(header)).update(hs).digest('base64url')}`,
    `${foreign}.${signature.toString('base64url')}`,
    `${foreign}.${Buffer.alloc(64).toString('base64url')}`,
    `${head}.${encode({ ...claims, sub: 'somebody' })}.${seal}`,
    `${encode({ ...header, typ: 'JWT' })}.${body}.${seal}`,
    `${encode({ ...header, kid: '../../x' })}.${body}.${seal}`,
    `${jwt}A`,
    `${jwt}=`,
    `${jwt}.${seal}`,
    `${head}.${body}`,
    ` ${jwt}`,
  ]
}

test('H3: what is not a living token of ours is inactive, and nothing else is said', async () => {
  const browser = openBrowser()
  const tokens = await getTokens(server, 'cc', {}, browser)
  const { code } = await getCode(server, 'cc', {}, browser)
  const session = [...browser.cookies.values()].find((value) => value.startsWith('ps_')) ?? ''
  expect(session).not.toBe('')
  const random = (mark: string) => mark + randomBytes(32).toString('base64url')
  const garbage = ['x', 'null', '{}', 'a.b.c', '%00', 'x'.repeat(20_000), `${'a.'.repeat(9000)}b`]
  const unknown = [random('pa_'), random('pr_'), 'pa_'.padEnd(46, '_'), 'pr_'.padEnd(46, '-')]
  const kinds = [tokens.id_token ?? '', code, session]
  const changed = [`${tokens.access_token}A`, tokens.access_token.toLowerCase()]
  for (const token of [...garbage, ...unknown, ...kinds, ...changed])
    checkInactive(await introspect(server, token))

  const jwt = await ownToken('jwt')
  expect(await isActive(server, jwt, 'jwt')).toBe(true)
  for (const token of forgeries(jwt)) checkInactive(await introspect(server, token, 'jwt'))
})

test('H3: tokens of another issuer with the same clients and users are inactive', async () => {
  const other = await startServer()
  const theirs = await getTokens(other, 'jwt')
  const opaque = await getTokens(other)
  for (const token of [theirs.access_token, theirs.refresh_token])
    checkInactive(await introspect(server, token, 'jwt'))
  for (const token of [opaque.access_token, opaque.refresh_token])
    checkInactive(await introspect(server, token))
  checkLog(other)
  await other.close()
})

test('H3: expired, revoked and spent tokens are inactive', async () => {
  const tokens = await getTokens(server)
  const jwt = await getTokens(server, 'jwt')
  const next = await refresh(server, tokens.refresh_token)
  checkAnswer(next, { status: 200 })
  checkInactive(await introspect(server, tokens.refresh_token))
  server.clock.advance(3599)
  expect(await isActive(server, tokens.access_token)).toBe(true)
  expect(await isActive(server, jwt.access_token, 'jwt')).toBe(true)
  server.clock.advance(1)
  checkInactive(await introspect(server, tokens.access_token))
  checkInactive(await introspect(server, jwt.access_token, 'jwt'))
  const last = String(next.body.refresh_token)
  checkRevoked(await revoke(server, last))
  checkInactive(await introspect(server, last))
})

test('H4: active is a boolean', async () => {
  const { access_token, refresh_token } = await getTokens(server)
  for (const token of [access_token, refresh_token, await ownToken()]) {
    const { body } = await introspect(server, token)
    expect(body.active).toBe(true)
  }
  const { body } = await introspect(server, 'x')
  expect(body.active).toBe(false)
})

test('H5: a wrong hint about the kind of a token misleads nobody', async () => {
  const hints = ['access_token', 'refresh_token', 'id_token', 'nonsense', '']
  for (const token_type_hint of hints) {
    const more = { token_type_hint }
    const tokens = await getTokens(server)
    const jwt = await getTokens(server, 'jwt')
    for (const token of [tokens.access_token, tokens.refresh_token]) {
      const { body } = await introspect(server, token, 'cc', more)
      expect(body.active).toBe(true)
      checkRevoked(await revoke(server, token, 'cc', more))
      checkInactive(await introspect(server, token, 'cc', more))
    }
    const seen = await introspect(server, jwt.access_token, 'jwt', more)
    expect(seen.body.active).toBe(true)
    checkRevoked(await revoke(server, jwt.access_token, 'jwt', more))
    checkInactive(await introspect(server, jwt.access_token, 'jwt', more))
  }
})

test('H6: a token in the query is not read, neither by GET nor by POST', async () => {
  const token = await ownToken()
  const authorization = `Basic ${btoa(`cc:${SECRETS.cc}`)}`
  for (const path of ['/introspect', '/revoke']) {
    const sent = `${path}?token=${token}`
    const got = await sendRaw(server, sent, { method: 'GET', headers: { authorization } })
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST'])
    const posted = await sendRaw(server, sent, { headers: { authorization } })
    checkAnswer(posted, { status: 400, error: 'invalid_request' })
    expect(lastRequest(server).reason).toBe('secret_in_query')
  }
  expect(await isActive(server, token)).toBe(true)
})

test('H8: guesses at a token cost the same work, whether its row exists or not', async () => {
  const { access_token, refresh_token } = await getTokens(server)
  const work = async (token: string): Promise<number> => {
    const sha256 = vi.spyOn(nodeCrypto, 'sha256')
    checkInactive(await introspect(server, token, 'cc2'))
    const hashed = sha256.mock.calls.length
    vi.restoreAllMocks()
    return hashed
  }
  // Another client hears the same of a living token as of one whose row is gone.
  const rows = { access_tokens: access_token, refresh_tokens: refresh_token }
  for (const [table, token] of Object.entries(rows)) {
    const living = await work(token)
    const hash = createHash('sha256').update(token).digest()
    databaseOf(server).prepare(`DELETE FROM ${table} WHERE hash = ?`).run(hash)
    expect(await work(token)).toBe(living)
    // A guess that names an impossible row is not even hashed.
    expect(await work(token.slice(0, 3) + 'A'.repeat(43))).toBeLessThanOrEqual(living)
  }
})

test('H8: a resource server that is fed garbage never waits, and learns nothing from it', async () => {
  const { access_token } = await getTokens(server)
  const guesses = await inBatches(500, (index) => {
    const random = randomBytes(32).toString('base64url')
    const guess = [`pa_${random}`, `pr_${random}`, `${access_token.slice(0, -8)}AAAAAAAA`, random]
    return introspect(server, guess[index % 4] ?? '')
  })
  for (const answer of guesses) checkInactive(answer)
  const revoked = await inBatches(100, () =>
    revoke(server, `pr_${randomBytes(32).toString('base64url')}`),
  )
  for (const answer of revoked) checkRevoked(answer)
  expect(await isActive(server, access_token)).toBe(true)
  // Not to be the client at all is another thing.
  const basic = { authorization: `Basic ${btoa('cc2:wrong')}` }
  const wrong = await inBatches(60, () =>
    call(server, '/introspect', undefined, { token: access_token }, basic),
  )
  expect(wrong.filter(({ status }) => status === 429)).toHaveLength(10)
  checkInactive(await introspect(server, access_token, 'cc2'))
  server.clock.advance(15 * 60)
})

test('H9: a token is inactive as soon as its user, client, grant or session is over', async () => {
  const user = await server.store.findUserByName('bob')
  const client = await server.store.findClient('cc2')
  if (!user || !client) throw new Error('no user or client')
  const at = server.clock.now()
  const more = { redirect_uri: 'https://rp2.test/cb', scope: 'openid offline_access' }
  const bobs = (to: string, and = {}) => getTokens(server, to, and, openBrowser(), 'bob')

  const ofUser = [await bobs('cc'), await bobs('jwt')]
  await server.store.commit({
    changes: [{ put: 'user', user: { ...user, disabledAt: at } }],
    events: [],
  })
  await checkDead(ofUser, ['cc', 'jwt'])
  await server.store.commit({ changes: [{ put: 'user', user }], events: [] })

  const ofClient = await bobs('cc2', { ...more, resource: RESOURCE })
  expect(await isActive(server, ofClient.access_token, 'rs')).toBe(true)
  const gone = { ...client, disabledAt: at }
  await server.store.commit({ changes: [{ put: 'client', client: gone }], events: [] })
  checkInactive(await introspect(server, ofClient.access_token, 'rs'))
  checkAnswer(await userinfo(server, ofClient.access_token), { status: 401 })
  checkBadClient(await introspect(server, ofClient.access_token, 'cc2'))
  await server.store.commit({ changes: [{ put: 'client', client }], events: [] })

  const ofGrant = await bobs('cc')
  const { grantId: id = 0 } = lastRequest(server)
  const end = { end: 'grant', id, at, reason: 'consent_withdrawn' } as const
  await server.store.commit({ changes: [end], events: [] })
  await checkDead([ofGrant], ['cc'])
})

const checkDead = async (
  tokens: readonly { access_token: string; refresh_token?: string }[],
  clients: readonly string[],
): Promise<void> => {
  for (const [index, { access_token, refresh_token }] of tokens.entries()) {
    const client = clients[index] ?? 'cc'
    checkInactive(await introspect(server, access_token, client))
    if (refresh_token) checkInactive(await introspect(server, refresh_token, client))
    checkAnswer(await userinfo(server, access_token), { status: 401, error: 'invalid_token' })
  }
}

test('H9: logout ends the tokens of its session that were not given offline_access', async () => {
  const browser = openBrowser()
  const scope = { scope: 'openid profile' }
  const opaque = await getTokens(server, 'cc', scope, browser)
  const jwt = await getTokens(server, 'jwt', scope, browser)
  const offline = await getTokens(server, 'cc', {}, browser)
  const elsewhere = await getTokens(server, 'cc', scope)
  const page = await browser.get(server.url(`/logout?id_token_hint=${opaque.id_token}`))
  checkPage(page, { status: 200 })
  await checkDead([opaque, jwt], ['cc', 'jwt'])
  for (const { access_token } of [offline, elsewhere])
    expect(await isActive(server, access_token)).toBe(true)
  checkAnswer(await refresh(server, offline.refresh_token), { status: 200 })
})

test("H10: another client's token cannot be revoked, and stays alive", async () => {
  const tokens = await getTokens(server)
  const jwt = await getTokens(server, 'jwt')
  const open = await getTokens(server, 'pub')
  const owned: [string, string][] = [
    ['cc', tokens.access_token],
    ['cc', tokens.refresh_token],
    ['cc', await ownToken('cc')],
    ['jwt', jwt.access_token],
    ['jwt', jwt.refresh_token],
    ['jwt', await ownToken('jwt')],
  ]
  const refused = async (token: string, client: string) => {
    const answer = await revoke(server, token, client)
    checkAnswer(answer, { status: 400, error: 'invalid_grant' })
    expect(lastRequest(server)).toMatchObject({ clientId: client, reason: 'token_other_client' })
  }
  for (const [owner, token] of owned) {
    for (const client of ['cc2', 'rs', 'pub', 'nat']) await refused(token, client)
    expect(await isActive(server, token, owner)).toBe(true)
  }
  for (const token of [open.access_token, open.refresh_token]) {
    for (const client of ['cc', 'nat']) await refused(token, client)
  }
  checkAnswer(await userinfo(server, open.access_token), { status: 200 })
  checkAnswer(await refresh(server, open.refresh_token, {}, 'pub'), { status: 200 })
  checkAnswer(await refresh(server, tokens.refresh_token), { status: 200 })
})

test('H10: a failed authentication revokes nothing', async () => {
  const { access_token, refresh_token } = await getTokens(server)
  for (const token of [access_token, refresh_token]) {
    const authorization = `Basic ${btoa('cc:wrong')}`
    checkBadClient(await call(server, '/revoke', undefined, { token }, { authorization }))
    checkBadClient(await call(server, '/revoke', undefined, { token, client_id: 'cc' }))
    expect(await isActive(server, token)).toBe(true)
  }
})

test('H11: a token that nobody knows is revoked already', async () => {
  const random = randomBytes(32).toString('base64url')
  const { id_token = '' } = await getTokens(server)
  const { code, verifier } = await getCode(server)
  const odd = ['x', 'a.b.c', `pa_${random}`, `pr_${random}`, id_token, code, 'x'.repeat(20_000)]
  for (const token of odd) checkRevoked(await revoke(server, token))
  // A code is no token: it can still be exchanged.
  const exchange = { grant_type: 'authorization_code', code, code_verifier: verifier }
  const answer = await call(server, '/token', 'cc', { ...exchange, redirect_uri: RU })
  checkAnswer(answer, { status: 200 })
  for (let twice = 0; twice < 2; twice++)
    checkRevoked(await revoke(server, String(answer.body.refresh_token)))
  const missing = await call(server, '/revoke', 'cc', {})
  checkAnswer(missing, { status: 400, error: 'invalid_request' })
})

test('H11: a refresh token takes its family along, spent or not, an access token goes alone', async () => {
  const tokens = await getTokens(server)
  const next = await refresh(server, tokens.refresh_token)
  const { access_token, refresh_token } = next.body as { [name: string]: string }
  checkRevoked(await revoke(server, tokens.access_token))
  checkInactive(await introspect(server, tokens.access_token))
  expect(await isActive(server, access_token ?? '')).toBe(true)
  expect(await isActive(server, refresh_token ?? '')).toBe(true)
  const other = await getTokens(server)
  checkRevoked(await revoke(server, tokens.refresh_token))
  await checkDead(
    [{ access_token: access_token ?? '', refresh_token: refresh_token ?? '' }],
    ['cc'],
  )
  const late = await refresh(server, refresh_token ?? '')
  checkAnswer(late, { status: 400, error: 'invalid_grant' })
  expect(await isActive(server, other.access_token)).toBe(true)
})

test('H13: while the database is down revocation says so, and never that it was done', async () => {
  let down: 'reads' | 'writes' | undefined
  const failing = (what: 'reads' | 'writes') => {
    if (down === what) throw new Unavailable('The database cannot answer now.', 3)
  }
  const wrapStore = (store: Store): Store => ({
    ...store,
    findRefreshToken: (id) => {
      failing('reads')
      return store.findRefreshToken(id)
    },
    commit: async (plan) => {
      failing('writes')
      return store.commit(plan)
    },
  })
  const own = await startServer({ wrapStore })
  const tokens = await getTokens(own)
  for (const way of ['reads', 'writes'] as const) {
    down = way
    const answer = await revoke(own, tokens.refresh_token)
    checkAnswer(answer, { status: 503, error: 'temporarily_unavailable' })
    expect(answer.headers.get('retry-after')).toBe('3')
    expect(lastRequest(own).reason).toBe('unavailable')
    down = undefined
    expect(await isActive(own, tokens.refresh_token)).toBe(true)
  }
  checkRevoked(await revoke(own, tokens.refresh_token))
  expect(await isActive(own, tokens.access_token)).toBe(false)
  checkLog(own)
  await own.close()
})

test('H14: a JWT that was revoked is refused at once, with or without a person behind it', async () => {
  const tokens = await getTokens(server, 'jwt')
  const other = await getTokens(server, 'jwt')
  const machine = await ownToken('jwt')
  const sibling = await ownToken('jwt')
  for (const token of [tokens.access_token, machine]) {
    expect(token.split('.')).toHaveLength(3)
    expect(await isActive(server, token, 'jwt')).toBe(true)
    checkRevoked(await revoke(server, token, 'jwt'))
    checkInactive(await introspect(server, token, 'jwt'))
    const answer = await userinfo(server, token)
    checkAnswer(answer, { status: 401, error: 'invalid_token' })
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/)
    checkRevoked(await revoke(server, token, 'jwt'))
  }
  expect(await isActive(server, sibling, 'jwt')).toBe(true)
  expect(await isActive(server, other.access_token, 'jwt')).toBe(true)
  // Swept or not, what was revoked stays so until it has expired.
  server.clock.advance(3599)
  await server.store.sweep(server.clock.now(), 500)
  checkInactive(await introspect(server, machine, 'jwt'))
  expect(await isActive(server, sibling, 'jwt')).toBe(true)
})

test('H14: a refresh token takes the JWTs of its family along', async () => {
  const tokens = await getTokens(server, 'jwt')
  const next = await refresh(server, tokens.refresh_token, {}, 'jwt')
  const newer = String(next.body.access_token)
  checkRevoked(await revoke(server, String(next.body.refresh_token), 'jwt'))
  await checkDead([{ access_token: tokens.access_token }, { access_token: newer }], ['jwt', 'jwt'])
})

test.skip("H17: revocation without a secret — the tests of UltraCart's recordings have it", () => {})
