// An authorization request, read and checked as far as it goes without the user.

import type { Call } from './call.ts'
import { insistsOnAcr, parseClaims, scopesOfClaims } from './claims.ts'
import { checkDialect, checkGrantType, clientIdOf } from './client-auth.ts'
import { audienceOf, readOwnJwt } from './jwt.ts'
import type { Parts } from './parts.ts'
import { checkChallenge } from './pkce.ts'
import type { ClaimsRequest, Client } from './records.ts'
import { chooseRedirect, isNative, takesPosts } from './redirect.ts'
import { Refusal } from './refusal.ts'
import { chooseResources } from './resource.ts'
import { chooseScope, union } from './scope.ts'

/** Where and how the answer goes; known before anything else is judged. */
export type Target = {
  client: Client
  redirectUri: string
  redirectSent: boolean
  mode: 'query' | 'form_post'
  state?: string
}

/** What an authorization request asks for (OIDC Core §3.1.2.1). */
export type AuthorizeRequest = {
  scope: string[]
  resources: string[]
  prompts: readonly string[]
  challenge?: string
  nonce?: string
  maxAge?: number
  claims?: ClaimsRequest
  /** The `sub` that id_token_hint names. */
  hintedSub?: string
}

/** Values of the prompt parameter (OIDC Core §3.1.2.1). */
export const PROMPTS: readonly string[] = ['none', 'login', 'consent', 'select_account']
const LONGEST = 8192

/**
 * Finds the client and the redirect URI. Its Refusals must not redirect: nothing says yet that
 * the redirect URI is the client's (RFC 6749 §4.1.2.1).
 */
export async function readTarget(parts: Parts, call: Call): Promise<Target> {
  const { client_id, redirect_uri, response_mode, scope, state } = call.fields
  if (client_id === undefined) throw new Refusal('field_missing', { field: 'client_id' })
  const client = await parts.store.findClient(clientIdOf(parts, call, client_id))
  if (!client) throw new Refusal('client_unknown')
  call.about.clientId = client.id
  if (client.disabledAt !== undefined) throw new Refusal('client_disabled')
  checkDialect(call, client)
  // OIDC Core §3.1.2.1: with openid there is no default.
  if (redirect_uri === undefined && scope?.includes('openid')) throw new Refusal('redirect_needed')
  const redirectUri = chooseRedirect(client, redirect_uri)
  return {
    client,
    redirectUri,
    redirectSent: redirect_uri !== undefined,
    mode: response_mode === 'form_post' && takesPosts(redirectUri) ? 'form_post' : 'query',
    ...(state !== undefined && state.length <= LONGEST && { state }),
  }
}

/** Checks the rest of the request. Throws Refusals that go to the redirect URI. */
export async function readAuthorizeRequest(
  parts: Parts,
  call: Call,
  { client, mode }: Target,
): Promise<AuthorizeRequest> {
  checkSupported(call, mode)
  checkGrantType(client, 'authorization_code')
  const { id_token_hint, nonce } = call.fields
  const challenge = readChallenge(call, client)
  const maxAge = readMaxAge(call.fields.max_age)
  const hintedSub = id_token_hint && (await readHint(parts, call, client, id_token_hint))
  const claims = call.fields.claims === undefined ? undefined : parseClaims(call.fields.claims)
  if (claims && insistsOnAcr(claims)) throw new Refusal('acr_unmet')
  const scope = chooseScope(parts.policy, client, call)
  return {
    scope: union(scope, claims ? scopesOfClaims(parts.policy, client, claims) : []),
    resources: chooseResources(parts.policy, call.fields.resource),
    prompts: readPrompts(call.fields.prompt),
    ...(challenge !== undefined && { challenge }),
    ...(nonce !== undefined && { nonce }),
    ...(maxAge !== undefined && { maxAge }),
    ...(claims && { claims }),
    ...(hintedSub && { hintedSub }),
  }
}

function checkSupported({ fields, operation }: Call, mode: Target['mode']): void {
  if (fields.request !== undefined) throw new Refusal('request_unsupported')
  if (fields.request_uri !== undefined) throw new Refusal('request_uri_unsupported')
  if (fields.registration !== undefined) throw new Refusal('registration_unsupported')
  const { response_type, response_mode, state = '', nonce = '' } = fields
  const missing = operation.needs?.find((name) => fields[name] === undefined)
  if (missing) throw new Refusal('field_missing', { field: missing })
  if (response_type === undefined) throw new Refusal('field_missing', { field: 'response_type' })
  if (response_type !== 'code') throw new Refusal('response_type_wrong')
  if (response_mode !== undefined && response_mode !== mode) {
    throw new Refusal('response_mode_wrong')
  }
  if (state.length > LONGEST) throw new Refusal('parameter_too_long', { field: 'state' })
  if (nonce.length > LONGEST) throw new Refusal('parameter_too_long', { field: 'nonce' })
}

function readChallenge({ fields }: Call, client: Client): string | undefined {
  const { code_challenge, code_challenge_method } = fields
  if (code_challenge !== undefined) {
    checkChallenge(code_challenge, code_challenge_method)
    return code_challenge
  }
  if (code_challenge_method !== undefined) throw new Refusal('challenge_missing')
  if (client.requirePkce) throw new Refusal('challenge_missing')
  return undefined
}

function readMaxAge(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,10}$/.test(text)) throw new Refusal('max_age_malformed')
  return Number(text)
}

function readPrompts(text: string | undefined): string[] {
  const prompts = text?.split(' ') ?? []
  const alone = !prompts.includes('none') || prompts.length === 1
  if (!alone || !prompts.every((one) => PROMPTS.includes(one)))
    throw new Refusal('prompt_malformed')
  return prompts
}

// An expired ID token still says who was meant (OIDC Core §3.1.2.1).
async function readHint(parts: Parts, call: Call, client: Client, hint: string) {
  const claims = await readOwnJwt(parts, hint, 'JWT', call.now)
  if (!claims || typeof claims.sub !== 'string' || !audienceOf(claims).includes(client.id)) {
    throw new Refusal('hint_wrong')
  }
  return claims.sub
}

/** True for clients that anybody can pose as: their user is asked every time (RFC 8252 §8.6). */
export function asksEveryTime({ client, redirectUri }: Target): boolean {
  return client.proof.method === 'none' && (client.legacyPublic || isNative(redirectUri))
}
