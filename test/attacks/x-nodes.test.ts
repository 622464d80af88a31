// Races over two nodes that share one PostgreSQL: whoever is first, at either of them.

import { randomBytes } from 'node:crypto'
import { decodeProtectedHeader } from 'jose'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { assertAt, claimsFor, jws } from '../door/assertion.ts'
import { type Answer, call, getCode, getTokens, openBrowser } from '../door/browser.ts'
import { times } from '../door/counts.ts'
import { RU, USERS } from '../door/fixtures.ts'
import { startNodes, type TestNodes } from '../door/nodes.ts'
import { startPostgres, type TestPostgres, whyNoPostgres } from '../door/postgres.ts'
import { checkAnswer, checkLog } from '../door/rules.ts'
import { freePort, startServer } from '../door/server.ts'
import { isActive, refresh, revoke, userinfo } from '../door/tokens.ts'

const AHEAD = 300
const ROTATION = 3600
const lifetimes = { key_rotation: ROTATION, key_publish_ahead: AHEAD }

/** Without openid there is no ID token to sign, which makes hundreds of rotations quick. */
const PLAIN = { scope: 'api.read' }

let postgres: TestPostgres
let database: pg.Client
let nodes: TestNodes
beforeAll(async () => {
  if (whyNoPostgres()) return
  postgres = await startPostgres()
  const url = await postgres.newDatabase()
  database = new pg.Client(url)
  await database.connect()
  nodes = await startNodes(url, { configuration: { lifetimes } })
  for (const node of nodes) await node.keys.ready('RS256')
})
afterEach(() => nodes?.forEach((node) => void checkLog(node)))
afterAll(async () => {
  for (const node of nodes ?? []) await node.close()
  await database?.end()
  await postgres?.close()
})

const nodeAt = (nth: number) => nodes[nth % 2 === 0 ? 0 : 1]

const advance = (seconds: number): void => {
  for (const { clock } of nodes) clock.advance(seconds)
}

const count = async (table: string, which: string): Promise<number> => {
  const { rows } = await database.query(`SELECT count(*) AS n FROM ${table} WHERE ${which}`)
  return Number(rows[0].n)
}

/** The one answer of many that is a 200; the others are refused with this error. */
const winnerOf = (answers: readonly Answer[], status: number, error: string): Answer => {
  const won = answers.filter((answer) => answer.status === 200)
  for (const answer of answers) if (answer.status !== 200) checkAnswer(answer, { status, error })
  expect(won).toHaveLength(1)
  const [winner] = won
  if (!winner) throw new Error('Nobody won.')
  return winner
}

