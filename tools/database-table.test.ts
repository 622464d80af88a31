// Tests of the table of databases.

import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { DATABASE_TESTS, databasesTable, passedOf } from './database-table.ts'

const [STORE = '', RACES = ''] = Object.keys(DATABASE_TESTS)
const ran = (file: string, status: string) => ({ file, status, title: 'some', groups: [] })

test('every file that is run exists', () => {
  for (const file of Object.values(DATABASE_TESTS).flat()) {
    expect(existsSync(new URL(`../${file}`, import.meta.url)), file).toBe(true)
  }
})

test('what was left out counts neither as passed nor as run', () => {
  const store = 'test/store-postgres.test.ts'
  const tests = [ran(store, 'passed'), ran(store, 'failed'), ran(store, 'skipped')]
  const passed = passedOf([...tests, ran('test/other.test.ts', 'passed')])
  expect(passed).toMatchObject({ [STORE]: { passed: 1, run: 2 }, [RACES]: { passed: 0, run: 0 } })
  const table = databasesTable({ '14.23': { on: '2026-11-22', passed } })
  expect(table).toContain('| 14.23 | 1 of 2 | 0 of 0 | 0 of 0 | 2026-11-22 |')
})
