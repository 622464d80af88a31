// The full run: every section in its turn, kept in results.json and written into the docs.

import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeDocuments, writeIcicle } from './documents/write.ts'
import { versionsOfPeers } from './peers.ts'
import {
  conditionsNow,
  type Results,
  readResults,
  SECTIONS,
  type Section,
  writeResults,
} from './results.ts'
import type { Bench } from './sections/bench.ts'
import { measureClient } from './sections/client.ts'
import { measureDatabases } from './sections/databases.ts'
import { measureDialects } from './sections/dialects.ts'
import { measureFootprints } from './sections/footprints.ts'
import { measureGrowth } from './sections/growth.ts'
import { measureProfile, roomsOf } from './sections/profile.ts'
import { measureRace } from './sections/race.ts'
import { measureRows } from './sections/rows.ts'
import { verdictLines } from './verdicts.ts'

const MEASURES: Readonly<Record<Section, (bench: Bench) => Promise<Partial<Results>>>> = {
  rows: async (bench) => ({ rows: await measureRows(bench), versions: versionsOfPeers() }),
  profile: async (bench) => {
    const profiled = await measureProfile(bench)
    const [first] = profiled
    if (first && bench.only === '') writeIcicle(first)
    return { profile: profiled.map(roomsOf) }
  },
  dialects: async (bench) => ({ dialects: await measureDialects(bench) }),
  databases: async (bench) => ({ databases: await measureDatabases(bench) }),
  growth: async (bench) => ({ growth: await measureGrowth(bench) }),
  footprints: async (bench) => ({ footprints: await measureFootprints(bench) }),
  client: async (bench) => ({ client: await measureClient(bench) }),
  race: async (bench) => ({ race: await measureRace(bench) }),
}

/** Measures the named sections, or all of them. Throws an Error for a name that is none. */
export async function runSections(bench: Bench, names: readonly string[]): Promise<void> {
  const unknown = names.find((name) => !SECTIONS.some((one) => one === name))
  if (unknown !== undefined) throw new Error(`${unknown} is none of ${SECTIONS.join(', ')}`)
  installPeers()
  for (const section of SECTIONS) {
    if (names.length > 0 && !names.includes(section)) continue
    bench.say(`\n${section}`)
    const before = conditionsNow()
    const measured = await MEASURES[section](bench)
    const load = [before.load[0], conditionsNow().load[0]] as const
    // Some rows are no section.
    if (bench.only !== '') continue
    const results = readResults()
    const conditions = { ...results.conditions, [section]: { ...before, load } }
    // What was measured stays, whatever becomes of the sections that follow.
    writeResults({ ...results, ...measured, conditions })
    writeDocuments(readResults())
  }
  if (bench.only === '') bench.say(`\nwhat is asked\n${verdictLines(readResults())}`)
}

// Nobody who runs the tests has the peers, and who had them may have those of another lock.
function installPeers(): void {
  const folder = fileURLToPath(new URL('..', import.meta.url))
  const at = (file: string): number => {
    return statSync(join(folder, file), { throwIfNoEntry: false })?.mtimeMs ?? 0
  }
  if (at('node_modules/.package-lock.json') > at('package-lock.json')) return
  const args = ['ci', '--prefix', folder, '--loglevel=error']
  if (spawnSync('npm', args, { stdio: 'inherit' }).status !== 0) {
    throw new Error('The peers cannot be installed; npm says why.')
  }
}
