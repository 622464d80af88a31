// Private key: a client proves itself with a signature instead of a secret (RFC 7523 §2.2).

import { importJWK, type JWK, SignJWT } from 'jose'
import type { ClientProof } from './connection.ts'

/** Whose key it is, and which. */
export type PrivateKeyJwt = {
  clientId: string
  /** The private key, as WebCrypto or a JWK has it. */
  key: CryptoKey | JWK
  /** The algorithm that the client is registered for, such as ES256. */
  alg: string
  /** The key's name in the client's key set, where it has one. */
  kid?: string
  /** The clock, in seconds. */
  now?: () => number
}

/** Long enough for a slow network, and no longer than a server has to remember it. */
const LIFE_SECONDS = 60

/** Proof by private_key_jwt, for `connect({ proof })`: a new assertion for each call. */
export function privateKeyJwt(options: PrivateKeyJwt): ClientProof {
  const { clientId, key, alg, kid, now = () => Math.floor(Date.now() / 1000) } = options
  return async (audience) => {
    const at = now()
    const assertion = await new SignJWT({ jti: crypto.randomUUID() })
      .setProtectedHeader({ alg, ...(kid !== undefined && { kid }) })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(audience)
      .setIssuedAt(at)
      .setExpirationTime(at + LIFE_SECONDS)
      .sign('kty' in key ? await importJWK(key, alg) : key)
    return {
      client_assertion: assertion,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    }
  }
}
