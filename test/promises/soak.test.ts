// A long time at half of what a server can: it holds at the end what it held at the beginning.

import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { isFull, times } from '../door/counts.ts'
import { type Chain, mint, openChains, rotate, startLoad, type Work } from '../door/load.ts'
import { type Installation, install, serve } from '../door/process.ts'
import { measured } from '../door/promise.ts'
import type { Door } from '../door/server.ts'
import { checkWhole, lookAtCopy } from '../door/sqlite.ts'
import { introspect } from '../door/tokens.ts'
import { slopeOf, type Vitals, vitalsOf, withVitals } from '../door/vitals.ts'

const MB = 1024 * 1024
const MINUTES = Number(process.env.PATOIS_SOAK_MINUTES ?? times(0.08, 60))
/** Requests a second, where that is to be less than half of what it can. */
const RATE = Number(process.env.PATOIS_SOAK_RATE ?? Number.POSITIVE_INFINITY)
/** What comes before is warming up: a third of the samples, and what fills the store's cache, in bytes. */
const WARM = 1 / 3
const CACHED = times(0, 64 * MB)
const SAMPLES = times(10, 120)
const CHAINS = 40

// What was kept is over before the hour is, so that the sweeper has work, too.
const lifetimes = { access_token: 300, id_token: 300, refresh_token_idle: 1200, code: 60 }

/** Of ten requests six refresh, two mint, one introspects and one reads the keys. */
const openMix = (): Work => {
  let nth = 0
  return async (door: Door, chain: Chain) => {
    switch (nth++ % 10) {
      case 2:
      case 7:
        return mint(door, chain)
      case 4:
        return introspect(door, chain.access_token)
      case 9: {
        const { status, headers } = await fetch(door.url('/jwks'))
        return { status, headers, body: {} }
      }
      default:
        return rotate(door, chain)
    }
  }
}

/** How many requests a second are answered when everybody asks again at once, until it is warm. */
const capacityOf = async (place: Installation, chains: Chain[], work: Work): Promise<number> => {
  const begun = performance.now()
  const load = startLoad([place], chains, 5000, work)
  do await sleep(1000)
  while (statSync(place.path).size < CACHED)
  const seconds = (performance.now() - begun) / 1000
  return (await load.stop()).length / seconds
}

test(
  `R20: ${MINUTES} minutes at half of what it can leave nothing behind`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'patois-soak-'))
    const place = withVitals(await install(folder, { lifetimes }))
    const running = serve(place)
    onTestFinished(async () => {
      await running.stop('SIGKILL')
      rmSync(folder, { recursive: true })
    })
    await running.ready
    const chains = await openChains(place, CHAINS)
    const work = openMix()
    const capacity = await capacityOf(place, chains, work)
    const rate = Math.floor(Math.min(capacity / 2, RATE))
    const load = startLoad([place], chains, rate, work)
    const points: (readonly [hours: number, vitals: Vitals])[] = []
    const begun = performance.now()
    let [answers, others] = [0, 0]
    for (let nth = 1; nth <= SAMPLES; nth++) {
      await sleep(begun + (nth * MINUTES * 60_000) / SAMPLES - performance.now())
      points.push([(performance.now() - begun) / 3_600_000, await vitalsOf(place, running.pid)])
      const heard = load.heard.splice(0)
      answers += heard.length
      others += heard.filter(({ status }) => status !== 200).length
    }
    await load.stop()
    // Each chain has kept the last of its tokens.
    for (const chain of chains) expect((await rotate(place, chain)).status).toBe(200)
    expect((await running.stop()).code).toBe(0)
    lookAtCopy(place.path, checkWhole)
    const steady = points.slice(Math.floor(points.length * WARM))
    const slope = slopeOf(steady.map(([hours, { rss }]) => [hours, rss / MB]))
    const heap = slopeOf(steady.map(([hours, { heapUsed }]) => [hours, heapUsed / MB]))
    const range = (name: 'files' | 'sockets' | 'timers'): string => {
      const values = steady.map(([, vitals]) => vitals[name])
      return `${name} ${Math.min(...values)}–${Math.max(...values)}`
    }
    const last = steady.at(-1)?.[1] as Vitals
    const grown = isFull ? `memory ${slope.toFixed(2)} MB an hour, heap ${heap.toFixed(2)}, ` : ''
    measured(
      'R20',
      `S: ${MINUTES} min at ${rate} requests a second (of ${Math.round(capacity)} that it could), ${answers} answers, ${others} others than 200; ${grown}${Math.round(last.rss / MB)} MB at the end; ${range('files')}, ${range('sockets')}, ${range('timers')}`,
    )
    expect(others).toBe(0)
    // As many files as callers have connections, and no more timers than these need.
    const first = steady[0]?.[1] as Vitals
    expect(last.files).toBeLessThanOrEqual(first.files + CHAINS)
    expect(last.timers).toBeLessThanOrEqual(first.timers + CHAINS)
    if (isFull) expect(slope).toBeLessThanOrEqual(1)
  },
  MINUTES * 60_000 + times(120_000, 1_800_000),
)
