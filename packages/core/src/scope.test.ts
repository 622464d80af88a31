// Scopes: who may have which.

import { expect, test } from 'vitest'
import type { Policy } from './parts.ts'
import type { Client } from './records.ts'
import { checkScope, chooseScope, claimsOf, narrowScope, splitScope } from './scope.ts'

const policy = {
  scopes: { read: { claims: ['team'] }, write: { claims: [] } },
} as unknown as Policy
const client = (...scope: string[]): Client => ({ scope }) as unknown as Client

const asking = (...scope: string[]) => ({ fields: { scope }, about: {} })

test('what was not asked for is what the client is registered for', () => {
  expect(chooseScope(policy, client('openid', 'read'), { fields: {}, about: {} })).toEqual([
    'openid',
    'read',
  ])
  expect(chooseScope(policy, client('openid', 'read'), asking())).toEqual(['openid', 'read'])
})

test('unknown and unassigned values are dropped and noted, repeated ones said once', () => {
  const asked = asking('read', 'unknown', 'write', 'read', 'write')
  expect(chooseScope(policy, client('read', 'gone'), asked)).toEqual(['read'])
  expect(asked.about).toEqual({ droppedScope: ['unknown', 'write'] })
})

test('where nothing is dropped nothing is noted, and of thousands the first ten', () => {
  const right = asking('read')
  chooseScope(policy, client('read'), right)
  expect(right.about).toEqual({})
  const names = Array.from({ length: 4000 }, (_, index) => `s${index}`)
  const many = asking('read', ...names)
  chooseScope(policy, client('read'), many)
  expect(many.about).toEqual({ droppedScope: names.slice(0, 10) })
})

test('a request of which nothing is left is refused', () => {
  expect(() => chooseScope(policy, client('read'), asking('write'))).toThrow('scope_none')
})

test('a client without any scope gets a token without any', () => {
  expect(chooseScope(policy, client(), asking())).toEqual([])
})

test.each(['a"b', 'a\\b', 'ä', 'a\u0000'])('%j is no scope', (value) => {
  expect(() => checkScope([value])).toThrow('scope_malformed')
})

test('narrower is granted, wider is refused', () => {
  expect(narrowScope(['read', 'write'], ['write'])).toEqual(['write'])
  expect(narrowScope(['read', 'write'], undefined)).toEqual(['read', 'write'])
  expect(() => narrowScope(['read'], ['read', 'write'])).toThrow('scope_wider')
})

test('spaces separate, however many', () => {
  expect(splitScope('  a  b ')).toEqual(['a', 'b'])
})

test('an operator may give a scope claims of its own', () => {
  expect(claimsOf(policy, ['email', 'read'])).toEqual(['email', 'email_verified', 'team'])
})
