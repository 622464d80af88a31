// The bench: measures what Patois answers in a second, beside the floor and its peers.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { writeDocuments } from './documents.ts'
import { LANES } from './given.ts'
import { versionsOfPeers } from './peers.ts'
import {
  conditionsNow,
  type Results,
  readResults,
  SECTIONS,
  type Section,
  writeResults,
} from './results.ts'
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

// What the full run needs besides is fetched where it is used: the quick one has no peers.
const MEASURES: Readonly<Record<Section, (bench: Bench) => Promise<Partial<Results>>>> = {
  rows: async (bench) => ({ rows: await measureRows(bench), versions: versionsOfPeers() }),
  dialects: async (bench) => {
    const { measureDialects } = await import('./sections/dialects.ts')
    return { dialects: await measureDialects(bench) }
  },
  databases: async (bench) => {
    const { measureDatabases } = await import('./sections/databases.ts')
    return { databases: await measureDatabases(bench) }
  },
  growth: async (bench) => {
    const { measureGrowth } = await import('./sections/growth.ts')
    return { growth: await measureGrowth(bench) }
  },
  footprints: async (bench) => {
    const { measureFootprints } = await import('./sections/footprints.ts')
    return { footprints: await measureFootprints(bench) }
  },
  client: async (bench) => {
    const { measureClient } = await import('./sections/client.ts')
    return { client: await measureClient(bench) }
  },
  race: async (bench) => {
    const { measureRace } = await import('./sections/race.ts')
    return { race: await measureRace(bench) }
  },
}

// Nobody who runs the tests has the peers.
function installPeers(): void {
  const folder = fileURLToPath(new URL('..', import.meta.url))
  if (existsSync(join(folder, 'node_modules/.package-lock.json'))) return
  const { status } = spawnSync('npm', ['ci', '--prefix', folder, '--loglevel=error'], {
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error('The peers cannot be installed; npm says why.')
}

async function runSections(bench: Bench): Promise<void> {
  const unknown = positionals.find((name) => !SECTIONS.some((one) => one === name))
  if (unknown !== undefined) throw new Error(`${unknown} is none of ${SECTIONS.join(', ')}`)
  const sections = SECTIONS.filter((one) => positionals.length === 0 || positionals.includes(one))
  for (const section of sections) {
    say(`\n${section}`)
    const before = conditionsNow()
    const measured = await MEASURES[section](bench)
    const conditions = { ...before, load: [before.load[0], conditionsNow().load[0]] as const }
    const results = readResults()
    const all = { ...results.conditions, [section]: conditions }
    writeResults({ ...results, ...measured, conditions: all })
  }
  writeDocuments(readResults())
}

const parent = mkdtempSync(join(tmpdir(), 'patois-bench-'))
const bench = openBench(parent)
try {
  sayConditions(bench.plan)
  if (bench.isQuick) await measureRows(bench)
  else {
    installPeers()
    await runSections(bench)
  }
} finally {
  bench.load.close()
  rmSync(parent, { recursive: true, force: true })
}
