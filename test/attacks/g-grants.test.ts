// Attacks, group G: clients that act for themselves, and clients that collect passwords.

import { DIALECTS } from '@patois/core'
import { decodeJwt } from 'jose'
import { readConfiguration } from 'patois'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { inBatches } from '../door/batches.ts'
import {
  type Answer,
  call,
  formAction,
  getTokens,
  hiddenFields,
  openBrowser,
} from '../door/browser.ts'
import { CLIENTS, PASSWORDS, RESOURCE, RU, SCOPES, SECRETS } from '../door/fixtures.ts'
import { sendRaw } from '../door/raw.ts'
import { checkAnswer, checkLog, checkPage, lastRequest } from '../door/rules.ts'
import { startServer, type TestServer } from '../door/server.ts'
import { countRows, introspect, isActive, openFolder, refresh, userinfo } from '../door/tokens.ts'

const CC = { grant_type: 'client_credentials' }
const GUESS = 'guessed-password'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
beforeEach(() => server.clock.advance(3601))
afterEach(() => checkLog(server, [GUESS]))
afterAll(() => server.close())

const own = (client: string, more: Record<string, string> = {}, at = server): Promise<Answer> =>
  call(at, '/token', client, { ...CC, ...more })

const byPassword = (
  username: string,
  password: string,
  more: Record<string, string> = {},
  client = 'ropc',
): Promise<Answer> =>
  call(server, '/token', client, { grant_type: 'password', username, password, ...more })

/** Everything that the token endpoint may write. */
const written = (at = server): number[] =>
  ['grants', 'families', 'access_tokens', 'refresh_tokens'].map((table) => countRows(at, table))

const read = (changes: Record<string, unknown>) => {
  const client = { client_id: 'new', redirect_uris: [RU], scope: 'openid api.read', ...changes }
  const tree = { issuer: 'https://login.test', scopes: SCOPES, clients: [client] }
  const text = JSON.stringify(tree)
  const result = readConfiguration({ text, env: {}, dev: false, dialects: DIALECTS })
  return result.ok ? [] : result.faults
}

test('G1: a public client has no credentials to act on', async () => {
  const before = written()
  for (const client of ['pub', 'nat']) {
    const answer = await own(client, { scope: 'api.read' })
    checkAnswer(answer, { status: 400, error: 'unauthorized_client' })
    expect(lastRequest(server)).toMatchObject({ clientId: client, reason: 'grant_not_allowed' })
    const withSecret = { ...CC, client_id: client, client_secret: 'any' }
    const guessed = await call(server, '/token', undefined, withSecret)
    checkAnswer(guessed, { status: 401, error: 'invalid_client' })
  }
  checkAnswer(await call(server, '/token', undefined, CC), { status: 401, error: 'invalid_client' })
  expect(written()).toEqual(before)
})

test('G1: a public client cannot even be registered for it', () => {
  const none = { token_endpoint_auth_method: 'none' }
  for (const [type, sentence] of [
    ['client_credentials', 'client_credentials is only for confidential clients'],
    ['password', 'password is only for confidential clients'],
  ]) {
    const faults = read({ ...none, grant_types: ['authorization_code', type] })
    expect(faults.join('\n')).toContain(sentence)
  }
  expect(read({ ...none, grant_types: ['authorization_code'] })).toEqual([])
})

test("G2: a client's own token is never taken for a user's", async () => {
  const secret = { client_secret: SECRETS.cc, grant_types: ['client_credentials'] }
  const clients = [
    ...CLIENTS,
    { ...secret, client_id: 'alice', scope: 'openid api.read' },
    { ...secret, client_id: 'bob', scope: 'openid api.read', access_token: 'jwt' },
  ]
  const twins = await startServer({ configuration: { clients } })
  const users = await getTokens(twins)
  const sub = decodeJwt(users.id_token ?? '').sub
  expect(sub).not.toBe('alice')
  for (const client_id of ['alice', 'bob']) {
    const authorization = `Basic ${btoa(`${client_id}:${SECRETS.cc}`)}`
    const answer = await call(twins, '/token', undefined, CC, { authorization })
    checkAnswer(answer, { status: 200 })
    const token = String(answer.body.access_token)
    if (client_id === 'bob') {
      expect(decodeJwt(token)).toMatchObject({ sub: 'bob', client_id: 'bob' })
      expect(decodeJwt(token)).not.toHaveProperty('auth_time')
    }
    const facts = await call(twins, '/introspect', undefined, { token }, { authorization })
    expect(facts.body).toMatchObject({ active: true, sub: client_id, client_id })
    expect(facts.body).not.toHaveProperty('username')
    const refused = await userinfo(twins, token)
    checkAnswer(refused, { status: 403, error: 'insufficient_scope' })
  }
  checkLog(twins)
  await twins.close()
})

