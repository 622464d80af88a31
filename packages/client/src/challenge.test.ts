// Challenges as servers write them.

import { expect, test } from 'vitest'
import { challengeOf, challengesIn } from './challenge.ts'

test.each([
  ['', []],
  ['Bearer', [['Bearer', {}]]],
  ['Bearer realm="a, b=c"', [['Bearer', { realm: 'a, b=c' }]]],
  [
    'Bearer error=invalid_token , Scope="a b"',
    [['Bearer', { error: 'invalid_token', scope: 'a b' }]],
  ],
  ['Bearer a="say \\"no\\""', [['Bearer', { a: 'say "no"' }]]],
  [
    'Basic realm="x", Bearer scope="y", DPoP algs="ES256"',
    [
      ['Basic', { realm: 'x' }],
      ['Bearer', { scope: 'y' }],
      ['DPoP', { algs: 'ES256' }],
    ],
  ],
  ['Bearer scope="a", scope="b"', [['Bearer', { scope: 'a' }]]],
  [
    'Bearer realm=',
    [
      ['Bearer', {}],
      ['realm', {}],
    ],
  ],
  ['"', []],
  ['Bearer "unfinished', [['Bearer', {}]]],
])('%s', (header, expected) => {
  expect(challengesIn(header).map(({ scheme, params }) => [scheme, params])).toEqual(expected)
})

test('of several schemes the one for access tokens counts', () => {
  const headers = new Headers({ 'www-authenticate': 'Basic realm="x"' })
  expect(challengeOf(headers)).toEqual({})
  headers.append('www-authenticate', 'bearer scope="y"')
  expect(challengeOf(headers)).toEqual({ scope: 'y' })
})

test('a long header of nothing takes no long time to read', () => {
  const started = performance.now()
  for (const part of [',', ' ', 'a=', 'a="', '\\']) challengesIn(`Bearer ${part.repeat(20_000)}`)
  expect(performance.now() - started).toBeLessThan(5000)
})
