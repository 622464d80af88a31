// Attacks, group F: refresh tokens, their rotation, their replay and their end.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Store } from '@patois/core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, call, getCode, getTokens, openBrowser } from '../door/browser.ts'
import {
  CLIENTS,
  OTHER_RESOURCE,
  PASSWORDS,
  RESOURCE,
  RESOURCES,
  RU,
  SECRETS,
  USERS,
} from '../door/fixtures.ts'
import { checkAnswer, checkLog, lastRequest } from '../door/rules.ts'
import { startServer, type TestServer } from '../door/server.ts'
import {
  countRows,
  databaseOf,
  introspect,
  isActive,
  openFolder,
  refresh,
  revoke,
  userinfo,
} from '../door/tokens.ts'

const WINDOW = 30
const DAY = 86_400
const IDLE = 30 * DAY
const FULL = 'openid profile email offline_access api.read'
/** Without openid there is no ID token to sign, which makes a thousand rotations quick. */
const PLAIN = { scope: 'api.read' }

type Tokens = { access_token: string; refresh_token: string }

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterEach(() => checkLog(server))
afterAll(() => server.close())

const tokensOf = (answer: Answer): Tokens => {
  checkAnswer(answer, { status: 200 })
  return answer.body as Tokens
}

const checkRefused = (answer: Answer, reason: string, at = server): void => {
  checkAnswer(answer, { status: 400, error: 'invalid_grant' })
  expect(lastRequest(at)).toMatchObject({ operation: 'token', decision: 'refused', reason })
}

/** A sign-in whose first refresh token has been spent. */
const rotateOnce = async (at = server, client = 'cc', more: Record<string, string> = {}) => {
  const first = await getTokens(at, client, more)
  const second = tokensOf(await refresh(at, first.refresh_token, {}, client))
  return { first, second }
}

/** Every token of the sign-in is dead: the refresh tokens, and the access tokens everywhere. */
const checkEnded = async (tokens: readonly Tokens[], at = server, client = 'cc') => {
  for (const { access_token, refresh_token } of tokens) {
    expect(await isActive(at, access_token, client)).toBe(false)
    expect(await isActive(at, refresh_token, client)).toBe(false)
    checkAnswer(await userinfo(at, access_token), { status: 401, error: 'invalid_token' })
    checkRefused(await refresh(at, refresh_token, {}, client), 'family_ended', at)
  }
}

/** The sign-in goes on: its last refresh token is spent for the next. */
const checkAlive = async (last: Tokens, at = server, client = 'cc'): Promise<Tokens> => {
  expect(await isActive(at, last.access_token, client)).toBe(true)
  return tokensOf(await refresh(at, last.refresh_token, {}, client))
}

test('F1: a spent token after its window ends the family and all its tokens', async () => {
  const { first, second } = await rotateOnce()
  server.clock.advance(WINDOW)
  checkRefused(await refresh(server, first.refresh_token), 'refresh_reused')
  const { clientId, userId, grantId, familyId } = lastRequest(server)
  expect([userId, grantId, familyId].every(Number.isInteger)).toBe(true)
  const [event] = await server.store.listEvents(1)
  expect(event).toMatchObject({
    type: 'refresh_token',
    decision: 'refused',
    reason: 'refresh_reused',
    ...{ clientId, userId, grantId, familyId },
  })
  await checkEnded([first, second])
})

test('F1: a spent token within its window gets the same tokens, counted from now', async () => {
  const { first, second } = await rotateOnce()
  expect(second).toMatchObject({ expires_in: 3600, scope: FULL, token_type: 'Bearer' })
  server.clock.advance(WINDOW - 1)
  const again = tokensOf(await refresh(server, first.refresh_token))
  expect(again).toEqual({ ...second, expires_in: 3600 - WINDOW + 1 })
  expect(tokensOf(await refresh(server, first.refresh_token))).toEqual(again)
  await checkAlive(second)
})

test('F1: a spent token whose child is spent too ends the family at once', async () => {
  const { first, second } = await rotateOnce()
  const third = tokensOf(await refresh(server, second.refresh_token))
  checkRefused(await refresh(server, first.refresh_token), 'refresh_reused')
  await checkEnded([first, second, third])
})

