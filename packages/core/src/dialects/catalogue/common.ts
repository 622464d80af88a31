// What the dialects of the catalogue say alike: where clients and fields stand, common answers.

import { NO_STORE, REDIRECT } from '../common.ts'
import type { Operation } from '../dialect.ts'
import { REFUSES } from '../refusals.ts'

/** An authorization page, without its path and fields. */
export const PAGE = {
  does: 'authorize',
  methods: ['GET'],
  answers: { status: 302, ...REDIRECT },
  refuses: REFUSES,
} as const satisfies Partial<Operation>

/** What a page reads that only its provider serves; a scope is spelled in many ways. */
export const BARE_PAGE_FIELDS = {
  client_id: 'query client_id',
  redirect_uri: 'query redirect_uri',
  response_type: 'query response_type',
  state: 'query state',
} as const satisfies Operation['reads']

/** What every page reads that a server of ours may have. */
export const PAGE_FIELDS = {
  ...BARE_PAGE_FIELDS,
  code_challenge: 'query code_challenge',
  code_challenge_method: 'query code_challenge_method',
} as const satisfies Operation['reads']

/** A call with a secret in it, without its path, fields and answer. */
export const CALL = { methods: ['POST'], refuses: REFUSES } as const satisfies Partial<Operation>

/** A token call for codes and refresh tokens. */
export const TOKEN = {
  ...CALL,
  does: 'token',
  grants: ['authorization_code', 'refresh_token'],
} as const satisfies Partial<Operation>

/** A client's proof in the form. */
export const BY_FORM = {
  client_id: 'form client_id',
  client_secret: 'form client_secret',
} as const satisfies Operation['reads']

/** A client's proof in a Basic header. */
export const BY_BASIC = {
  client_id: 'basic client_id',
  client_secret: 'basic client_secret',
} as const satisfies Operation['reads']

/** A client's proof in a Basic header or, as well, in the form. */
export const BY_BASIC_OR_FORM = {
  client_id: ['basic client_id', 'form client_id'],
  client_secret: ['basic client_secret', 'form client_secret'],
} as const satisfies Operation['reads']

/** A client's proof in JSON. */
export const BY_JSON = {
  client_id: 'json client_id',
  client_secret: 'json client_secret',
} as const satisfies Operation['reads']

/** What is exchanged for tokens, in a form. */
export const FORM_FIELDS = {
  grant_type: 'form grant_type',
  code: 'form code',
  redirect_uri: 'form redirect_uri',
  code_verifier: 'form code_verifier',
  refresh_token: 'form refresh_token',
} as const satisfies Operation['reads']

/** What is exchanged for tokens, in JSON. */
export const JSON_FIELDS = {
  grant_type: 'json grant_type',
  code: 'json code',
  redirect_uri: 'json redirect_uri',
  code_verifier: 'json code_verifier',
  refresh_token: 'json refresh_token',
} as const satisfies Operation['reads']

/** The facts of most token answers; scope and ID token come on top. */
export const TOKENS = {
  access_token: 'json access_token',
  token_type: 'json token_type',
  access_expires_at: 'json expires_in seconds',
  refresh_token: 'json refresh_token',
} as const satisfies Operation['answers']['facts']

/** A good answer that must not be kept, without its facts. */
export const GOOD = { status: 200, headers: NO_STORE } as const
