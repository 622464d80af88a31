// Tests of redaction: what is taken out of text, and what stays.

import { expect, test } from 'vitest'
import { redact } from './redact.ts'

const TOKEN = `pr_${'Ab-_'.repeat(10)}xyz`

test.each([
  [
    'failed at https://rp.test/cb?state=x&code=SECRET&iss=y',
    'failed at https://rp.test/cb?state=x&code=[secret]&iss=y',
  ],
  ['client_secret=SECRET', 'client_secret=[secret]'],
  [
    'redirect=https%3A%2F%2Frp.test%3Fcode%3DSECRET',
    'redirect=https%3A%2F%2Frp.test%3Fcode%3D[secret]',
  ],
  ['{"clientSecret": "SECRET a", "b": 1}', '{"clientSecret": "[secret]", "b": 1}'],
  ["{ refresh_token: 'x', 'password':'SECRET' }", "{ refresh_token: 'x', 'password':'[secret]' }"],
  [`no row for ${TOKEN} here`, 'no row for [secret] here'],
  [`no row for test_${TOKEN}`, 'no row for [secret]'],
  ['bad eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2ln', 'bad [secret]'],
  ['authorization: Bearer SECRET-12345', 'authorization: Bearer [secret]'],
  [
    'cannot reach postgres://patois:SECRET@db.test/x',
    'cannot reach postgres://patois:[secret]@db.test/x',
  ],
])('%s', (text, expected) => expect(redact(text, 500)).toBe(expected))

test.each([
  'exit code: 1',
  'unexpected token: x',
  'Basic truths',
  'pa_per',
  'at f (file:///a.ts:1:2)',
])('stays as it is: %s', (text) => expect(redact(text, 500)).toBe(text))

test('controls that JSON leaves alone are written out', () => {
  expect(redact('a\u009b31mb\u202ec\u2028d', 500)).toBe('a\\u009b31mb\\u202ec\\u2028d')
})

test('a secret that the end cuts through is taken out, too', () => {
  for (let before = 460; before < 500; before++) {
    expect(redact('x '.repeat(before / 2) + TOKEN, 500)).not.toMatch(/pr_A/)
  }
})
