// Verdicts: what is asked of Patois, what was measured, and whether that is enough.

import type { Results } from './results.ts'
import { ratio, type Standing, spread, standingOf } from './standing.ts'

/** One figure beside what is asked of it. */
export type Verdict = {
  what: string
  asked: string
  measured: string
  isKept: boolean
  /** What the floor does there. */
  floor?: string
}

/** A bound, on the side of what is asked; `unit` is written behind figures. */
type Bound = { least?: number; most?: number; unit: string; digits: number }

/** What is asked of every row. */
const OF_FLOOR: Bound = { least: 0.6, unit: '', digits: 2 }
const OF_MEMORY: Bound = { least: 1.3, unit: '×', digits: 1 }
const OF_SPREAD: Bound = { most: 1.5, unit: '×', digits: 1 }
/** What is asked of some rows beside durable peers, and of all the others. */
const OF_DURABLE: Readonly<Record<string, number>> = {
  'refresh rotation, opaque': 8,
  'code exchange, ES256 ID token': 6,
  'refresh rotation, ES256': 5,
}
const OF_OTHERS = 3

function judge(what: string, figure: number, bound: Bound): Verdict {
  const { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY, unit, digits } = bound
  return {
    what,
    asked: bound.least === undefined ? `≤ ${most}${unit}` : `≥ ${least}${unit}`,
    measured: `${figure.toFixed(digits)}${unit}`,
    isKept: figure >= least && figure <= most,
  }
}

// What the floor cannot do, nobody can who does that work on Node.
function reachOf(floor: number, least: number): string {
  return `${floor.toFixed(1)}×${floor < least ? ', out of reach' : ''}`
}

/** The verdicts of a row, as far as the row has them. */
export type RowVerdicts = {
  standing: Standing
  floor?: Verdict
  durable?: Verdict
  memory?: Verdict
  spread?: Verdict
}

/** Judges a row. */
export function judgeRow(standing: Standing): RowVerdicts {
  const { row, floor, patois, durable, memory } = standing
  const least = OF_DURABLE[row] ?? OF_OTHERS
  const bound: Bound = { least, unit: '×', digits: 1 }
  return {
    standing,
    ...(floor &&
      patois && {
        floor: judge(`${row}: of the floor`, ratio(patois, floor), OF_FLOOR),
        spread: judge(`${row}: p99/p50, of the floor’s`, spread(patois) / spread(floor), OF_SPREAD),
      }),
    ...(durable && {
      durable: {
        ...judge(`${row}: beside ${durable.best.name}`, durable.ratio, bound),
        ...(durable.floor !== undefined && { floor: reachOf(durable.floor, least) }),
      },
    }),
    ...(memory && {
      memory: judge(`${row}: beside ${memory.best.name}`, memory.ratio, OF_MEMORY),
    }),
  }
}

/** What is asked of the whole server, and of the client. */
export function judgeWhole(results: Results): Verdict[] {
  const { footprints, dialects = [], growth = [], client = [] } = results
  const verdicts: Verdict[] = []
  const own = footprints?.servers.find(({ name }) => name === 'Patois')
  const families = footprints?.families
  if (own) {
    const seconds = { most: 0.35, unit: ' s', digits: 2 }
    verdicts.push(judge('start to the first answer', own.startSeconds, seconds))
    const resident = (own.residentBytes ?? Number.NaN) / 1e6
    verdicts.push(judge('memory at rest', resident, { most: 110, unit: ' MB', digits: 0 }))
  }
  if (families) {
    const added = (families.residentBytes - families.fewBytes) / 1e6
    const what = `what ${families.families.toLocaleString('en')} live families add`
    verdicts.push(judge(what, added, { most: 100, unit: ' MB', digits: 0 }))
  }
  const costs = (all: readonly Parameters<typeof ratio>[0][]): number[] =>
    all.slice(1).flatMap((one) => (all[0] ? [ratio(all[0], one)] : []))
  if (dialects.length > 1) {
    const bound = { most: 1.1, unit: '×', digits: 2 }
    verdicts.push(judge('the dearest dialect', Math.max(...costs(dialects)), bound))
  }
  if (growth.length > 1) {
    const dearest = Math.max(...costs(growth.map(({ summary }) => summary)))
    const bound = { most: 1.2, unit: '×', digits: 2 }
    verdicts.push(judge('a rotation in the fullest store', dearest, bound))
  }
  const kept = client.find(({ name }) => name.startsWith('keep'))
  if (kept) {
    const bound = { most: 20, unit: ' µs', digits: 1 }
    verdicts.push(judge('keep, while the token is fresh', kept.microseconds, bound))
  }
  return verdicts
}

/** Every verdict as a line of text, and how many are kept. */
export function verdictLines(results: Results): string {
  const rows = (results.rows ?? []).map((one) => judgeRow(standingOf(one)))
  const all = [
    ...rows.flatMap(({ floor, durable, memory, spread }) => [floor, durable, memory, spread]),
    ...judgeWhole(results),
  ].filter((one) => one !== undefined)
  const lines = all.map(({ what, asked, measured, isKept, floor }) =>
    [
      isKept ? 'kept ' : 'short',
      what.padEnd(58),
      asked.padStart(9),
      measured.padStart(9),
      floor ? `  the floor is ${floor}` : '',
    ].join(' '),
  )
  const kept = all.filter(({ isKept }) => isKept).length
  return [...lines, `${kept} of ${all.length} are kept`].join('\n')
}