test('F1: a replay that asks for something else is refused and ends nothing', async () => {
  const more = { resource: RESOURCE }
  const first = await getTokens(server, 'cc', more)
  const asked = { scope: 'api.read openid', resource: RESOURCE }
  const second = tokensOf(await refresh(server, first.refresh_token, asked))
  const others: Record<string, string>[] = [
    {},
    { scope: 'api.read' },
    { scope: FULL, resource: RESOURCE },
    { scope: 'api.read openid' },
    { resource: RESOURCE },
  ]
  for (const other of others)
    checkRefused(await refresh(server, first.refresh_token, other), 'refresh_differs')
  // The order of scope values means nothing.
  const same = { scope: 'openid api.read', resource: RESOURCE }
  expect(tokensOf(await refresh(server, first.refresh_token, same))).toEqual(second)
  tokensOf(await refresh(server, second.refresh_token))
})

test('F1: a refresh token is of no use in another dialect, spent or not, and unharmed', async () => {
  const { first, second } = await rotateOnce()
  const familyId = lastRequest(server).familyId ?? 0
  const speak = (dialect: string) =>
    databaseOf(server)
      .prepare('UPDATE families SET dialect = ? WHERE id = ?')
      .run(dialect, familyId)
  speak('another')
  checkRefused(await refresh(server, first.refresh_token), 'refresh_other_dialect')
  checkRefused(await refresh(server, second.refresh_token), 'refresh_other_dialect')
  server.clock.advance(WINDOW)
  checkRefused(await refresh(server, first.refresh_token), 'refresh_other_dialect')
  speak('standard')
  await checkAlive(second)
})

test('F1: a replay passes every check that a first use passes', async () => {
  const { first, second } = await rotateOnce()
  const old = first.refresh_token
  checkRefused(await refresh(server, old, {}, 'cc2'), 'refresh_other_client')
  const wrong = { authorization: `Basic ${btoa('cc:wrong')}` }
  const use = { grant_type: 'refresh_token', refresh_token: old }
  const failed = await call(server, '/token', undefined, use, wrong)
  checkAnswer(failed, { status: 401, error: 'invalid_client' })
  const wider = await refresh(server, old, { scope: `${FULL} api.write` })
  checkAnswer(wider, { status: 400, error: 'invalid_scope' })
  const elsewhere = await refresh(server, old, { resource: OTHER_RESOURCE })
  checkAnswer(elsewhere, { status: 400, error: 'invalid_target' })
  expect(tokensOf(await refresh(server, old))).toEqual(second)
})

test('F1: a reuse that is not a valid call ends nothing, however late', async () => {
  const { first, second } = await rotateOnce()
  server.clock.advance(10 * WINDOW)
  const old = first.refresh_token
  checkRefused(await refresh(server, old, {}, 'cc2'), 'refresh_other_client')
  checkRefused(await refresh(server, old, {}, 'pub'), 'refresh_other_client')
  checkAnswer(await refresh(server, old, { scope: 'api.write' }), { error: 'invalid_scope' })
  checkAnswer(await refresh(server, old, { resource: RESOURCE }), { error: 'invalid_target' })
  checkRefused(await refresh(server, `${old.slice(0, -1)}${other(old.at(-1))}`), 'refresh_unknown')
  await checkAlive(second)
})

const other = (character = ''): string => (character === 'A' ? 'B' : 'A')

test('F1: a clock that went back counts as no time at all', async () => {
  const { first, second } = await rotateOnce()
  server.clock.advance(-1000)
  const again = tokensOf(await refresh(server, first.refresh_token))
  expect(again).toEqual({ ...second, expires_in: 4600 })
  server.clock.advance(1000)
  await checkAlive(second)
})

test('F1: a user, grant or sign-in that has ended gets no replay', async () => {
  for (const what of ['user', 'grant', 'family'] as const) {
    const { first } = await rotateOnce()
    const { userId = 0, grantId = 0, familyId = 0 } = lastRequest(server)
    const at = server.clock.now()
    const user = await server.store.findUser(userId)
    if (!user) throw new Error('no user')
    const end = {
      user: { put: 'user', user: { ...user, disabledAt: at } },
      grant: { end: 'grant', id: grantId, at, reason: 'consent_withdrawn' },
      family: { end: 'family', id: familyId, at, reason: 'logout' },
    } as const
    await server.store.commit({ changes: [end[what]], events: [] })
    const reason = { user: 'user_disabled', grant: 'grant_ended', family: 'family_ended' }[what]
    checkRefused(await refresh(server, first.refresh_token), reason)
    await server.store.commit({ changes: [{ put: 'user', user }], events: [] })
  }
})

