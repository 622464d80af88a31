// Tokens that many processes share: one refresh an expiry, and none lost when a process is killed.

import { keep, memoryStore } from '@patois/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isFull, times } from '../door/counts.ts'
import {
  type DeathPoint,
  type KeeperOrder,
  type KeeperProcess,
  startKeeper,
} from '../door/keepers.ts'
import {
  APP,
  checkAlive,
  clientOf,
  KEY,
  LIFE,
  signIn,
  startRotating,
  tokenRequests,
} from '../door/kept.ts'
import { KINDS, openTokens, type StoreKind, type StorePlace } from '../door/open-tokens.ts'
import type { TestServer } from '../door/server.ts'
import { openPlaces, type Places, whyNoStore } from '../door/stores.ts'

const ROUNDS = times(20, 200)
const PROCESSES = 8
const CALLERS = 20

let places: Places
let processes: KeeperProcess[]
beforeAll(async () => {
  processes = Array.from({ length: PROCESSES }, startKeeper)
  places = await openPlaces(KINDS)
})
afterAll(async () => {
  await Promise.all(processes.map((one) => one.close()))
  await places.close()
})

/** Signs in and keeps the tokens in an empty place; what any process is asked for then. */
const begin = async (server: TestServer, kind: StoreKind, name: string) => {
  const place = await places.make(kind)
  const { store, close } = await openTokens(place)
  await keep({ client: clientOf(server), store, name, secrets: [KEY] }).save(await signIn(server))
  await close()
  const order = (): KeeperOrder => ({
    place,
    name,
    issuer: server.issuer,
    ...APP,
    secrets: [KEY],
    now: server.clock.now(),
    callers: CALLERS,
  })
  return { place, order }
}

const checkSealed = async (place: StorePlace): Promise<void> => {
  const bytes = await places.bytes(place)
  expect(bytes).toMatch(/patois1/)
  expect(bytes).not.toMatch(/p[ar]_[\w-]{40}/)
}

const testOf = (kind: StoreKind) => {
  const why = whyNoStore(kind)
  return (title: string, work: () => Promise<void>) =>
    why ? test.skip(`${title} — ${why}`, () => {}) : test(title, work)
}

describe.each([0, 10])('at a server with a replay window of %i seconds', (window) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startRotating(window)
  })
  afterAll(() => server.close())

  test('50 callers in one process refresh once an expiry', async () => {
    const kept = keep({ client: clientOf(server), store: memoryStore(), name: 'alice' })
    await kept.save(await signIn(server))
    let token = ''
    for (let round = 0; round < ROUNDS; round++) {
      server.clock.advance(LIFE)
      const statuses = await tokenRequests(server, async () => {
        const tokens = await Promise.all(Array.from({ length: 50 }, () => kept.getToken()))
        expect(new Set(tokens).size).toBe(1)
        expect(tokens[0]).not.toBe(token)
        token = tokens[0] ?? ''
      })
      expect(statuses).toEqual([200])
    }
    await checkAlive(server, token)
  })

  for (const kind of KINDS) {
    testOf(kind)(`${PROCESSES} processes on ${kind} refresh once an expiry`, async () => {
      const { place, order } = await begin(server, kind, `shared by processes ${window}`)
      let token = ''
      for (let round = 0; round < ROUNDS; round++) {
        server.clock.advance(LIFE)
        const statuses = await tokenRequests(server, async () => {
          const answers = await Promise.all(processes.map((one) => one.ask(order())))
          expect(answers.flatMap(({ errors }) => errors)).toEqual([])
          const tokens = answers.flatMap(({ tokens }) => tokens)
          expect(tokens).toHaveLength(PROCESSES * CALLERS)
          expect(new Set(tokens).size).toBe(1)
          expect(tokens[0]).not.toBe(token)
          token = tokens[0] ?? ''
        })
        expect(statuses).toEqual([200])
      }
      await checkAlive(server, token)
      await checkSealed(place)
    })
  }
})

describe('a process that is killed loses nothing', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startRotating(10)
  })
  afterAll(() => server.close())

  const points: DeathPoint[] = ['before the request', 'after the answer', 'after the write']
  const cases = points.flatMap((dieAt) => KINDS.map((kind) => ({ dieAt, kind })))
  for (const { dieAt, kind } of cases) {
    // The answer that nobody wrote down is what may get lost; the rest is tried in full runs.
    if (!isFull && dieAt !== 'after the answer' && kind !== 'a file') continue
    testOf(kind)(`${dieAt}, with ${kind}`, async () => {
      for (let round = 0; round < times(1, 20); round++) {
        const victim = startKeeper()
        const { order } = await begin(server, kind, 'whose process dies')
        server.clock.advance(LIFE)
        // A short lease, as the server's clock stands still while the others wait for its end.
        const lease = { ...order(), leaseMs: 300 }
        await expect(victim.ask({ ...lease, dieAt })).rejects.toThrow('SIGKILL')
        const { tokens, errors } = await processes[0]!.ask(lease)
        expect(errors).toEqual([])
        expect(new Set(tokens).size).toBe(1)
        await checkAlive(server, tokens[0] ?? '')
        server.clock.advance(LIFE)
        const later = await processes[1]!.ask({ ...lease, now: server.clock.now() })
        expect(later.errors).toEqual([])
        await checkAlive(server, later.tokens[0] ?? '')
      }
    })
  }
})
