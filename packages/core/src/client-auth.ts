// Who is calling: basic, post, private_key_jwt or none (RFC 6749 §2.3, RFC 7523, OIDC Core §9).

import {
  createLocalJWKSet,
  decodeJwt,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
} from 'jose'
import { type Call, type ClientCall, eventOf } from './call.ts'
import type { ClientAuthMethod } from './oauth.ts'
import type { Parts } from './parts.ts'
import type { Client, Jwk } from './records.ts'
import { type Reason, Refusal } from './refusal.ts'

/** The algorithms that a client may sign its assertions with. */
export const ASSERTION_ALGS = ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256']

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const LONGEST_ASSERTION = 16_384
/** Clocks may differ by this much, and an assertion may not live longer than that; seconds. */
const SKEW = 30
const LONGEST_LIFE = 3600
const NO_HASH = new Uint8Array(32)

const keySets = new WeakMap<readonly Jwk[], ReturnType<typeof createLocalJWKSet>>()

function keySetOf(jwks: readonly Jwk[]) {
  const known = keySets.get(jwks)
  if (known) return known
  const set = createLocalJWKSet({ keys: jwks } as unknown as JSONWebKeySet)
  keySets.set(jwks, set)
  return set
}

function methodOf(call: Call): ClientAuthMethod {
  const { client_assertion, client_assertion_type, client_secret } = call.fields
  const asserted = client_assertion !== undefined || client_assertion_type !== undefined
  if (asserted && client_secret !== undefined) throw new Refusal('client_ambiguous')
  if (asserted) return 'private_key_jwt'
  if (client_secret === undefined) return 'none'
  return call.places.client_secret === 'basic' ? 'client_secret_basic' : 'client_secret_post'
}

// In the standard dialect the registered method binds; elsewhere the dialect gives the place.
function isMethodRight(call: Call, registered: ClientAuthMethod, used: ClientAuthMethod) {
  const secret = (method: string): boolean => method.startsWith('client_secret_')
  if (call.dialect.policy.exactClientAuth) return registered === used
  return registered === used || (secret(registered) && secret(used))
}

function claimedId(call: Call): string | undefined {
  if (call.fields.client_id !== undefined) return call.fields.client_id
  const assertion = call.fields.client_assertion
  if (assertion === undefined || assertion.length > LONGEST_ASSERTION) return undefined
  try {
    // Nothing is verified yet: what stands there may be of any type.
    const { sub } = decodeJwt(assertion)
    return typeof sub === 'string' ? sub : undefined
  } catch {
    return undefined
  }
}

/** The id of the client that a call names, where its dialect has short names for them. */
export function clientIdOf(parts: Parts, { dialect }: Call, named: string): string {
  const aliases = parts.policy.aliases[dialect.name] ?? {}
  return Object.hasOwn(aliases, named) ? (aliases[named] ?? named) : named
}

/** Throws a Refusal for a client that is not registered for the dialect of this call. */
export function checkDialect({ dialect }: Call, { dialects }: Client): void {
  if (dialects.includes(dialect.name)) return
  throw new Refusal('client_not_in_dialect', { rightValues: dialects })
}

/** Throws a Refusal for a client that is not registered for this grant type. */
export function checkGrantType({ grantTypes }: Client, type: string): void {
  if (grantTypes.includes(type)) return
  throw new Refusal('grant_not_allowed', { rightValues: grantTypes })
}

/** Finds the client and checks its proof. Throws a Refusal, the same one for every cause. */
export async function authenticate(parts: Parts, call: Call): Promise<ClientCall> {
  const method = methodOf(call)
  const id = claimedId(call)
  if (id === undefined) throw new Refusal('client_missing')
  const client = await parts.store.findClient(clientIdOf(parts, call, id))
  if (client) call.about.clientId = client.id
  const wrong = await faultOf(parts, call, client, method)
  if (wrong) throw await countFailure(parts, call, { id, client }, wrong)
  if (!client) throw new Refusal('client_unknown')
  checkDialect(call, client)
  return { ...call, client }
}

