// Password hashes: argon2id, a few at a time, with a queue that has an end.

import { availableParallelism } from 'node:os'
import { type Passwords, Unavailable } from '@patois/core'
import { type Meter, measureQueue, UNREAD } from './metrics/meter.ts'

/** `Passwords` that can also make a hash. */
export type PasswordHashes = Passwords & {
  /** An argon2id hash in PHC form. Throws `Unavailable` when the queue is full. */
  hash(password: string): Promise<string>
}

/** How many hashes are made at once, how many more may wait, and who counts them. */
export type PasswordLimits = {
  concurrency?: number
  queue?: number
  /** So many processes share the cores. */
  workers?: number
  meter?: Meter
}

const COST = { memoryCost: 19456, timeCost: 2, parallelism: 1 }

// Of the same cost as ours, of a password that nobody knows.
const DUMMY =
  '$argon2id$v=19$m=19456,t=2,p=1$cOTCujtAl2Yjjpu+jlmuZg$V72g0EWy0ihobRpAug9hu3creWvd4C8ie/o5KZYFmz0'

// One thread of the pool of four is left to RSA signatures and files.
const MOST_AT_ONCE = 3

// One core is left to everybody who has no password to check: with a hash on each core, tokens took
// four times as long as with none, and so only twice.
function atOnce(workers: number): number {
  return Math.max(1, Math.min(Math.floor(availableParallelism() / workers) - 1, MOST_AT_ONCE))
}

/** Opens the hashes; the library is loaded with the first of them. */
export function openPasswords({
  workers = 1,
  concurrency = atOnce(workers),
  queue = 200,
  meter = UNREAD,
}: PasswordLimits = {}): PasswordHashes {
  const turn = openTurns(concurrency, queue, meter)
  return {
    hash: (password) => turn(async () => (await import('@node-rs/argon2')).hash(password, COST)),
    verify: (hash, password) =>
      turn(async () => {
        const { verify } = await import('@node-rs/argon2')
        const right = await verify(hash ?? DUMMY, password)
        return hash !== undefined && right
      }),
  }
}

type Turn = <T>(work: () => Promise<T>) => Promise<T>

function openTurns(concurrency: number, queue: number, meter: Meter): Turn {
  const waiting: (() => void)[] = []
  let running = 0
  const full = measureQueue(meter, 'passwords', queue, () => waiting.length)
  const seconds = meter.spread('patois_password_duration_seconds')
  return async (work) => {
    if (running < concurrency) running++
    else if (waiting.length >= queue) {
      full.value++
      throw new Unavailable('Too many passwords wait to be checked.')
    }
    // The turn is handed on as it is, so nobody who comes later can take it first.
    else await new Promise<void>((resolve) => waiting.push(resolve))
    const from = performance.now()
    try {
      return await work()
    } finally {
      seconds.observe((performance.now() - from) / 1000)
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
