// The queue of plans: those of one event-loop turn are written together, in the order they came.

import type { Awaitable, Plan } from '@patois/core'
import { Unavailable } from '@patois/core'
import { type Meter, measureQueue, UNREAD } from '../metrics/meter.ts'
import { afterTurn } from '../turn.ts'

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

type Write = (batch: readonly Waiting[]) => Awaitable<void>

/** Answers the functions that queue plans for `write`, which answers each and never throws. */
export function openQueue(write: Write, meter: Meter = UNREAD): Queue {
  let queue: Waiting[] = []
  let scheduled = false
  let running: Promise<void> | undefined
  let closed = false
  const full = measureQueue(meter, 'store', plansWaiting, () => queue.length)
  const measured = measure(write, meter)

  const schedule = (): void => {
    if (scheduled || running || queue.length === 0) return
    scheduled = true
    afterTurn(turn)
  }

  const next = (): Awaitable<void> => {
    const batch = queue.slice(0, plansPerTransaction)
    queue = queue.slice(plansPerTransaction)
    const written = measured(batch)
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
        if (queue.length >= plansWaiting) {
          full.value++
          return lost(new Unavailable('Too many writes wait.'))
        }
        queue.push({ plan, since: performance.now(), won, lost })
        schedule()
      }),
    close: () => {
      closed = true
      return flush()
    },
  }
}

function measure(write: Write, meter: Meter): Write {
  const plans = meter.spread('patois_store_batch_plans')
  const seconds = meter.spread('patois_store_batch_duration_seconds')
  return (batch) => {
    const from = performance.now()
    const note = () => seconds.observe((performance.now() - from) / 1000)
    plans.observe(batch.length)
    const written = write(batch)
    return written ? written.then(note) : note()
  }
}
