// The floor's tokens: masked row id and verifier, sealed replay cells, JWTs signed with ES256.

import {
  createCipheriv,
  generateKeyPairSync,
  hash,
  type KeyObject,
  randomBytes,
  randomFillSync,
  sign,
} from 'node:crypto'

const MASK_KEY = randomBytes(32)
const SELECTOR = 8
const BYTES = 32
const MASKED = Buffer.alloc(MASK_KEY.length + BYTES - SELECTOR)
MASKED.set(MASK_KEY)

const pool = Buffer.alloc(8192)
let used = pool.length

/** Random bytes; one call to the system makes many. The bytes are the pool's own. */
function random(length: number): Buffer {
  if (used + length > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += length
  return pool.subarray(used - length, used)
}

function applyMask(bytes: Buffer): void {
  MASKED.set(bytes.subarray(SELECTOR), MASK_KEY.length)
  const mask = hash('sha256', MASKED, 'buffer')
  for (let at = 0; at < SELECTOR; at++) bytes[at] = (bytes[at] ?? 0) ^ (mask[at] ?? 0)
}

/** 43 characters that name row `id` to nobody but us. */
export function mintHandle(id: number): string {
  const bytes = Buffer.allocUnsafe(BYTES)
  bytes.writeBigUInt64BE(BigInt(id))
  bytes.set(random(BYTES - SELECTOR), SELECTOR)
  applyMask(bytes)
  return bytes.toString('base64url')
}

/** SHA-256 of what was sent, as the row keeps it. */
export function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}

/** A secret for row `id` behind a mark, and its hash. */
export function mintSecret(mark: string, id: number): { secret: string; hash: Buffer } {
  const secret = mark + mintHandle(id)
  return { secret, hash: digest(secret) }
}

/** The row id in a secret behind its mark. */
export function readId(mark: string, secret: string): number {
  const bytes = Buffer.from(secret.slice(mark.length), 'base64url')
  if (!secret.startsWith(mark) || bytes.length !== BYTES) return 0
  applyMask(bytes)
  return Number(bytes.readBigUInt64BE())
}

/** AES-256-GCM under a key that only the presented token yields. */
export function seal(token: string, plain: string): Buffer {
  const nonce = Buffer.from(random(12))
  const cipher = createCipheriv('aes-256-gcm', digest(`floor replay ${token}`), nonce)
  const sealed = cipher.update(plain, 'utf8')
  return Buffer.concat([nonce, sealed, cipher.final(), cipher.getAuthTag()])
}

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const KID = 'floor-1'
const KEY: { key: KeyObject; dsaEncoding: 'ieee-p1363' } = {
  key: privateKey,
  dsaEncoding: 'ieee-p1363',
}

/** What verifies the JWTs (RFC 7517 §5). */
export const JWKS = JSON.stringify({
  keys: [{ ...publicKey.export({ format: 'jwk' }), kid: KID, alg: 'ES256', use: 'sig' }],
})

function header(typ: string): string {
  return Buffer.from(JSON.stringify({ alg: 'ES256', kid: KID, typ })).toString('base64url')
}

const HEADERS = { 'at+jwt': header('at+jwt'), JWT: header('JWT') }

/** A signed JWT. */
export function signJwt(typ: keyof typeof HEADERS, claims: object): string {
  const text = `${HEADERS[typ]}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
  return `${text}.${sign('sha256', Buffer.from(text), KEY).toString('base64url')}`
}

/** OIDC Core §3.1.3.6. */
export function atHash(token: string): string {
  return digest(token).subarray(0, 16).toString('base64url')
}
