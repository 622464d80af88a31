// Which versions of PostgreSQL were run, and how many tests of each kind passed on them.
import { readFileSync } from 'node:fs'
import type { Ran } from './run-tests.ts'

/** What is run on each: the kind of tests, and their files. */
export const DATABASE_TESTS: Readonly<Record<string, readonly string[]>> = {
  'the store, read committed and serializable': ['test/store-postgres.test.ts'],
  'races over two nodes (R1, R2)': ['test/promises/bursts.test.ts', 'test/promises/races.test.ts'],
  'kills, crashes, slowness and upgrades (R3, R6, R15, R16, R22)': [
    'test/promises/crash.test.ts',
    'test/promises/nodes.test.ts',
    'test/promises/slow.test.ts',
    'test/promises/upgrade.test.ts',
  ],
}

/** How many passed of those that were run. */
export type Passed = { passed: number; run: number }

/** The latest run on a version, such as 14.23: by kind of test, and the day as YYYY-MM-DD. */
export type DatabaseRun = { on: string; passed: Readonly<Record<string, Passed>> }

/** The latest runs by version. */
export type DatabaseRuns = Readonly<Record<string, DatabaseRun>>

/** Where the latest runs are kept. */
export const DATABASES_FILE = new URL('../docs/databases.json', import.meta.url)

/** The latest runs. */
export function readDatabases(): DatabaseRuns {
  return JSON.parse(readFileSync(DATABASES_FILE, 'utf8')) as DatabaseRuns
}

/** Counts the tests of each kind that were not left out. */
export function passedOf(tests: readonly Ran[]): Record<string, Passed> {
  const counted = Object.entries(DATABASE_TESTS).map(([kind, files]) => {
    const own = tests.filter(({ file }) => files.includes(file))
    const passed = own.filter(({ status }) => status === 'passed').length
    const failed = own.filter(({ status }) => status === 'failed').length
    return [kind, { passed, run: passed + failed }] as const
  })
  return Object.fromEntries(counted)
}

/** The table, as Markdown. */
export function databasesTable(runs: DatabaseRuns): string {
  const kinds = Object.keys(DATABASE_TESTS)
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rows = Object.entries(runs).map(([version, { on, passed }]) => {
    const cells = kinds.map((kind) => {
      const own = passed[kind]
      return own ? `${own.passed} of ${own.run}` : '—'
    })
    return line([version, ...cells, on])
  })
  return [
    line(['PostgreSQL', ...kinds, 'run']),
    `|${'---|'.repeat(kinds.length + 2)}`,
    ...rows,
  ].join('\n')
}
