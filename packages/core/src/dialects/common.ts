// What several dialects say alike: headers, the page's fields, the redirect's facts.

import type { AnswerShape, Operation } from './dialect.ts'

/** Headers of answers that hold tokens (RFC 6749 §5.1). */
export const NO_STORE = { 'cache-control': 'no-store', pragma: 'no-cache' } as const

/** Fields that every authorize page reads under their standard names. */
export const PAGE_READS = {
  prompt: 'query prompt',
  ui_locales: 'query ui_locales',
  code_challenge: 'query code_challenge',
  code_challenge_method: 'query code_challenge_method',
} as const satisfies Operation['reads']

/** The answer of an authorization request at the redirect URI, under the standard names. */
export const REDIRECT = {
  facts: {
    code: 'query code',
    error: 'query error',
    error_description: 'query error_description',
    state: 'query state',
    iss: 'query iss',
  },
  headers: { 'cache-control': 'no-store' },
} as const satisfies Omit<AnswerShape, 'status'>

/** An answer that is public and may be kept for five minutes. */
export const CACHED = {
  status: 200,
  facts: 'as they are',
  headers: { 'cache-control': 'public, max-age=300' },
} as const satisfies AnswerShape

/** An answer whose facts stand under their own names. */
export const AS_THEY_ARE: AnswerShape = { status: 200, facts: 'as they are', headers: NO_STORE }
