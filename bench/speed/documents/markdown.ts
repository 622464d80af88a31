// Markdown: tables, and the figure that stands in most of them.

import type { Summary } from '../rounds.ts'
import { count } from '../table.ts'

/** A table; its first column is text, the others are figures. */
export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rule = head.map((_, at) => (at === 0 ? '---' : '--:'))
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}

/** Answers for each second of a processor; by the clock where that is unknown. */
export function perSecond(one: Summary | undefined): string {
  return one ? count(one.perCpuSecond ?? one.perSecond) : '–'
}
