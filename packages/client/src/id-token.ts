// ID token: who has signed in, once every check that OpenID Connect asks of a client was made.

import {
  base64url,
  createRemoteJWKSet,
  customFetch,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose'
import { type Connection, checkSafe } from './connection.ts'
import type { Metadata } from './discover.ts'
import { callDeed } from './operations.ts'
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

/** Claims of an ID token that was checked. */
export type IdClaims = JWTPayload & { sub: string }

/**
 * Checks what one server says of people; keys are fetched when they are needed, and kept. What is
 * wrong with a token is thrown as jose's errors, each with a `code` and most with the `claim`.
 */
export type IdTokens = {
  /** The claims of the ID token among tokens (OpenID Connect Core §3.1.3.7). */
  check(tokens: Pick<Tokens, 'idToken' | 'accessToken'>, checks?: IdTokenChecks): Promise<IdClaims>
  /** What userinfo says of the same person, and of nobody else (§5.3.2). */
  userinfo(
    tokens: Pick<Tokens, 'accessToken'>,
    claims: Pick<IdClaims, 'sub'>,
  ): Promise<Readonly<Record<string, unknown>>>
  /** The claims of a logout token that the server has sent (Back-Channel Logout §2.6). */
  checkLogout(token: string, checks?: Pick<IdTokenChecks, 'algorithms'>): Promise<JWTPayload>
}

/** Clocks differ: so many seconds are forgiven. */
const TOLERANCE_SECONDS = 60

/** How old a logout token may be, in seconds. */
const LOGOUT_SECONDS = 120

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'

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
  const verify = verifierOf(connection, metadata)
  return {
    check: async ({ idToken, accessToken }, { nonce, maxAge, algorithms } = {}) => {
      if (idToken === undefined) throw new errors.JWTInvalid('no ID token: ask for openid')
      const required = ['sub', 'exp', 'iat', ...(maxAge === undefined ? [] : ['auth_time'])]
      const claims = await verify(idToken, algorithms, { requiredClaims: required })
      checkParty(claims, connection.clientId)
      if (claims.nonce !== nonce) throw wrong(claims, 'nonce', 'is not the one that was sent')
      checkTimes(claims, maxAge, connection.now())
      await checkHash(idToken, claims, accessToken)
      return claims as IdClaims
    },
    userinfo: async ({ accessToken }, { sub }) => {
      const said = await callDeed(connection, 'userinfo', { accessToken })
      if (said.sub !== sub) throw wrong(said, 'sub', 'of userinfo is of somebody else')
      return said
    },
    checkLogout: async (token, { algorithms } = {}) => {
      const claims = await verify(token, algorithms, {
        requiredClaims: ['iat', 'jti'],
        maxTokenAge: LOGOUT_SECONDS,
      })
      checkLogout(token, claims)
      return claims
    },
  }
}

function verifierOf(connection: Connection, metadata: Metadata) {
  const { issuer, jwks_uri: uri, id_token_signing_alg_values_supported: offered } = metadata
  if (typeof uri !== 'string') throw new TypeError(`${issuer} publishes no keys`)
  checkSafe(uri)
  const keys = createRemoteJWKSet(new URL(uri), { [customFetch]: connection.fetch })
  const usual = Array.isArray(offered) ? offered.map(String) : ['RS256']
  return async (
    token: string,
    algorithms: readonly string[] = usual,
    options: JWTVerifyOptions = {},
  ): Promise<JWTPayload> => {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience: connection.clientId,
      algorithms: algorithms.filter((one) => SIGNED.test(one)),
      clockTolerance: TOLERANCE_SECONDS,
      currentDate: new Date(connection.now() * 1000),
      ...options,
    })
    return payload
  }
}

function wrong(claims: JWTPayload, claim: string, why: string): Error {
  return new errors.JWTClaimValidationFailed(`the ${claim} ${why}`, claims, claim, 'check_failed')
}

// OpenID Connect Core §3.1.3.7, 4 and 5: of several audiences one is named, and it is us.
function checkParty(claims: JWTPayload, clientId: string): void {
  const { aud, azp } = claims
  const isSole = typeof aud === 'string' || aud?.length === 1
  if (azp === undefined ? !isSole : azp !== clientId)
    throw wrong(claims, 'azp', 'is not this client')
}

function checkTimes(claims: JWTPayload, maxAge: number | undefined, now: number): void {
  const { iat = 0, auth_time: at } = claims
  if (iat > now + TOLERANCE_SECONDS) throw wrong(claims, 'iat', 'is still to come')
  if (maxAge === undefined) return
  if (typeof at !== 'number' || at + maxAge + TOLERANCE_SECONDS < now) {
    throw wrong(claims, 'auth_time', 'is longer ago than was asked for')
  }
}

// §3.1.3.6: the left half of the access token's hash.
async function checkHash(idToken: string, claims: JWTPayload, token: string): Promise<void> {
  if (claims.at_hash === undefined) return
  const { alg = '' } = decodeProtectedHeader(idToken)
  const hash = HASHES[alg] ?? HASHES[alg.slice(-3)] ?? 'SHA-256'
  const digest = new Uint8Array(await crypto.subtle.digest(hash, new TextEncoder().encode(token)))
  if (base64url.encode(digest.subarray(0, digest.length / 2)) !== claims.at_hash) {
    throw wrong(claims, 'at_hash', 'is of another access token')
  }
}

// An ID token is signed by the same keys: what tells it apart is that it has a nonce and no event.
function checkLogout(token: string, claims: JWTPayload): void {
  const { typ = 'logout+jwt' } = decodeProtectedHeader(token)
  if (!/^(application\/)?logout\+jwt$|^JWT$/i.test(typ)) throw wrong(claims, 'typ', 'is another')
  const { events, nonce, sub, sid } = claims
  const said = typeof events === 'object' && events !== null && Object.hasOwn(events, LOGOUT_EVENT)
  if (!said) throw wrong(claims, 'events', 'name no logout')
  if (nonce !== undefined) throw wrong(claims, 'nonce', 'must not be in a logout token')
  if (sub === undefined && sid === undefined) throw wrong(claims, 'sub', 'or sid must be there')
}
