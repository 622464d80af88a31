// ID token: who has signed in, once every check that OpenID Connect asks of a client was made.

import {
  base64url,
  createRemoteJWKSet,
  customFetch,
  decodeProtectedHeader,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose'
import type { Connection } from './connection.ts'
import type { Metadata } from './discover.ts'
import type { Tokens } from './tokens.ts'

/** What an ID token must agree with. */
export type IdTokenChecks = {
  /** The nonce of the sign-in: what `authorizeUrl` gave. */
  nonce?: string | undefined
  /** How long ago the person may have signed in, in seconds. */
  maxAge?: number | undefined
  /** Algorithms that the client is registered for; what the server says it has, when left out. */
  algorithms?: readonly string[] | undefined
}

/** Checks ID tokens of one server; keys are fetched when they are needed, and kept. */
export type IdTokens = {
  /** The claims. Throws jose's JWTClaimValidationFailed and its kin, each with a `code`. */
  check(
    tokens: Pick<Tokens, 'idToken' | 'accessToken'>,
    checks?: IdTokenChecks,
  ): Promise<JWTPayload>
}

/** Clocks differ: so many seconds are forgiven. */
const TOLERANCE_SECONDS = 60

const HASHES: Readonly<Record<string, string>> = {
  256: 'SHA-256',
  384: 'SHA-384',
  512: 'SHA-512',
  EdDSA: 'SHA-512',
  Ed25519: 'SHA-512',
}

/** Ways to sign with a key pair: `none` and shared secrets prove nothing to a client. */
const SIGNED = /^(RS|PS|ES)\d{3}$|^EdDSA$|^Ed25519$/

/** A checker for the server that a client is connected to. */
export function idTokens(
  { connection }: { readonly connection: Connection },
  metadata: Metadata,
): IdTokens {
  const keys: JWTVerifyGetKey = createRemoteJWKSet(new URL(String(metadata.jwks_uri)), {
    [customFetch]: connection.fetch,
  })
  const offered = metadata.id_token_signing_alg_values_supported
  const usual = Array.isArray(offered) ? offered.map(String) : ['RS256']
  return {
    check: async ({ idToken, accessToken }, { nonce, maxAge, algorithms = usual } = {}) => {
      if (idToken === undefined) throw new TypeError('the answer has no ID token: ask for openid')
      const { payload } = await jwtVerify(idToken, keys, {
        issuer: metadata.issuer,
        audience: connection.clientId,
        algorithms: algorithms.filter((one) => SIGNED.test(one)),
        clockTolerance: TOLERANCE_SECONDS,
        currentDate: new Date(connection.now() * 1000),
        requiredClaims: ['sub', 'exp', 'iat', ...(maxAge === undefined ? [] : ['auth_time'])],
      })
      checkParty(payload, connection.clientId)
      if (payload.nonce !== nonce) throw new TypeError('the nonce is not the one that was sent')
      if (maxAge !== undefined) checkAge(payload, maxAge, connection.now())
      await checkHash(idToken, payload, accessToken)
      return payload
    },
  }
}

// OpenID Connect Core §3.1.3.7, 4 and 5: of several audiences one is named, and it is us.
function checkParty({ aud, azp }: JWTPayload, clientId: string): void {
  const isSole = typeof aud === 'string' || aud?.length === 1
  if (azp === undefined ? !isSole : azp !== clientId) {
    throw new TypeError('the ID token was made for another client')
  }
}

function checkAge({ auth_time: at }: JWTPayload, maxAge: number, now: number): void {
  if (typeof at !== 'number' || at + maxAge + TOLERANCE_SECONDS < now) {
    throw new TypeError('the sign-in is longer ago than was asked for')
  }
}

// §3.1.3.6: the left half of the access token's hash.
async function checkHash(idToken: string, claims: JWTPayload, token: string): Promise<void> {
  if (claims.at_hash === undefined) return
  const { alg = '' } = decodeProtectedHeader(idToken)
  const hash = HASHES[alg] ?? HASHES[alg.slice(-3)] ?? 'SHA-256'
  const digest = new Uint8Array(await crypto.subtle.digest(hash, new TextEncoder().encode(token)))
  if (base64url.encode(digest.subarray(0, digest.length / 2)) !== claims.at_hash) {
    throw new TypeError('the ID token belongs to another access token')
  }
}
