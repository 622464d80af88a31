// Lease: a lock for stores that many processes share, which outlives no process that had it.

import type { Entry, TokenStore } from './store.ts'
import { turns } from './turns.ts'

/**
 * What a shared store can do, each in one atomic step. Keys begin with `tokens ` and `lock `; of the
 * latter a machine that crashes may lose what was changed last. No text is empty.
 */
export type Cells = {
  /** What stands under a key; undefined when nothing does. */
  read(key: string): Promise<string | undefined>
  /** Puts `after` where `before` stands; false, and nothing is changed, where anything else does. */
  swap(key: string, before: string | undefined, after: string | undefined): Promise<boolean>
}

/** How long things take; milliseconds. */
export type LeaseTimes = {
  /**
   * After so long without a sign of life a holder is taken for dead; 5,000 when left out. Less than
   * the time in which the server gives the same answer to a repeated refresh.
   */
  leaseMs?: number | undefined
  /** How long to wait for a name before giving up; 30,000 when left out. */
  waitMs?: number | undefined
}

type Held = { free(): Promise<void> }

const POLL_MS = 25
/** What counts of the time between two looks: a machine that slept has heard nobody. */
const LONGEST_LOOK_MS = 250

/**
 * A store out of cells. Who waits looks for a change of the holder's sign on the own clock, so that
 * clocks need not agree. A transaction throws an Error when the name is busy for too long.
 */
export function leasedStore(
  cells: Cells,
  { leaseMs = 5_000, waitMs = 30_000 }: LeaseTimes = {},
): TokenStore {
  const inTurn = turns()
  return {
    leavesProcess: true,
    transaction: (name, work) =>
      inTurn(name, async () => {
        const held = await take(cells, name, { leaseMs, waitMs })
        try {
          return await work(entryOf(cells, `tokens ${name}`))
        } finally {
          await held.free()
        }
      }),
  }
}

// Whoever lost the lock may still write where nobody else has: the successor of a spent token is
// right whoever keeps it. And nothing is written over what others have kept.
function entryOf(cells: Cells, key: string): Entry {
  let seen: { value: string | undefined } | undefined
  const read = async () => {
    seen = { value: await cells.read(key) }
    return seen.value
  }
  return {
    read,
    write: async (value) => {
      const before = seen ? seen.value : await read()
      const isWritten = await cells.swap(key, before, value)
      if (isWritten) seen = { value }
      return isWritten
    },
  }
}

async function take(
  cells: Cells,
  name: string,
  { leaseMs, waitMs }: { leaseMs: number; waitMs: number },
): Promise<Held> {
  const key = `lock ${name}`
  const holder = crypto.randomUUID()
  const sign = `${holder} 0`
  const start = performance.now()
  let other: string | undefined
  let silentMs = 0
  for (let last = start; ; ) {
    if (await cells.swap(key, undefined, sign)) break
    const seen = await cells.read(key)
    const now = performance.now()
    silentMs = seen === other ? silentMs + Math.min(now - last, LONGEST_LOOK_MS) : 0
    if (seen !== undefined && silentMs >= leaseMs && (await cells.swap(key, seen, sign))) break
    if (now - start > waitMs) throw new Error(`${name} is busy: its tokens are being renewed`)
    other = seen
    last = now
    await new Promise((resolve) => setTimeout(resolve, POLL_MS * (1 + Math.random())))
  }
  return hold(cells, key, { holder, leaseMs })
}

function hold(
  cells: Cells,
  key: string,
  { holder, leaseMs }: { holder: string; leaseMs: number },
): Held {
  let beats = 0
  let last = Promise.resolve()
  const beat = async () => {
    if (await cells.swap(key, `${holder} ${beats}`, `${holder} ${beats + 1}`)) beats++
  }
  const timer = setInterval(() => {
    // A beat that fails is one that others miss: they take over.
    last = last.then(beat).catch(() => undefined)
  }, leaseMs / 3)
  return {
    free: async () => {
      clearInterval(timer)
      await last
      // What cannot be freed is free when the lease is over, like that of anybody who died.
      await cells.swap(key, `${holder} ${beats}`, undefined).catch(() => false)
    },
  }
}
