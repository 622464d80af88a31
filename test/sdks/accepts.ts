// What each SDK takes for a success, and what it throws its own error for, as its code has it.

import { expect } from 'vitest'
import type { Answer } from '../door/browser.ts'

/** A token answer that an SDK was content with. */
export type Tokens = { access_token: string; refresh_token: string; id_token: string }

type Member = 'text' | 'integer' | 'flag'

const TESTS: Record<Member, (value: unknown) => boolean> = {
  text: (value) => typeof value === 'string' && value !== '',
  integer: Number.isSafeInteger,
  flag: (value) => typeof value === 'boolean',
}

// Null is a value of the wrong type: what there is nothing to say about is left out.
const checkMembers = (
  { body }: Answer,
  members: Readonly<Record<string, Member>>,
  required: readonly string[],
): void => {
  const known = new Map(Object.entries(members))
  for (const [name, value] of Object.entries(body)) {
    const member = known.get(name)
    if (member) expect(TESTS[member](value), `${name} is ${JSON.stringify(value)}`).toBe(true)
    expect(name, 'jsonpickle would run it').not.toMatch(/^py\//)
    expect(value, name).not.toBeNull()
  }
  for (const name of required) expect(body, JSON.stringify(body)).toHaveProperty(name)
}

const checkHead = ({ status, headers, body }: Answer, expected: number): void => {
  expect(status, JSON.stringify(body)).toBe(expected)
  expect(headers.get('content-type')).toMatch(/^application\/json(;|$)/)
  expect(headers.get('cache-control')).toBe('no-store')
}

const TOKENS = {
  access_token: 'text',
  refresh_token: 'text',
  refresh_token_scope: 'text',
  id_token: 'text',
  scope: 'text',
  token_type: 'text',
} as const

/** bolt_api_sdk and bolt_embedded_api: exactly 200, JSON, a whole number of seconds. */
export const acceptBolt = (answer: Answer): Tokens => {
  checkHead(answer, 200)
  checkMembers(answer, { ...TOKENS, expires_in: 'integer' }, [
    'access_token',
    'expires_in',
    'refresh_token',
    // Shops read this one out of the answer to a refresh.
    'refresh_token_scope',
    'scope',
    'token_type',
  ])
  expect(answer.body.token_type).toBe('bearer')
  expect(answer.body.refresh_token_scope).toBe('bolt.account.view')
  return answer.body as Tokens
}

/** ErrorsOauthServerResponse: 400, 403 or 422 and two texts; every other status is untyped. */
export const refuseBolt = (answer: Answer, status: 400 | 403 | 422, error: string): void => {
  checkHead(answer, status)
  checkMembers(answer, { error: 'text', error_description: 'text' }, ['error', 'error_description'])
  expect(answer.body.error).toBe(error)
  const codes = {
    400: ['invalid_request', 'invalid_scope'],
    403: ['request_forbidden', 'unsupported_grant_type'],
    422: ['invalid_grant'],
  }
  expect(codes[status]).toContain(error)
}

/** multiauthsample: the JavaScript SDK insists on the two required members, and on whole numbers. */
export const acceptApimatic = (answer: Answer): Tokens => {
  checkHead(answer, 200)
  checkMembers(answer, { ...TOKENS, expires_in: 'integer' }, ['access_token', 'token_type'])
  // Zero counts as no lifetime at all.
  expect(answer.body.expires_in).toBeGreaterThan(0)
  return answer.body as Tokens
}

const APIMATIC_CODES = [
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
]

/** OAuthProviderException: 400 or 401, the latter for client authentication alone. */
export const refuseApimatic = (answer: Answer, error: string): void => {
  checkHead(answer, error === 'invalid_client' ? 401 : 400)
  const texts = { error: 'text', error_description: 'text', error_uri: 'text' } as const
  checkMembers(answer, texts, ['error'])
  expect(answer.body.error).toBe(error)
  expect(APIMATIC_CODES).toContain(error)
  if (error === 'invalid_client') {
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm="/)
  }
}

/** ultracart_rest_sdk: nothing but texts, and the one token type of its enumeration. */
export const acceptUltracart = (answer: Answer): Tokens => {
  checkHead(answer, 200)
  const errors = { error: 'text', error_description: 'text', error_uri: 'text' } as const
  checkMembers(answer, { ...TOKENS, ...errors, expires_in: 'text' }, [
    'access_token',
    'expires_in',
    'refresh_token',
    'token_type',
  ])
  expect(answer.body.token_type).toBe('bearer')
  expect(answer.body.expires_in).toMatch(/^\d+$/)
  for (const name of Object.keys(errors)) expect(answer.body).not.toHaveProperty(name)
  return answer.body as Tokens
}

/** OauthRevokeSuccessResponse: a JSON object, whatever else happens. */
export const acceptUltracartRevoke = (answer: Answer): void => {
  checkHead(answer, 200)
  checkMembers(answer, { successful: 'flag', message: 'text' }, ['successful', 'message'])
  expect(answer.body.successful).toBe(true)
}

/** ApiException with an ErrorResponse in it, and its text in a header. */
export const refuseUltracart = (answer: Answer, error: string): void => {
  checkHead(answer, 400)
  expect(answer.body.success).toBe(false)
  const inner = { ...answer, body: answer.body.error as Record<string, unknown> }
  const texts = { error_code: 'text', developer_message: 'text', user_message: 'text' } as const
  checkMembers(inner, texts, Object.keys(texts))
  expect(inner.body.error_code).toBe(error)
  const shown = answer.headers.get('uc-rest-error')
  expect(shown).toBe(inner.body.user_message)
  expect(shown).toMatch(/^[\x20-\x7e]+$/)
}
