// JWT: access tokens that an API verifies by itself, without asking anybody (RFC 9068).

import { createRemoteJWKSet, customFetch, errors, jwtVerify } from 'jose'
import { checkSafe } from '../connection.ts'
import { accessOf, type Verifier } from './guard.ts'

/** Whose tokens are taken, and for what. */
export type JwtAccess = {
  issuer: string
  /** The API's address: the token's audience. */
  resource: string
  /** The server's `jwks_uri`. */
  jwksUri: string
  /** ES256, EdDSA, RS256 and PS256 when left out. */
  algorithms?: readonly string[]
  fetch?: typeof fetch
  /** The clock, in seconds. */
  now?: () => number
}

const ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519', 'RS256', 'PS256']
const TOLERANCE_SECONDS = 30

/** Of a token, whatever is wrong with it; of keys that cannot be fetched, nothing is known. */
const OUTAGES = ['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC']

/**
 * A verifier of JWT access tokens. A token that was revoked is taken until it ends: an API that
 * cannot have that introspects. Throws a TypeError when the keys would come over plain http.
 */
export function jwtAccess(options: JwtAccess): Verifier {
  const { issuer, resource, jwksUri, algorithms = ALGORITHMS, now } = options
  checkSafe(jwksUri)
  const keys = createRemoteJWKSet(new URL(jwksUri), {
    ...(options.fetch && { [customFetch]: options.fetch }),
  })
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience: resource,
        typ: 'at+jwt',
        algorithms: [...algorithms],
        clockTolerance: TOLERANCE_SECONDS,
        requiredClaims: ['exp', 'sub', 'client_id'],
        ...(now && { currentDate: new Date(now() * 1000) }),
      })
      return accessOf(token, payload)
    } catch (error) {
      const isOfToken = error instanceof errors.JOSEError && !OUTAGES.includes(error.code)
      if (isOfToken) return undefined
      throw error
    }
  }
}
