// The bench: measures what Patois answers in a second, beside the floor and its peers.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { LANES } from './given.ts'
import { openLoad, type Plan } from './rounds.ts'
import type { Bench } from './sections/bench.ts'
import { measureRows } from './sections/rows.ts'
import { isPinned } from './start.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    row: { type: 'string', default: '' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    profile: { type: 'string' },
  },
})

const QUICK: Plan = { rounds: 3, seconds: 0.6, warmUpSeconds: 0.4 }
const FULL: Plan = { rounds: 5, seconds: 1.5, warmUpSeconds: 1 }

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function openBench(parent: string): Bench {
  const { quick, row, rounds, seconds, profile } = values
  const usual = quick ? QUICK : FULL
  return {
    load: openLoad(),
    plan: {
      ...usual,
      rounds: Number(rounds ?? usual.rounds),
      seconds: Number(seconds ?? usual.seconds),
    },
    folder: (name) => {
      const path = join(parent, name)
      mkdirSync(path)
      return path
    },
    say,
    only: row,
    isQuick: quick,
    nodeFlags: profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`],
  }
}

function sayConditions({ rounds, seconds }: Plan): void {
  const where = isPinned ? 'server and load each on one of their own' : 'nothing pinned'
  const busy = loadavg().map((one) => one.toFixed(1))
  say(
    `Node ${process.versions.node}, ${cpus().length} processors, ${where}; load ${busy.join(' ')}`,
  )
  say(
    `${LANES} connections, ${rounds} rounds of ${seconds} s. The ratio is to the first of each row,`,
  )
  say('in answers for each second that the server spent on its processor.\n')
}

const parent = mkdtempSync(join(tmpdir(), 'patois-bench-'))
const bench = openBench(parent)
try {
  sayConditions(bench.plan)
  if (bench.isQuick) await measureRows(bench)
  else {
    // The quick one needs nothing of what this brings along.
    const { runSections } = await import('./full.ts')
    await runSections(bench, positionals)
  }
} finally {
  bench.load.close()
  rmSync(parent, { recursive: true, force: true })
}
