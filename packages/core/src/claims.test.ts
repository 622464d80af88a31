// Claims: what a request may ask for and what a scope releases.

import { expect, test } from 'vitest'
import { parseClaims, releasedClaims, wantedSubject } from './claims.ts'
import type { Policy } from './parts.ts'
import type { User } from './records.ts'

const policy = { scopes: {} } as unknown as Policy
const user = {
  claims: { name: 'Alice', email: 'a@example.org', team: 'red', sub: 'forged' },
} as unknown as User

test('a scope releases what the user has of its claims', () => {
  expect(releasedClaims(policy, user, ['openid', 'email'], undefined)).toEqual({
    email: 'a@example.org',
  })
})

test('the claims parameter releases single claims, and none of the token itself', () => {
  const asked = { team: null, sub: null, iss: null, nothing: null }
  expect(releasedClaims(policy, user, [], asked)).toEqual({ team: 'red' })
})

test.each([
  'x',
  '[]',
  'null',
  '"a"',
  '{"userinfo":[]}',
  '{"id_token":1}',
  '{"userinfo":{"__proto__":{"a":1}}}',
  '{"__proto__":{"a":1}}',
  `${'{"a":'.repeat(200)}1${'}'.repeat(200)}`,
  `{"userinfo":{"${'x'.repeat(9000)}":null}}`,
])('%.40s is refused', (text) => {
  expect(() => parseClaims(text)).toThrow('claims_malformed')
  expect(({} as Record<string, unknown>).a).toBeUndefined()
})

test('a subject may be insisted on', () => {
  expect(wantedSubject(parseClaims('{"id_token":{"sub":{"value":"bob"}}}'))).toBe('bob')
  expect(wantedSubject(parseClaims('{"id_token":{"sub":null}}'))).toBeUndefined()
  expect(wantedSubject(undefined)).toBeUndefined()
})
