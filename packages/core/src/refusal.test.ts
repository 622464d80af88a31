// Every reason explains itself: to a caller without help for guessers, to a developer with all of it.

import { expect, test } from 'vitest'
import { REASONS, type Reason, type ReasonRow, Refusal } from './refusal.ts'

const rows: [string, ReasonRow][] = Object.entries(REASONS)

test.each(rows)('%s says what happened, what was expected and the fix', (_, row) => {
  const { found, expected, fix } = row.explains
  const sentences = [row.says, expected, fix, ...(found === undefined ? [] : [found])]
  expect(new Set(sentences).size).toBe(sentences.length)
  for (const one of sentences)
    expect(one).toMatch(/^[A-Za-z0-9][\x20-\x21\x23-\x5b\x5d-\x7e]+[.~]$/)
})

test('what several reasons say alike each explains in words of its own', () => {
  const said = rows.map(([, { says }]) => says)
  for (const [reason, { says, explains }] of rows) {
    const isShared = said.filter((one) => one === says).length > 1
    if (isShared) expect(explains.found, reason).toBeTypeOf('string')
  }
  const found = rows.flatMap(([, { explains }]) => explains.found ?? [])
  expect(new Set(found).size).toBe(found.length)
})

test('a field is named to the caller, what would have been right is not', () => {
  const refusal = new Refusal('redirect_mismatch', {
    field: 'x',
    rightValues: ['https://rp.test/'],
  })
  expect(refusal.sentence).toBe('The redirect URI is not registered for this client. (x)')
  const names = Object.keys(REASONS) as Reason[]
  expect(names.map((one) => new Refusal(one).sentence)).toEqual(rows.map(([, { says }]) => says))
})
