// What a deployment of each size needs: the arithmetic over what a call costs and what people do.
import { readFileSync } from 'node:fs'

/** What one call was measured to cost; rows by table, bytes, seconds of a processor. */
export type ScaleCost = {
  inserted: Readonly<Record<string, number>>
  updated: Readonly<Record<string, number>>
  logBytes: number
  transactions: number
  nodeSeconds: number
  databaseSeconds: number
}

/** All figures: `month` is what one person does, `simulated` is said for one person. */
export type ScaleFigures = {
  on: string
  calls: Readonly<Record<string, string>>
  month: Readonly<Record<string, number>>
  months: readonly number[]
  costs: Readonly<Record<string, ScaleCost>>
  rowBytes: Readonly<Record<string, number>>
  simulated: {
    rows: Readonly<Record<string, readonly number[]>>
    peak: Readonly<Record<string, number>>
    removed: number
  }
}

/** Where the figures are kept. */
export const SCALE_FILE = new URL('../docs/scale.json', import.meta.url)

/** People who use an application in a month. */
const SIZES = [100_000, 1_000_000, 10_000_000, 1_000_000_000] as const

// A processor that is busier than this makes its callers wait.
const BUSY = 0.6
// Of tables with few rows in the measurement; they are few in life, too.
const USUAL_ROW_BYTES = 200

type Cells = readonly (string | number)[]

/** The figures that are kept. */
export function readScale(): ScaleFigures {
  return JSON.parse(readFileSync(SCALE_FILE, 'utf8')) as ScaleFigures
}

const NUMBERS = ['', ' k', ' M', ' bn', ' tn'] as const
const BYTES = [' B', ' kB', ' MB', ' GB', ' TB', ' PB'] as const

function short(value: number, units: readonly string[] = NUMBERS): string {
  const step = value < 1000 ? 0 : Math.floor(Math.log10(value) / 3)
  const scaled = value / 1000 ** step
  const digits = scaled < 100 ? 2 : 3
  return `${scaled.toLocaleString('en', { maximumSignificantDigits: digits })}${units[step]}`
}

function bytes(value: number): string {
  return short(value, BYTES)
}

function total(rows: Readonly<Record<string, number>>): number {
  return Object.values(rows).reduce((sum, one) => sum + one, 0)
}

function each(rows: Readonly<Record<string, number>>): string {
  const named = Object.entries(rows).map(([table, count]) => {
    const times = Math.round(count * 10) / 10
    return times === 1 ? table : `${times} × ${table}`
  })
  return named.join(', ') || '—'
}

const costHead = ['call', 'rows written', 'rows changed', 'log', 'server', 'database']

function costRows({ calls, costs }: ScaleFigures): Cells[] {
  return Object.entries(calls).flatMap(([name, words]) => {
    const cost = costs[name]
    if (!cost) return []
    const milliseconds = [cost.nodeSeconds, cost.databaseSeconds].map(
      (seconds) => `${(seconds * 1000).toFixed(2)} ms`,
    )
    const log = bytes(cost.logBytes)
    return [[words, each(cost.inserted), each(cost.updated), log, ...milliseconds]]
  })
}

/** Per person: rows and bytes by table at the end of some months. */
function rowRows({ simulated, rowBytes }: ScaleFigures): Cells[] {
  return Object.entries(simulated.rows).map(([table, counts]) => {
    const size = rowBytes[table] ?? USUAL_ROW_BYTES
    return [
      table,
      Math.round(size),
      ...counts.map((count) => short(count)),
      bytes((counts.at(-1) ?? 0) * size),
    ]
  })
}

function sizeRow(figures: ScaleFigures, people: number): Cells {
  const { simulated, rowBytes, costs } = figures
  const last = Object.entries(simulated.rows).map(([table, counts]) => {
    return [table, (counts.at(-1) ?? 0) * people] as const
  })
  const rows = last.reduce((sum, [, count]) => sum + count, 0)
  const stored = last.reduce(
    (sum, [table, count]) => sum + count * (rowBytes[table] ?? USUAL_ROW_BYTES),
    0,
  )
  const over = (of: (cost: ScaleCost) => number): number =>
    Object.entries(simulated.peak).reduce((sum, [call, perSecond]) => {
      const cost = costs[call]
      return sum + (cost ? perSecond * people * of(cost) : 0)
    }, 0)
  const writes = over(({ inserted, updated }) => total(inserted) + total(updated))
  const cores = (of: (cost: ScaleCost) => number) => Math.max(1, Math.ceil(over(of) / BUSY))
  return [
    short(people),
    short(over(() => 1)),
    short(writes),
    `${bytes(over(({ logBytes }) => logBytes))}/s`,
    short(rows),
    bytes(stored),
    short(simulated.removed * people),
    short(cores(({ nodeSeconds }) => nodeSeconds)),
    short(cores(({ databaseSeconds }) => databaseSeconds)),
  ]
}

const sizeHead = [
  'people',
  'calls/s',
  'rows written/s',
  'log',
  'rows kept',
  'bytes kept',
  'rows removed/s',
  'server cores',
  'database cores',
]

function markdown(head: Cells, rows: readonly Cells[]): string {
  const line = (cells: Cells) => `| ${cells.join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}

function rowHead({ months }: ScaleFigures): Cells {
  return ['table', 'bytes a row', ...months.map((month) => `month ${month}`), 'bytes then']
}

function monthRows({ calls, month }: ScaleFigures): Cells[] {
  return Object.entries(month).map(([call, times]) => [calls[call] ?? call, times])
}

/** The tables of the page, by their marks, as Markdown. */
export function scaleTables(
  figures: ScaleFigures,
): Record<'month' | 'costs' | 'rows' | 'sizes', string> {
  return {
    month: markdown(['call', 'times a month'], monthRows(figures)),
    costs: markdown(costHead, costRows(figures)),
    rows: markdown(rowHead(figures), rowRows(figures)),
    sizes: markdown(
      sizeHead,
      SIZES.map((people) => sizeRow(figures, people)),
    ),
  }
}

/** The same for a terminal. */
export function printedScale(figures: ScaleFigures): string {
  return Object.values(scaleTables(figures)).join('\n\n')
}
