// Expired rows by the million: they go while callers are served, and the database stays as large as it was.

import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { openLog } from 'patois'
import { describe, expect, test } from 'vitest'
import { startSweeper } from '../../packages/server/src/sweep.ts'
import { isFull, times } from '../door/counts.ts'
import { mint, openChains, percentile, rotate, startLoad, type Work } from '../door/load.ts'
import { measured } from '../door/promise.ts'
import type { TestServer } from '../door/server.ts'
import { type Site, type SiteName, setSite, whyNoSite } from '../door/sites.ts'

const EXPIRED = {
  S: Number(process.env.PATOIS_EXPIRED ?? times(8000, 2_000_000)),
  P: Number(process.env.PATOIS_EXPIRED ?? times(8000, 10_000_000)),
}
/** Rows that come and go in an hour of the day that is played. */
const HOURLY = times(500, 50_000)
const HOURS = 24
const PER_SECOND = 100
/** How long the same load runs without any sweeping, to compare with. */
const QUIET_MS = times(1000, 60_000)
const DAY = 86_400

const series = `WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < CAST(? AS BIGINT))`

/** Makes as many rows of a kind; the ids lie before all that servers give out. */
const TABLES = [
  `INSERT INTO access_tokens (id, issuer, hash, client_id, scope, audience, created_at, expires_at, kept_until)
    ${series} SELECT CAST(? AS BIGINT) + n, 1, ?, 'cc', '["api.read"]', '[]', ?, ?, ? FROM s`,
  `INSERT INTO refresh_tokens (id, issuer, hash, family_id, created_at, expires_at, spent_at)
    ${series} SELECT CAST(? AS BIGINT) + n, 1, ?, -1, ?, ?, ? FROM s`,
] as const

const CHUNK = 50_000

/** Fills both tables with rows, half each, that were made and expired at these times. */
const fill = async (site: Site, rows: number, first: number, at: number): Promise<void> => {
  const hash = new Uint8Array(32).fill(7)
  for (const sql of TABLES) {
    for (let done = 0; done < rows / 2; done += CHUNK) {
      const count = Math.min(CHUNK, rows / 2 - done)
      await site.write(sql, count, first + done, hash, at - 60, at, at)
    }
  }
}

const leftAt = async (site: Site): Promise<number> => {
  const [row] = await site.rows(
    'SELECT (SELECT count(*) FROM access_tokens WHERE id < 0) + (SELECT count(*) FROM refresh_tokens WHERE id < 0) AS n',
  )
  return Number(row?.n)
}

/** Sweeps at every node, as servers do; `took` hears how long each batch took, in milliseconds. */
const startSweeping = ({ nodes }: Site, took: number[]): (() => Promise<unknown>) => {
  const errors: string[] = []
  const log = openLog('error', { write: (line: string) => void errors.push(line) })
  const lifetimes = { access_token: 3600, event_retention: 30 * DAY, address_retention: 30 * DAY }
  const stops = nodes.map(({ store, clock, keys }: TestServer) => {
    const sweep: typeof store.sweep = async (...given) => {
      const at = performance.now()
      const swept = await store.sweep(...given)
      took.push(performance.now() - at)
      return swept
    }
    return startSweeper({ store: { ...store, sweep }, clock, keys, log, lifetimes, every: 1 })
  })
  return async () => {
    await Promise.all(stops.map((stop) => stop()))
    expect(errors).toEqual([])
  }
}

const openMix = (): Work => {
  let nth = 0
  return (door, chain) => (nth++ % 3 === 0 ? mint(door, chain) : rotate(door, chain))
}

describe.each<SiteName>(['S', 'P'])('%s', (name) => {
  const held = setSite(name)

  test.skipIf(whyNoSite(name))(
    `R19: ${EXPIRED[name]} expired rows go under ${PER_SECOND} requests a second`,
    async () => {
      const { site } = held
      const now = site.at(0).clock.now()
      await fill(site, EXPIRED[name], -1_000_000_000, now - DAY)
      await site.tidy()
      const chains = await openChains(site.at(0), 30)
      const quiet = startLoad(site.nodes, chains, PER_SECOND, openMix())
      await sleep(QUIET_MS)
      const before = await quiet.stop()
      const waits = (): number => site.said().split('still waiting for').length - 1
      const [waited, took, delay] = [waits(), [] as number[], monitorEventLoopDelay()]
      delay.enable()
      const load = startLoad(site.nodes, chains, PER_SECOND, openMix())
      const begun = performance.now()
      const stop = startSweeping(site, took)
      while ((await leftAt(site)) > 0) await sleep(isFull ? 5000 : 200)
      const seconds = (performance.now() - begun) / 1000
      const during = await load.stop()
      delay.disable()
      await stop()
      for (const { status, said } of [...before, ...during])
        expect({ status, said }).toEqual({ status: 200, said: '' })
      for (const chain of chains) expect((await rotate(site.at(0), chain)).status).toBe(200)
      const p99 = (heard: typeof before) =>
        percentile(
          heard.map((one) => one.milliseconds),
          0.99,
        )
      const waitedFor = waits() - waited
      if (isFull) expect(waitedFor).toBe(0)
      measured(
        'R19',
        `${name}: ${EXPIRED[name]} rows in ${Math.round(seconds)} s; a batch took ${percentile(took, 0.99).toFixed(1)} ms (p99), ${Math.max(...took).toFixed(1)} ms at most; ${name === 'P' ? `${waitedFor} waits for a lock over 100 ms; ` : ''}answers p99 ${p99(before).toFixed(1)} ms before, ${p99(during).toFixed(1)} ms meanwhile (${during.length} of them), event loop late by ${(delay.percentile(99) / 1e6).toFixed(1)} ms (p99)`,
      )
      if (isFull) expect(p99(during)).toBeLessThanOrEqual(1.2 * p99(before))
    },
  )

  test.skipIf(whyNoSite(name))(
    `R19: a day of ${HOURLY} rows an hour leaves the size as it is`,
    async () => {
      const { site } = held
      const sizes: number[] = []
      for (let hour = 0; hour < 2 * HOURS; hour++) {
        site.advance(3600)
        const now = site.at(0).clock.now()
        await fill(site, HOURLY, -2_000_000_000 + hour * HOURLY, now - 1800)
        for (let rows = 500; rows >= 500; ) ({ rows } = await site.at(hour).store.sweep(now, 5000))
        await site.tidy()
        sizes.push(await site.size())
      }
      const [before = 0, after = 0] = [sizes[HOURS - 1], sizes.at(-1)]
      const growth = (after / before - 1) * 100
      measured(
        'R19',
        `${name}: after a day of ${HOURLY} rows an hour ${(before / 1e6).toFixed(1)} MB, after another ${(after / 1e6).toFixed(1)} MB: ${growth.toFixed(2)} %${name === 'P' ? ' (vacuumed every hour)' : ''}`,
      )
      expect(growth).toBeLessThanOrEqual(1)
    },
  )
})
