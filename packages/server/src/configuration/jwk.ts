// Public keys that clients register (RFC 7517): only whole, public ones of algorithms we accept.

import { createPublicKey, type JsonWebKeyInput } from 'node:crypto'
import { isPrivateJwk } from '@patois/core'

const ALGS: Readonly<Record<string, readonly string[]>> = {
  'P-256': ['ES256'],
  Ed25519: ['EdDSA', 'Ed25519'],
  RSA: ['RS256', 'PS256'],
}
const SHORTEST_RSA = 2048

/** What is wrong with a client's key; undefined when nothing. */
export function jwkFault(jwk: Readonly<Record<string, unknown>>): string | undefined {
  if (isPrivateJwk(jwk)) return 'is not a public key: it has private members'
  if (jwk.kid !== undefined && typeof jwk.kid !== 'string') return 'has a kid that is not text'
  const algs = ALGS[String(jwk.kty === 'RSA' ? 'RSA' : jwk.crv)]
  if (algs === undefined) return 'must be an RSA, P-256 or Ed25519 key'
  if (jwk.alg !== undefined && !algs.includes(String(jwk.alg))) {
    return `must have the alg ${algs.join(' or ')}`
  }
  try {
    const key = createPublicKey({ key: jwk as JsonWebKeyInput['key'], format: 'jwk' })
    const bits = key.asymmetricKeyDetails?.modulusLength ?? SHORTEST_RSA
    return bits < SHORTEST_RSA ? `must have at least ${SHORTEST_RSA} bits` : undefined
  } catch {
    return 'cannot be read as a key'
  }
}