describe('without a window', () => {
  let own: TestServer
  beforeAll(async () => {
    own = await startServer({ configuration: { lifetimes: { replay_window: '0' } } })
  })
  afterEach(() => checkLog(own))
  afterAll(() => own.close())

  test('F1: a reuse within 5 s gets nothing and ends nothing', async () => {
    const { first, second } = await rotateOnce(own)
    expect(countRows(own, 'replay_cells')).toBe(0)
    checkRefused(await refresh(own, first.refresh_token), 'refresh_raced', own)
    own.clock.advance(4)
    checkRefused(await refresh(own, first.refresh_token), 'refresh_raced', own)
    own.clock.advance(-60)
    checkRefused(await refresh(own, first.refresh_token), 'refresh_raced', own)
    own.clock.advance(60)
    await checkAlive(second, own)
  })

  test('F1: a reuse within 5 s ends nothing even when the child is spent too', async () => {
    const { first, second } = await rotateOnce(own)
    const third = tokensOf(await refresh(own, second.refresh_token))
    checkRefused(await refresh(own, first.refresh_token), 'refresh_raced', own)
    await checkAlive(third, own)
  })

  test('F1: a later reuse ends the family', async () => {
    const { first, second } = await rotateOnce(own)
    own.clock.advance(5)
    checkRefused(await refresh(own, first.refresh_token), 'refresh_reused', own)
    await checkEnded([first, second], own)
  })
})

describe('the cell of a replay', () => {
  const cells = (): number => countRows(server, 'replay_cells')

  /** A rotation, and how many cells there were before it. */
  const rotated = async () => {
    const before = cells()
    const tokens = await rotateOnce()
    expect(cells()).toBe(before + 1)
    return { before, ...tokens, request: lastRequest(server) }
  }

  test('F18: goes when the child is spent, and the child has one of its own', async () => {
    const { before, second } = await rotated()
    await refresh(server, second.refresh_token)
    expect(cells()).toBe(before + 1)
    const { familyId } = lastRequest(server)
    expect(countRows(server, 'replay_cells', `family_id = ${familyId}`)).toBe(1)
  })

  test('F18: goes when the family ends by revocation, by reuse or by its grant', async () => {
    const revoked = await rotated()
    checkAnswer(await revoke(server, revoked.second.refresh_token), { status: 200 })
    expect(cells()).toBe(revoked.before)

    const reused = await rotated()
    server.clock.advance(WINDOW)
    checkRefused(await refresh(server, reused.first.refresh_token), 'refresh_reused')
    expect(cells()).toBe(reused.before)

    const { before, request } = await rotated()
    const id = request.grantId ?? 0
    const end = { end: 'grant', id, at: server.clock.now(), reason: 'consent_withdrawn' } as const
    await server.store.commit({ changes: [end], events: [] })
    expect(cells()).toBeLessThanOrEqual(before)
    expect(countRows(server, 'replay_cells', `family_id = ${request.familyId}`)).toBe(0)
  })

  test('F18: goes with the sweep after its window, and not before', async () => {
    const { first, second, request } = await rotated()
    const left = () => countRows(server, 'replay_cells', `family_id = ${request.familyId}`)
    server.clock.advance(WINDOW - 1)
    await server.store.sweep(server.clock.now(), 500)
    expect(left()).toBe(1)
    expect(tokensOf(await refresh(server, first.refresh_token))).toMatchObject({
      refresh_token: second.refresh_token,
    })
    server.clock.advance(1)
    await server.store.sweep(server.clock.now(), 500)
    expect(left()).toBe(0)
  })

  test('F18: opens only in its own row, with the whole token that was spent for it', async () => {
    const one = await rotated()
    const two = await rotated()
    const swap = databaseOf(server).prepare(
      `UPDATE replay_cells SET cell = (SELECT o.cell FROM replay_cells o WHERE o.family_id = ?)
       WHERE family_id = ?`,
    )
    swap.run(one.request.familyId ?? 0, two.request.familyId ?? 0)
    checkRefused(await refresh(server, two.first.refresh_token), 'refresh_raced')
    await checkAlive(two.second)
    expect(tokensOf(await refresh(server, one.first.refresh_token))).toEqual(one.second)
  })
})

test('F1: sweeping turns no reuse into an unknown token before the token has expired', async () => {
  const { first, second } = await rotateOnce()
  let last = second
  for (let days = 0; days < 28; days += 7) {
    server.clock.advance(7 * DAY)
    await server.store.sweep(server.clock.now(), 500)
    last = tokensOf(await refresh(server, last.refresh_token))
  }
  checkRefused(await refresh(server, first.refresh_token), 'refresh_reused')
  await checkEnded([last])
})

