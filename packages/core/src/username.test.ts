// Tests of how usernames are folded.

import { expect, test } from 'vitest'
import { foldUsername } from './username.ts'

test.each([
  ['ALICE', 'alice'],
  [' Alice\u00A0', 'alice'],
  ['ａｌｉｃｅ＠ｂ．ｔｅｓｔ', 'alice@b.test'],
  ['JOSE\u0301', 'josé'],
  ['STRAẞE', 'straße'],
  ['\u212Aelvin', 'kelvin'],
  ['℡', 'tel'],
])('%j is %j', (written, folded) => expect(foldUsername(written)).toBe(folded))

test('letters that only look alike stay apart', () => {
  expect(foldUsername('аlice')).not.toBe('alice')
  expect(foldUsername('ålice')).not.toBe('alice')
})

test('what was folded is folded', () => {
  const wrong: string[] = []
  for (let point = 0; point < 0x20000; point++) {
    const folded = foldUsername(`a${String.fromCodePoint(point)}b`)
    if (foldUsername(folded) !== folded) wrong.push(point.toString(16))
  }
  expect(wrong).toEqual([])
})
