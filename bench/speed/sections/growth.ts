// Growth: what a rotation costs in a store of a thousand rows, and in one of ten million.

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { type Contestant, startPatois } from '../contestants.ts'
import type { Growth } from '../results.ts'
import { measure } from '../rounds.ts'
import { rowOf } from '../rows.ts'
import { HEAD, linesOf } from '../table.ts'
import type { Bench } from './bench.ts'

const SIZES = [1e3, 1e5, 1e7]
/** Families that are refreshed, each in its turn, spread over the whole store. */
const MOST_FAMILIES = 19_200
const ROW = 'refresh rotation, opaque'

function nameOf(rows: number): string {
  return `${rows.toLocaleString('en')} rows`
}

/** Measures rotations in stores of all sizes. */
export async function measureGrowth({ load, plan, folder, say }: Bench): Promise<Growth[]> {
  const row = rowOf(ROW)
  const open: (Contestant & { size: number; megabytes: number })[] = []
  try {
    for (const size of SIZES) {
      const place = folder(`growth-${size}`)
      const sizes = { families: Math.min(MOST_FAMILIES, size / 2), codes: 0 }
      const patois = await startPatois(place, sizes, { name: nameOf(size), rows: size })
      const megabytes = Math.round(statSync(join(place, 'patois.db')).size / 1e6)
      open.push({ ...patois, size, megabytes })
    }
    const entries = open.map((one) => ({ name: one.name, pid: one.pid, job: row.job(one) }))
    const summaries = await measure(load, ROW, entries, plan)
    say(HEAD)
    say(linesOf(ROW, summaries))
    return open.flatMap(({ size, megabytes }, at) => {
      const summary = summaries[at]
      return summary ? [{ rows: size, megabytes, summary }] : []
    })
  } finally {
    for (const one of open) await one.close()
  }
}