describe('bursts on a file', () => {
  const ROUNDS = 20
  const BURST = 50
  let folder: ReturnType<typeof openFolder>
  let own: TestServer
  const start = async (replay_window: string) => {
    folder = openFolder()
    const { database } = folder
    own = await startServer({ database, configuration: { lifetimes: { replay_window } } })
  }
  afterEach(async () => {
    folder.remove()
  })

  /** Families that have ended, or have another number of unspent refresh tokens than one. */
  const oddFamilies = (): unknown[] =>
    databaseOf(own)
      .prepare(
        `SELECT f.id, f.ended_at, count(t.id) AS leaves FROM families f
         LEFT JOIN refresh_tokens t ON t.family_id = f.id AND t.spent_at IS NULL
         GROUP BY f.id HAVING leaves <> 1 OR f.ended_at IS NOT NULL`,
      )
      .all()

  const burst = (token: string): Promise<Answer[]> =>
    Promise.all(Array.from({ length: BURST }, () => refresh(own, token)))

  test('F2: of 50 refreshes at once without a window one succeeds and nothing ends', async () => {
    await start('0')
    let last: Tokens = await getTokens(own, 'cc', PLAIN)
    for (let round = 0; round < ROUNDS; round++) {
      const answers = await burst(last.refresh_token)
      const won = answers.filter(({ status }) => status === 200)
      expect(won).toHaveLength(1)
      for (const answer of answers) {
        if (answer.status !== 200) checkAnswer(answer, { status: 400, error: 'invalid_grant' })
      }
      last = tokensOf(won[0] as Answer)
      expect(await isActive(own, last.access_token)).toBe(true)
    }
    expect(countRows(own, 'families')).toBe(1)
    expect(oddFamilies()).toEqual([])
    expect(countRows(own, 'refresh_tokens')).toBe(ROUNDS + 1)
  })

  test('F3: 50 refreshes at once with a window carry the same tokens', async () => {
    await start('10s')
    let last: Tokens = await getTokens(own, 'cc', PLAIN)
    for (let round = 0; round < ROUNDS; round++) {
      const answers = await burst(last.refresh_token)
      last = tokensOf(answers[0] as Answer)
      for (const answer of answers) expect(tokensOf(answer)).toEqual(last)
    }
    // With an ID token, whose signature is another each time it is made.
    let openid: Tokens = await getTokens(own)
    for (let round = 0; round < 2; round++) {
      const answers = await burst(openid.refresh_token)
      openid = tokensOf(answers[0] as Answer)
      expect(openid).toHaveProperty('id_token')
      for (const answer of answers) expect(tokensOf(answer)).toEqual(openid)
    }
    expect(oddFamilies()).toEqual([])
    expect(countRows(own, 'refresh_tokens')).toBe(ROUNDS + 1 + 3)
    expect(countRows(own, 'replay_cells')).toBe(2)
    await checkAlive(last, own)
    await checkAlive(openid, own)
  })

  test('F3: of refreshes at once that ask for different things one kind succeeds', async () => {
    await start('10s')
    let last: Tokens = await getTokens(own, 'cc', { scope: 'api.read api.write' })
    for (let round = 0; round < 5; round++) {
      const scopes = ['api.read', 'api.write', 'api.read api.write']
      const calls = Array.from({ length: 30 }, (_, index) =>
        refresh(own, last.refresh_token, { scope: scopes[index % 3] ?? '' }),
      )
      const answers = await Promise.all(calls)
      const won = answers.filter(({ status }) => status === 200)
      expect(won).toHaveLength(10)
      for (const { body } of won) expect(body).toEqual(won[0]?.body)
      for (const answer of answers.filter(({ status }) => status !== 200))
        checkAnswer(answer, { status: 400, error: 'invalid_grant' })
      last = tokensOf(won[0] as Answer)
    }
    expect(oddFamilies()).toEqual([])
    await checkAlive(last, own)
  })

  test('F7: what a refresh wins in a race with its revocation is dead', async () => {
    await start('0')
    const browser = openBrowser()
    let won = 0
    for (let round = 0; round < 200; round++) {
      const tokens = await getTokens(own, 'quiet', PLAIN, browser)
      const calls = [
        () => refresh(own, tokens.refresh_token, {}, 'quiet'),
        () => revoke(own, tokens.refresh_token, 'quiet'),
      ]
      if (round % 2) calls.reverse()
      const answers = await Promise.all(calls.map((one) => one()))
      for (const { status, body } of answers) {
        if (status !== 200) expect([status, body.error]).toEqual([400, 'invalid_grant'])
      }
      const got = answers.flatMap(({ body }) => (body.access_token ? [body as Tokens] : []))
      won += got.length
      for (const { access_token, refresh_token } of [tokens, ...got]) {
        expect(await isActive(own, access_token, 'quiet')).toBe(false)
        expect(await isActive(own, refresh_token, 'quiet')).toBe(false)
      }
      for (const { refresh_token } of got)
        checkRefused(await refresh(own, refresh_token, {}, 'quiet'), 'family_ended', own)
    }
    // A race that always ends alike would be none.
    expect(won).toBeGreaterThan(0)
    expect(countRows(own, 'families', 'ended_at IS NULL')).toBe(0)
  })
})

