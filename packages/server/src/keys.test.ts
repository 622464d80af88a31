// Tests of the signing keys and their stages.

import { type Key, type KeyKind, type SignatureAlg, Unavailable } from '@patois/core'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { type KeyParts, openKeys, stages } from './keys.ts'
import { openSealer } from './master-key.ts'

const HOUR = 3600
const DAY = 24 * HOUR
const START = 1_800_000_000
const ALGS: SignatureAlg[] = ['ES256', 'EdDSA', 'RS256']

const lifetimes = {
  access_token: HOUR,
  id_token: 2 * HOUR,
  key_rotation: 90 * DAY,
  key_publish_ahead: HOUR,
}

const openStore = () => {
  const keys = new Map<string, Key>()
  const events: string[] = []
  const store: KeyParts['store'] = {
    listKeys: () => [...keys.values()],
    async commit(plan) {
      for (const change of plan.changes) {
        if ('put' in change && change.put === 'key') keys.set(change.key.kid, change.key)
        if ('end' in change && change.end === 'key') keys.delete(change.kid)
      }
      events.push(...plan.events.map((event) => event.type))
      return true
    },
  }
  return { store, keys, events }
}

const quiet = () => {}
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet, fatal: quiet }
const sealer = openSealer(['a master key of at least 32 characters'])

const open = async (parts: Partial<KeyParts> = {}) => {
  const kept = openStore()
  const all = { store: kept.store, sealer, lifetimes, dev: false, log, now: START, ...parts }
  const ring = await openKeys(all)
  await ring.ready('RS256')
  return { ...kept, ring }
}

const key = (kid: string, signsFrom: number, kind: KeyKind = 'ES256'): Key => ({
  kid,
  kind,
  publicJwk: { kty: 'EC' },
  sealed: new Uint8Array(),
  createdAt: 0,
  signsFrom,
})

describe('stages follow from times', () => {
  const keys = [key('a', 100), key('b', 200), key('c', 300), key('other', 50, 'RS256')]
  const at = (now: number) => Object.fromEntries(stages(keys, now, 30))

  test.each([
    [150, { a: 'current', b: 'next', c: 'next' }],
    [200, { a: 'previous', b: 'current', c: 'next' }],
    [229, { a: 'previous', b: 'current', c: 'next' }],
    [230, { a: 'past', b: 'current', c: 'next' }],
    [300, { a: 'past', b: 'previous', c: 'current' }],
    [330, { a: 'past', b: 'past', c: 'current' }],
  ])('at %i', (now, expected) => expect(at(now)).toEqual({ ...expected, other: 'current' }))

  test('a clock that was set back leaves the oldest signing', () => {
    expect(at(10)).toEqual({ a: 'current', b: 'next', c: 'next', other: 'current' })
  })

  test('of two that begin together every server chooses the same', () => {
    const pair = [key('x', 100), key('y', 100)]
    expect(stages(pair, 100, 30)).toEqual(stages(pair.toReversed(), 100, 30))
    expect([...stages(pair, 100, 30).values()].sort()).toEqual(['current', 'previous'])
  })
})

describe('signing', () => {
  test.each(ALGS)('%s verifies with the published keys', async (alg) => {
    const { ring } = await open()
    const jwt = await ring.sign(alg, 'at+jwt', { sub: 'é', iat: START }, START)
    const published = createLocalJWKSet({ keys: [...(await ring.published(START))] as never })
    const { payload, protectedHeader } = await jwtVerify(jwt, published)
    expect(payload).toEqual({ sub: 'é', iat: START })
    expect(protectedHeader).toEqual({ alg, typ: 'at+jwt', kid: expect.any(String) })
  })

  test('ES256 and EdDSA answer at once, RS256 as soon as its key is made', async () => {
    const { store } = openStore()
    const ring = await openKeys({ store, sealer, lifetimes, dev: false, log, now: START })
    const early = ring.sign('RS256', 'JWT', {}, START)
    expect(typeof ring.sign('ES256', 'JWT', {}, START)).toBe('string')
    expect(typeof ring.sign('EdDSA', 'JWT', {}, START)).toBe('string')
    expect(decodeProtectedHeader(await early).alg).toBe('RS256')
  })

  test('without a key it is unavailable, and made again as soon as the store takes it', async () => {
    const { store } = openStore()
    let full = true
    const commit: KeyParts['store']['commit'] = async (plan) => {
      const [change] = plan.changes
      const made = change && 'put' in change && change.put === 'key' ? change.key.kind : undefined
      if (made === 'RS256' && full) throw new Unavailable('The disk is full.')
      return store.commit(plan)
    }
    const ring = await openKeys({
      store: { ...store, commit },
      sealer,
      lifetimes,
      dev: false,
      log,
      now: START,
    })
    await expect(ring.ready('RS256')).rejects.toThrow(Unavailable)
    await expect(ring.sign('RS256', 'JWT', {}, START)).rejects.toThrow(Unavailable)
    expect(await ring.published(START)).toHaveLength(2)
    full = false
    expect(decodeProtectedHeader(await ring.sign('RS256', 'JWT', {}, START)).alg).toBe('RS256')
  })
})

