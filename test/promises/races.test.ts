// Requests that race for one thing: a code, a refresh token, a family, a consent.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Answer,
  answerOf,
  authorizeParams,
  call,
  formAction,
  getCode,
  getTokens,
  hiddenFields,
  newPkce,
  openBrowser,
  walk,
} from '../door/browser.ts'
import { times } from '../door/counts.ts'
import { RU } from '../door/fixtures.ts'
import { startServer, type TestServer } from '../door/server.ts'
import { checkWhole, familyOf, look } from '../door/sqlite.ts'
import { isActive, openFolder, refresh, revoke } from '../door/tokens.ts'

const PARALLEL = 50
const ROUNDS = times(20, 200)

const CELLS_OF_THE_DEAD = `SELECT c.id FROM replay_cells c JOIN families f ON f.id = c.family_id
  WHERE f.ended_at IS NOT NULL`

type Opened = { server: TestServer; path: string; close: () => Promise<void> }

const open = async (lifetimes: Record<string, number>): Promise<Opened> => {
  const { path, database, remove } = openFolder()
  const server = await startServer({ database, configuration: { lifetimes } })
  const close = async () => {
    await server.close()
    remove()
  }
  return { server, path, close }
}

const together = <T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)))

const exchange = (
  server: TestServer,
  client: string,
  { code, verifier }: { code: string; verifier: string },
): Promise<Answer> =>
  call(server, '/token', client, {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: RU,
  })

/** Fails unless exactly one answer is a success and every other a clean refusal. */
const onlyWinner = (answers: readonly Answer[]): Answer => {
  const winners = answers.filter(({ status }) => status === 200)
  expect(winners).toHaveLength(1)
  for (const { status, body } of answers) {
    if (status !== 200) expect({ status, error: body.error }).toEqual(invalidGrant)
  }
  return winners[0] as Answer
}

const invalidGrant = { status: 400, error: 'invalid_grant' }

const noFailures = ({ answers }: TestServer): void => {
  expect(answers.filter(({ status }) => status >= 500)).toEqual([])
}

// Two kinds of clients: opaque access tokens that lie in the database, and JWTs that do not.
const CLIENTS = ['cc', 'jwt'] as const
const clientOf = (round: number) => CLIENTS[round % CLIENTS.length] ?? 'cc'

