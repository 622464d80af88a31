// Runs every test that names a row of the attacks, takes the timings, and prints one table.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Ran, type Report, rowsOf, tableOf } from './attack-table.ts'

type Told = {
  success: boolean
  testResults: {
    name: string
    status: string
    message?: string
    assertionResults: {
      ancestorTitles: string[]
      title: string
      status: string
      failureMessages: string[]
    }[]
  }[]
}

type Timings = { TIMINGS: readonly { row: string; measure(samples?: number): Promise<Report[]> }[] }

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const NAMES_A_ROW = /['"`][A-X]\d+: /

/** The files whose tests name rows, wherever they stand. */
function filesWithRows(): string[] {
  return readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => join('test', path))
    .filter((path) => NAMES_A_ROW.test(readFileSync(join(ROOT, path), 'utf8')))
}

function runTests(files: readonly string[]): Told {
  const folder = mkdtempSync(join(tmpdir(), 'patois-attacks-'))
  const file = join(folder, 'told.json')
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
  const options = ['run', '--project', 'door', '--reporter=default', '--reporter=json']
  try {
    const stdio = ['ignore', process.stderr, process.stderr] as const
    spawnSync(process.execPath, [vitest, ...options, `--outputFile.json=${file}`, ...files], {
      cwd: ROOT,
      stdio: [...stdio],
    })
    return JSON.parse(readFileSync(file, 'utf8')) as Told
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function testsOf({ testResults }: Told): Ran[] {
  return testResults.flatMap(({ assertionResults }) =>
    assertionResults.map(({ ancestorTitles, title, status }) => ({
      groups: ancestorTitles,
      title,
      status,
    })),
  )
}

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
const told = runTests(filesWithRows())
const reports = await takeTimings(samples)
process.stdout.write(`${tableOf(rowsOf(testsOf(told)), reports)}\n`)
if (!told.success) process.exitCode = 1
