// Runs every test that names a row of the attacks, takes the timings, and prints one table.
import { type Report, rowsOf, tableOf } from './attack-table.ts'
import { filesWith, runTests } from './run-tests.ts'

type Timings = { TIMINGS: readonly { row: string; measure(samples?: number): Promise<Report[]> }[] }

/** In front of a title, or behind another row there. */
const NAMES_A_ROW = /['"` ][A-X]\d+: /

// The scripts speak to servers of their own and must not share the machine with the tests.
async function takeTimings(samples: number | undefined): Promise<Report[]> {
  const list = new URL('../test/attacks/timing/index.ts', import.meta.url).href
  const { TIMINGS } = (await import(list)) as Timings
  const reports: Report[] = []
  for (const { row, measure } of TIMINGS) {
    process.stderr.write(`timing ${row}\n`)
    reports.push(...(await measure(samples)))
  }
  return reports
}

const samples = process.argv[2] === undefined ? undefined : Number(process.argv[2])
const told = runTests(filesWith('test', NAMES_A_ROW))
const reports = await takeTimings(samples)
process.stdout.write(`${tableOf(rowsOf(told.tests), reports)}\n`)
if (!told.success) process.exitCode = 1
