// The queue of plans: those of one event-loop turn are written together, in the order they came.

import type { Awaitable, Plan } from '@patois/core'
import { Unavailable } from '@patois/core'

/** A plan that waits since then (`performance.now`), and the two ways in which it is answered. */
export type Waiting = {
  plan: Plan
  since: number
  won(kept: boolean): void
  lost(error: unknown): void
}

/** `commit` as `Store` has it; `close` writes what still waits and then takes nothing more. */
export type Queue = { commit(plan: Plan): Promise<boolean>; close(): Awaitable<void> }

// More plans make no faster a transaction, but a longer turn.
const plansPerTransaction = 100
const plansWaiting = 10_000

/** Answers the functions that queue plans for `write`, which answers each and never throws. */
export function openQueue(write: (batch: readonly Waiting[]) => Awaitable<void>): Queue {
  let queue: Waiting[] = []
  let scheduled = false
  let running: Promise<void> | undefined
  let closed = false

  const schedule = (): void => {
    if (scheduled || running || queue.length === 0) return
    scheduled = true
    setImmediate(turn)
  }

  const next = (): Awaitable<void> => {
    const batch = queue.slice(0, plansPerTransaction)
    queue = queue.slice(plansPerTransaction)
    const written = write(batch)
    if (!written) return
    running = written.then(() => {
      running = undefined
      if (!closed) schedule()
    })
    return running
  }

  const turn = (): void => {
    scheduled = false
    if (running || queue.length === 0) return
    // The next batch waits for this one, where that takes its time.
    void next()
    schedule()
  }

  const flush = (): Awaitable<void> => {
    while (running || queue.length > 0) {
      const written = running ?? next()
      if (written) return written.then(flush)
    }
  }

  return {
    commit: (plan) =>
      new Promise((won, lost) => {
        if (closed) return lost(new Unavailable('The database is closed.'))
        if (queue.length >= plansWaiting) return lost(new Unavailable('Too many writes wait.'))
        queue.push({ plan, since: performance.now(), won, lost })
        schedule()
      }),
    close: () => {
      closed = true
      return flush()
    },
  }
}
