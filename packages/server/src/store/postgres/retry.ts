// Tries again what a conflict or a lost connection spoiled, for a short while.

import { setTimeout as sleep } from 'node:timers/promises'
import { isPassing, isWorthAnotherTry, unavailable } from './errors.ts'

/** Whoever waits for an answer is told after so long to come later. */
const PATIENCE_MS = 2500
const SHORTEST_MS = 5
const LONGEST_MS = 250

/**
 * Runs `work`, which may run several times: nothing of a try that failed may be kept. Throws
 * `Unavailable` when it never succeeds, and at once what is no passing error.
 */
export async function retrying<T>(work: () => Promise<T>): Promise<T> {
  const end = performance.now() + PATIENCE_MS
  for (let nth = 0; ; nth++) {
    try {
      return await work()
    } catch (error) {
      if (!isPassing(error)) throw error
      // Full jitter: those who were in each other's way come back at different times.
      const wait = Math.random() * Math.min(LONGEST_MS, SHORTEST_MS * 2 ** nth)
      if (!isWorthAnotherTry(error) || performance.now() + wait > end) throw unavailable(error)
      await sleep(wait)
    }
  }
}