test('F7: a refresh that was judged before its family or grant ended gets nothing', async () => {
  let reached = () => {}
  let held: Promise<void> | undefined
  const wrapStore = (store: Store): Store => ({
    ...store,
    commit: async (plan) => {
      if (plan.spend?.what === 'refresh_token' && held) {
        reached()
        await held
      }
      return store.commit(plan)
    },
  })
  const own = await startServer({ wrapStore })
  for (const what of ['family', 'grant'] as const) {
    const tokens = await getTokens(own)
    const { familyId = 0, grantId = 0 } = lastRequest(own)
    const arrived = new Promise<void>((resolve) => {
      reached = resolve
    })
    let release = () => {}
    held = new Promise<void>((resolve) => {
      release = resolve
    })
    const late = refresh(own, tokens.refresh_token)
    await arrived
    const at = own.clock.now()
    const end = { end: 'grant', id: grantId, at, reason: 'consent_withdrawn' } as const
    if (what === 'grant') await own.store.commit({ changes: [end], events: [] })
    else checkAnswer(await revoke(own, tokens.refresh_token), { status: 200 })
    held = undefined
    release()
    checkRefused(await late, `${what}_ended`, own)
    expect(countRows(own, 'refresh_tokens', `family_id = ${familyId}`)).toBe(1)
    expect(countRows(own, 'access_tokens', `family_id = ${familyId}`)).toBe(1)
  }
  expect(countRows(own, 'replay_cells')).toBe(0)
  checkLog(own)
  await own.close()
})

test('F8: another client cannot use a refresh token, nor harm it', async () => {
  const tokens = await getTokens(server)
  for (const client of ['cc2', 'cp', 'pub', 'nat'])
    checkRefused(await refresh(server, tokens.refresh_token, {}, client), 'refresh_other_client')
  const next = await checkAlive(tokens)
  expect(next.refresh_token).not.toBe(tokens.refresh_token)

  const open = await getTokens(server, 'pub')
  for (const client of ['nat', 'cc'])
    checkRefused(await refresh(server, open.refresh_token, {}, client), 'refresh_other_client')
  tokensOf(await refresh(server, open.refresh_token, {}, 'pub'))
})

test('F9: a confidential client cannot refresh without its proof', async () => {
  const tokens = await getTokens(server)
  const fields = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
  for (const who of [
    {},
    { client_id: 'cc' },
    { client_id: 'cc', client_secret: SECRETS.cc ?? '' },
  ]) {
    const answer = await call(server, '/token', undefined, { ...fields, ...who })
    checkAnswer(answer, { status: 401, error: 'invalid_client' })
    expect(answer.headers.get('www-authenticate')).toBe(`Basic realm="${server.issuer}"`)
  }
  await checkAlive(tokens)
})

test('F10: a wider scope is refused, a narrower one holds for one answer', async () => {
  const tokens = await getTokens(server)
  for (const scope of [`${FULL} api.write`, 'api.write', 'admin', 'api.read api.read2']) {
    const answer = await refresh(server, tokens.refresh_token, { scope })
    checkAnswer(answer, { status: 400, error: 'invalid_scope' })
  }
  const malformed = await refresh(server, tokens.refresh_token, { scope: 'api.read "' })
  checkAnswer(malformed, { status: 400, error: 'invalid_scope' })

  const narrow = await refresh(server, tokens.refresh_token, { scope: 'api.read' })
  expect(tokensOf(narrow)).toMatchObject({ scope: 'api.read' })
  expect(narrow.body.id_token).toBeUndefined()
  const seen = await introspect(server, tokensOf(narrow).access_token)
  expect(seen.body.scope).toBe('api.read')
  const userless = await userinfo(server, tokensOf(narrow).access_token)
  checkAnswer(userless, { status: 403, error: 'insufficient_scope' })

  const full = await refresh(server, tokensOf(narrow).refresh_token)
  expect(tokensOf(full)).toMatchObject({ scope: FULL, id_token: expect.any(String) })
})

