// Strava: the end of a token is a moment, refusals are a list, the granted scope comes by redirect.

import { NO_STORE, REDIRECT } from '../common.ts'
import type { Dialect, RefusalShape } from '../dialect.ts'
import { BY_FORM, FORM_FIELDS, GOOD, PAGE, PAGE_FIELDS, TOKEN } from './common.ts'

const refuses: RefusalShape = {
  // Which thing is wrong says more than that it is invalid.
  facts: { error: 'json errors.0.resource', error_description: 'json message' },
  says: { 'errors.0.code': 'invalid' },
  otherwise: { status: 400, headers: NO_STORE },
  rows: {
    invalid_client: { status: 401, error: 'Application', headers: NO_STORE },
    invalid_grant: {
      status: 400,
      error: ['AuthorizationCode', 'RefreshToken'],
      headers: NO_STORE,
    },
    server_error: { status: 500, headers: NO_STORE },
    temporarily_unavailable: { status: 503, headers: NO_STORE },
  },
}

/** `extra.athlete` is who signed in. */
export const strava = {
  name: 'strava',
  title: 'Strava',
  documentation: 'https://developers.strava.com/docs/authentication/',
  servers: { production: 'https://www.strava.com' },
  pkce: false,
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/oauth/authorize',
      adds: { 'query approval_prompt': 'auto' },
      reads: { ...PAGE_FIELDS, scope: 'query scope comma' },
      answers: {
        status: 302,
        facts: { ...REDIRECT.facts, scope: 'query scope comma' },
        headers: REDIRECT.headers,
      },
    },
    token: {
      ...TOKEN,
      path: '/oauth/token',
      reads: { ...BY_FORM, ...FORM_FIELDS },
      answers: {
        ...GOOD,
        facts: {
          access_token: 'json access_token',
          token_type: 'json token_type',
          access_expires_at: 'json expires_at unix',
          refresh_token: 'json refresh_token',
        },
      },
      refuses,
    },
  },
} as const satisfies Dialect
