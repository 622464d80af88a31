// Claims: what a request may ask for and what a scope releases.

import { expect, test } from 'vitest'
import { parseClaims, releasedClaims, scopesOfClaims, wantedSubject } from './claims.ts'
import type { Policy } from './parts.ts'
import type { Client, User } from './records.ts'

const policy = { scopes: { own: { claims: ['team', 'sub'] } } } as unknown as Policy
const user = {
  claims: { name: 'Alice', email: 'a@example.org', team: 'red', sub: 'forged' },
} as unknown as User

test('a scope releases what the user has of its claims', () => {
  expect(releasedClaims(policy, user, ['openid', 'email'])).toEqual({
    email: 'a@example.org',
  })
})

test('the claims parameter releases single claims, and none of the token itself', () => {
  const asked = ['team', 'sub', 'iss', 'nothing']
  expect(releasedClaims(policy, user, ['own', 'email'], asked)).toEqual({ team: 'red' })
  expect(releasedClaims(policy, user, ['email'], asked)).toEqual({})
})

test('a claim that is asked for asks for the scope of the client that releases it', () => {
  const client = { scope: ['openid', 'email', 'own'] } as unknown as Client
  const claims = parseClaims('{"userinfo":{"email":null},"id_token":{"team":null,"phone":null}}')
  expect(scopesOfClaims(policy, client, claims)).toEqual(['email', 'own'])
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
