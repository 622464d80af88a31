// The picture of the main rows: bars for the floor, Patois and the best peers, for light and dark.

import type { MeasuredRow } from '../results.ts'
import type { Summary } from '../rounds.ts'
import { shortName, standingOf } from '../standing.ts'
import { count } from '../table.ts'

const WIDTH = 760
const MARGIN = 12
const LABEL = 200
const BAR = 13
const GAP = 14
const TOP = 56
const SHOWN = 6

type Bar = { kind: string; label: string; figure: number }

const LEGEND = [
  ['floor', 'floor'],
  ['patois', 'Patois, durable'],
  ['durable', 'best peer, durable'],
  ['memory', 'best peer, in memory'],
] as const

const STYLE = `
  .paper { fill: #fff }
  text { font: 12px system-ui, sans-serif; fill: #1c2128 }
  .small { font-size: 11px; fill: #57606a }
  .floor { fill: #b6bec8 } .patois { fill: #0b7a75 } .durable { fill: #c2571a }
  .memory { fill: #e5b08a }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117 }
    text { fill: #e6edf3 } .small { fill: #9aa4af }
    .floor { fill: #57606a } .patois { fill: #3fc1b8 } .durable { fill: #e0823d }
    .memory { fill: #8a5a35 }
  }`

function barsOf(measured: MeasuredRow): Bar[] {
  const { floor, patois, durable, memory } = standingOf(measured)
  const bar = (kind: string, one: Summary | undefined, label = ''): Bar[] =>
    one ? [{ kind, label, figure: one.perCpuSecond ?? one.perSecond }] : []
  return [
    ...bar('floor', floor),
    ...bar('patois', patois),
    ...bar('durable', durable?.best, durable && ` ${shortName(durable.best)}`),
    ...bar('memory', memory?.best, memory && ` ${shortName(memory.best)}`),
  ]
}

function legend(): string {
  return LEGEND.map(([kind, label], at) => {
    const x = LABEL + at * 135
    return `<rect class="${kind}" x="${x}" y="28" width="10" height="10" rx="2"/>
  <text class="small" x="${x + 15}" y="37">${label}</text>`
  }).join('\n  ')
}

/** The picture as SVG. */
export function pictureOf(rows: readonly MeasuredRow[]): string {
  const groups = rows.slice(0, SHOWN).map((row) => ({ name: row.row, bars: barsOf(row) }))
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ figure }) => figure)))
  const scale = (WIDTH - LABEL - 150) / most
  let y = TOP
  const drawn = groups.map(({ name, bars }) => {
    const middle = y + (bars.length * BAR) / 2 + 4
    const title = `<text x="${LABEL - 10}" y="${middle}" text-anchor="end">${name}</text>`
    const lines = bars.map(({ kind, label, figure }) => {
      const width = Math.max(1, figure * scale).toFixed(1)
      const line = `<rect class="${kind}" x="${LABEL}" y="${y}" width="${width}" height="${BAR - 2}"/>
  <text class="small" x="${LABEL + Number(width) + 5}" y="${y + 10}">${count(figure)}${label}</text>`
      y += BAR
      return line
    })
    y += GAP
    return [title, ...lines].join('\n  ')
  })
  const paper = { width: WIDTH + 2 * MARGIN, height: y + MARGIN }
  const from = `x="${-MARGIN}" y="${-MARGIN}" width="${paper.width}" height="${paper.height}"`
  const view = `${-MARGIN} ${-MARGIN} ${paper.width} ${paper.height}`
  const size = `viewBox="${view}" width="${paper.width}" height="${paper.height}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img"
  aria-label="Answers for each second of a processor">
  <style>${STYLE}</style>
  <rect class="paper" ${from}/>
  <text x="0" y="16">Answers for each second of the server’s processor; more is better</text>
  ${legend()}
  ${drawn.join('\n  ')}
</svg>
`
}
