// Password hashes: argon2id, checked a few at a time, with a queue that has an end.

import { availableParallelism } from 'node:os'
import { type Passwords, Unavailable } from '@patois/core'
import { type Meter, measureQueue, UNREAD } from './metrics/meter.ts'
import { checkInThread } from './password-threads.ts'

/** How many are checked at once, how many more may wait, and who counts them. */
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

// Each takes 19 MiB, and a thread.
const MOST_AT_ONCE = 4

// One core is left to everybody who has no password to check: where a container may use so much of
// the processor and no more, even a thread that always steps back would take it from the others.
function atOnce(workers: number): number {
  return Math.max(1, Math.min(Math.floor(availableParallelism() / workers) - 1, MOST_AT_ONCE))
}

/** An argon2id hash in PHC form, for a start or a command: nobody else is held up by it there. */
export async function hashPassword(password: string): Promise<string> {
  return (await import('@node-rs/argon2')).hash(password, COST)
}

/** True when the hash is the password's; as `hashPassword`. Throws when it is no hash. */
export async function isPassword(hash: string, password: string): Promise<boolean> {
  return (await import('@node-rs/argon2')).verify(hash, password)
}

/** Opens the checks of passwords while others are served; the threads start with the first. */
export function openPasswords({
  workers = 1,
  concurrency = atOnce(workers),
  queue = 200,
  meter = UNREAD,
}: PasswordLimits = {}): Passwords {
  const turn = openTurns(concurrency, queue, meter)
  return {
    verify: (hash, password) =>
      turn(async () => {
        const right = await checkInThread({ hash: hash ?? DUMMY, password })
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