test('F11: a resource outside the grant is refused and the token is not rotated', async () => {
  const tokens = await getTokens(server, 'cc', { resource: RESOURCE })
  for (const resource of [OTHER_RESOURCE, 'https://evil.test/', `${RESOURCE}x`, 'x']) {
    const answer = await refresh(server, tokens.refresh_token, { resource })
    checkAnswer(answer, { status: 400, error: 'invalid_target' })
  }
  const both = new URLSearchParams({ grant_type: 'refresh_token', resource: RESOURCE })
  both.append('refresh_token', tokens.refresh_token)
  both.append('resource', OTHER_RESOURCE)
  checkAnswer(await call(server, '/token', 'cc', both), { status: 400, error: 'invalid_target' })
  expect(await isActive(server, tokens.refresh_token)).toBe(true)

  const inside = tokensOf(await refresh(server, tokens.refresh_token, { resource: RESOURCE }))
  const { body } = await introspect(server, inside.access_token, 'rs')
  expect(body).toMatchObject({ active: true, aud: [RESOURCE, server.issuer] })
  const none = await getTokens(server)
  const asked = await refresh(server, none.refresh_token, { resource: RESOURCE })
  checkAnswer(asked, { status: 400, error: 'invalid_target' })
})

describe('F12: after the operator changed the file', () => {
  const folder = openFolder()
  const carol = { username: 'carol', password: 'carol-password-3' }
  const tokens = new Map<string, Tokens>()
  let now: TestServer

  const restart = (at: TestServer, configuration: Record<string, unknown>) => {
    const { port, masterKey, clock } = at
    const { database } = folder
    return startServer({ database, port, masterKey, configuration, now: clock.now() + 60 })
  }
  const use = (name: string, client = name): Promise<Answer> =>
    refresh(now, tokens.get(name)?.refresh_token ?? '', {}, client)

  beforeAll(async () => {
    const users = [...USERS, carol]
    const before = await startServer({ database: folder.database, configuration: { users } })
    const browser = openBrowser()
    for (const client of ['cc', 'cp', 'jwt', 'es', 'quiet'])
      tokens.set(client, await getTokens(before, client, {}, browser))
    for (const resource of [RESOURCE, OTHER_RESOURCE])
      tokens.set(resource, await getTokens(before, 'cc', { resource }, browser))
    tokens.set('bob', await getTokens(before, 'cc', {}, openBrowser(), 'bob'))
    const password = { grant_type: 'password', scope: 'api.read', ...carol }
    tokens.set('carol', tokensOf(await call(before, '/token', 'ropc', password)))
    checkLog(before, [carol.password])
    await before.close()

    const changed: Record<string, object> = {
      jwt: { scope: 'openid profile email offline_access' },
      es: { grant_types: ['authorization_code'] },
      quiet: { scope: 'openid profile email api.read api.write' },
    }
    const kept = CLIENTS.filter(({ client_id }) => client_id !== 'cp')
    now = await restart(before, {
      clients: kept.map((one) => ({ ...one, ...changed[String(one.client_id)] })),
      users: [...USERS.slice(0, 1), { ...carol, password: 'another-password-4' }],
      resources: RESOURCES.filter(({ resource }) => resource !== RESOURCE),
    })
  })
  afterEach(() => checkLog(now, [carol.password]))
  afterAll(async () => {
    await now.close()
    folder.remove()
  })

  test('F12: what did not change goes on', async () => {
    tokensOf(await use('cc'))
    tokensOf(await use(OTHER_RESOURCE, 'cc'))
  })

  test('F12: a client that left the file gets nothing, and its tokens are dead', async () => {
    checkAnswer(await use('cp'), { status: 401, error: 'invalid_client' })
    expect(lastRequest(now)).toMatchObject({ clientId: 'cp', reason: 'client_disabled' })
    const answer = await userinfo(now, tokens.get('cp')?.access_token ?? '')
    checkAnswer(answer, { status: 401, error: 'invalid_token' })
  })

  test('F12: a user that left the file, or whose password changed, is refused', async () => {
    checkRefused(await use('bob', 'cc'), 'user_disabled', now)
    checkRefused(await use('carol', 'ropc'), 'user_disabled', now)
    expect(await isActive(now, tokens.get('bob')?.access_token ?? '', 'cc')).toBe(false)
    expect(await isActive(now, tokens.get('carol')?.access_token ?? '', 'ropc')).toBe(false)
  })

  test('F12: a client that lost a scope, or offline_access, is refused', async () => {
    checkRefused(await use('jwt'), 'scope_lost', now)
    checkRefused(await use('quiet'), 'scope_lost', now)
  })

  test('F12: a client that lost the grant type is refused', async () => {
    const answer = await use('es')
    checkAnswer(answer, { status: 400, error: 'unauthorized_client' })
    expect(lastRequest(now).reason).toBe('grant_not_allowed')
  })

  test('F12: a resource that left the file gets no more tokens', async () => {
    checkRefused(await use(RESOURCE, 'cc'), 'scope_lost', now)
  })

  test('F12: a client and a user that come back start without a living token', async () => {
    await now.close()
    now = await restart(now, {})
    checkRefused(await use('cp'), 'grant_ended', now)
    checkRefused(await use('bob', 'cc'), 'user_disabled', now)
    expect(await isActive(now, tokens.get('cp')?.access_token ?? '', 'cp')).toBe(false)
    expect(await isActive(now, tokens.get('bob')?.access_token ?? '')).toBe(false)
    await checkAlive(await getTokens(now, 'cp'), now, 'cp')
  })
})

