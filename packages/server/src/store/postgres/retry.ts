// Tries again what a conflict or a lost connection spoiled, for a short while.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Count } from '../../metrics/meter.ts'
import { isPassing, isWorthAnotherTry, unavailable } from './errors.ts'

/** Whoever waits for an answer is told after so long to come later. */
export const PATIENCE_MS = 2000
const SHORTEST_MS = 5
const LONGEST_MS = 250

/** However long somebody has waited for their turn, there is time for a try. */
const LEAST_MS = 500

/** Until when somebody who waits since then is served; both of `performance.now`. */
export function endOf(since: number): number {
  return Math.max(since + PATIENCE_MS, performance.now() + LEAST_MS)
}

/** True when somebody who waits since then should have been told already. */
export function isOver(since: number): boolean {
  return since + PATIENCE_MS < performance.now()
}

/** How many milliseconds are left until then; whoever has none left gets one. */
export function left(end: number): number {
  return Math.max(1, Math.ceil(end - performance.now()))
}

/**
 * Runs `work`, which may run several times and is counted then: nothing of a try that failed may
 * be kept, and none may last longer than until the end that it hears (of `performance.now`).
 * Throws `Unavailable` when it never succeeds, and at once what is no passing error.
 */
export async function retrying<T>(
  work: (end: number) => Promise<T>,
  retries: Count,
  end = performance.now() + PATIENCE_MS,
): Promise<T> {
  for (let nth = 0; ; nth++) {
    try {
      return await work(end)
    } catch (error) {
      if (!isPassing(error)) throw error
      // Full jitter: those who were in each other's way come back at different times.
      const wait = Math.random() * Math.min(LONGEST_MS, SHORTEST_MS * 2 ** nth)
      if (!isWorthAnotherTry(error) || performance.now() + wait > end) throw unavailable(error)
      await sleep(wait)
      retries.value++
    }
  }
}
