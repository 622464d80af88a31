// Key sets of clients: which of the keys that they register or publish may be used (RFC 7517).

import type { Jwk } from './records.ts'

/** So many keys a client needs to change them at its leisure; each may cost a verification. */
const MOST_KEYS = 50
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** True for a key that nobody but its owner may know. */
export function isPrivateJwk(jwk: Readonly<Record<string, unknown>>): boolean {
  return jwk.kty === 'oct' || PRIVATE.some((member) => Object.hasOwn(jwk, member))
}

/**
 * The keys of a key set that a client publishes; undefined when it is none, or when it gives a
 * private key away: whoever can read that can pose as the client.
 */
export function readJwks(document: object): readonly Jwk[] | undefined {
  const { keys } = document as { keys?: unknown }
  if (!Array.isArray(keys) || keys.length > MOST_KEYS) return undefined
  return keys.every(isJwk) && !keys.some(isPrivateJwk) ? keys : undefined
}

function isJwk(key: unknown): key is Jwk {
  return typeof key === 'object' && key !== null && typeof (key as Partial<Jwk>).kty === 'string'
}
