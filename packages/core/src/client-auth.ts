// Who is calling: basic, post, private_key_jwt or none (RFC 6749 §2.3, RFC 7523, OIDC Core §9).

import { decodeJwt } from 'jose'
import { checkAssertion } from './assertion.ts'
import { type Call, type ClientCall, eventOf } from './call.ts'
import { looksLikeJwt } from './jwt.ts'
import type { ClientAuthMethod } from './oauth.ts'
import type { Parts } from './parts.ts'
import type { Client, ClientSecret } from './records.ts'
import { type Reason, Refusal } from './refusal.ts'
import type { Awaitable } from './store.ts'

/** So many secrets a client may have; each call compares this many, whoever it is from. */
export const MOST_SECRETS = 2
const NO_SECRET: ClientSecret = { hash: new Uint8Array(32) }

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
  if (assertion === undefined || !looksLikeJwt(assertion)) return undefined
  try {
    // Nothing is verified yet: what stands there may be of any type.
    const { sub } = decodeJwt(assertion)
    return typeof sub === 'string' ? sub : undefined
  } catch {
    return undefined
  }
}

/** The id of the client that a call names, where its dialect has short names for them. */
export function clientIdOf(
  parts: Pick<Parts, 'policy'>,
  { dialect }: Pick<Call, 'dialect'>,
  named: string,
): string {
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
  return Object.assign(call, { client })
}

function faultOf(
  parts: Parts,
  call: Call,
  client: Client | undefined,
  method: ClientAuthMethod,
): Awaitable<Reason | undefined> {
  const proof = client?.proof
  const registered = proof && 'secrets' in proof ? proof.secrets : []
  const right = findSecret(parts, call, registered)
  if (!client || !proof) return 'client_unknown'
  if (!isMethodRight(call, proof.method, method)) return 'client_method_wrong'
  if ('secrets' in proof && !right) return 'client_secret_wrong'
  if (right?.expiresAt !== undefined && right.expiresAt <= call.now) return 'client_secret_expired'
  if (client.disabledAt !== undefined) return 'client_disabled'
  return proof.method === 'private_key_jwt' ? checkAssertion(parts, call, client, proof) : undefined
}

// Digests are made and compared whoever the client is and however many secrets it has: an unknown
// one costs the same. Many clients send the secret in a Basic header as it is: either reading may
// be the one meant.
function findSecret(
  { crypto }: Parts,
  call: Call,
  registered: readonly ClientSecret[],
): ClientSecret | undefined {
  const { fields, rawSecret } = call
  const digests = [crypto.sha256(fields.client_secret ?? '')]
  if (rawSecret !== undefined) digests.push(crypto.sha256(rawSecret))
  let right: ClientSecret | undefined
  for (let index = 0; index < MOST_SECRETS; index++) {
    const one = registered[index]
    for (const digest of digests) {
      if (crypto.equal(digest, (one ?? NO_SECRET).hash)) right ??= one
    }
  }
  return right
}

/** No client has this name. */
const NOBODY = ''

type Claimed = { id: string; client: Client | undefined }

async function countFailure(parts: Parts, call: Call, { id, client }: Claimed, reason: Reason) {
  // A store may remember clients, and reads to find that there is none: so it reads for all.
  if (client) await parts.store.findClient(NOBODY)
  const who = [`client:${id}`, `network:${call.network}`]
  const retryAfter = await parts.throttle.take(who)
  if (retryAfter !== undefined) return new Refusal('too_many_failures', { retryAfter })
  await parts.throttle.keep(who)
  const rightValues = client && reason === 'client_method_wrong' ? [client.proof.method] : []
  // Kept whether the client exists or not, so that the time does not tell; but seldom enough that
  // nobody fills the table with made-up names.
  const full = (await parts.throttle.take(['event:client_authentication'])) !== undefined
  if (full) return new Refusal(reason, { rightValues })
  const events = [eventOf(call, 'client_authentication', 'refused', reason)]
  return new Refusal(reason, { plan: { changes: [], events }, rightValues })
}
