// Digests, sealing, signatures and randomness on node:crypto, synchronous where that is faster.

import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  generateKeyPair,
  hash,
  hkdfSync,
  type KeyObject,
  randomFillSync,
  sign,
  timingSafeEqual,
} from 'node:crypto'
import { promisify } from 'node:util'
import type { Awaitable, Crypto, Jwk, KeyKind } from '@patois/core'

const NONCE = 12
const TAG = 16
const POOL = 8192

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The server's digests, sealing and randomness; every answer is a plain `Uint8Array`. */
export const nodeCrypto: Crypto = {
  random: randomBytesOf(POOL),
  sha256: (data) => bytesOf(hash('sha256', data, 'latin1')),
  sha512: (data) => bytesOf(hash('sha512', data, 'latin1')),
  equal: (a, b) => a.byteLength === b.byteLength && timingSafeEqual(a, b),
  seal: sealBytes,
  open(key, sealed, bound) {
    const plain = openBytes(key, sealed, bound)
    return plain === undefined ? undefined : decoder.decode(plain)
  },
}

/** HKDF-SHA-256 (RFC 5869) of a secret for one labelled purpose, 32 bytes. */
export function derive(secret: Uint8Array | string, label: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', label, 32))
}

/** Makes keys of one algorithm and signs with them, in the form that JWS wants (RFC 7518 §3). */
export type Signature = {
  generate(): Promise<KeyObject>
  sign(data: Uint8Array, key: KeyObject): Awaitable<Buffer>
}

const generate = promisify(generateKeyPair)
const signElsewhere = promisify(sign)

/** Every algorithm that we sign with: RSA on the thread pool, the others at once. */
export const signatures: Readonly<Record<KeyKind, Signature>> = {
  ES256: {
    generate: async () => (await generate('ec', { namedCurve: 'P-256' })).privateKey,
    // Node 24 takes twice as long when it writes IEEE P1363 itself.
    sign: process.version.startsWith('v24.')
      ? (data, key) => p1363(sign('sha256', data, key))
      : (data, key) => sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' }),
  },
  EdDSA: {
    generate: async () => (await generate('ed25519')).privateKey,
    sign: (data, key) => sign(null, data, key),
  },
  RS256: rsa(2048),
  'RS256/4096': rsa(4096),
}

function rsa(modulusLength: number): Signature {
  return {
    generate: async () => (await generate('rsa', { modulusLength })).privateKey,
    sign: (data, key) => signElsewhere('sha256', data, key),
  }
}

/** An ECDSA signature over P-256 from DER to the two numbers of 32 bytes that JWS wants. */
export function p1363(der: Uint8Array): Buffer {
  const raw = Buffer.alloc(64)
  const rLength = der[3] ?? 0
  const sLength = der[5 + rLength] ?? 0
  // DER drops leading zeros, and puts one before a number whose first bit is set.
  const r = der.subarray(4, 4 + rLength).subarray(-32)
  const s = der.subarray(6 + rLength, 6 + rLength + sLength).subarray(-32)
  raw.set(r, 32 - r.length)
  raw.set(s, 64 - s.length)
  return raw
}

/** The public half of a private key, with the members that its type requires and no others. */
export function publicJwk(privateKey: KeyObject): Jwk {
  const { kty = '', ...members } = createPublicKey(privateKey).export({ format: 'jwk' })
  return { kty, ...members }
}

/** The SHA-256 thumbprint of a JWK that has its required members only (RFC 7638 §3). */
export function thumbprint(jwk: Jwk): string {
  const inOrder = Object.entries(jwk).sort(([a], [b]) => (a < b ? -1 : 1))
  return hash('sha256', JSON.stringify(Object.fromEntries(inOrder)), 'base64url')
}

/** AES-256-GCM: nonce, ciphertext and tag; opens only with the same `bound` text. */
export function sealBytes(key: Uint8Array, plain: Uint8Array | string, bound = ''): Uint8Array {
  const nonce = nodeCrypto.random(NONCE)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  if (bound !== '') cipher.setAAD(encoder.encode(bound))
  // Text goes in as it is, and what is no secret comes out of node's pool: 1 µs less a cell.
  const secret = typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain)
  const sealed = Buffer.allocUnsafe(NONCE + secret.length + TAG)
  sealed.set(nonce)
  sealed.set(secret, NONCE)
  cipher.final()
  sealed.set(cipher.getAuthTag(), NONCE + secret.length)
  return sealed
}

/** Undefined when the key, the bound text or a byte is wrong. */
export function openBytes(key: Uint8Array, sealed: Uint8Array, bound = ''): Uint8Array | undefined {
  if (sealed.byteLength < NONCE + TAG) return undefined
  const end = sealed.byteLength - TAG
  const nonce = sealed.subarray(0, NONCE)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG })
  if (bound !== '') decipher.setAAD(encoder.encode(bound))
  decipher.setAuthTag(sealed.subarray(end))
  const plain = plainBytes(decipher.update(sealed.subarray(NONCE, end)))
  try {
    decipher.final()
    return plain
  } catch {
    return undefined
  }
}

/** Random bytes from a pool: one call to the system for many tokens; no byte is handed out twice. */
function randomBytesOf(size: number): (length: number) => Uint8Array {
  const pool = new Uint8Array(size)
  let next = size
  return (length) => {
    if (length > size) return randomFillSync(new Uint8Array(length))
    if (next + length > size) {
      randomFillSync(pool)
      next = 0
    }
    const bytes = pool.slice(next, next + length)
    pool.fill(0, next, next + length)
    next += length
    return bytes
  }
}

// A digest as text, taken apart: 0.4 µs, where one as a buffer, whose memory lies outside of the
// heap, costs 0.8 µs and its sweeping.
function bytesOf(latin1: string): Uint8Array {
  const bytes = new Uint8Array(latin1.length)
  for (let i = 0; i < latin1.length; i++) bytes[i] = latin1.charCodeAt(i)
  return bytes
}

// A Buffer from node's own pool shows its neighbours through `.buffer`; a copy does not.
function plainBytes(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer)
}
