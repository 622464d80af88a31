// Tests of the statistics of the timing reports, against figures that were worked out by hand.

import { expect, test } from 'vitest'
import { compare, mannWhitney, median } from './samples.ts'

const upTo = (length: number, from = 0) => Array.from({ length }, (_, index) => from + index)

test('the median is the middle, or the mean of both middles', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 3, 2])).toBe(2.5)
  expect(median([7])).toBe(7)
})

test('samples of the same numbers are alike', () => {
  expect(mannWhitney(upTo(100), upTo(100))).toBe(1)
  expect(mannWhitney(Array(50).fill(1), Array(50).fill(1))).toBe(1)
})

test('the p value is that of the normal distribution', () => {
  // 20 and 20 without overlap: U = 0, mean 200, deviation √(400·41/12) = 36.968, z = 5.397.
  expect(mannWhitney(upTo(20), upTo(20, 20))).toBeCloseTo(6.8e-8, 9)
  // Shifted by 5: of 400 pairs 105 are larger and 15 equal, U = 112.5; 30 values in 15 ties;
  // deviation √(400/12·(41 − 90/1560)) = 36.942, z = 2.355.
  expect(mannWhitney(upTo(20), upTo(20, 5))).toBeCloseTo(0.0185, 4)
  expect(mannWhitney(upTo(20, 5), upTo(20))).toBeCloseTo(0.0185, 4)
})

test('far apart the p value is tiny, and never below nothing', () => {
  const p = mannWhitney(upTo(10_000), upTo(10_000, 5000))
  expect(p).toBeGreaterThanOrEqual(0)
  expect(p).toBeLessThan(1e-100)
})

test('a report says which kinds can be told apart', () => {
  const about = { row: 'X1', what: 'one or other' }
  const alike = compare(about, { one: upTo(1000), other: upTo(1000) })
  expect(alike).toMatchObject({ ...about, verdict: 'alike' })
  expect(alike.figures).toEqual({
    samples: 1000,
    medians: { one: 499.5, other: 499.5 },
    differencePercent: 0,
    p: 1,
  })
  const apart = compare(about, { one: upTo(1000, 100), other: upTo(1000, 200) })
  expect(apart.verdict).toBe('told apart')
  expect(apart.figures.differencePercent).toBeCloseTo(16.68, 2)
})
