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
  lifetimes: Pick<ServerLifetimes, 'access_token' | 'event_retention' | 'address_retention'>
  clock: Clock
  keys: Pick<KeyRing, 'tick'>
  log: Log
  every?: number
  meter?: Meter
}

/** Rows of a kind at once: as many as take the time that is aimed at, and others go on after it. */
const BATCH = { first: 100, most: 5000 }

/** How long a batch shall take, how long the rest after it is, in milliseconds; and its least rows. */
type Pace = { aim: number; rest: number; least: number }

// What answers at once has held up everybody who came meanwhile.
const ALONE: Pace = { aim: 2, rest: 100, least: 20 }
// What answers later has only kept one processor of the database from others, and however few rows
// it removes the way there takes as long.
const SHARED: Pace = { aim: 20, rest: 80, least: 500 }

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
  let limit = BATCH.first
  while (!stopped.aborted) {
    const from = performance.now()
    const { swept, forgotten, pace } = await sweepSome(parts, limit)
    const took = performance.now() - from
    removed.value += swept + forgotten
    if (Math.max(swept, forgotten) < limit) return
    if (!(await pause(pace.rest, stopped))) return
    limit = nextLimit(limit, took, pace)
  }
}

async function sweepSome({ store, clock, lifetimes }: SweepParts, limit: number) {
  const now = clock.now()
  const events = now - lifetimes.event_retention
  const addresses = now - lifetimes.address_retention
  const sweeping = store.sweep(now, limit, lifetimes.access_token)
  const pace = sweeping instanceof Promise ? SHARED : ALONE
  const { rows: swept } = await sweeping
  const { rows: forgotten } = await store.forget({ events, addresses }, limit)
  return { swept, forgotten, pace }
}

function nextLimit(limit: number, took: number, { aim, least }: Pace): number {
  if (took > aim) return Math.max(least, Math.floor(limit / 2))
  return took < aim / 2 ? Math.min(BATCH.most, limit * 2) : limit
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
