// Tests of the table of attacks.

import { expect, test } from 'vitest'
import { rowsOf, tableOf } from './attack-table.ts'

const ran = (title: string, status = 'passed', ...groups: string[]) => ({
  file: 'test/attacks/some.test.ts',
  title,
  status,
  groups,
})

test('rows are in the order of the catalogue, with every test that names them', () => {
  const rows = rowsOf([
    ran('B2: b'),
    ran('A12: twice'),
    ran('A2: two'),
    ran('A12: once more'),
    ran('no row at all'),
    ran('GET: is no row'),
  ])
  expect(rows.map(({ id, tests }) => [id, tests.map(({ title }) => title)])).toEqual([
    ['A2', ['two']],
    ['A12', ['twice', 'once more']],
    ['B2', ['b']],
  ])
})

test('a group may name the row of its tests, and the innermost name counts', () => {
  const rows = rowsOf([
    ran('is one line', 'passed', 'one server', 'V6: what callers send'),
    ran('X1: of 50 one wins', 'passed', 'X2: with a window'),
  ])
  expect(rows.map(({ id, tests }) => [id, tests[0]?.title])).toEqual([
    ['V6', 'what callers send is one line'],
    ['X1', 'of 50 one wins'],
  ])
})

test('a title may name several rows, of which a promise is none', () => {
  const file = 'test/promises/some.test.ts'
  const rows = rowsOf([{ ...ran('R1, X1: of 50 one wins'), file }, ran('R1: of an admin')])
  expect(rows.map(({ id, tests }) => [id, tests.map(({ title }) => title)])).toEqual([
    ['R1', ['of an admin']],
    ['X1', ['of 50 one wins']],
  ])
})

test('one failed test fails its row, and only a row of skipped ones is skipped', () => {
  const rows = rowsOf([
    ran('A1: a'),
    ran('A1: b', 'failed'),
    ran('A1: c', 'skipped'),
    ran('A2: a', 'pending'),
    ran('A2: b'),
    ran('J8: later — there are no pushed requests yet', 'skipped'),
    ran('J9: some day', 'todo'),
  ])
  expect(rows.map(({ id, result }) => [id, result])).toEqual([
    ['A1', 'failed'],
    ['A2', 'passed'],
    ['J8', 'skipped'],
    ['J9', 'skipped'],
  ])
})

test('the table says row, result and titles, then what was measured, then the sum', () => {
  const rows = rowsOf([ran('A1: a'), ran('A1: b — why', 'skipped'), ran('B1: c', 'failed')])
  const figures = { samples: 100, medians: { known: 1.23456, unknown: 2 }, p: 0.5 }
  const reports = [{ row: 'E31', what: 'a wrong secret', figures, verdict: 'alike' }]
  expect(tableOf(rows, reports).split('\n')).toEqual([
    'row   result     what',
    'A1    passed     a',
    '                 [skipped] b — why',
    'B1    failed     c',
    '',
    'Timing',
    'E31   alike      a wrong secret: samples 100, known 1.23, unknown 2, p 0.5',
    '',
    '2 rows: 1 passed, 1 failed, 0 skipped',
  ])
})
