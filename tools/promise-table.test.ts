// Tests of the table of promises.

import { expect, test } from 'vitest'
import { keptOf, PROMISES, printedTable, promisesTable } from './promise-table.ts'

const ran = (title: string, status = 'passed', ...groups: string[]) => ({
  file: 'test/promises/some.test.ts',
  title,
  status,
  groups,
})

test('promises are R1 to R26, in their order', () => {
  expect(PROMISES.map(({ id }) => id)).toEqual(PROMISES.map((_, index) => `R${index + 1}`))
  expect(PROMISES).toHaveLength(26)
})

test('a promise is kept when none of its tests failed and one has passed', () => {
  const kept = keptOf(
    [
      ran('R3, R4: kills'),
      ran('R1, X1: on SQLite'),
      ran('R1: on PostgreSQL', 'failed'),
      ran('needs a mount', 'skipped', 'R14: a full disk'),
      ran('R2: with a window', 'skipped'),
      ran('R2: without a window'),
      ran('no promise'),
    ],
    [
      { id: 'R3', figure: '0 lost' },
      { id: 'R1', figure: '200 × 50' },
      { id: 'R3', figure: '400 ms' },
    ],
  )
  expect(Object.fromEntries(kept)).toEqual({
    R1: { result: 'broken', measured: ['200 × 50'] },
    R2: { result: 'kept', measured: [] },
    R3: { result: 'kept', measured: ['0 lost', '400 ms'] },
    R4: { result: 'kept', measured: [] },
    R14: { result: 'skipped', measured: [] },
  })
  expect(printedTable(kept)).toMatch(/^R1 {3}broken .*\n.*asked: .*\n {14}measured: 200 × 50\nR2 /)
})

test('the docs show every promise, and say which was not run', () => {
  const on = '2026-12-01'
  const lines = promisesTable({
    R1: { result: 'broken', measured: ['a', 'b'], on, inPart: true },
    R3: { result: 'kept', measured: ['38 kills'], on, inPart: true },
    R4: { result: 'kept', measured: ['500 of 500'], on },
  }).split('\n')
  expect(lines).toHaveLength(2 + PROMISES.length)
  expect(lines[2]).toMatch(/^\| R1 \| .* \| a<br>b \| \*\*broken\*\* 2026-12-01 \|$/)
  expect(lines[4]).toMatch(/^\| R3 \| .* \| 38 kills \| kept in part 2026-12-01 \|$/)
  expect(lines[5]).toMatch(/^\| R4 \| .* \| 500 of 500 \| kept 2026-12-01 \|$/)
  expect(lines[3]).toMatch(/^\| R2 \| .* \| \| not run \|$/)
})
