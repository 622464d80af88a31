// Tests of the master key and its change.

import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Key, SealedSecret, Store } from '@patois/core'
import { describe, expect, test } from 'vitest'
import {
  keyLabel,
  openDevMasterKey,
  openSealer,
  openSecret,
  readMasterKeys,
  resealAll,
} from './master-key.ts'

const OLD = 'old-master-key-of-at-least-32-characters'
const NEW = 'new-master-key-of-at-least-32-characters'
const plain = new Uint8Array([1, 2, 3])

describe('the variable', () => {
  test('holds one key, or two with a comma between', () => {
    expect(readMasterKeys(OLD)).toEqual({ ok: true, secrets: [OLD] })
    expect(readMasterKeys(`${NEW},${OLD}`)).toEqual({ ok: true, secrets: [NEW, OLD] })
    expect(readMasterKeys(` ${NEW} ,\n${OLD}\n`)).toEqual({ ok: true, secrets: [NEW, OLD] })
  })

  test('may hold a passphrase of several words, which is one key', () => {
    const words = 'correct horse battery staple and three more'
    expect(readMasterKeys(`${words}\n`)).toEqual({ ok: true, secrets: [words] })
    expect(readMasterKeys(`${words},${OLD}`)).toEqual({ ok: true, secrets: [words, OLD] })
  })

  test.each([
    [undefined, 'is needed'],
    ['', 'is needed'],
    ['too-short', 'shorter than 32'],
    [`${NEW},too-short`, 'key 2 is shorter than 32'],
    [`${NEW},${OLD},${OLD}x`, 'more than two'],
  ])('%s is refused with one sentence that does not repeat it', (text, sentence) => {
    const result = readMasterKeys(text)
    expect(result).toMatchObject({ ok: false, fault: expect.stringContaining(sentence) })
    expect(JSON.stringify(result)).not.toContain('too-short')
  })
})

describe('the file of dev mode', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'patois-')), 'data', 'dev.key')

  test('is made once, for this user only', () => {
    const made = openDevMasterKey(path)
    expect(made).toMatchObject({ ok: true, secrets: [expect.stringMatching(/^[\w-]{43}$/)] })
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(openDevMasterKey(path)).toEqual(made)
  })

  test('is never made again in place of one that was spoiled', () => {
    writeFileSync(path, '')
    expect(openDevMasterKey(path)).toMatchObject({ ok: false })
    expect(readFileSync(path, 'utf8')).toBe('')
  })
})

describe('a sealer', () => {
  test('opens what it sealed, for the same label only', () => {
    const sealer = openSealer([OLD])
    const sealed = sealer.seal(plain, 'a')
    expect(sealer.open(sealed, 'a')).toEqual({ plain, stale: false })
    expect(sealer.open(sealed, 'b')).toBeUndefined()
  })

  test('seals with the first key and opens with both', () => {
    const both = openSealer([NEW, OLD])
    expect(both.open(openSealer([OLD]).seal(plain, 'a'), 'a')).toEqual({ plain, stale: true })
    expect(openSealer([NEW]).open(both.seal(plain, 'a'), 'a')).toEqual({ plain, stale: false })
  })
})

const storeOf = (keys: Key[], secrets: SealedSecret[]) => {
  const events: string[] = []
  const store: Pick<Store, 'listKeys' | 'listSecrets' | 'commit'> = {
    listKeys: () => keys,
    listSecrets: () => secrets,
    async commit(plan) {
      for (const change of plan.changes) {
        if (!('put' in change)) continue
        if (change.put === 'key') keys.splice(0, keys.length, change.key)
        if (change.put === 'secret') secrets.splice(0, secrets.length, change.secret)
      }
      events.push(...plan.events.map((event) => event.type))
      return true
    },
  }
  return { store: store as Store, events }
}

const sealedBy = (secret: string): Key => ({
  kid: 'k',
  kind: 'ES256',
  publicJwk: { kty: 'EC' },
  sealed: openSealer([secret]).seal(plain, keyLabel('k')),
  createdAt: 0,
  signsFrom: 0,
})

describe('a change of the master key', () => {
  test('seals everything anew under the first key, once', async () => {
    const keys = [sealedBy(OLD)]
    const secrets: SealedSecret[] = []
    const { store, events } = storeOf(keys, secrets)
    const mask = await openSecret(store, openSealer([OLD]), 'mask')
    const both = openSealer([NEW, OLD])
    expect(await resealAll(store, both, 100)).toBe(2)
    expect(await resealAll(store, both, 100)).toBe(0)
    expect(events).toEqual(['secrets_resealed'])
    const next = openSealer([NEW])
    expect(await resealAll(store, next, 100)).toBe(0)
    expect(await openSecret(store, next, 'mask')).toEqual(mask)
    expect(next.open(keys[0]?.sealed ?? plain, keyLabel('k'))?.plain).toEqual(plain)
  })

  test('to a wrong one stops with one sentence and leaves everything as it is', async () => {
    const keys = [sealedBy(OLD)]
    const { store, events } = storeOf(keys, [])
    const before = keys[0]?.sealed
    await expect(resealAll(store, openSealer([NEW]), 100)).rejects.toThrow(/does not open/)
    expect(keys[0]?.sealed).toBe(before)
    expect(events).toEqual([])
  })

  test('never makes a kept secret again', async () => {
    const { store } = storeOf([], [])
    await openSecret(store, openSealer([OLD]), 'mask')
    await expect(openSecret(store, openSealer([NEW]), 'mask')).rejects.toThrow(/does not open/)
  })
})
