// Tests of the table of settings.

import { expect, test } from 'vitest'
import { readValue } from './configuration/value.ts'
import { optionName, SETTINGS, type Setting } from './settings.ts'

const rows: readonly Setting[] = SETTINGS

test('no two settings share a name, a variable or a flag', () => {
  for (const member of ['name', 'env', 'flag'] as const) {
    expect(new Set(rows.map((row) => row[member])).size).toBe(rows.length)
  }
})

test('every default is a value that could be said', () => {
  for (const row of rows) {
    for (const value of [row.default, row.devDefault].filter((one) => one !== undefined)) {
      expect(readValue(row, value)).toEqual({ value })
    }
  }
})

test('a flag has the option name that a command line reader gives it', () => {
  expect(rows.map(optionName)).toContain('lifetimeRefreshTokenIdle')
})
