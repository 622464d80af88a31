// The picture of one request: how long each room takes, and what it did, at the floor and at Patois.

import type { Slice } from '../profile.ts'
import type { Profiled } from '../sections/profile.ts'

const WIDTH = 860
const MARGIN = 12
const TOP = 62
/** Pixels of the server that takes longest. */
const LONGEST = 820
const BETWEEN = 20
const ROOM = 168
const COLUMN = 80
const COLUMNS = 3
/** Pixels that a slice must have to be drawn, and to be named. */
const LEAST = 1.5
const NAMED = 10.5
const LETTER = 6.2
/** A function that does little but call another is left out: the other one stands for both. */
const ALIKE = 0.8

/** A hue for each room, the largest first; who has one has it at both servers. */
const HUES = [205, 28, 140, 265, 345, 48, 175, 310, 95, 230, 12, 70, 190]

const STYLE = `
  .paper { fill: #fff } .r rect { stroke: #fff; stroke-width: .7 }
  text { font: 11px system-ui, sans-serif; fill: #1c2128; pointer-events: none }
  .end { text-anchor: end } .head { font-size: 13px; font-weight: 600 } .small { fill: #57606a }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117 } .r rect { stroke: #0d1117 }
    text { fill: #f0f3f6 } .small { fill: #9aa4af }
  }`

function hueStyle(at: number): string {
  const hue = HUES[at % HUES.length]
  return `.r${at} rect { fill: hsl(${hue} 58% 88%) } .r${at} .room { fill: hsl(${hue} 62% 77%) }
  @media (prefers-color-scheme: dark) {
    .r${at} rect { fill: hsl(${hue} 36% 24%) } .r${at} .room { fill: hsl(${hue} 45% 34%) }
  }`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** The place of a function without the machine that it was on. */
function shortPlace(place: string): string {
  return place.replace(/^file:\/\/.*?\/(?=(packages|node_modules|bench)\/)/, '')
}

function px(figure: number): string {
  return String(Math.round(figure * 10) / 10)
}

/** Where the next slices go: `scale` is the height of all of the request's time. */
type Box = { x: number; y: number; scale: number; microseconds: number }

function boxOf(slice: Slice, { x, y, scale, microseconds }: Box, isRoom: boolean): string {
  const height = slice.share * scale
  const width = isRoom ? ROOM : COLUMN
  const figure = (slice.share * microseconds).toFixed(1)
  const place = slice.place && ` (${shortPlace(slice.place)})`
  const title = `<title>${escaped(`${slice.name}${place}: ${figure} µs`)}</title>`
  const mark = isRoom ? ' class="room"' : ''
  const rect = `<rect${mark} x="${x}" y="${px(y)}" width="${width}" height="${px(height)}">${title}</rect>`
  if (height < NAMED) return rect
  const most = Math.floor((width - 8) / LETTER)
  const name = slice.name.length > most ? `${slice.name.slice(0, most - 1)}…` : slice.name
  const base = px(y + height / 2 + 4)
  const label = `<text x="${x + 4}" y="${base}">${escaped(name)}</text>`
  if (name.length + figure.length + 1 > most) return rect + label
  return `${rect}${label}<text class="${isRoom ? 'end' : 'end small'}" x="${x + width - 4}" y="${base}">${figure}</text>`
}

function bySize(slices: readonly Slice[]): Slice[] {
  return slices.toSorted((one, other) => other.share - one.share)
}

/** What a slice stands for: what it calls, where it does little else. */
function core(slice: Slice): Slice {
  const [first] = bySize(slice.parts)
  return first && first.share > ALIKE * slice.share ? { ...core(first), share: slice.share } : slice
}

/** The functions that a slice called, the longest first, one column to the right. */
function partsOf(slice: Slice, box: Box, column: number): string[] {
  let { y } = box
  if (column > COLUMNS) return []
  return bySize(slice.parts).flatMap((part) => {
    const height = part.share * box.scale
    if (height < LEAST) return []
    const own = { ...box, y }
    y += height
    const shown = core(part)
    const right = { ...own, x: own.x + COLUMN }
    return [boxOf(shown, own, false), ...partsOf(shown, right, column + 1)]
  })
}

/** The rooms of one server from top to bottom, in the order that both have. */
function serverOf(slices: readonly Slice[], order: readonly string[], start: Box): string {
  let { y } = start
  return order
    .flatMap((room, at) => {
      const slice = slices.find(({ name }) => name === room)
      if (!slice || slice.share * start.scale < LEAST) return []
      const box = { ...start, y }
      y += slice.share * start.scale
      const functions = partsOf(slice, { ...box, x: box.x + ROOM }, 1)
      return [`<g class="r r${at}">${[boxOf(slice, box, true), ...functions].join('\n')}</g>`]
    })
    .join('\n')
}

function orderOf({ servers }: Profiled): string[] {
  const last = servers.at(-1)?.slices ?? []
  const names = [...bySize(last), ...servers.flatMap(({ slices }) => bySize(slices))]
  return [...new Set(names.map(({ name }) => name))]
}

/** The picture as SVG. */
export function icicleOf(profiled: Profiled): string {
  const { row, servers } = profiled
  const order = orderOf(profiled)
  const longest = Math.max(...servers.map(({ microseconds }) => microseconds))
  const drawn = servers.map(({ name, microseconds, slices }, at) => {
    const x = MARGIN + at * (ROOM + COLUMNS * COLUMN + BETWEEN)
    const box = { x, y: TOP, scale: (LONGEST * microseconds) / longest, microseconds }
    const head = `<text class="head" x="${x}" y="${TOP - 10}">${name}: ${microseconds.toFixed(0)} µs</text>`
    return `${head}\n${serverOf(slices, order, box)}`
  })
  const height = TOP + LONGEST + MARGIN
  const size = `viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img"
  aria-label="Where the processor’s time of one request goes: ${row}">
<style>${STYLE}
  ${order.map((_, at) => hueStyle(at)).join('\n  ')}</style>
<rect class="paper" width="${WIDTH}" height="${height}"/>
<text x="${MARGIN}" y="22" class="small">${row}: the processor’s time of one request, from top to bottom; to the right, what was called there</text>
${drawn.join('\n')}
</svg>
`
}
