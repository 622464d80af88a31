// The sweeper: removes what nobody can need any more, and moves the keys through their stages.

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '@patois/core'
import type { Clock } from './clock.ts'
import type { ServerLifetimes } from './configuration.ts'
import type { KeyRing } from './keys.ts'
import { takeLease } from './lease.ts'
import type { Log } from './log.ts'
import { type Count, type Meter, UNREAD } from './metrics/meter.ts'

/** What is swept, and how many seconds lie between two rounds. */
export type SweepParts = {
  store: Pick<Store, 'sweep' | 'forget' | 'commit'>
  lifetimes: Pick<ServerLifetimes, 'event_retention' | 'address_retention'>
  clock: Clock
  keys: Pick<KeyRing, 'tick'>
  log: Log
  every?: number
  meter?: Meter
}

const BATCH = 500
/** Between two batches others get the writer; milliseconds. */
const PAUSE_MS = 50

/** Sweeps every 30 s until it is stopped; `stop` answers when the running round has ended. */
export function startSweeper(parts: SweepParts): () => Promise<void> {
  const every = (parts.every ?? 30) * 1000
  const stopped = new AbortController()
  const running = repeat(parts, every, stopped.signal)
  return () => {
    stopped.abort()
    return running
  }
}

async function repeat(parts: SweepParts, every: number, stopped: AbortSignal): Promise<void> {
  const holder = randomUUID()
  const { meter = UNREAD } = parts
  const removed = meter.count('patois_sweeper_rows_total')
  let sweptAt = 0
  meter.gauge('patois_sweeper_timestamp_seconds', () => sweptAt)
  while (await pause(every, stopped)) {
    await noted(parts.log, 'sweeping failed', async () => {
      // Of several servers one sweeps, and another when that one is gone.
      const seconds = Math.ceil((2 * every) / 1000)
      if (!(await takeLease(parts, 'sweep', holder, seconds))) return
      await sweepAll(parts, stopped, removed)
      sweptAt = parts.clock.now()
    })
    if (stopped.aborted) return
    await changeKeys(parts)
  }
}

/** One round at once, for a clock that was moved. */
export async function sweepNow(parts: SweepParts): Promise<void> {
  await noted(parts.log, 'sweeping failed', () =>
    sweepAll(parts, new AbortController().signal, { value: 0 }),
  )
  await changeKeys(parts)
}

function changeKeys({ log, keys, clock }: SweepParts): Promise<void> {
  return noted(log, 'changing keys failed', () => keys.tick(clock.now()))
}

async function sweepAll(parts: SweepParts, stopped: AbortSignal, removed: Count): Promise<void> {
  const { store, clock, lifetimes } = parts
  while (!stopped.aborted) {
    const now = clock.now()
    const events = now - lifetimes.event_retention
    const addresses = now - lifetimes.address_retention
    const { rows } = await store.sweep(now, BATCH)
    const forgotten = await store.forget({ events, addresses }, BATCH)
    removed.value += rows + forgotten.rows
    const more = Math.max(rows, forgotten.rows) >= BATCH
    if (!more || !(await pause(PAUSE_MS, stopped))) return
  }
}

// A failed round is logged and the next one comes: the store may be back by then.
async function noted(log: Log, sentence: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (err) {
    log.error({ err }, sentence)
  }
}

/** True when the time has passed, false when it was cut short; it keeps no process alive. */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal, ref: false })
    return true
  } catch {
    return false
  }
}
