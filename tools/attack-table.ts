// Makes the table of attacks: each row of the catalogue with its tests, and the timing reports.

import type { Ran } from './run-tests.ts'
import { compareIds, namedIn } from './titles.ts'

/** What was measured of a row, and what that means. */
export type Report = {
  row: string
  what: string
  figures: Readonly<Record<string, unknown>>
  verdict: string
}

/** A row of the catalogue with all that shows it. */
export type AttackRow = {
  id: string
  result: 'passed' | 'failed' | 'skipped'
  tests: { title: string; result: 'passed' | 'failed' | 'skipped' }[]
}

const ROW = /^[A-X]\d+$/
const RESULTS = { passed: 'passed', failed: 'failed' } as const
const PROMISES = 'test/promises/'
const WIDE = { id: 5, result: 10 }

/** The rows that tests name in front of their title, or of a title around it, in their order. */
export function rowsOf(tests: readonly Ran[]): AttackRow[] {
  const rows = new Map<string, AttackRow['tests']>()
  for (const { file, groups, title, status } of tests) {
    const { ids = [], sentence = '' } = namedIn([...groups, title]) ?? {}
    const result = Object.hasOwn(RESULTS, status)
      ? RESULTS[status as keyof typeof RESULTS]
      : 'skipped'
    // There an R is a promise, and no row of the attacks.
    const own = ids.filter((id) => ROW.test(id) && !(id[0] === 'R' && file.startsWith(PROMISES)))
    for (const id of own) rows.set(id, [...(rows.get(id) ?? []), { title: sentence, result }])
  }
  return [...rows]
    .map(([id, own]) => ({ id, result: resultOf(own), tests: own }))
    .sort((one, other) => compareIds(one.id, other.id))
}

function resultOf(tests: AttackRow['tests']): AttackRow['result'] {
  const results = tests.map(({ result }) => result)
  if (results.includes('failed')) return 'failed'
  return results.includes('passed') ? 'passed' : 'skipped'
}

/** The table as text: a line for each test, the row and its result at the first of them. */
export function tableOf(rows: readonly AttackRow[], reports: readonly Report[]): string {
  const lines = rows.flatMap(({ id, result, tests }) =>
    tests.map(({ title, result: own }, index) => {
      const first = index === 0
      const mark = own === result ? '' : `[${own}] `
      return line(first ? id : '', first ? result : '', mark + title)
    }),
  )
  const measured = reports.map(({ row, what, figures, verdict }) =>
    line(row, verdict, `${what}: ${figuresOf(figures)}`),
  )
  const count = (result: string) => rows.filter((one) => one.result === result).length
  const sum = `${rows.length} rows: ${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`
  const timing = measured.length > 0 ? ['', 'Timing', ...measured] : []
  return [line('row', 'result', 'what'), ...lines, ...timing, '', sum].join('\n')
}

function line(id: string, result: string, text: string): string {
  return `${id.padEnd(WIDE.id)} ${result.padEnd(WIDE.result)} ${text}`.trimEnd()
}

function figuresOf(figures: Readonly<Record<string, unknown>>): string {
  return Object.entries(figures)
    .map(([name, value]) => {
      const isNested = typeof value === 'object' && value !== null
      return isNested ? figuresOf(value as Record<string, unknown>) : `${name} ${short(value)}`
    })
    .join(', ')
}

function short(value: unknown): string {
  return typeof value === 'number' && !Number.isInteger(value)
    ? String(Number(value.toPrecision(3)))
    : String(value)
}