test('G2: a client cannot take the name that a user is known by to other clients', async () => {
  const folder = openFolder()
  const { database } = folder
  const first = await startServer({ database })
  const { id_token = '' } = await getTokens(first)
  const client_id = String(decodeJwt(id_token).sub)
  await first.close()
  const { port, masterKey } = first
  const twin = {
    client_id,
    client_secret: SECRETS.cc,
    grant_types: ['client_credentials'],
    scope: 'api.read',
  }
  const again = { database, port, masterKey }
  await expect(
    startServer({ ...again, configuration: { clients: [...CLIENTS, twin] } }),
  ).rejects.toThrow(`The client ${client_id} has the sub of a user as its name.`)
  const second = await startServer(again)
  checkLog(second)
  await second.close()
  folder.remove()
})

test('G3: a client gets of its own scope what it asks for, and nothing of a person', async () => {
  const before = written()
  const refused: [string, string][] = [
    ['rs', 'api.write'],
    ['rs', 'nothing'],
    ['cc', 'openid'],
    ['cc', 'openid api.read'],
    ['cc', 'api.read openid'],
    ['cc', 'profile'],
    ['cc', 'email offline_access'],
    ['cc', 'api.read\\'],
    ['cc', 'api."read'],
  ]
  for (const [client, scope] of refused)
    checkAnswer(await own(client, { scope }), { status: 400, error: 'invalid_scope' })
  expect(written()).toEqual(before)

  const given: [string, string | undefined, string][] = [
    ['rs', undefined, 'api.read'],
    ['rs', 'api.read api.write nothing', 'api.read'],
    ['cc', undefined, 'api.read api.write'],
    ['cc', 'api.write profile offline_access', 'api.write'],
    ['cc', 'api.read api.read', 'api.read'],
  ]
  for (const [client, asked, scope] of given) {
    const answer = await own(client, asked === undefined ? {} : { scope: asked })
    checkAnswer(answer, { status: 200 })
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: expect.any(Number),
      scope,
    })
    const facts = await introspect(server, String(answer.body.access_token), client)
    expect(facts.body.scope).toBe(scope)
  }
  const foreign = await own('cc', { scope: 'api.read', resource: 'https://unknown.test/' })
  checkAnswer(foreign, { status: 400, error: 'invalid_target' })
  const known = await own('cc', { scope: 'api.read', resource: RESOURCE })
  checkAnswer(known, { status: 200 })
})

test('G4: a service client that is disabled gets nothing, and what it has is dead', async () => {
  const at = server.clock.now()
  const jwt = await own('jwt', { scope: 'api.read', resource: RESOURCE })
  const opaque = await own('cc', { scope: 'api.read' })
  for (const id of ['jwt', 'cc', 'cp']) {
    const client = await server.store.findClient(id)
    if (!client) throw new Error(`There is no ${id}.`)
    const disabled = { put: 'client', client: { ...client, disabledAt: at } } as const
    await server.store.commit({ changes: [disabled], events: [] })
    const before = written()
    const answer = await own(id, { scope: 'api.read' })
    checkAnswer(answer, { status: 401, error: 'invalid_client' })
    expect(answer.body.error_description).toBe('Client authentication failed.')
    expect(lastRequest(server)).toMatchObject({ clientId: id, reason: 'client_disabled' })
    expect(written()).toEqual(before)
    if (id === 'jwt')
      expect(await isActive(server, String(jwt.body.access_token), 'rs')).toBe(false)
    await server.store.commit({ changes: [{ put: 'client', client }], events: [] })
    checkAnswer(await own(id, { scope: 'api.read' }), { status: 200 })
  }
  expect(await isActive(server, String(opaque.body.access_token))).toBe(true)
})

test('G4: a client that left the file is disabled, and starts anew when it returns', async () => {
  const folder = openFolder()
  const { database } = folder
  const first = await startServer({ database })
  const { port, masterKey, clock } = first
  const { body } = await own('jwt', { scope: 'api.read', resource: RESOURCE }, first)
  await first.close()
  const token = String(body.access_token)
  const clients = CLIENTS.filter(({ client_id }) => client_id !== 'jwt')
  const again = { database, port, masterKey }
  const without = await startServer({ ...again, now: clock.now() + 1, configuration: { clients } })
  const authorization = `Basic ${btoa(`jwt:${SECRETS.jwt}`)}`
  const sent = { 'content-type': 'application/x-www-form-urlencoded', authorization }
  const gone = await sendRaw(without, '/token', {
    headers: sent,
    body: String(new URLSearchParams(CC)),
  })
  checkAnswer(gone, { status: 401, error: 'invalid_client' })
  expect(await isActive(without, token, 'rs')).toBe(false)
  await without.close()
  const back = await startServer({ ...again, now: clock.now() + 2 })
  await openBrowser()
    .get(back.url('/login'))
    .catch(() => {})
  expect(await isActive(back, token, 'rs')).toBe(false)
  checkAnswer(await own('jwt', { scope: 'api.read' }, back), { status: 200 })
  checkLog(without)
  checkLog(back)
  await back.close()
  folder.remove()
})

