// Lease: a lock for stores that many processes share, which outlives no process that had it.

import type { Entry, TokenStore } from './store.ts'

/** What a shared store can do in one step each; every step is atomic. */
export type LeaseCells = {
  read(name: string): Promise<string | undefined>
  /** Takes what nobody has. Undefined when it was taken; else the holder's latest sign of life. */
  take(name: string, holder: string): Promise<string | undefined>
  /** Takes it from a holder whose sign of life is still this one. */
  steal(name: string, sign: string, holder: string): Promise<boolean>
  /** Gives a new sign of life. */
  renew(name: string, holder: string): Promise<unknown>
  /** Writes while `holder` still has it; false, and nothing written, when it has not. */
  write(name: string, holder: string, value: string | undefined): Promise<boolean>
  free(name: string, holder: string): Promise<unknown>
}

/** How long things take; milliseconds. */
export type LeaseTimes = {
  /** After so long without a sign of life a holder is taken for dead; 10,000 when left out. */
  leaseMs?: number
  /** How long to wait for a name before giving up; 30,000 when left out. */
  waitMs?: number
}

const POLL_MS = 25

/**
 * A store out of cells. Who waits looks for a change of the holder's sign on the own clock, so that
 * clocks need not agree. A transaction throws an Error when the name is busy for too long.
 */
export function leasedStore(
  cells: LeaseCells,
  { leaseMs = 10_000, waitMs = 30_000 }: LeaseTimes = {},
): TokenStore {
  return {
    leavesProcess: true,
    transaction: async <T>(name: string, work: (entry: Entry) => Promise<T>): Promise<T> => {
      const holder = crypto.randomUUID()
      await take(cells, { name, holder, leaseMs, waitMs })
      const beat = setInterval(() => {
        // A beat that fails is one that others miss: they take over, and the write is refused.
        cells.renew(name, holder).catch(() => undefined)
      }, leaseMs / 3)
      try {
        return await work({
          read: () => cells.read(name),
          write: (value) => cells.write(name, holder, value),
        })
      } finally {
        clearInterval(beat)
        // Who cannot free it has to wait until the lease is over, like everybody else.
        await cells.free(name, holder).catch(() => undefined)
      }
    },
  }
}

type Wanted = { name: string; holder: string; leaseMs: number; waitMs: number }

async function take(cells: LeaseCells, { name, holder, leaseMs, waitMs }: Wanted): Promise<void> {
  const start = performance.now()
  let seen: { sign: string; at: number } | undefined
  for (;;) {
    const sign = await cells.take(name, holder)
    if (sign === undefined) return
    const now = performance.now()
    if (seen?.sign !== sign) seen = { sign, at: now }
    else if (now - seen.at >= leaseMs && (await cells.steal(name, sign, holder))) return
    if (now - start > waitMs) throw new Error(`${name} is busy: its tokens are being renewed`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS * (1 + Math.random())))
  }
}