describe.skipIf(whyNoPostgres())('two nodes', () => {
  test('D3: of fifty exchanges at once over two nodes one wins, and the others end what it got', async () => {
    const browser = openBrowser()
    for (let round = 0; round < times(10, 100); round++) {
      advance(901)
      const { code, verifier } = await getCode(nodes[0], 'cc', {}, browser)
      const fields = { grant_type: 'authorization_code', code, redirect_uri: RU }
      const calls = Array.from({ length: 50 }, (_, nth) =>
        call(nodeAt(nth), '/token', 'cc', { ...fields, code_verifier: verifier }),
      )
      const { body } = winnerOf(await Promise.all(calls), 400, 'invalid_grant')
      for (const node of nodes) {
        expect(await isActive(node, String(body.access_token))).toBe(false)
        expect(await isActive(node, String(body.refresh_token))).toBe(false)
      }
    }
    expect(await count('families', 'ended_at IS NULL')).toBe(0)
  })

  test('E17: one jti at two nodes, one after the other and twenty at once, is taken once', async () => {
    const [first, second] = nodes
    const used = jws({ alg: 'ES256', kid: 'pk-1' }, claimsFor(first, 'pk'))
    checkAnswer(await assertAt(first, used), { status: 200 })
    checkAnswer(await assertAt(second, used), { status: 401, error: 'invalid_client' })
    for (let round = 0; round < times(5, 100); round++) {
      advance(901)
      const assertion = jws({ alg: 'ES256', kid: 'pk-1' }, claimsFor(first, 'pk'))
      const calls = Array.from({ length: 20 }, (_, nth) => assertAt(nodeAt(nth), assertion))
      winnerOf(await Promise.all(calls), 401, 'invalid_client')
    }
  })

  test('F6: one refresh token at two nodes at once has one successor, and the family lives', async () => {
    let tokens = await getTokens(nodes[0], 'cc', PLAIN)
    const families = await count('families', 'true')
    for (let round = 0; round < times(20, 100); round++) {
      const answers = await Promise.all(
        Array.from({ length: 4 }, (_, nth) => refresh(nodeAt(nth + round), tokens.refresh_token)),
      )
      for (const answer of answers) checkAnswer(answer, { status: 200 })
      const bodies = answers.map(({ body }) => body as typeof tokens)
      expect(new Set(bodies.map((body) => body.refresh_token)).size).toBe(1)
      expect(new Set(bodies.map((body) => body.access_token)).size).toBe(1)
      tokens = { ...tokens, ...bodies[0] }
    }
    expect(await count('families', 'true')).toBe(families)
    expect(
      await count(
        'refresh_tokens',
        `spent_at IS NULL AND expires_at > ${nodes[0].clock.now()}
      AND family_id IN (SELECT id FROM families WHERE ended_at IS NULL)`,
      ),
    ).toBe(1)
    for (const node of nodes)
      checkAnswer(await userinfo(node, tokens.access_token), {
        status: 403,
        error: 'insufficient_scope',
      })
  })

  test('F7: what was revoked at one node is dead at the other with the next call', async () => {
    for (let round = 0; round < times(20, 1000); round++) {
      const tokens = await getTokens(nodes[0], 'cc', PLAIN)
      expect(await isActive(nodeAt(round + 1), tokens.access_token)).toBe(true)
      checkAnswer(await revoke(nodeAt(round), tokens.refresh_token), { status: 200 })
      expect(await isActive(nodeAt(round + 1), tokens.access_token)).toBe(false)
      checkAnswer(await refresh(nodeAt(round + 1), tokens.refresh_token), {
        status: 400,
        error: 'invalid_grant',
      })
    }
  })

  test('Q1: whoever guesses at two nodes has no more guesses than at one, and a few', async () => {
    advance(901)
    const wrong = { authorization: `Basic ${btoa('cc2:guessed-secret-of-nobody-at-all')}` }
    const guess = (nth: number) =>
      call(nodeAt(nth), '/token', undefined, { grant_type: 'client_credentials' }, wrong)
    let guesses = 0
    for (const node of [0, 1, 0, 1]) {
      for (let nth = 0; nth < 60; nth++) {
        const answer = await guess(node)
        if (answer.status === 429) break
        checkAnswer(answer, { status: 401, error: 'invalid_client' })
        guesses++
      }
    }
    expect(guesses).toBeGreaterThanOrEqual(50)
    expect(guesses).toBeLessThan(60)
    // It counts by time and by name, as ever, and what is right passes.
    const right = () => call(nodes[1], '/token', 'cc2', { grant_type: 'client_credentials' })
    checkAnswer(await right(), { status: 200 })
    let later = 0
    for (let nth = 0; nth < 40; nth++) {
      advance(18)
      for (const node of [0, 1]) if ((await guess(node)).status === 401) later++
    }
    expect(later).toBeLessThan(45)
    advance(1800)
    for (const { store, clock } of nodes) await store.sweep(clock.now(), 500)
    expect(await count('failures', 'true')).toBe(0)
  })

  test('X8: two nodes that start at once on an empty database make one of everything', async () => {
    const url = await postgres.newDatabase()
    const port = await freePort()
    const own = { database: url, masterKey: randomBytes(32).toString('base64url') }
    const pair = await Promise.all([
      startServer({ ...own, port }),
      startServer({ ...own, issuer: `http://127.0.0.1:${port}` }),
    ])
    const fresh = new pg.Client(url)
    await fresh.connect()
    for (const node of pair) await node.keys.ready('RS256')
    for (const node of pair) await node.keys.tick(node.clock.now())
    const kids = await Promise.all(
      pair.map(async ({ keys, clock }) =>
        (await keys.published(clock.now())).map(({ kid }) => kid),
      ),
    )
    expect(kids[0]).toEqual(kids[1])
    const { rows } = await fresh.query(`SELECT (SELECT count(*) FROM secrets) AS secrets,
      (SELECT count(*) FROM users) AS users, (SELECT count(DISTINCT kind) FROM keys) AS kinds,
      (SELECT count(*) FROM keys) AS keys`)
    expect(rows[0]).toMatchObject({
      secrets: '3',
      users: String(USERS.length),
      keys: rows[0].kinds,
    })
    const tokens = await getTokens(pair[0], 'cc', PLAIN)
    expect(await isActive(pair[1], tokens.access_token)).toBe(true)
    await fresh.end()
    for (const node of pair) await node.close()
  })

  test('X8: two nodes that change their keys at once make one new key of each kind', async () => {
    const kidsOf = async (nth: number): Promise<string[]> => {
      const keys = await nodeAt(nth).keys.published(nodeAt(nth).clock.now())
      return keys.map(({ kid }) => String(kid)).sort()
    }
    const signs = async (nth: number): Promise<unknown> => {
      const { keys, clock } = nodeAt(nth)
      return decodeProtectedHeader(await keys.sign('ES256', 'JWT', {}, clock.now())).kid
    }
    for (const node of nodes) await node.keys.tick(node.clock.now())
    expect(await kidsOf(0)).toEqual(await kidsOf(1))
    const { rows } = await database.query('SELECT max(signs_from) AS latest FROM keys')
    const due = Number(rows[0].latest) + ROTATION - AHEAD
    advance(due - nodes[0].clock.now())
    const kinds = await count('keys', `signs_from = ${rows[0].latest}`)
    const old = await signs(0)
    await Promise.all(nodes.map((node) => node.keys.tick(node.clock.now())))
    expect(await count('keys', `signs_from > ${rows[0].latest}`)).toBe(kinds)
    expect(await kidsOf(0)).toEqual(await kidsOf(1))
    expect([await signs(0), await signs(1)]).toEqual([old, old])
    advance(AHEAD)
    expect(await signs(0)).toBe(await signs(1))
    expect(await signs(0)).not.toBe(old)
    expect(await kidsOf(1)).toContain(await signs(0))
  })

  test('X9: two nodes that clean up at once, under traffic, remove what is over and nothing else', async () => {
    const browser = openBrowser()
    const old = await Promise.all(
      Array.from({ length: 20 }, () => getTokens(nodes[0], 'cc', PLAIN, browser)),
    )
    advance(40 * 86_400)
    let tokens = await getTokens(nodes[0], 'cc', PLAIN)
    let sweeping = true
    const traffic = (async () => {
      for (let nth = 0; sweeping || nth < 20; nth++) {
        const answer = await refresh(nodeAt(nth), tokens.refresh_token)
        checkAnswer(answer, { status: 200 })
        tokens = { ...tokens, ...(answer.body as typeof tokens) }
      }
    })()
    for (let round = 0; round < 20; round++) {
      await Promise.all(nodes.map(({ store, clock }) => store.sweep(clock.now(), 7)))
    }
    sweeping = false
    await traffic
    expect(await count('refresh_tokens', `expires_at <= ${nodes[0].clock.now()}`)).toBe(0)
    expect(await isActive(nodes[1], tokens.access_token)).toBe(true)
    expect(await isActive(nodes[1], old[0]?.access_token ?? '')).toBe(false)
    checkAnswer(await refresh(nodes[1], tokens.refresh_token), { status: 200 })
  })
})
