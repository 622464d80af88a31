// Tests of the sweeper.

import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { fixedClock } from './clock.ts'
import { startSweeper } from './sweep.ts'

const start = (
  sweep: (now: number, limit: number) => { rows: number },
  tick: () => Promise<void> = async () => {},
  mayBegin: () => boolean = () => true,
) => {
  const errors: unknown[] = []
  const quiet = () => {}
  const log = {
    debug: quiet,
    info: quiet,
    warn: quiet,
    fatal: quiet,
    error: (one: object) => void errors.push(one),
  }
  const forgotten: unknown[] = []
  const forget = (before: object) => {
    forgotten.push(before)
    return { rows: 0 }
  }
  const stop = startSweeper({
    store: { sweep, forget, commit: async () => mayBegin() },
    lifetimes: { access_token: 9, event_retention: 30, address_retention: 60 },
    clock: fixedClock(100),
    keys: { tick },
    log,
    every: 0.01,
  })
  return { stop, errors, forgotten }
}

test('full batches are followed by more until one is not full, then the keys have their turn', async () => {
  const done: string[] = []
  const batches = [500, 700, 3]
  const { stop } = start(
    () => {
      done.push('sweep')
      return { rows: batches.shift() ?? 0 }
    },
    async () => {
      done.push('tick')
    },
  )
  await expect.poll(() => done.length).toBeGreaterThan(3)
  await stop()
  expect(done.slice(0, 4)).toEqual(['sweep', 'sweep', 'sweep', 'tick'])
})

test('while another server has the lease only the keys have their turn', async () => {
  const done: string[] = []
  let isOurs = false
  const { stop } = start(
    () => {
      done.push('sweep')
      return { rows: 0 }
    },
    async () => {
      done.push('tick')
    },
    () => isOurs,
  )
  await expect.poll(() => done.length).toBeGreaterThan(2)
  expect(done).not.toContain('sweep')
  isOurs = true
  await expect.poll(() => done).toContain('sweep')
  await stop()
})

test('what is older than its retention is forgotten in the same round', async () => {
  const { stop, forgotten } = start(() => ({ rows: 0 }))
  await expect.poll(() => forgotten.length).toBeGreaterThan(0)
  await stop()
  expect(forgotten[0]).toEqual({ events: 70, addresses: 40 })
})

test('a failed round is logged, and the next one comes', async () => {
  let rounds = 0
  const { stop, errors } = start(() => {
    rounds++
    throw new Error('disk')
  })
  await expect.poll(() => rounds).toBeGreaterThan(2)
  await stop()
  expect(errors[0]).toMatchObject({ err: { message: 'disk' } })
})

test('after stop has answered nothing more is touched', async () => {
  let rounds = 0
  const { stop } = start(() => {
    rounds++
    return { rows: 500 }
  })
  await expect.poll(() => rounds).toBeGreaterThan(0)
  await stop()
  const then = rounds
  await sleep(80)
  expect(rounds).toBe(then)
})

test('a batch is as large as its time allows, and the next one smaller after a slow one', async () => {
  const limits: number[] = []
  let at = 0
  vi.spyOn(performance, 'now').mockImplementation(() => at)
  const { promise, resolve } = Promise.withResolvers<void>()
  const { stop } = start((_, limit) => {
    limits.push(limit)
    at += limit > 300 ? 9 : 0.1
    if (limits.length === 7) resolve()
    return { rows: limits.length < 7 ? limit : 0 }
  })
  await promise
  await stop()
  vi.restoreAllMocks()
  expect(limits.slice(0, 7)).toEqual([100, 200, 400, 200, 400, 200, 400])
})
