// The clock that the servers of a database share: the database's own, measured again and again.

import type { Store } from '@patois/core'
import { type Clock, systemClock } from './clock.ts'

/** The clock, which is set right in the background until it is stopped. */
export type SharedClock = { clock: Clock; stop(): void }

const EVERY_MS = 10_000
/** What was so long under way says too little; milliseconds. */
const LONGEST_MS = 1000

/**
 * Opens the clock of a store; one that a server has alone goes by the system's. Between two
 * measurements the time goes on by what the process has run, so that nobody who sets the system's
 * clock moves it. Throws `Unavailable` when the store does not answer.
 */
export async function openSharedClock({ time }: Pick<Store, 'time'>): Promise<SharedClock> {
  if (!time) return { clock: systemClock(), stop: () => {} }
  let [offset] = await measure(time)
  const again = async (): Promise<void> => {
    const [measured, took] = await measure(time)
    if (took <= LONGEST_MS) offset = measured
  }
  // While the store does not answer, the clock goes on as it did.
  const timer = setInterval(() => void again().catch(() => {}), EVERY_MS).unref()
  return {
    clock: systemClock(() => performance.now() + offset),
    stop: () => clearInterval(timer),
  }
}

/** How far the store's time is ahead of that of the process, and how long it took to ask. */
async function measure(
  time: NonNullable<Store['time']>,
): Promise<readonly [offset: number, took: number]> {
  const before = performance.now()
  const then = await time()
  const after = performance.now()
  return [then - (before + after) / 2, after - before]
}
