// Claims: what a request may ask for and what a scope releases.

import { expect, test } from 'vitest'
import { insistsOnAcr, isWanted, parseClaims, releasedClaims, scopesOfClaims } from './claims.ts'
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

test.each([
  ['{"id_token":{"sub":{"value":"bob"}}}', ['bob']],
  ['{"userinfo":{"sub":{"value":"bob"}}}', ['bob']],
  ['{"id_token":{"sub":{"essential":true}},"userinfo":{"sub":{"value":"bob"}}}', ['bob']],
  ['{"id_token":{"sub":{"value":"alice"}},"userinfo":{"sub":{"value":"bob"}}}', []],
  ['{"id_token":{"sub":{"values":["bob","carol"]}}}', ['bob', 'carol']],
  ['{"id_token":{"sub":{"value":"bob","values":["carol"]}}}', []],
  ['{"id_token":{"sub":{"values":[]}}}', []],
  ['{"id_token":{"sub":{"value":null}}}', []],
  ['{"id_token":{"sub":null}}', ['alice', 'bob', 'carol']],
  ['{"id_token":{"sub":{"essential":true}}}', ['alice', 'bob', 'carol']],
])('%s is answered for %j alone', (text, right) => {
  const claims = parseClaims(text)
  expect(['alice', 'bob', 'carol'].filter((sub) => isWanted(sub, claims))).toEqual(right)
})

test('an acr is insisted on when it is essential, with values, and for the ID token', () => {
  const insists = (acr: unknown, member = 'id_token') =>
    insistsOnAcr(parseClaims(JSON.stringify({ [member]: { acr } })))
  expect(insists({ essential: true, values: ['phr'] })).toBe(true)
  expect(insists({ essential: true, value: 'phr' })).toBe(true)
  expect(insists({ essential: true, values: ['phr'] }, 'userinfo')).toBe(false)
  expect(insists({ essential: false, values: ['phr'] })).toBe(false)
  expect(insists({ values: ['phr'] })).toBe(false)
  expect(insists({ essential: true })).toBe(false)
  expect(insists(null)).toBe(false)
})
