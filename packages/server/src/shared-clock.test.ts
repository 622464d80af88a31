// Tests of the clock that servers share.

import { afterEach, expect, test, vi } from 'vitest'
import { openSharedClock } from './shared-clock.ts'

const fake = { toFake: ['Date', 'performance', 'setInterval', 'clearInterval'] as const }
afterEach(() => void vi.useRealTimers())

test('goes by the store, whatever the system says, and never back', async () => {
  vi.useFakeTimers({ ...fake, toFake: [...fake.toFake], now: 5_000_000 })
  let [theirs, isThere] = [1_000_000, true]
  const time = async () => {
    if (!isThere) throw new Error('The store does not answer.')
    return theirs
  }
  const { clock, stop } = await openSharedClock({ time })
  expect(clock.now()).toBe(1000)
  vi.setSystemTime(9_000_000)
  expect(clock.now()).toBe(1000)
  theirs = 1_013_000
  await vi.advanceTimersByTimeAsync(10_000)
  expect(clock.now()).toBe(1013)
  theirs = 1_000_000
  await vi.advanceTimersByTimeAsync(10_000)
  expect(clock.now()).toBe(1013)
  isThere = false
  await vi.advanceTimersByTimeAsync(60_000)
  expect(clock.now()).toBe(1060)
  stop()
  expect(vi.getTimerCount()).toBe(0)
})

test('goes by the system where the store has no time of its own', async () => {
  const { clock } = await openSharedClock({})
  expect(Math.abs(clock.now() - Date.now() / 1000)).toBeLessThan(5)
})
