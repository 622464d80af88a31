// Leases: what only one of the servers of a database does at a time.

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '@patois/core'
import type { Clock } from './clock.ts'

/** Where leases are kept, and by which time they end. */
export type LeaseParts = { store: Pick<Store, 'commit'>; clock: Clock }

/** How long a lease outlives a server that died with it; one that works takes it again in time. */
const LEASE_SECONDS = 10
const AGAIN_MS = 3000

const POLL_MS = 50
const PATIENCE_MS = 120_000

/** True when the lease is `holder`'s until then, in seconds; it may be taken again before. */
export function takeLease(
  { store, clock }: LeaseParts,
  name: string,
  holder: string,
  seconds: number,
): Promise<boolean> {
  const at = clock.now()
  const spend = { what: 'lease', name, holder, at, until: at + seconds } as const
  return store.commit({ spend, changes: [], events: [] })
}

/** Waits for its turn, runs `work` and gives the turn back. Throws when it never came. */
export async function withLease<T>(
  parts: LeaseParts,
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  const holder = randomUUID()
  const take = (seconds: number) => takeLease(parts, name, holder, seconds)
  const end = performance.now() + PATIENCE_MS
  while (!(await take(LEASE_SECONDS))) {
    if (performance.now() > end) throw new Error(`Another server is still busy with: ${name}.`)
    await sleep(POLL_MS)
  }
  // Where the store fails for a moment, the work will hear of it.
  const again = setInterval(() => void take(LEASE_SECONDS).catch(() => {}), AGAIN_MS).unref()
  try {
    return await work()
  } finally {
    clearInterval(again)
    await take(0).catch(() => {})
  }
}