describe('with a replay window', () => {
  let opened: Opened
  beforeAll(async () => {
    opened = await open({ replay_window: 30 })
  })
  afterAll(async () => {
    noFailures(opened.server)
    look(opened.path, checkWhole)
    await opened.close()
  })

  test('R1, X1: of 50 exchanges of one code one wins, and the family that it opened ends', async () => {
    const { server, path } = opened
    const browser = openBrowser()
    for (let round = 0; round < ROUNDS; round++) {
      const client = clientOf(round)
      const code = await getCode(server, client, {}, browser)
      const answers = await together(PARALLEL, () => exchange(server, client, code))
      const { body } = onlyWinner(answers)
      const token = String(body.refresh_token)
      const family = look(path, (database) => familyOf(database, token))
      expect(family.endedAt).not.toBeNull()
      expect(await isActive(server, String(body.access_token), client)).toBe(false)
      expect((await refresh(server, token, {}, client)).body.error).toBe('invalid_grant')
    }
  })

  test('R2, X2: 50 refreshes of one token all get the same tokens, and one leaf lives', async () => {
    const { server, path } = opened
    const browser = openBrowser()
    for (let round = 0; round < ROUNDS; round++) {
      const client = clientOf(round)
      const tokens = await getTokens(server, client, {}, browser)
      const answers = await together(PARALLEL, () =>
        refresh(server, tokens.refresh_token, {}, client),
      )
      const [first] = answers
      for (const { status, body } of answers) {
        expect(status).toBe(200)
        expect(body).toEqual(first?.body)
      }
      expect(first?.body.refresh_token).not.toBe(tokens.refresh_token)
      const child = String(first?.body.refresh_token)
      const family = look(path, (database) => familyOf(database, child))
      expect(family).toMatchObject({ endedAt: null, leaves: 1 })
      expect(await isActive(server, String(first?.body.access_token), client)).toBe(true)
      expect((await refresh(server, child, {}, client)).status).toBe(200)
    }
  })

  test('X3: of a refresh and a revocation at once nothing lives when both have answered', async () => {
    const { server, path } = opened
    const browser = openBrowser()
    for (let round = 0; round < times(30, 600); round++) {
      const client = clientOf(round >> 1)
      const { refresh_token, access_token } = await getTokens(server, client, {}, browser)
      const toRevoke = round % 3 === 0 ? access_token : refresh_token
      const end = () => revoke(server, toRevoke, client)
      const rotate = () => refresh(server, refresh_token, {}, client)
      // Either may be the first on the wire.
      const pair = round % 2 ? [rotate(), end()] : [end(), rotate()]
      const answers = await Promise.all(pair)
      const [revoked, rotated] = (round % 2 ? answers.toReversed() : answers) as [Answer, Answer]
      expect(revoked.status).toBe(200)
      expect([200, 400]).toContain(rotated.status)
      if (toRevoke === access_token) {
        // An access token goes alone, and nothing that is revoked comes back with a rotation.
        expect(await isActive(server, access_token, client)).toBe(false)
        expect(rotated.status).toBe(200)
        continue
      }
      const left = [access_token, refresh_token, rotated.body.access_token]
      for (const token of [...left, rotated.body.refresh_token]) {
        if (token) expect(await isActive(server, String(token), client)).toBe(false)
      }
      for (const token of [refresh_token, rotated.body.refresh_token]) {
        if (!token) continue
        const again = await refresh(server, String(token), {}, client)
        expect(again.body.error).toBe('invalid_grant')
      }
      const family = look(path, (database) => familyOf(database, refresh_token))
      expect(family.endedAt).not.toBeNull()
    }
    // What opens a token's answer again goes with its family, whoever was first.
    expect(look(path, (database) => database.prepare(CELLS_OF_THE_DEAD).all())).toEqual([])
  })

  test('X6: a consent that is sent twice at once gives a good code each time', async () => {
    const { server } = opened
    for (let round = 0; round < times(10, 200); round++) {
      const browser = openBrowser()
      // Asked every time, because anybody may listen on a loopback port.
      const redirect_uri = 'http://127.0.0.1:53217/cb'
      const { verifier, challenge } = newPkce()
      const params = authorizeParams('nat', challenge, { redirect_uri })
      await walk(server, browser, authorizeParams('cc', challenge), 'bob')
      const page = await browser.get(server.url(`/authorize?${new URLSearchParams(params)}`))
      expect(page.text).toContain('value="allow"')
      const fields = { ...hiddenFields(page.text), decision: 'allow' }
      const action = server.origin + formAction(page.text)
      const answers = await together(2, () => browser.post(action, fields))
      const codes = answers.flatMap((answer) => {
        expect(answer.status).toBeLessThan(500)
        return answer.location === undefined ? [] : [answerOf(answer).get('code') ?? '']
      })
      expect(codes.length).toBeGreaterThan(0)
      expect(new Set(codes).size).toBe(codes.length)
      for (const code of codes) {
        const answer = await call(server, '/token', 'nat', {
          grant_type: 'authorization_code',
          code,
          code_verifier: verifier,
          redirect_uri,
        })
        expect(answer.status).toBe(200)
        expect((await refresh(server, String(answer.body.refresh_token), {}, 'nat')).status).toBe(
          200,
        )
      }
    }
  })
})

describe('without a replay window', () => {
  let opened: Opened
  beforeAll(async () => {
    opened = await open({ replay_window: 0 })
  })
  afterAll(async () => {
    noFailures(opened.server)
    look(opened.path, checkWhole)
    await opened.close()
  })

  test('R2, X2: of 50 refreshes of one token one wins, and its losers do the family no harm', async () => {
    const { server, path } = opened
    const browser = openBrowser()
    for (let round = 0; round < ROUNDS; round++) {
      const client = clientOf(round)
      const tokens = await getTokens(server, client, {}, browser)
      const answers = await together(PARALLEL, () =>
        refresh(server, tokens.refresh_token, {}, client),
      )
      const { body } = onlyWinner(answers)
      const family = look(path, (database) => familyOf(database, String(body.refresh_token)))
      expect(family).toMatchObject({ endedAt: null, leaves: 1 })
      expect(await isActive(server, String(body.access_token), client)).toBe(true)
      expect((await refresh(server, String(body.refresh_token), {}, client)).status).toBe(200)
    }
  })

  test('X2: a token that comes again after the burst ends the family', async () => {
    const { server, path } = opened
    const tokens = await getTokens(server)
    const answers = await together(PARALLEL, () => refresh(server, tokens.refresh_token, {}, 'cc'))
    const { body } = onlyWinner(answers)
    server.clock.advance(6)
    const late = await together(PARALLEL, () => refresh(server, tokens.refresh_token, {}, 'cc'))
    for (const answer of late) expect(answer.body.error).toBe('invalid_grant')
    const family = look(path, (database) => familyOf(database, tokens.refresh_token))
    expect(family.endedAt).not.toBeNull()
    expect(await isActive(server, String(body.access_token), 'cc')).toBe(false)
    expect((await refresh(server, String(body.refresh_token), {}, 'cc')).body.error).toBe(
      'invalid_grant',
    )
  })
})
