// The figures of a row as lines of text, one for each server, with the ratio to the first.

import type { Summary } from './rounds.ts'
import { ratio } from './standing.ts'

const COLUMNS = [
  '',
  'req/s',
  'least – most',
  'per CPU s',
  'p50 ms',
  'p99 ms',
  'MB',
  'ratio',
] as const
const WIDTHS = [54, 9, 17, 11, 8, 8, 5, 7] as const

function line(cells: readonly string[]): string {
  return cells
    .map((cell, at) => (at === 0 ? cell.padEnd(WIDTHS[0]) : cell.padStart(WIDTHS[at] ?? 0)))
    .join(' ')
}

/** The head of the table. */
export const HEAD = line(COLUMNS)

/** A count with its thousands apart. */
export function count(figure: number | undefined): string {
  return figure === undefined ? '–' : Math.round(figure).toLocaleString('en')
}

/** Bytes in millions. */
export function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? '–' : (bytes / 1e6).toFixed(0)
}

/** Milliseconds with two digits behind the point. */
export function milliseconds(time: number | undefined): string {
  return time === undefined ? '–' : time.toFixed(2)
}

/** The lines of a row. */
export function linesOf(row: string, summaries: readonly Summary[]): string {
  const [first] = summaries
  return summaries
    .map((one) => {
      const { name, perSecond, least, most, perCpuSecond, p50, p99, residentBytes } = one
      return line([
        `${row} · ${name}`,
        count(perSecond),
        `${count(least)} – ${count(most)}`,
        count(perCpuSecond),
        milliseconds(p50),
        milliseconds(p99),
        megabytes(residentBytes),
        first === undefined || one === first ? '' : ratio(one, first).toFixed(2),
      ])
    })
    .join('\n')
}
