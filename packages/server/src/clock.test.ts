// Tests of the clocks.

import { expect, test } from 'vitest'
import { fixedClock, systemClock } from './clock.ts'

test('the system clock counts whole seconds and never runs backwards', () => {
  const readings = [5999, 6000, 3000, 7001]
  const clock = systemClock(() => readings.shift() ?? 0)
  expect([clock.now(), clock.now(), clock.now(), clock.now()]).toEqual([5, 6, 6, 7])
})

test('a fixed clock moves when it is told to', () => {
  const clock = fixedClock(100)
  clock.advance(5)
  expect(clock.now()).toBe(105)
})
