// A primary and its standby: the standby takes over, or lags behind, and nobody hears anything false.

import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type Answer, call, getCode, getTokens, openBrowser } from '../door/browser.ts'
import { isFull, times } from '../door/counts.ts'
import { RU } from '../door/fixtures.ts'
import { type Chain, type Heard, openChains, rotate, startLoad, type Work } from '../door/load.ts'
import { openLook } from '../door/look.ts'
import { onHosts, startNodes, startProcessesOn } from '../door/nodes.ts'
import { startPatroni, whyNoPatroni } from '../door/patroni.ts'
import { startPostgres, type TestPostgres, whyNoStandby } from '../door/postgres.ts'
import { measured } from '../door/promise.ts'
import type { Door } from '../door/server.ts'
import { startTcpProxy, type TcpProxy } from '../door/tcp.ts'
import { introspect, isActive, refresh, revoke } from '../door/tokens.ts'

const FAILOVERS = times(1, 10)
const TAKEOVERS = times(3, 10)
const ROUNDS = times(10, 200)
const CHAINS = 20
const CODES = 10
const PER_SECOND = 100

/** Asked for in full runs; a machine that runs other tests beside this one is slower. */
const SOON_MS = 10_000

/** A primary, a standby that has caught up, and the line between them. */
type Pair = { primary: TestPostgres; standby: TestPostgres; line: TcpProxy; close(): Promise<void> }

const startPair = async (
  ofPrimary: Record<string, string> = {},
  ofStandby: Record<string, string> = {},
): Promise<Pair> => {
  const primary = await startPostgres({ settings: ofPrimary, replicates: true })
  const line = await startTcpProxy(primary.port)
  const standby = await startPostgres({ settings: ofStandby, follows: line })
  const close = async () => {
    await standby.close()
    await line.close()
    await primary.close()
  }
  return { primary, standby, line, close }
}

type Kept = { chains: Chain[]; codes: { code: string; verifier: string }[]; access: string[] }

/** Asks again as long as the answer is to come later. */
const patiently = async (ask: () => Promise<Answer>): Promise<Answer> => {
  for (;;) {
    const answer = await ask()
    if (answer.status !== 503) return answer
    await sleep(200)
  }
}

/** What of all that callers were given is not known any more. */
const lostOf = async (door: Door, kept: Kept): Promise<number> => {
  const fields = { grant_type: 'authorization_code', redirect_uri: RU }
  const answers = [
    ...kept.chains.map((chain) => patiently(() => rotate(door, chain))),
    ...kept.codes.map(({ code, verifier }) =>
      patiently(() => call(door, '/token', 'cc', { ...fields, code, code_verifier: verifier })),
    ),
    ...kept.access.map((token) => patiently(() => introspect(door, token))),
  ]
  const known = (await Promise.all(answers)).map(({ status, body }) => {
    return status === 200 && body.active !== false
  })
  return known.filter((is) => !is).length
}

/** How long after that moment a door first knew something again, also that a token is unknown. */
const firstAfter = (heard: readonly Heard[], door: number, since: number): number =>
  Math.min(
    ...heard
      .filter((one) => one.door === door && [200, 400].includes(one.status))
      .map(({ at, milliseconds }) => at + milliseconds - since)
      .filter((one) => one > 0),
  )

/** Has a standby take over under load, counts what was lost, and says who answered what meanwhile. */
const seeTakeover = async (places: readonly Door[], takeOver: () => Promise<void>) => {
  const [first, second] = places as [Door, Door]
  const browser = openBrowser()
  const kept: Kept = { chains: await openChains(first, CHAINS), codes: [], access: [] }
  const remember: Work = async (door, chain) => {
    const answer = await rotate(door, chain)
    if (answer.status === 200) kept.access.push(chain.access_token)
    return answer
  }
  const load = startLoad(places, kept.chains, PER_SECOND, remember)
  for (let nth = 0; kept.codes.length < CODES; nth++) {
    // Whoever is told to come later comes later.
    const door = nth % 2 ? second : first
    const given = await getCode(door, 'cc', {}, browser).catch(() => undefined)
    if (given) kept.codes.push(given)
  }
  await sleep(500)
  await takeOver()
  const promoted = performance.now()
  const back = () => Math.max(...places.map((_, door) => firstAfter(load.heard, door, promoted)))
  await expect.poll(back, { timeout: 20_000 }).toBeLessThan(20_000)
  await sleep(1000)
  const heard = await load.stop()
  const recovered = back()
  const odd = heard.filter(({ status }) => ![200, 503].includes(status))
  const given = kept.chains.length + kept.access.length + kept.codes.length
  return { odd, recovered, given, lost: await lostOf(second, kept), requests: heard.length }
}

type Takeover = Awaited<ReturnType<typeof seeTakeover>>

const LIVES = { lifetimes: { code: 600 } }

/** How long what the primary writes does not reach the standby before the primary is killed. */
const CUT_MS = 300

