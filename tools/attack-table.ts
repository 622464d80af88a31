// Makes the table of attacks: each row of the catalogue with its tests, and the timing reports.

/** A test as the run reports it; `groups` are the titles around it, from the outermost on. */
export type Ran = { groups: readonly string[]; title: string; status: string }

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

const ROW = /^([A-X]\d+): (.+)$/s
const RESULTS = { passed: 'passed', failed: 'failed' } as const
const WIDE = { id: 5, result: 10 }

/** The rows that tests name in front of their title, or of a title around it, in their order. */
export function rowsOf(tests: readonly Ran[]): AttackRow[] {
  const rows = new Map<string, AttackRow['tests']>()
  for (const { groups, title, status } of tests) {
    const titles = [...groups, title]
    const at = titles.findLastIndex((one) => ROW.test(one))
    const [, id = '', sentence = ''] = ROW.exec(titles[at] ?? '') ?? []
    if (at < 0) continue
    const result = Object.hasOwn(RESULTS, status)
      ? RESULTS[status as keyof typeof RESULTS]
      : 'skipped'
    const whole = [sentence, ...titles.slice(at + 1)].join(' ').replace(/\s+/g, ' ')
    rows.set(id, [...(rows.get(id) ?? []), { title: whole, result }])
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

function compareIds(one: string, other: string): number {
  if (one[0] !== other[0]) return one < other ? -1 : 1
  return Number(one.slice(1)) - Number(other.slice(1))
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
