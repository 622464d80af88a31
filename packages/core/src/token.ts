// The token endpoint: choose, authenticate, find, judge, issue (RFC 6749 §3.2).

import type { Call, ClientCall } from './call.ts'
import { authenticate, checkGrantType } from './client-auth.ts'
import type { GrantType } from './grants/grant.ts'
import { GRANT_TYPES } from './grants/index.ts'
import { issue } from './issue.ts'
import type { TokenFacts } from './oauth.ts'
import type { Parts } from './parts.ts'
import { Refusal } from './refusal.ts'
import { repeatAnswer } from './replay.ts'

/** One that spent first, and then one that is told so; a third round would be a bug. */
const ROUNDS = 2

/** Answers a token call. Throws a Refusal, or `Unavailable` when the store cannot answer. */
export async function token(parts: Parts, call: Call): Promise<TokenFacts> {
  const grant = chooseGrant(call)
  return grantTokens(parts, await authenticate(parts, call), grant)
}

/**
 * Answers a token call of a client that need not prove itself, because nobody has sent it: dev mode
 * mints that way. Throws as `token` does.
 */
export function tokenUnproved(parts: Parts, call: ClientCall): Promise<TokenFacts> {
  return grantTokens(parts, call, chooseGrant(call))
}

async function grantTokens(parts: Parts, known: ClientCall, grant: GrantType): Promise<TokenFacts> {
  checkGrant(known, grant)
  for (let round = 0; round < ROUNDS; round++) {
    const found = await grant.find(parts, known)
    const { policy, store } = parts
    const verdict = grant.judge(found, { call: known, policy, newId: () => store.newId() })
    if ('again' in verdict) return repeatAnswer(parts, known, verdict.again, verdict.family)
    const facts = await issue(parts, known, verdict.may)
    // Undefined: somebody else was faster, and what is there now is judged once more.
    if (facts) return facts
  }
  throw new Refusal('refresh_raced')
}

function chooseGrant(call: Call): GrantType {
  const type = call.fields.grant_type
  if (type === undefined) throw new Refusal('field_missing', { field: 'grant_type' })
  const grant = GRANT_TYPES.find((one) => one.type === type)
  const served = call.operation.grants ?? [type]
  if (!grant || !served.includes(type)) {
    throw new Refusal('grant_unknown', { rightValues: call.operation.grants ?? [] })
  }
  return grant
}

function checkGrant(call: ClientCall, grant: GrantType): void {
  checkGrantType(call.client, grant.type)
  const { needs = [] } = call.operation
  const missing = [...grant.needs, ...needs].find((name) => call.fields[name] === undefined)
  if (missing) throw new Refusal('field_missing', { field: missing })
}
