// Tests of digests, sealing, signatures and randomness.

import { createHash, createPublicKey, sign, verify } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { derive, nodeCrypto, p1363, publicJwk, signatures, thumbprint } from './crypto.ts'

const key = derive('a secret', 'test')
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')

describe('random bytes', () => {
  test('have the asked length and are never handed out twice', () => {
    const seen = new Set(Array.from({ length: 2000 }, () => text(nodeCrypto.random(24))))
    expect(seen.size).toBe(2000)
    expect(nodeCrypto.random(20_000)).toHaveLength(20_000)
  })

  test('are the holder’s own: nobody else’s bytes are behind them', () => {
    const bytes = nodeCrypto.random(8)
    expect(bytes.buffer.byteLength).toBe(8)
    const before = text(bytes)
    nodeCrypto.random(8).fill(0)
    expect(text(bytes)).toBe(before)
  })
})

test('a digest is SHA-256 in bytes of its own', () => {
  const digest = nodeCrypto.sha256('abc')
  expect(Buffer.from(digest).toString('hex')).toBe(createHash('sha256').update('abc').digest('hex'))
  expect(digest.buffer.byteLength).toBe(32)
})

test('unequal lengths are unequal, without an exception', () => {
  expect(nodeCrypto.equal(new Uint8Array(2), new Uint8Array(3))).toBe(false)
  expect(nodeCrypto.equal(new Uint8Array(2), new Uint8Array(2))).toBe(true)
})

describe('a sealed text', () => {
  const sealed = nodeCrypto.seal(key, 'plain é', 'bound')

  test('opens with its key and its bound text', () => {
    expect(nodeCrypto.open(key, sealed, 'bound')).toBe('plain é')
  })

  test('does not open with another key or bound text', () => {
    const other = derive('a secret', 'other')
    expect(nodeCrypto.open(other, sealed, 'bound')).toBeUndefined()
    expect(nodeCrypto.open(key, sealed, 'other')).toBeUndefined()
  })

  test('does not open when any byte was changed or cut', () => {
    for (let at = 0; at < sealed.length; at++) {
      const changed = sealed.map((byte, index) => (index === at ? byte ^ 1 : byte))
      expect(nodeCrypto.open(key, changed, 'bound')).toBeUndefined()
      expect(nodeCrypto.open(key, sealed.subarray(0, at), 'bound')).toBeUndefined()
    }
  })

  test('looks different each time', () => {
    expect(text(nodeCrypto.seal(key, 'plain é', 'bound'))).not.toBe(text(sealed))
  })
})

describe('a signature', () => {
  test.each(['ES256', 'EdDSA', 'RS256'] as const)('%s verifies', async (alg) => {
    const privateKey = await signatures[alg].generate()
    const data = Buffer.from('data')
    const signature = await signatures[alg].sign(data, privateKey)
    const publicKey = createPublicKey(privateKey)
    const algorithm = alg === 'EdDSA' ? null : 'sha256'
    const verified = verify(
      algorithm,
      data,
      { key: publicKey, dsaEncoding: 'ieee-p1363' },
      signature,
    )
    expect(verified).toBe(true)
  })

  test('is the same in P1363 however long the numbers in DER are', async () => {
    const privateKey = await signatures.ES256.generate()
    const publicKey = createPublicKey(privateKey)
    const lengths = new Set<number>()
    for (let round = 0; round < 1500; round++) {
      const data = Buffer.from(`data ${round}`)
      const der = sign('sha256', data, privateKey)
      lengths.add(der.length)
      const raw = p1363(der)
      expect(raw).toHaveLength(64)
      expect(verify('sha256', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, raw)).toBe(true)
    }
    expect(lengths.size).toBeGreaterThan(2)
  })
})

test('a thumbprint is the one of RFC 7638 §3.1', () => {
  const n =
    '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw'
  expect(thumbprint({ kty: 'RSA', n, e: 'AQAB' })).toBe(
    'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
  )
})

test('a public JWK has no private member', async () => {
  expect(Object.keys(publicJwk(await signatures.ES256.generate())).sort()).toEqual([
    'crv',
    'kty',
    'x',
    'y',
  ])
})