// The digest is made and compared whoever the client is: an unknown one costs the same.
async function faultOf(
  parts: Parts,
  call: Call,
  client: Client | undefined,
  method: ClientAuthMethod,
): Promise<Reason | undefined> {
  const proof = client?.proof
  const registered = proof && 'secretHash' in proof ? proof.secretHash : NO_HASH
  const same = await isSecret(parts, call, registered)
  if (!client || !proof) return 'client_unknown'
  if (!isMethodRight(call, proof.method, method)) return 'client_method_wrong'
  if ('secretHash' in proof && !same) return 'client_secret_wrong'
  if (client.disabledAt !== undefined) return 'client_disabled'
  return proof.method === 'private_key_jwt'
    ? checkAssertion(parts, call, client, proof.jwks)
    : undefined
}

// Many clients send the secret in a Basic header as it is: either reading may be the one meant.
async function isSecret({ crypto }: Parts, call: Call, registered: Uint8Array): Promise<boolean> {
  const { fields, rawSecret } = call
  const readings = [fields.client_secret ?? '', ...(rawSecret === undefined ? [] : [rawSecret])]
  const digests = await Promise.all(readings.map((one) => crypto.sha256(one)))
  return digests.filter((one) => crypto.equal(one, registered)).length > 0
}

type Claimed = { id: string; client: Client | undefined }

async function countFailure(parts: Parts, call: Call, { id, client }: Claimed, reason: Reason) {
  const retryAfter = await parts.throttle.failed([`client:${id}`, `network:${call.network}`])
  if (retryAfter !== undefined) return new Refusal('too_many_failures', { retryAfter })
  // Only what happens to a client of ours is kept: nobody fills the table with made-up names.
  if (!client) return new Refusal(reason)
  const events = [eventOf(call, 'client_authentication', 'refused', reason)]
  const rightValues = reason === 'client_method_wrong' ? [client.proof.method] : []
  return new Refusal(reason, { plan: { changes: [], events }, rightValues })
}

async function checkAssertion(
  parts: Parts,
  call: Call,
  client: Client,
  jwks: readonly Jwk[],
): Promise<Reason | undefined> {
  const { client_assertion: assertion, client_assertion_type: type } = call.fields
  if (type !== ASSERTION_TYPE || !assertion || assertion.length > LONGEST_ASSERTION) {
    return 'assertion_wrong'
  }
  const payload = await verified(assertion, jwks, call.now)
  if (!payload || !areClaimsRight(parts, call, client, payload)) return 'assertion_wrong'
  const { jti, exp } = payload as { jti: string; exp: number }
  const jtiHash = await parts.crypto.sha256(jti)
  const spend = { what: 'assertion', clientId: client.id, jtiHash, expiresAt: exp + SKEW } as const
  const first = await parts.store.commit({ spend, changes: [], events: [] })
  return first ? undefined : 'assertion_replayed'
}

async function verified(assertion: string, jwks: readonly Jwk[], now: number) {
  const options = {
    algorithms: ASSERTION_ALGS,
    currentDate: new Date(now * 1000),
    clockTolerance: SKEW,
    requiredClaims: ['iss', 'sub', 'aud', 'exp', 'jti'],
  }
  try {
    return (await jwtVerify(assertion, keySetOf(jwks), options)).payload
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) return undefined
    // A client that changes its keys may have two that fit, and need not say which by a kid.
    for await (const key of error) {
      const tried = await jwtVerify(assertion, key, options).catch(() => undefined)
      if (tried) return tried.payload
    }
    return undefined
  }
}

// The token endpoint's URL names us everywhere, and each endpoint's own URL at that endpoint.
function audiencesOf({ dialect, operation, base }: Call): string[] {
  return Object.values(dialect.operations)
    .filter((one) => one.does === 'token' || one === operation)
    .map((one) => base + one.path)
}

// RFC 7523 §3: made by the client, about the client, for us, for a short time.
function areClaimsRight(parts: Parts, call: Call, client: Client, claims: JWTPayload): boolean {
  const { iss, sub, aud, exp, iat, jti } = claims
  const ours = [parts.issuer, ...audiencesOf(call)]
  const audience = [aud].flat()
  return (
    iss === client.id &&
    sub === client.id &&
    audience.length > 0 &&
    audience.every((one) => typeof one === 'string') &&
    audience.some((one) => ours.includes(one as string)) &&
    typeof jti === 'string' &&
    jti !== '' &&
    exp !== undefined &&
    Number.isInteger(exp) &&
    exp <= call.now + LONGEST_LIFE + SKEW &&
    (iat === undefined || (iat <= call.now + SKEW && iat >= call.now - LONGEST_LIFE - SKEW))
  )
}
