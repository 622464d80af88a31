// What a deployment of any size needs: measures a call, simulates a year of people, keeps the figures for the docs.

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { printedScale, SCALE_FILE } from '../../tools/scale-table.ts'
import { MONTH } from './life.ts'
import { CALLS, measure } from './measure.ts'
import { MONTHS, simulate } from './simulate.ts'

process.stderr.write('Measuring calls on PostgreSQL, about four minutes ...\n')
const measured = await measure()
process.stderr.write('Simulating a year of 3,000 people ...\n')
const simulated = simulate(measured)
const on = new Date().toISOString().slice(0, 10)
const figures = {
  on,
  calls: CALLS,
  month: MONTH,

  months: MONTHS,
  ...measured,
  simulated,
}
writeFileSync(SCALE_FILE, `${JSON.stringify(figures, null, 2)}\n`)
process.stdout.write(`${printedScale(figures)}\n`)
const docs = fileURLToPath(new URL('../../tools/docs.ts', import.meta.url))
spawnSync(process.execPath, ['--conditions=patois-source', docs], { stdio: 'inherit' })
process.exit()
