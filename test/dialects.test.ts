// The dialect contract, for every dialect in the list and for random ones.

import { DIALECTS, type Dialect, type Operation } from '@patois/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exampleOf } from '../packages/server/src/cli/dialect-example.ts'
import { stationsOf } from '../packages/server/src/http/routes.ts'
import {
  checkAnswers,
  checkHeard,
  checkHeardRefusals,
  checkMounts,
  checkRefusals,
  checkRequests,
} from './dialect-contract.ts'
import { anyDialect } from './door/any-dialect.ts'

describe.each(DIALECTS.map((one) => [one.name, one] as const))('%s', (name, dialect) => {
  test('reads what its clients write', () => checkRequests(dialect, 100))
  test('refuses with what is in its table', () => checkRefusals(dialect))
  test('answers without nulls, with its constants', () => checkAnswers(dialect, 100))
  test('is heard as it was answered', () => checkHeard(dialect, 100))
  test('is heard refusing as it refused', () => checkHeardRefusals(dialect))
  test('stands in one place alone', () => checkMounts(dialect))
  test('looks on the wire as it did', async () => {
    await expect(exampleOf(dialect)).toMatchFileSnapshot(`./dialects/__snapshots__/${name}.txt`)
  })
})

describe('any valid dialect', () => {
  const always = (law: (dialect: Dialect) => void) => () =>
    fc.assert(fc.property(anyDialect, law), { numRuns: 60 })

  test(
    'reads what its clients write',
    always((one) => checkRequests(one, 15)),
  )
  test('refuses with what is in its table', always(checkRefusals))
  test(
    'answers without nulls, with its constants',
    always((one) => checkAnswers(one, 15)),
  )
  test(
    'is heard as it was answered',
    always((one) => checkHeard(one, 15)),
  )
  test('is heard refusing as it refused', always(checkHeardRefusals))
  test('stands in one place alone', always(checkMounts))
})

describe('the dialects of the list', () => {
  const mounts = DIALECTS.map((dialect) => ({ dialect, at: '' }))

  test('stand side by side at the root', () => {
    expect(stationsOf(mounts, '').length).toBeGreaterThan(DIALECTS.length)
    expect(() => stationsOf(mounts, '/auth')).not.toThrow()
  })

  test.each([
    ['/login', 'reserved'],
    ['/{app}', 'reserved'],
    ['/{app}/token', 'reserved'],
    ['/admin/token', 'reserved'],
    ['/token', 'both answer'],
    ['/v1/oauth/{any}', 'both answer'],
    ['/v2/oauth/x/exchange', 'both answer'],
  ])('leave no room for another one at %s: %s', (path, sentence) => {
    const token: Operation = { ...DIALECTS[0]?.operations.token, path } as Operation
    const other: Dialect = { name: 'other', title: 'Other', policy: {}, operations: { token } }
    expect(() => stationsOf([...mounts, { dialect: other, at: '' }], '')).toThrow(sentence)
  })
})
