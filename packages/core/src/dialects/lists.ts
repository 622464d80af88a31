// The closed lists that a dialect chooses from, as values: the checker and the JSON Schema read them.

import { LIST_FIELDS, TEXT_FIELDS } from '../oauth.ts'
import { REASONS } from '../refusal.ts'
import type { AnswerSpot, Deed, Form, RefusalFact, RefusalShape, Spot } from './dialect.ts'

// A table that has to name every member of its type: a new member is a fault here until it is said.
function keysOf<K extends string>(table: Record<K, true>): readonly K[] {
  return Object.keys(table) as K[]
}

/** What operations do. */
export const DEEDS = keysOf<Deed>({
  authorize: true,
  token: true,
  revoke: true,
  introspect: true,
  userinfo: true,
  logout: true,
  jwks: true,
  metadata: true,
})

/** How values are spelled. */
export const FORMS = keysOf<Form>({
  text: true,
  list: true,
  space: true,
  comma: true,
  array: true,
  loose: true,
  seconds: true,
  numstr: true,
  unix: true,
  unix_ms: true,
  iso: true,
})

/** Forms of moments. */
export const TIME_FORMS: readonly string[] = ['seconds', 'numstr', 'unix', 'unix_ms', 'iso']

/** Forms of lists. */
export const LIST_FORMS: readonly string[] = ['list', 'space', 'comma', 'array', 'loose']

/** Places of a request that have names of their own. */
export const NAMED_PLACES = ['query', 'form', 'json', 'path', 'header'] as const

/** Places of what callers send although it says nothing to the protocol. */
export const ADDED_PLACES = ['query', 'form', 'json', 'header'] as const

/** Places of a request with a closed list of names. */
export const FIXED_SPOTS: readonly Exclude<Spot, `${(typeof NAMED_PLACES)[number]} ${string}`>[] = [
  'basic client_id',
  'basic client_secret',
  'basic-raw client_id',
  'basic-raw client_secret',
  'bearer token',
  'authorization token',
]

/** Places of an answer. */
export const ANSWER_PLACES: readonly (AnswerSpot extends `${infer P} ${string}` ? P : never)[] = [
  'json',
  'query',
]

/** The names of fields. */
export const FIELDS: readonly string[] = [...TEXT_FIELDS, ...LIST_FIELDS]

/** What a refusal can tell. */
export const REFUSAL_FACTS = keysOf<RefusalFact>({
  error: true,
  error_description: true,
  error_uri: true,
  status: true,
  at: true,
  path: true,
})

/** The codes of refusals. */
export const CODES = keysOf<keyof RefusalShape['rows']>({
  access_denied: true,
  consent_required: true,
  insufficient_scope: true,
  interaction_required: true,
  invalid_client: true,
  invalid_grant: true,
  invalid_request: true,
  invalid_scope: true,
  invalid_target: true,
  invalid_token: true,
  login_required: true,
  registration_not_supported: true,
  request_not_supported: true,
  request_uri_not_supported: true,
  server_error: true,
  temporarily_unavailable: true,
  token_missing: true,
  unauthorized_client: true,
  unmet_authentication_requirements: true,
  unsupported_grant_type: true,
  unsupported_response_type: true,
})

/** The reasons of refusals. */
export const REASON_NAMES: readonly string[] = Object.keys(REASONS)

/** The grant types that a dialect's token operations may serve. */
export const GRANTS: readonly string[] = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'password',
]

/** Fields that a path may stand for; a challenge or a client that every call means would be none. */
export const MEANT_FIELDS: readonly string[] = [
  'client_assertion_type',
  'code_challenge_method',
  'display',
  'grant_type',
  'prompt',
  'resource',
  'response_mode',
  'response_type',
  'scope',
  'token_type_hint',
  'ui_locales',
]

/** Names that an object has by itself, and that data must not. */
export const OBJECT_NAMES: readonly string[] = ['__proto__', 'constructor', 'prototype']

/** Headers, by the starts of their names, that decide about more than one dialect's answer. */
export const OWN_HEADERS: readonly string[] = [
  'access-control-',
  'clear-site-data',
  'connection',
  'content-encoding',
  'content-length',
  'content-security-policy',
  'cross-origin-',
  'keep-alive',
  'location',
  'proxy-',
  'refresh',
  'set-cookie',
  'strict-transport-security',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-content-type-options',
  'x-frame-options',
]
