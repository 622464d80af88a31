// Simulate: some thousand people over more than a year, hour by hour, with the costs that were measured.

import { HOURS, KEPT, LONGEST, MONTH, MONTH_DAYS } from './life.ts'
import type { CallName, Measured } from './measure.ts'

/** What a simulated deployment looks like, for each person who uses it. */
export type Simulated = {
  /** Rows that lie in the database by table, at the end of each of these months. */
  rows: Readonly<Record<string, readonly number[]>>
  /** Calls in a second in the busiest hour of the last month, by call. */
  peak: Readonly<Record<PersonCall, number>>
  /** Rows that are removed in a second, over the last month. */
  removed: number
}

/** Calls that people cause. */
export type PersonCall = Exclude<CallName, 'credentials'>

/** The months after whose end rows are counted. */
export const MONTHS = [1, 3, 6, 12, 13] as const

const PEOPLE = 3000
const HOURS_RUN = Math.max(...MONTHS) * MONTH_DAYS * 24
const DAY = 86_400
const CALLS = Object.keys(MONTH) as PersonCall[]

// The same people in every run (a multiplicative congruential generator is random enough here).
function openChance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

// Few people do much and many do little: the mean is 1.
function eagernessOf(chance: () => number): number {
  return -Math.log(1 - chance())
}

function drawn(mean: number, chance: () => number): number {
  const limit = Math.exp(-mean)
  let count = 0
  for (let left = chance(); left > limit; left *= chance()) count++
  return count
}

/** How often each call came in each hour, all people together. */
function liveThrough(): Record<PersonCall, Float64Array> {
  const chance = openChance(20_260_101)
  const calls = Object.fromEntries(CALLS.map((call) => [call, new Float64Array(HOURS_RUN)]))
  for (let person = 0; person < PEOPLE; person++) {
    const eagerness = eagernessOf(chance)
    for (let hour = 0; hour < HOURS_RUN; hour++) {
      const share = (HOURS[hour % 24] ?? 0) / MONTH_DAYS
      for (const call of CALLS) {
        const came = drawn(MONTH[call] * eagerness * share, chance)
        if (came > 0) (calls[call] as Float64Array)[hour] = (calls[call]?.[hour] ?? 0) + came
      }
    }
  }
  return calls as Record<PersonCall, Float64Array>
}

function keptSeconds(table: string): number {
  // A family's row is kept a day past the last moment at which it could be refreshed. The code that
  // opened it stays until it is looked at the next time, once a week.
  if (table === 'families') return LONGEST + DAY
  if (table === 'codes') return LONGEST + DAY + 3.5 * DAY
  return KEPT[table] ?? Number.POSITIVE_INFINITY
}

/** The rows of a table hour by hour, from what each call inserts. */
function rowsOf(
  table: string,
  calls: Record<PersonCall, Float64Array>,
  { costs }: Measured,
): { live: Float64Array; removed: Float64Array } {
  const born = new Float64Array(HOURS_RUN)
  for (const call of CALLS) {
    const each = costs[call].inserted[table] ?? 0
    for (let hour = 0; each > 0 && hour < HOURS_RUN; hour++) {
      born[hour] = (born[hour] ?? 0) + each * (calls[call][hour] ?? 0)
    }
  }
  const hours = Math.ceil(keptSeconds(table) / 3600)
  const removed = new Float64Array(HOURS_RUN)
  const live = new Float64Array(HOURS_RUN)
  let now = 0
  for (let hour = 0; hour < HOURS_RUN; hour++) {
    removed[hour] = born[hour - hours] ?? 0
    now += (born[hour] ?? 0) - (removed[hour] ?? 0)
    live[hour] = now
  }
  return { live, removed }
}

/** Simulates; everything is said for one person. */
export function simulate(measured: Measured): Simulated {
  const calls = liveThrough()
  const last = HOURS_RUN - MONTH_DAYS * 24
  const tables = new Set(CALLS.flatMap((call) => Object.keys(measured.costs[call].inserted)))
  const rows: Record<string, number[]> = {}
  let removed = 0
  for (const table of [...tables].sort()) {
    const { live, removed: gone } = rowsOf(table, calls, measured)
    rows[table] = MONTHS.map((month) => (live[month * MONTH_DAYS * 24 - 1] ?? 0) / PEOPLE)
    removed += gone.subarray(last).reduce((sum, one) => sum + one, 0)
  }
  const peak = Object.fromEntries(
    CALLS.map((call) => [call, Math.max(...calls[call].subarray(last)) / 3600 / PEOPLE]),
  ) as Record<PersonCall, number>
  return { rows, peak, removed: removed / (HOURS_RUN - last) / 3600 / PEOPLE }
}
