// Tests of the buckets: what they forget when there are more names than they may remember.

import { expect, test } from 'vitest'
import { type Buckets, openBuckets } from './buckets.ts'

const LIMIT = { tries: 50, seconds: 3600 }

const fill = (buckets: Buckets, name: string, now: number, tries = LIMIT.tries): void => {
  for (let n = 0; n < tries; n++) buckets.add(name, now)
}

test('a million names take the memory of fifty thousand, and none of them flushes a full bucket', () => {
  const buckets = openBuckets(LIMIT, 50_000)
  fill(buckets, 'victim', 0)
  let most = 0
  for (let n = 0; n < 1_000_000; n++) {
    buckets.add(`name-${n}`, Math.floor(n / 14_000))
    most = Math.max(most, buckets.size())
  }
  expect(most).toBe(50_000)
  expect(buckets.wait('victim', 72)).toBeUndefined()
  buckets.add('victim', 72)
  expect(buckets.wait('victim', 72)).toBe(72)
  expect(buckets.wait('name-999999', 72)).toBeUndefined()
}, 60_000)

test('what would be empty soonest is forgotten first, wherever it stands', () => {
  const buckets = openBuckets(LIMIT, 100)
  for (let n = 0; n < 50; n++) fill(buckets, `full-${n}`, 0)
  for (let n = 0; n < 1000; n++) fill(buckets, `new-${n}`, 0, 1 + (n % 49))
  for (let n = 0; n < 50; n++) expect(buckets.wait(`full-${n}`, 0), `full-${n}`).toBe(72)
  expect(buckets.size()).toBeLessThanOrEqual(100)
})

test('of buckets that are all alike those of longest ago are forgotten', () => {
  const buckets = openBuckets(LIMIT, 100)
  for (let n = 0; n < 101; n++) fill(buckets, `full-${n}`, 0)
  const held = Array.from({ length: 101 }, (_, n) => buckets.wait(`full-${n}`, 0) !== undefined)
  expect(held).toEqual([...Array(25).fill(false), ...Array(76).fill(true)])
})

test('empty buckets are forgotten all at once', () => {
  const buckets = openBuckets(LIMIT, 100)
  for (let n = 0; n < 100; n++) buckets.add(`name-${n}`, 0)
  buckets.add('late', 72)
  expect(buckets.size()).toBe(1)
})

test('what is taken out again leaves nothing', () => {
  const buckets = openBuckets(LIMIT, 100)
  buckets.add('alice', 0)
  buckets.remove('alice', 0)
  expect(buckets.size()).toBe(0)
  buckets.remove('alice', 0)
  expect(buckets.size()).toBe(0)
})