/** Kills a primary under load and promotes its standby. */
const failOver = async (settings: Record<string, string>): Promise<Takeover> => {
  const { primary, standby, line, close } = await startPair(settings)
  const nodes = await startProcessesOn(await primary.newDatabase(), LIVES, [primary, standby])
  try {
    return await seeTakeover(nodes.places, async () => {
      line.down()
      await sleep(CUT_MS)
      await primary.stop('immediate')
      await standby.promote()
    })
  } finally {
    await nodes.close()
    await close()
  }
}

/** Has standbys take over so many times; answers what was seen when nothing was lost. */
const seeAll = async (many: number, once: () => Promise<Takeover>): Promise<string> => {
  let [slowest, given, requests] = [0, 0, 0]
  for (let round = 0; round < many; round++) {
    const seen = await once()
    expect(seen.odd).toEqual([])
    expect(seen.lost).toBe(0)
    slowest = Math.max(slowest, seen.recovered)
    given += seen.given
    requests += seen.requests
  }
  if (isFull) expect(slowest).toBeLessThan(SOON_MS)
  return `cut off ${CUT_MS} ms before: ${many} failovers, ${requests} requests, 0 of ${given} codes and tokens lost, both nodes answered again ${Math.round(slowest)} ms after the promotion`
}

const SYNCHRONOUS = { synchronous_standby_names: '*', synchronous_commit: 'remote_apply' }

describe.skipIf(whyNoStandby())('a standby', () => {
  test(`R7: takes over ${FAILOVERS} times, and with remote_apply nothing is lost`, async () => {
    measured('R7', `remote_apply, ${await seeAll(FAILOVERS, () => failOver(SYNCHRONOUS))}`)
  })

  test.runIf(isFull)(
    'R7: takes over, and what it had not heard of is lost with commits that do not wait for it',
    async () => {
      const { given, lost, recovered } = await failOver({ synchronous_commit: 'local' })
      expect(recovered).toBeLessThan(SOON_MS)
      expect(lost).toBeGreaterThan(0)
      measured(
        'R7',
        `asynchronous, cut off 300 ms before: ${lost} of ${given} codes and tokens lost, answered again after ${Math.round(recovered)} ms`,
      )
    },
  )

  test('R8: that lags is named before the primary, and never asked', async () => {
    const lag = { recovery_min_apply_delay: '5s', log_statement: 'all' }
    const { primary, standby, close } = await startPair({}, lag)
    const own = await primary.newDatabase()
    const url = onHosts(own, standby, primary)
    // Whoever asks the standby before it has heard of the database is told that there is none.
    const isThere = () => openLook(onHosts(own, standby)).then((look) => look.end())
    await expect.poll(isThere, { timeout: 20_000, interval: 500 }).toBeUndefined()
    const nodes = await startNodes(url)
    const browser = openBrowser()
    for (let round = 0; round < ROUNDS; round++) {
      const [here, there] = round % 2 ? nodes : nodes.toReversed()
      if (!here || !there) throw new Error('There are two nodes.')
      const tokens = await getTokens(here, 'cc', { scope: 'api.read' }, browser)
      const { status, body } = await refresh(there, tokens.refresh_token)
      expect(status).toBe(200)
      expect(await isActive(here, String(body.access_token))).toBe(true)
      expect((await revoke(there, String(body.refresh_token))).status).toBe(200)
      for (const node of nodes) {
        expect(await isActive(node, String(body.access_token))).toBe(false)
        expect((await refresh(node, String(body.refresh_token))).status).toBe(400)
      }
    }
    expect(standby.said()).toContain('pg_is_in_recovery')
    expect(standby.said()).not.toMatch(/refresh_tokens|codes|families/)
    for (const node of nodes) await node.close()
    await close()
    measured(
      'R8',
      `${ROUNDS} sign-ins, refreshes and revocations over two nodes, 0 × invalid_grant, 0 revoked tokens active, 0 statements at the standby`,
    )
  })
})

/** Milliseconds in which nothing gets through; the line stays open and looks well. */
const STUCK_MS = 60_000

// Patroni waits until a primary's lease is over: half a minute a time.
describe.skipIf(whyNoPatroni() ?? !isFull)('Patroni', () => {
  test(`R7: promotes ${TAKEOVERS} times, the killed one follows again, and nothing is lost`, async () => {
    const cluster = await startPatroni()
    const { leader, follower } = await cluster.settled()
    const own = await leader.newDatabase()
    const nodes = await startProcessesOn(own, LIVES, [leader, follower])
    const once = async (): Promise<Takeover> => {
      const { leader, follower } = await cluster.settled()
      const seen = await seeTakeover(nodes.places, async () => {
        leader.line.delayMs = STUCK_MS
        await sleep(CUT_MS)
        leader.line.down()
        await leader.kill()
        while ((await cluster.rolesAt(follower)).leader !== follower) await sleep(20)
      })
      leader.line.delayMs = 0
      leader.line.up()
      leader.start()
      return seen
    }
    try {
      const figure = await seeAll(TAKEOVERS, once)
      measured('R7', `Patroni 3.0 with synchronous_mode, ${figure}`)
    } finally {
      await nodes.close()
      await cluster.close()
    }
  })
})
