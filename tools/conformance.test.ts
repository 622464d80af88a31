// The tables of conformance modules say what the titles of the tests say.

import { expect, test } from 'vitest'
import { conformanceTables, modulesOf } from './conformance.ts'

test('a test that runs passes, and one that is skipped carries its reason', () => {
  const text = [
    "test('oidcc-server', async () => {",
    "test.skip('oidcc-idtoken-unsigned — there is none', () => {})",
    "test('what the server said meanwhile keeps the rules', () => checkLog(server))",
  ].join('\n')
  expect(modulesOf(text)).toEqual([
    { name: 'oidcc-server' },
    { name: 'oidcc-idtoken-unsigned', reason: 'there is none' },
  ])
})

test.each([
  ['a skip without a reason', "test.skip('oidcc-server', () => {})"],
  ['a reason without a skip', "test('oidcc-server — there is none', () => {})"],
])('%s is refused', (_, text) => {
  expect(() => modulesOf(text)).toThrow('oidcc-server')
})

test('no module stands in a plan twice', () => {
  for (const section of conformanceTables().split('### ').slice(1)) {
    const names = [...section.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name)
    expect(new Set(names).size).toBe(names.length)
  }
})
