// Proof: how the doctor shows a server that it holds the same master key, without sending it.

import { createHmac, randomBytes } from 'node:crypto'
import { derive, nodeCrypto } from './crypto.ts'

/** The scheme of the Authorization header that a proof comes in. */
export const SCHEME = 'Patois'

/** A proof, which is worth nothing but one look at one's own request. */
export function makeProof(masterKey: string): string {
  const nonce = randomBytes(16).toString('base64url')
  return `${SCHEME} ${nonce}.${seal(masterKey, nonce)}`
}

/** True when a header has a proof by one of these master keys. */
export function isProof(masterKeys: readonly string[], header: string | undefined): boolean {
  const [, nonce = '', sealed = ''] = /^Patois ([\w-]{22})\.([\w-]{43})$/.exec(header ?? '') ?? []
  if (nonce === '') return false
  return masterKeys.some((key) =>
    nodeCrypto.equal(Buffer.from(seal(key, nonce)), Buffer.from(sealed)),
  )
}

function seal(masterKey: string, nonce: string): string {
  const key = derive(masterKey, 'patois doctor')
  return createHmac('sha256', key).update(nonce).digest('base64url')
}
