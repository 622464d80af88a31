// The table of rules for refresh tokens, judged without a server.

import { describe, expect, test } from 'vitest'
import type { ClientCall } from '../call.ts'
import { standard } from '../dialects/standard.ts'
import type { Fields } from '../oauth.ts'
import type { Policy, Resource } from '../parts.ts'
import type { Client, RefreshToken } from '../records.ts'
import { Refusal } from '../refusal.ts'
import type { FoundRefreshToken } from '../store.ts'
import type { Verdict } from './grant.ts'
import { refreshToken } from './refresh-token.ts'

const NOW = 1_000_000
const RESOURCE = { resource: 'https://api.test/', introspected_by: [] }

const client = {
  id: 'web',
  scope: ['read', 'write'],
  grantTypes: ['refresh_token'],
  tokensFrom: 0,
} as unknown as Client

const token = (over: Partial<RefreshToken> = {}): RefreshToken => ({
  id: 1,
  hash: new Uint8Array(32),
  familyId: 7,
  createdAt: NOW - 100,
  expiresAt: NOW + 1000,
  ...over,
})

const found = (over: Partial<FoundRefreshToken> = {}): FoundRefreshToken => ({
  token: token(),
  family: {
    id: 7,
    grantId: 3,
    userId: 5,
    clientId: 'web',
    dialect: 'standard',
    scope: ['read', 'write'],
    resources: ['https://api.test/'],
    authenticatedAt: NOW - 100,
    createdAt: NOW - 100,
    expiresAt: NOW + 5000,
  },
  grant: {
    id: 3,
    origin: 'consent',
    userId: 5,
    clientId: 'web',
    scope: ['read', 'write'],
    resources: [],
    createdAt: NOW - 100,
  },
  user: { id: 5, sub: 's', username: 'alice', owner: 'file', claims: {}, tokensFrom: 0 },
  ...over,
})

/** What a test changes about the judgement. */
type Given = { window?: number; fields?: Fields; by?: Client; resources?: Resource[] }

const judge = (
  what: FoundRefreshToken,
  { window = 30, fields = {}, by = client, resources = [RESOURCE] }: Given = {},
): Verdict => {
  const policy = {
    lifetimes: { replay_window: window, refresh_token: 9000 },
    scopes: {},
    resources,
  } as unknown as Policy
  const call = {
    fields,
    places: {},
    dialect: standard,
    path: '/token',
    base: 'https://as.test',
    operation: standard.operations.token,
    now: NOW,
    requestId: 'r',
    network: 'n',
    about: {},
    client: by,
  } as ClientCall
  return refreshToken.judge(what, { call, policy, newId: () => 99 })
}

const refusal = (work: () => unknown): Refusal => {
  try {
    work()
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown
    throw thrown
  }
  throw new Error('nothing was refused')
}

const ends = ({ details }: Refusal): boolean =>
  details.plan?.changes.some((one) => 'end' in one && one.end === 'family') ?? false

describe('an unspent token', () => {
  test('rotates', () => {
    const verdict = judge(found())
    expect(verdict).toMatchObject({
      may: {
        scope: ['read', 'write'],
        refreshToken: true,
        person: { spend: { what: 'refresh_token', id: 1, at: NOW, childId: 99 } },
      },
    })
  })

  test('gives a narrower scope for one answer, and refuses a wider one', () => {
    expect(judge(found(), { fields: { scope: ['read'] } })).toMatchObject({
      may: { scope: ['read'] },
    })
    expect(refusal(() => judge(found(), { fields: { scope: ['read', 'admin'] } })).code).toBe(
      'invalid_scope',
    )
  })

  test('is no way to another resource', () => {
    const fields = { resource: ['https://other.test/'] }
    expect(refusal(() => judge(found(), { fields })).code).toBe('invalid_target')
  })
})

describe('a token that was spent before', () => {
  const spent = (ago: number, child?: Partial<RefreshToken>): FoundRefreshToken =>
    found({
      token: token({ spentAt: NOW - ago, childId: 2 }),
      ...(child && { child: token({ id: 2, ...child }) }),
    })

  test('is answered again inside the window while its child is unspent', () => {
    expect(judge(spent(29, {}))).toMatchObject({ again: { id: 2 } })
  })

  test('is answered again when the clock has run backwards', () => {
    expect(judge(spent(-5, {}))).toMatchObject({ again: { id: 2 } })
  })

  test('ends the family once the window is over', () => {
    const said = refusal(() => judge(spent(30, {})))
    expect(said.reason).toBe('refresh_reused')
    expect(ends(said)).toBe(true)
  })

  test('ends the family inside the window too when its child was spent', () => {
    expect(ends(refusal(() => judge(spent(3, { spentAt: NOW - 1 }))))).toBe(true)
  })

  test('without a window ends nothing for the losers of one burst', () => {
    const said = refusal(() => judge(spent(4, {}), { window: 0 }))
    expect(said.reason).toBe('refresh_raced')
    expect(ends(said)).toBe(false)
  })

  test('without a window ends the family five seconds later', () => {
    expect(ends(refusal(() => judge(spent(5, {}), { window: 0 })))).toBe(true)
  })

  test('passes every check that a first use passes', () => {
    const fields = { scope: ['admin'] }
    const said = refusal(() => judge(spent(99, {}), { fields }))
    expect(said.code).toBe('invalid_scope')
    expect(ends(said)).toBe(false)
  })
})

test('a resource that is gone gets no more tokens', () => {
  expect(refusal(() => judge(found(), { resources: [] })).reason).toBe('scope_lost')
})

describe('what stands behind a token', () => {
  const { family, grant, user } = found()
  test.each([
    ['another client', found(), { ...client, id: 'other' }, 'refresh_other_client'],
    [
      'another dialect',
      found({ family: { ...family, dialect: 'x' } }),
      client,
      'refresh_other_dialect',
    ],
    ['its own expiry', found({ token: token({ expiresAt: NOW }) }), client, 'refresh_expired'],
    [
      "its family's expiry",
      found({ family: { ...family, expiresAt: NOW } }),
      client,
      'refresh_expired',
    ],
    ['an ended family', found({ family: { ...family, endedAt: NOW } }), client, 'family_ended'],
    ['an ended grant', found({ grant: { ...grant, endedAt: NOW } }), client, 'grant_ended'],
    ['a disabled user', found({ user: { ...user, disabledAt: NOW } }), client, 'user_disabled'],
    ['a changed password', found({ user: { ...user, tokensFrom: NOW } }), client, 'user_disabled'],
    ['a client that was away', found(), { ...client, tokensFrom: NOW }, 'grant_ended'],
    ['a lost scope', found(), { ...client, scope: ['read'] }, 'scope_lost'],
  ])('is judged: %s', (_, what, by, reason) => {
    const said = refusal(() => judge(what, { by }))
    expect(said.reason).toBe(reason)
    expect(said.code).toBe('invalid_grant')
    expect(said.details.plan).toBeUndefined()
  })
})
