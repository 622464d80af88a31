// Square: token calls in JSON, the end of a token as a date, refusals in a list.

import { NO_STORE } from '../common.ts'
import type { Dialect, RefusalShape } from '../dialect.ts'
import { BY_JSON, GOOD, JSON_FIELDS, PAGE, PAGE_FIELDS, TOKEN } from './common.ts'

const refuses: RefusalShape = {
  facts: { error: 'json errors.0.code', error_description: 'json errors.0.detail' },
  otherwise: { status: 400, headers: NO_STORE },
  rows: {
    invalid_client: { status: 401, error: 'UNAUTHORIZED', headers: NO_STORE },
    server_error: { status: 500, headers: NO_STORE },
    temporarily_unavailable: { status: 503, headers: NO_STORE },
  },
}

/** Its code flow with a secret; `extra.merchant_id` is whose shop it is. */
export const square = {
  name: 'square',
  title: 'Square',
  documentation: 'https://developer.squareup.com/reference/square/o-auth-api/obtain-token',
  servers: {
    production: 'https://connect.squareup.com',
    sandbox: 'https://connect.squareupsandbox.com',
  },
  pkce: false,
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/oauth2/authorize',
      adds: { 'query session': 'false' },
      reads: { ...PAGE_FIELDS, scope: 'query scope space' },
    },
    token: {
      ...TOKEN,
      path: '/oauth2/token',
      reads: { ...BY_JSON, ...JSON_FIELDS },
      answers: {
        ...GOOD,
        facts: {
          access_token: 'json access_token',
          token_type: 'json token_type',
          access_expires_at: 'json expires_at iso',
          refresh_token: 'json refresh_token',
        },
      },
      refuses,
    },
  },
} as const satisfies Dialect
