// The tables of docs/speed.md that judge: Patois beside the floor and its peers, and what is asked.

import type { Results } from '../results.ts'
import { type Lead, shortName, standingOf } from '../standing.ts'
import { judgeRow, judgeWhole, type Verdict } from '../verdicts.ts'
import { markdown, perSecond } from './markdown.ts'

function figureOf(lead: Lead | undefined): string {
  return lead ? `${perSecond(lead.best)} (${shortName(lead.best)})` : '–'
}

/** What each did in each row. */
export function standings({ rows = [] }: Results): string {
  const head = [
    'answers per CPU second',
    'floor',
    '**Patois**',
    'best durable Node peer',
    'best in memory',
    'best bare library, in memory',
  ]
  const lines = rows
    .map(standingOf)
    .map(({ row, floor, patois, durable, memory, bare }) => [
      row,
      perSecond(floor),
      `**${perSecond(patois)}**`,
      figureOf(durable),
      figureOf(memory),
      figureOf(bare.memory),
    ])
  return markdown(head, lines)
}

function said(verdict: Verdict | undefined, more = ''): string {
  if (!verdict) return '–'
  const { measured, isKept } = verdict
  return isKept ? `${measured}${more} kept` : `**${measured}**${more} short`
}

function timesOf(lead: Lead | undefined): string {
  return lead ? `${lead.ratio.toFixed(1)}×` : '–'
}

function clocked(lead: Lead | undefined): string {
  return lead ? ` (${lead.byClock.toFixed(1)}×)` : ''
}

/** What is asked of each row, and what came of it. */
export function ratios({ rows = [] }: Results): string {
  const head = [
    'Patois is',
    'of the floor, asked ≥ 0.6',
    'the best durable Node peer (by the clock)',
    'asked',
    'the floor is',
    'the best in memory (by the clock), asked ≥ 1.3×',
    'the best bare library: durable, in memory',
    'p99/p50, of the floor’s, asked ≤ 1.5×',
  ]
  const lines = rows
    .map((one) => judgeRow(standingOf(one)))
    .filter(({ floor }) => floor)
    .map(({ standing, floor, durable, memory, spread }) => [
      standing.row,
      said(floor),
      said(durable, clocked(standing.durable)),
      durable?.asked ?? '–',
      durable?.floor ?? '–',
      said(memory, clocked(standing.memory)),
      [standing.bare.durable, standing.bare.memory].map(timesOf).join(', '),
      said(spread),
    ])
  return markdown(head, lines)
}

/** What is asked of the whole, and what came of it. */
export function whole(results: Results): string {
  return markdown(
    ['of the whole', 'asked', 'measured'],
    judgeWhole(results).map((one) => [one.what, one.asked, said(one)]),
  )
}
