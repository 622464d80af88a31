// The next version takes over node by node, and changes the tables under the feet of this one.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { times } from '../door/counts.ts'
import { type Chain, type Heard, openChains, rotate, startLoad } from '../door/load.ts'
import { makeNextVersion } from '../door/next-version.ts'
import { type NodeProcesses, startProcesses } from '../door/nodes.ts'
import { whyNoPostgres } from '../door/postgres.ts'
import { type Installation, serve } from '../door/process.ts'
import { measured } from '../door/promise.ts'

const CHAINS = 20
const CROSSINGS = times(6, 200)
const PER_SECOND = 100

/** What a version that only adds may do to tables that others are writing. */
const ADDS = `ALTER TABLE refresh_tokens ADD COLUMN note TEXT;
  ALTER TABLE families ADD COLUMN place BIGINT NOT NULL DEFAULT 0;
  CREATE INDEX families_place ON families (place);
  CREATE TABLE things (id BIGINT PRIMARY KEY)`

let folder: string
let nodes: NodeProcesses
beforeAll(async () => {
  if (whyNoPostgres()) return
  folder = mkdtempSync(join(tmpdir(), 'patois-next-'))
  nodes = await startProcesses()
})
afterAll(async () => {
  await nodes?.close()
  if (folder) rmSync(folder, { recursive: true })
})

/** Replaces a node by another version while the other one takes all requests. */
const replace = async (nth: 0 | 1, script: string | undefined, chains: Chain[]) => {
  const { places, running } = nodes
  const load = startLoad([places[1 - nth] as Installation], chains, PER_SECOND)
  await sleep(200)
  expect((await running[nth].stop()).code).toBe(0)
  const place = places[nth]
  running[nth] = serve(script === undefined ? place : { ...place, script })
  await running[nth].ready
  await sleep(200)
  return load.stop()
}

/** Uses each token at one node after the other, under load at both. */
const cross = async (chains: Chain[], others: Chain[]): Promise<Heard[]> => {
  const load = startLoad(nodes.places, others, PER_SECOND)
  for (let nth = 0; nth < CROSSINGS; nth++) {
    for (const chain of chains) {
      const answer = await rotate(nodes.places[nth % 2 ? 1 : 0], chain)
      expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    }
  }
  return load.stop()
}

describe.skipIf(whyNoPostgres())('two nodes', () => {
  test('R22: pass to the next version and back one by one, and nobody notices', async () => {
    const [chains, others] = [
      await openChains(nodes.places[0], 3),
      await openChains(nodes.places[0], CHAINS),
    ]
    const next = makeNextVersion(join(folder, 'adds'), ADDS)
    const heard: Heard[] = []
    const columns = "SELECT 1 FROM information_schema.columns WHERE column_name = 'note'"
    const all = [
      [1, next],
      // This version starts beside the next one, and on its tables.
      [0, undefined],
      [0, next],
      [1, undefined],
    ] as const
    const steps = all.slice(0, times(2, 4))
    for (const [nth, script] of steps) {
      heard.push(...(await replace(nth, script, others)))
      expect((await nodes.database.query(columns)).rowCount).toBe(1)
      heard.push(...(await cross(chains, others)))
    }
    expect(heard.filter(({ status }) => status !== 200)).toEqual([])
    measured(
      'R22',
      `${steps.length} changes of version with a migration, ${heard.length} requests, 0 × 5xx; ${steps.length * CROSSINGS * chains.length} refreshes across versions, 0 refused`,
    )
  })
})
