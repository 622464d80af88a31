// Client assertions: the JWT that a client signs to prove itself (RFC 7523 §3, OIDC Core §9).

import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose'
import type { Call } from './call.ts'
import { readJwks } from './jwks.ts'
import { audienceOf, isTime, looksLikeJwt } from './jwt.ts'
import type { Parts } from './parts.ts'
import type { Client, ClientProof, Jwk } from './records.ts'
import type { Reason } from './refusal.ts'

/** The algorithms that a client may sign its assertions with. */
export const ASSERTION_ALGS = ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256']

/** What an assertion may call itself; other JWTs of a client say that they are something else. */
const TYPES: readonly unknown[] = [undefined, 'jwt', 'client-authentication+jwt']
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
/** Clocks may differ by this much, and an assertion may not live longer than that; seconds. */
const SKEW = 30
const LONGEST_LIFE = 3600

type KeyProof = Extract<ClientProof, { method: 'private_key_jwt' }>

/** The claims, or why there are none: `unsigned` by any key that we know, or `wrong` beyond that. */
type Outcome = JWTPayload | 'unsigned' | 'wrong' | 'unreadable'

/** Why the call's assertion does not prove the client; undefined when it does, which spends it. */
export async function checkAssertion(
  parts: Parts,
  call: Call,
  client: Client,
  proof: KeyProof,
): Promise<Reason | undefined> {
  const { client_assertion: assertion, client_assertion_type: type } = call.fields
  if (type !== ASSERTION_TYPE || !assertion || !looksLikeJwt(assertion)) return 'assertion_wrong'
  const payload = await ('jwks' in proof
    ? verified(assertion, keySetOf(proof.jwks), call.now)
    : verifiedFrom(parts, proof.jwksUri, assertion, call.now))
  if (payload === 'unreadable') return 'client_keys_unreadable'
  if (typeof payload === 'string' || !areClaimsRight(parts, call, client, payload)) {
    return 'assertion_wrong'
  }
  const { jti, exp } = payload as { jti: string; exp: number }
  const jtiHash = parts.crypto.sha256(jti)
  const spend = { what: 'assertion', clientId: client.id, jtiHash, expiresAt: exp + SKEW } as const
  const first = await parts.store.commit({ spend, changes: [], events: [] })
  return first ? undefined : 'assertion_replayed'
}

const keySets = new WeakMap<readonly Jwk[], JWTVerifyGetKey>()

function keySetOf(jwks: readonly Jwk[]): JWTVerifyGetKey {
  const known = keySets.get(jwks)
  if (known) return known
  const set = createLocalJWKSet({ keys: jwks } as unknown as JSONWebKeySet)
  keySets.set(jwks, set)
  return set
}

// A client that changes its keys does not tell us: a signature of no known key is reason to look.
async function verifiedFrom(
  { documents }: Parts,
  uri: string,
  assertion: string,
  now: number,
): Promise<Outcome> {
  const byKeysOf = async (document: object | undefined): Promise<Outcome> => {
    const jwks = document && readJwks(document)
    return jwks ? verified(assertion, keySetOf(jwks), now) : 'unreadable'
  }
  const known = await documents.read(uri)
  const outcome = await byKeysOf(known)
  if (outcome !== 'unsigned' && outcome !== 'unreadable') return outcome
  const latest = await documents.readAgain(uri)
  return latest === known ? outcome : byKeysOf(latest)
}

async function verified(
  assertion: string,
  keys: JWTVerifyGetKey | CryptoKey,
  now: number,
): Promise<Outcome> {
  const options = {
    algorithms: ASSERTION_ALGS,
    currentDate: new Date(now * 1000),
    clockTolerance: SKEW,
    requiredClaims: ['iss', 'sub', 'aud', 'exp', 'jti'],
  }
  try {
    // One call for each of the two kinds of keys that jose takes.
    const { payload, protectedHeader } = await (typeof keys === 'function'
      ? jwtVerify(assertion, keys, options)
      : jwtVerify(assertion, keys, options))
    return isTypeRight(protectedHeader.typ) ? payload : 'wrong'
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) return byAnyOf(assertion, error, now)
    return isAboutKey(error) ? 'unsigned' : 'wrong'
  }
}

// A client that changes its keys may have two that fit, and need not say which by a kid.
async function byAnyOf(
  assertion: string,
  keys: AsyncIterable<CryptoKey>,
  now: number,
): Promise<Outcome> {
  for await (const key of keys) {
    const outcome = await verified(assertion, key, now)
    if (outcome !== 'unsigned') return outcome
  }
  return 'unsigned'
}

function isTypeRight(typ: unknown): boolean {
  return TYPES.includes(
    typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : typ,
  )
}

function isAboutKey(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWSSignatureVerificationFailed
  )
}

// The token endpoint's URL names us everywhere, and each endpoint's own URL at that endpoint.
function ourNames({ dialect, operation, base }: Call): string[] {
  return Object.values(dialect.operations)
    .filter((one) => one.does === 'token' || one === operation)
    .map((one) => base + one.path)
}

// RFC 7523 §3: made by the client, about the client, for us, for a short time.
function areClaimsRight(parts: Parts, call: Call, client: Client, claims: JWTPayload): boolean {
  const { iss, sub, exp, iat, nbf, jti } = claims
  const ours = [parts.issuer, ...ourNames(call)]
  return (
    iss === client.id &&
    sub === client.id &&
    audienceOf(claims).some((one) => ours.includes(one)) &&
    typeof jti === 'string' &&
    jti !== '' &&
    isTime(exp) &&
    exp <= call.now + LONGEST_LIFE + SKEW &&
    (nbf === undefined || isTime(nbf)) &&
    (iat === undefined || (isTime(iat) && isRecent(iat, call.now)))
  )
}

function isRecent(iat: number, now: number): boolean {
  return iat <= now + SKEW && iat >= now - LONGEST_LIFE - SKEW
}