test('F12: a consent that was withdrawn ends the next refresh', async () => {
  const tokens = await getTokens(server)
  const { grantId: id = 0 } = lastRequest(server)
  const end = { end: 'grant', id, at: server.clock.now(), reason: 'consent_withdrawn' } as const
  await server.store.commit({ changes: [end], events: [] })
  checkRefused(await refresh(server, tokens.refresh_token), 'grant_ended')
  expect(await isActive(server, tokens.access_token)).toBe(false)
})

test('F14: a refresh token that nobody uses is over after its idle time', async () => {
  const one = await getTokens(server)
  const two = await getTokens(server)
  server.clock.advance(IDLE - 1)
  const next = tokensOf(await refresh(server, one.refresh_token))
  server.clock.advance(1)
  checkRefused(await refresh(server, two.refresh_token), 'refresh_expired')
  expect(await isActive(server, two.refresh_token)).toBe(false)
  tokensOf(await refresh(server, next.refresh_token))
})

test('F14: however often it is used, a sign-in is over after its absolute time', async () => {
  let last: Tokens = await getTokens(server)
  const started = server.clock.now()
  while (server.clock.now() + 29 * DAY < started + 365 * DAY) {
    server.clock.advance(29 * DAY)
    last = tokensOf(await refresh(server, last.refresh_token))
  }
  server.clock.advance(started + 365 * DAY - server.clock.now() - 1)
  last = tokensOf(await refresh(server, last.refresh_token))
  server.clock.advance(1)
  checkRefused(await refresh(server, last.refresh_token), 'refresh_expired')
  expect(await isActive(server, last.refresh_token)).toBe(false)
})

test.skip('F15: a key-bound refresh without a proof — DPoP does not exist yet', () => {})

test('F16: tokens of another kind are no refresh tokens, and those no bearer tokens', async () => {
  const tokens = await getTokens(server)
  const { access_token: jwt = '' } = await getTokens(server, 'jwt')
  const { code } = await getCode(server)
  for (const odd of [tokens.access_token, tokens.id_token ?? '', jwt, code])
    checkRefused(await refresh(server, odd), 'refresh_unknown')
  checkRefused(await refresh(server, jwt, {}, 'jwt'), 'refresh_unknown')
  for (const odd of [tokens.refresh_token, tokens.id_token ?? '', code]) {
    const answer = await userinfo(server, odd)
    checkAnswer(answer, { status: 401, error: 'invalid_token' })
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/)
  }
  await checkAlive(tokens)
})

test('F17: a token that was changed, cut or stretched is unknown and harms nothing', async () => {
  const tokens = await getTokens(server)
  const token = tokens.refresh_token
  const at = (index: number) => token.slice(0, index) + other(token[index]) + token.slice(index + 1)
  const changed = [3, 8, 20, 44].map(at)
  const cut = [token.slice(0, -1), token.slice(3), token.slice(0, 3), 'pr_', 'x']
  const stretched = [`${token}A`, `${token}=`, `${token}\0`, ` ${token}`, `${token}\n`]
  const odd = [token.toUpperCase(), `${token}.${token}`, token.padEnd(10_000, 'A')]
  for (const text of [...changed, ...cut, ...stretched, ...odd, 'pr_'.padEnd(46, '-')])
    checkRefused(await refresh(server, text), 'refresh_unknown')
  const missing = await refresh(server, '')
  checkAnswer(missing, { status: 400, error: 'invalid_request' })
  await checkAlive(tokens)
})

