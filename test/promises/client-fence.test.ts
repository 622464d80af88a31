// Processes that freeze while they hold a name: others take over, and nobody's write gets lost.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { times } from '../door/counts.ts'
import { KINDS, openTokens } from '../door/open-tokens.ts'
import { openPlaces, type Places, whyNoStore } from '../door/stores.ts'

const PROGRAM = fileURLToPath(new URL('../door/counter-process.ts', import.meta.url))
const PROCESSES = 4
const SECONDS = times(2, 30)

let places: Places
beforeAll(async () => {
  places = await openPlaces(KINDS)
})
afterAll(() => places.close())

for (const kind of KINDS) {
  const why = whyNoStore(kind)
  test.skipIf(why)(
    `what was written with ${kind} is counted${why ? ` — ${why}` : ''}`,
    async () => {
      const place = await places.make(kind)
      const order = JSON.stringify({ place, leaseMs: 60, seconds: SECONDS })
      const args = ['--conditions=patois-source', '--disable-warning=ExperimentalWarning', PROGRAM]
      const run = () => promisify(execFile)(process.execPath, [...args, order])
      const ends = await Promise.all(Array.from({ length: PROCESSES }, run))
      const all = ends.map(({ stdout }) => JSON.parse(stdout) as Record<string, number>)
      const sum = (name: string) => all.reduce((total, one) => total + (one[name] ?? 0), 0)
      const { store, close } = await openTokens(place)
      expect(Number(await store.transaction('count', ({ read }) => read()))).toBe(sum('written'))
      await close()
      // Else nobody was frozen for long enough, and nothing was tried.
      expect(sum('refused')).toBeGreaterThan(0)
    },
  )
}
