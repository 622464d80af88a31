// Dialects: one server that speaks all of them, and the rotation of each.

import { startPatois } from '../contestants.ts'
import { dialectConfiguration, dialectEntries } from '../dialects.ts'
import { configurationFor } from '../patois/configuration.ts'
import { measure, type Summary } from '../rounds.ts'
import { HEAD, linesOf } from '../table.ts'
import type { Bench } from './bench.ts'

const ROW = 'refresh rotation, opaque'

/** Measures the rotation in each dialect; the standard one is the first. */
export async function measureDialects({ load, plan, folder, say }: Bench): Promise<Summary[]> {
  const { clients } = configurationFor({ port: 0, metricsPort: 0, database: '' })
  const configuration = dialectConfiguration(clients)
  const sizes = { families: 64, codes: 0 }
  const patois = await startPatois(folder('dialects'), sizes, { configuration })
  try {
    say(HEAD)
    const summaries = await measure(load, ROW, dialectEntries(patois), plan)
    say(linesOf(ROW, summaries))
    return summaries
  } finally {
    await patois.close()
  }
}
