// Tries the promises, all or those that are named, prints what was measured, and keeps it for the docs.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import {
  keptOf,
  PROMISES,
  printedTable,
  RESULTS_FILE,
  type Results,
  readResults,
} from './promise-table.ts'
import { filesWith, runTests } from './run-tests.ts'

type Measured = { id: string; figure: string }

/** Runs the tests of these promises, or of all; `full` is the part of the full counts, or empty. */
function run(ids: readonly string[], full: string) {
  const folder = mkdtempSync(join(tmpdir(), 'patois-promises-'))
  const file = join(folder, 'measured')
  writeFileSync(file, '')
  try {
    // Some promises have no row: all tests run when none is named.
    const titles = ids.length > 0 ? `\\b(${ids.join('|')})(, [A-Z]\\d+)*: ` : undefined
    const files = filesWith('test/promises', new RegExp(titles ?? ''))
    const env = { PATOIS_MEASURED: file, PATOIS_FULL: full }
    const { success, tests } = runTests(files, env, titles)
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean)
    const kept = keptOf(
      tests,
      lines.map((line) => JSON.parse(line) as Measured),
    )
    for (const id of kept.keys()) if (ids.length > 0 && !ids.includes(id)) kept.delete(id)
    return { success, kept }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Keeps what a run says, which may have tried a part of what is asked. */
function keep(kept: ReturnType<typeof run>['kept'], inPart: boolean): void {
  const on = new Date().toISOString().slice(0, 10)
  const latest = [...kept].map(
    ([id, one]) => [id, { ...one, on, ...(inPart && { inPart }) }] as const,
  )
  const all: Results = { ...readResults(), ...Object.fromEntries(latest) }
  const sorted = PROMISES.flatMap(({ id }) => (all[id] ? [[id, all[id]] as const] : []))
  writeFileSync(RESULTS_FILE, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`)
  const docs = fileURLToPath(new URL('docs.ts', import.meta.url))
  const stdio = ['ignore', process.stderr, process.stderr] as const
  spawnSync(process.execPath, ['--conditions=patois-source', docs], { stdio: [...stdio] })
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { few: { type: 'boolean', default: false }, part: { type: 'string', default: '1' } },
})
const full = values.few ? '' : values.part
const { success, kept } = run(positionals, full)
process.stdout.write(`${printedTable(kept)}\n`)
if (full !== '') keep(kept, Number(full) < 1)
if (!success) process.exitCode = 1