describe('published keys', () => {
  test('are all three from the first answer on, with public members only', async () => {
    const { store } = openStore()
    const ring = await openKeys({ store, sealer, lifetimes, dev: false, log, now: START })
    const published = await ring.published(START)
    expect(published.map((jwk) => jwk.alg).sort()).toEqual(['ES256', 'EdDSA', 'RS256'])
    for (const jwk of published) {
      expect(jwk).toMatchObject({ use: 'sig', kid: expect.stringMatching(/^[\w-]{43}$/) })
      for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi']) expect(jwk).not.toHaveProperty(member)
    }
  })

  test('say in their name that they are for development', async () => {
    const { ring } = await open({ dev: true })
    for (const jwk of await ring.published(START)) expect(jwk.kid).toMatch(/^dev-/)
  })
})

describe('kept keys', () => {
  test('are the same after a restart', async () => {
    const { ring, store, events } = await open()
    const again = await open({ store })
    expect(await again.ring.published(START)).toEqual(await ring.published(START))
    expect(events).toEqual(['key_made', 'key_made', 'key_made'])
  })

  test('do not lie open in the store, and another master key does not open them', async () => {
    const { keys, store } = await open()
    for (const { sealed } of keys.values())
      expect(Buffer.from(sealed).toString('latin1')).not.toContain('PRIVATE')
    const other = openSealer(['another key of more than 32 characters'])
    await expect(open({ store, sealer: other })).rejects.toThrow('master key')
    expect(keys.size).toBe(3)
  })
})

describe('rotation', () => {
  const kidAt = async (ring: Awaited<ReturnType<typeof open>>['ring'], now: number) =>
    decodeProtectedHeader(await ring.sign('ES256', 'JWT', {}, now)).kid

  test('publishes the next key before it signs, and keeps the last while its tokens live', async () => {
    const { ring, events } = await open()
    const first = await kidAt(ring, START)
    const change = START + 90 * DAY
    const published = async (now: number) =>
      (await ring.published(now)).filter((jwk) => jwk.alg === 'ES256').map((jwk) => jwk.kid)

    await ring.tick(change - HOUR - 1)
    expect(await published(change - HOUR - 1)).toEqual([first])
    await ring.tick(change - HOUR)
    const [, second] = await published(change - HOUR)
    expect(second).toBeDefined()
    expect(await kidAt(ring, change - 1)).toBe(first)
    expect(await kidAt(ring, change)).toBe(second)
    // Five minutes longer than a token can live, for clocks that are behind.
    const over = change + 2 * HOUR + 300
    await ring.tick(over - 1)
    expect(await published(over - 1)).toEqual([first, second])
    await ring.tick(over)
    expect(await published(over)).toEqual([second])
    expect(events).toContain('key_ended')
  })

  test('after a long sleep still publishes before it signs', async () => {
    const { ring } = await open()
    const first = await kidAt(ring, START)
    const late = START + 200 * DAY
    await ring.tick(late)
    expect(await kidAt(ring, late)).toBe(first)
    expect(await ring.published(late)).toHaveLength(6)
    expect(await kidAt(ring, late + HOUR)).not.toBe(first)
  })

  test('ticks that have nothing to do make nothing', async () => {
    const { ring, keys } = await open()
    for (let n = 0; n < 5; n++) await ring.tick(START + n * DAY)
    expect(keys.size).toBe(3)
  })

  test('keys that another server made are seen at the next tick', async () => {
    const { ring, store } = await open()
    const other = await open({ store })
    const change = START + 90 * DAY
    await other.ring.tick(change - HOUR)
    await ring.tick(change - HOUR)
    expect(await ring.published(change)).toEqual(await other.ring.published(change))
    expect(await kidAt(ring, change)).toBe(await kidAt(other.ring, change))
  })
})