test('F18: the database has no token, code, session or secret in it that anybody could use', async () => {
  const folder = openFolder()
  const own = await startServer({ database: folder.database })
  const browser = openBrowser()
  const unused = await getCode(own, 'cc', {}, browser)
  const { code, verifier } = await getCode(own, 'cc', {}, browser)
  const exchange = { grant_type: 'authorization_code', code, code_verifier: verifier }
  const first = tokensOf(await call(own, '/token', 'cc', { ...exchange, redirect_uri: RU }))
  const second = tokensOf(await refresh(own, first.refresh_token))
  const jwt = await getTokens(own, 'jwt', {}, browser)
  expect(countRows(own, 'replay_cells')).toBe(1)

  const cookies = [...browser.cookies.values()].filter((value) => value.includes('ps_'))
  expect(cookies).toHaveLength(1)
  const opaque = [unused.code, code, first, second, jwt, ...cookies].flatMap((one) =>
    typeof one === 'string' ? [one] : [one.access_token, one.refresh_token],
  )
  const whole = [...opaque, unused.verifier, verifier, own.masterKey]
  whole.push(...Object.values(SECRETS), ...Object.values(PASSWORDS))
  // The random half alone would be enough to try ids with; as text, as bytes or as digits.
  const halves = opaque.filter((one) => /^p[acrs]_/.test(one)).map((one) => one.slice(-32))
  const bytes = halves.map((half) => Buffer.from(half, 'base64url'))
  const digits = bytes.map((half) => Buffer.from(half.toString('hex')))
  const canaries = [...[...whole, ...halves].map((one) => Buffer.from(one)), ...bytes, ...digits]
  expect(canaries.length).toBeGreaterThan(30)

  const files = readdirSync(dirname(folder.path))
  expect(files).toContain('patois.db-wal')
  for (const file of files) {
    const content = readFileSync(join(dirname(folder.path), file))
    for (const canary of canaries) expect(content.includes(canary), file).toBe(false)
  }
  checkLog(own, whole)
  await own.close()
  const closed = readFileSync(folder.path)
  for (const canary of canaries) expect(closed.includes(canary)).toBe(false)
  // What must be there shows that the search finds things.
  expect(closed.includes('alice@example.org')).toBe(true)
  folder.remove()
})

test('F19: a refresh token comes only where one may', async () => {
  const own = await call(server, '/token', 'cc', { grant_type: 'client_credentials' })
  checkAnswer(own, { status: 200 })
  expect(Object.keys(own.body).sort()).toEqual([
    'access_token',
    'expires_in',
    'scope',
    'token_type',
  ])
  const password = { grant_type: 'password', username: 'alice', password: PASSWORDS.alice ?? '' }
  const scopes = { openid: false, 'openid offline_access': true, 'api.read': true }
  for (const [scope, comes] of Object.entries(scopes)) {
    const { body } = await call(server, '/token', 'ropc', { ...password, scope })
    expect([scope, body.refresh_token !== undefined]).toEqual([scope, comes])
  }
  const offline = { grant_type: 'client_credentials', scope: 'offline_access' }
  const asked = await call(server, '/token', 'cc', offline)
  checkAnswer(asked, { status: 400, error: 'invalid_scope' })
})

test.skip('F20: killed between rotation and answer — the test of kill -9 has it', () => {})

test('F21: spent tokens leave at their own expiry, and the living one stays', async () => {
  const own = await startServer()
  let last: Tokens = await getTokens(own, 'cc', PLAIN)
  const sweep = () => own.store.sweep(own.clock.now(), 500)
  for (let turn = 0; turn < 200; turn++) last = tokensOf(await refresh(own, last.refresh_token))
  await sweep()
  expect(countRows(own, 'refresh_tokens')).toBe(201)
  own.clock.advance(IDLE / 2)
  last = tokensOf(await refresh(own, last.refresh_token))
  await sweep()
  expect(countRows(own, 'refresh_tokens')).toBe(202)
  own.clock.advance(IDLE / 2)
  await sweep()
  expect(countRows(own, 'refresh_tokens')).toBe(1)
  tokensOf(await refresh(own, last.refresh_token))
  checkLog(own)
  await own.close()
})
