// The bench: measures what Patois answers in a second, beside the floor and its peers.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Contestant, startFloor, startPatois } from './contestants.ts'
import { measureRow, openLoad, type Plan } from './rounds.ts'
import { ROWS } from './rows.ts'
import { isPinned } from './start.ts'
import { HEAD, linesOf } from './table.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    // Only rows with this text in their name.
    row: { type: 'string', default: '' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    // Writes a profile of Patois into this folder.
    profile: { type: 'string' },
  },
})

const usual: Plan = values.quick
  ? { rounds: 3, seconds: 0.6, warmUpSeconds: 0.4, lanes: 64 }
  : { rounds: 5, seconds: 2, warmUpSeconds: 2, lanes: 64 }
const plan: Plan = {
  ...usual,
  rounds: Number(values.rounds ?? usual.rounds),
  seconds: Number(values.seconds ?? usual.seconds),
}

const rows = ROWS.filter(
  ({ isFull, name }) => !(values.quick && isFull) && name.includes(values.row),
)
// What the floor would use up if it exchanged 12,000 codes in a second, warming up included.
const codes = rows.some(({ name }) => name.includes('code'))
  ? Math.ceil(12_000 * (plan.rounds * plan.seconds + plan.warmUpSeconds * (1 + plan.rounds / 4)))
  : 0
const sizes = { lanes: plan.lanes, codes }

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

const folder = mkdtempSync(join(tmpdir(), 'patois-bench-'))
const folderOf = (name: string): string => {
  const path = join(folder, name)
  mkdirSync(path)
  return path
}
const profile = values.profile
const nodeFlags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
const contestants: Contestant[] = []
const load = openLoad()
try {
  contestants.push(await startFloor(folderOf('floor'), sizes))
  contestants.push(await startPatois(folderOf('patois'), sizes, { nodeFlags }))
  const where = isPinned ? 'server and load each on a processor of its own' : 'not pinned'
  const busy = loadavg().map((one) => one.toFixed(1))
  say(
    `${cpus().length} processors, ${where}, Node ${process.versions.node}, load ${busy.join(' ')}`,
  )
  say(
    `${plan.lanes} connections, ${plan.rounds} rounds of ${plan.seconds} s; the ratio is of what a`,
  )
  say('second of the server’s processor does, to that of the floor\n')
  say(HEAD)
  for (const row of rows) say(linesOf(row.name, await measureRow(load, row, contestants, plan)))
} finally {
  load.close()
  for (const contestant of contestants) await contestant.close()
  rmSync(folder, { recursive: true, force: true })
}
