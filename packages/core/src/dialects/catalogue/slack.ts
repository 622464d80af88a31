// Slack: `ok` alone decides, whatever the status; a person's own token stands beside the bot's.

import { NO_STORE } from '../common.ts'
import type { Dialect, RefusalShape } from '../dialect.ts'
import { BY_BASIC_OR_FORM, FORM_FIELDS, GOOD, PAGE, PAGE_FIELDS, TOKEN, TOKENS } from './common.ts'

const refuses: RefusalShape = {
  facts: { error: 'json error' },
  says: { ok: false },
  otherwise: { status: 200, headers: NO_STORE },
  rows: {
    invalid_client: {
      status: 200,
      error: ['bad_client_secret', 'invalid_client_id'],
      headers: NO_STORE,
    },
    invalid_grant: {
      status: 200,
      error: ['invalid_code', 'code_already_used', 'code_expired', 'invalid_refresh_token'],
      headers: NO_STORE,
    },
    server_error: { status: 500, error: ['internal_error', 'fatal_error'], headers: NO_STORE },
    temporarily_unavailable: {
      status: 503,
      error: ['service_unavailable', 'ratelimited'],
      headers: NO_STORE,
    },
  },
  reasons: {
    redirect_mismatch: { status: 200, error: 'bad_redirect_uri', headers: NO_STORE },
  },
}

/** A bot's token; `fields: { user_scope }` asks for a person's too, found in `extra.authed_user`. */
export const slack = {
  name: 'slack',
  title: 'Slack',
  documentation: 'https://api.slack.com/authentication/oauth-v2',
  servers: { production: 'https://slack.com' },
  pkce: false,
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/oauth/v2/authorize',
      reads: { ...PAGE_FIELDS, scope: 'query scope comma' },
    },
    token: {
      ...TOKEN,
      path: '/api/oauth.v2.access',
      reads: { ...BY_BASIC_OR_FORM, ...FORM_FIELDS },
      answers: {
        ...GOOD,
        facts: { ...TOKENS, scope: 'json scope comma' },
        says: { ok: true },
      },
      refuses,
    },
  },
} as const satisfies Dialect
