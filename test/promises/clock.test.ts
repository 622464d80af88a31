// A clock that jumps under a server that runs: nothing ends before it begins, and nothing comes back.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import {
  answerOf,
  authorizeParams,
  call,
  getCode,
  newPkce,
  openBrowser,
  type TestBrowser,
} from '../door/browser.ts'
import { times } from '../door/counts.ts'
import { type FakeTime, openFakeTime, whyNoFakeTime } from '../door/faketime.ts'
import { RU } from '../door/fixtures.ts'
import { openChains, rotate, startLoad, type Work } from '../door/load.ts'
import { startProcesses } from '../door/nodes.ts'
import { whyNoPostgres } from '../door/postgres.ts'
import { type Installation, install, type Served, serve } from '../door/process.ts'
import { measured } from '../door/promise.ts'
import type { Door } from '../door/server.ts'
import { look } from '../door/sqlite.ts'
import { introspect } from '../door/tokens.ts'

const HOUR = 3600
const ROUNDS = times(1, 10)
/** From the real time; each is under load for a while. */
const JUMPS = [HOUR, 0, -HOUR, 0] as const
const PER_SECOND = 50
const LOAD_MS = 1000

let folder: string
let clock: FakeTime
let place: Installation
let running: Served
beforeAll(async () => {
  if (whyNoFakeTime()) return
  folder = mkdtempSync(join(tmpdir(), 'patois-clock-'))
  clock = openFakeTime(folder)
  place = { ...(await install(folder)), env: clock.env }
  running = serve(place)
  await running.ready
})
afterAll(async () => {
  await running?.stop('SIGKILL')
  if (folder) rmSync(folder, { recursive: true })
})

type Span = { iat: number; exp: number }

/** When the tokens of an answer begin and end, whatever kind they are. */
const spansOf = async (door: Door, body: Record<string, unknown>): Promise<Span[]> => {
  const texts = [body.access_token, body.id_token].filter((one) => typeof one === 'string')
  const jwts = texts.filter((text) => text.split('.').length === 3)
  const told = texts.filter((text) => !jwts.includes(text)).map((one) => introspect(door, one))
  return [
    ...jwts.map((jwt) => decodeJwt(jwt)),
    // One that was over before it was asked about, by a jump, says nothing.
    ...(await Promise.all(told)).flatMap(({ body: facts }) => (facts.active ? [facts] : [])),
  ] as Span[]
}

/** Milliseconds of processor time that a process has used. */
const cpuOf = (pid: number): number => {
  const [, , ...fields] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) | /)
  const ticks = Number(fields[11]) + Number(fields[12])
  return ticks * 10
}

/** Asks for a code without showing anything: only a session that lives gets one. */
const isSignedIn = async (browser: TestBrowser): Promise<boolean> => {
  const params = authorizeParams('cc', newPkce().challenge, { prompt: 'none' })
  const page = await browser.get(place.url(`/authorize?${new URLSearchParams(params)}`))
  return answerOf(page).has('code')
}

const exchange = async ({ code, verifier }: { code: string; verifier: string }) =>
  call(place, '/token', 'cc', {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: RU,
  })

/** Refreshes, and asks for JWTs; notes when all that it gets begins and ends. */
const openMix = (spans: Span[]): Work => {
  let nth = 0
  return async (door, chain) => {
    const isJwt = ++nth % 3 === 0
    const answer = isJwt
      ? await call(door, '/token', 'jwt', { grant_type: 'client_credentials' })
      : await rotate(door, chain)
    if (answer.status === 200) spans.push(...(await spansOf(door, answer.body)))
    return answer
  }
}

describe.skipIf(whyNoFakeTime())('a clock that jumps by an hour', () => {
  test(`R11: ${ROUNDS * JUMPS.length} jumps forth and back under load do no harm`, async () => {
    const browsers = Array.from({ length: 5 }, () => openBrowser())
    for (const browser of browsers) await getCode(place, 'cc', {}, browser)
    const chains = await openChains(place, 20, 'openid offline_access api.read')
    const spans: Span[] = []
    const work = openMix(spans)
    let [answers, busiest] = [0, 0]
    const over = await getCode(place)
    const spent = await getCode(place)
    expect((await exchange(spent)).status).toBe(200)
    for (const to of Array.from({ length: ROUNDS }, () => JUMPS).flat()) {
      const load = startLoad([place], chains, PER_SECOND, work)
      await sleep(LOAD_MS / 2)
      clock.set(to)
      await sleep(LOAD_MS / 2)
      const heard = await load.stop()
      expect(heard.filter(({ status }) => status !== 200)).toEqual([])
      answers += heard.length
      // The first jump has ended both, and none that comes later begins them anew.
      for (const code of [over, spent]) {
        expect((await exchange(code)).status).toBe(400)
      }
      // A code that is new is good, wherever the clock stands.
      expect((await exchange(await getCode(place, 'cc', {}, browsers[0]))).status).toBe(200)
      for (const browser of browsers) expect(await isSignedIn(browser)).toBe(true)
      const before = cpuOf(running.pid)
      await sleep(1000)
      busiest = Math.max(busiest, cpuOf(running.pid) - before)
    }
    expect(spans.length).toBeGreaterThan(answers / 2)
    expect(spans.filter(({ iat, exp }) => !(exp > iat))).toEqual([])
    const events = look(place.path, (database) =>
      database.prepare('SELECT at FROM events ORDER BY id').all(),
    ).map(({ at }) => Number(at))
    expect(events.filter((at, index) => at < (events[index - 1] ?? 0))).toEqual([])
    // Idle is idle: a storm of timers would take all of a core.
    expect(busiest).toBeLessThan(500)
    expect(running.printed.err + running.printed.out).not.toMatch(/"level":"(error|fatal)"/)
    measured(
      'R11',
      `S: ${ROUNDS * JUMPS.length} jumps of an hour under ${PER_SECOND} requests a second: ${spans.length} tokens, 0 that end before they begin; 0 codes revived, 0 of ${browsers.length} sessions ended; the time of ${events.length} events never runs backwards; ${busiest} ms of processor in an idle second at most`,
    )
  })
  test.skipIf(whyNoPostgres())(
    `R11: ${ROUNDS * JUMPS.length} jumps at one node of two are not heard of`,
    async () => {
      const nodes = await startProcesses()
      onTestFinished(nodes.close)
      const [first, second] = nodes.places
      clock.set(0)
      await nodes.running[1].stop()
      nodes.running[1] = serve({ ...second, env: clock.env })
      await nodes.running[1].ready
      const chains = await openChains(second, 20, 'openid offline_access api.read')
      const spans: Span[] = []
      const load = startLoad([first, second], chains, PER_SECOND, openMix(spans))
      for (const to of Array.from({ length: ROUNDS }, () => JUMPS).flat()) {
        clock.set(to)
        await sleep(LOAD_MS)
      }
      const heard = await load.stop()
      expect(heard.filter(({ status }) => status !== 200)).toEqual([])
      expect(spans.length).toBeGreaterThan(heard.length / 2)
      const now = Date.now() / 1000
      const far = spans.map(({ iat }) => Math.abs(iat - now))
      // Nothing is dated by anything but the database's clock.
      expect(Math.max(...far)).toBeLessThan(HOUR / 2)
      expect(spans.filter(({ iat, exp }) => !(exp > iat))).toEqual([])
      measured(
        'R11',
        `P: ${ROUNDS * JUMPS.length} jumps at one node of two: ${heard.length} answers, all 200; ${spans.length} tokens, all dated by the database's clock`,
      )
    },
  )
})
