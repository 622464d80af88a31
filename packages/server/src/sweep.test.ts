// Tests of the sweeper.

import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { fixedClock } from './clock.ts'
import { startSweeper } from './sweep.ts'

const start = (sweep: () => { rows: number }, tick: () => Promise<void> = async () => {}) => {
  const errors: unknown[] = []
  const quiet = () => {}
  const log = {
    debug: quiet,
    info: quiet,
    warn: quiet,
    fatal: quiet,
    error: (one: object) => void errors.push(one),
  }
  const store = { sweep }
  const stop = startSweeper({ store, clock: fixedClock(100), keys: { tick }, log, every: 0.01 })
  return { stop, errors }
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
