// GitHub: refusals with status 200, scopes asked for with spaces and answered with commas.

import { NO_STORE } from '../common.ts'
import type { Dialect, RefusalShape } from '../dialect.ts'
import { BY_FORM, FORM_FIELDS, GOOD, PAGE, PAGE_FIELDS, TOKEN, TOKENS } from './common.ts'

const refuses: RefusalShape = {
  facts: {
    error: 'json error',
    error_description: 'json error_description',
    error_uri: 'json error_uri',
  },
  otherwise: { status: 200, headers: NO_STORE },
  rows: {
    invalid_client: { status: 200, error: 'incorrect_client_credentials', headers: NO_STORE },
    invalid_grant: {
      status: 200,
      error: ['bad_verification_code', 'bad_refresh_token'],
      headers: NO_STORE,
    },
    server_error: { status: 500, headers: NO_STORE },
    temporarily_unavailable: { status: 503, headers: NO_STORE },
  },
  reasons: {
    redirect_mismatch: { status: 200, error: 'redirect_uri_mismatch', headers: NO_STORE },
  },
}

/** OAuth apps and GitHub Apps; the answer is JSON for whoever accepts that, and a form if not. */
export const github = {
  name: 'github',
  title: 'GitHub',
  documentation:
    'https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps',
  servers: { production: 'https://github.com' },
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/login/oauth/authorize',
      reads: { ...PAGE_FIELDS, scope: 'query scope space', prompt: 'query prompt' },
    },
    token: {
      ...TOKEN,
      path: '/login/oauth/access_token',
      adds: { 'header accept': 'application/json' },
      reads: { ...BY_FORM, ...FORM_FIELDS },
      answers: {
        ...GOOD,
        facts: {
          ...TOKENS,
          refresh_expires_at: 'json refresh_token_expires_in seconds',
          scope: 'json scope comma',
        },
      },
      refuses,
    },
  },
} as const satisfies Dialect