test('G5: passwords are taken by clients that are registered for it, and by no other', async () => {
  const before = written()
  const alice = PASSWORDS.alice ?? ''
  for (const client of ['cc', 'cp', 'cc2', 'jwt', 'rs', 'pub', 'nat']) {
    const answer = await byPassword('alice', alice, {}, client)
    checkAnswer(answer, { status: 400, error: 'unauthorized_client' })
    expect(lastRequest(server)).toMatchObject({ clientId: client, reason: 'grant_not_allowed' })
  }
  const nobody = await call(server, '/token', undefined, {
    grant_type: 'password',
    username: 'alice',
    password: alice,
  })
  checkAnswer(nobody, { status: 401, error: 'invalid_client' })
  const { body } = await call(server, '/token', 'ropc', {
    grant_type: 'password',
    username: 'alice',
  })
  expect(body.error).toBe('invalid_request')
  expect(written()).toEqual(before)
  expect(read({ client_secret: SECRETS.cc })).toEqual([])
})

test('G5: a client that has the grant gets tokens, no session, and no more than it may', async () => {
  const sessions = countRows(server, 'sessions')
  const answer = await byPassword('alice', PASSWORDS.alice ?? '', {
    scope: 'openid profile api.read nothing',
  })
  checkAnswer(answer, { status: 200 })
  expect(answer.headers.getSetCookie()).toEqual([])
  expect(answer.body.scope).toBe('openid profile api.read')
  expect(answer.body).not.toHaveProperty('refresh_token')
  expect(countRows(server, 'sessions')).toBe(sessions)
  const offline = await byPassword('alice', PASSWORDS.alice ?? '', {
    scope: 'openid offline_access',
  })
  checkAnswer(offline, { status: 200 })
  const renewed = await refresh(server, String(offline.body.refresh_token), {}, 'ropc')
  checkAnswer(renewed, { status: 200 })
})

test('G7: 100 wrong passwords are counted together, whichever door they came by', async () => {
  const browser = openBrowser()
  const form = await browser.get(server.url('/login'))
  const atPage = (password: string) =>
    browser.post(server.origin + formAction(form.text), {
      ...hiddenFields(form.text),
      username: 'alice',
      password,
    })
  const before = written()
  const sessions = countRows(server, 'sessions')
  // By turns, so that neither door alone sees more than half of what is borne.
  const answers = await inBatches(
    100,
    async (index) => (index % 2 === 0 ? await atPage(GUESS) : await byPassword('alice', GUESS)),
    10,
  )
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(50)
  for (const answer of answers) expect([400, 401, 429]).toContain(answer.status)
  const page = await atPage(PASSWORDS.alice ?? '')
  checkPage(page, { status: 429 })
  const held = await byPassword('alice', PASSWORDS.alice ?? '')
  checkAnswer(held, { status: 429, error: 'temporarily_unavailable' })
  expect(lastRequest(server)).toMatchObject({ clientId: 'ropc', reason: 'too_many_failures' })
  expect(Number(held.headers.get('retry-after'))).toBe(Number(page.headers.get('retry-after')))
  expect(written()).toEqual(before)
  expect(countRows(server, 'sessions')).toBe(sessions)
  checkAnswer(await byPassword('bob', PASSWORDS.bob ?? ''), { status: 200 })
  server.clock.advance(72)
  checkAnswer(await byPassword('alice', PASSWORDS.alice ?? ''), { status: 200 })
})

test('G: an assertion of somebody else is no grant', async () => {
  const before = written()
  for (const kind of ['jwt-bearer', 'saml2-bearer', 'token-exchange']) {
    const grant_type = `urn:ietf:params:oauth:grant-type:${kind}`
    const answer = await call(server, '/token', 'cc', { grant_type, assertion: 'e30.e30.' })
    checkAnswer(answer, { status: 400, error: 'unsupported_grant_type' })
  }
  expect(written()).toEqual(before)
})

test.skip('G: JWT bearer grants of trusted issuers — there is no such grant yet', () => {})
