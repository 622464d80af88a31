// Twitch: scopes come back as a list, refusals without a code, the API wants the client's id too.

import { NO_STORE } from '../common.ts'
import type { Dialect, RefusalRow, RefusalShape } from '../dialect.ts'
import { BY_FORM, FORM_FIELDS, GOOD, PAGE, PAGE_FIELDS, TOKEN, TOKENS } from './common.ts'

// Whatever is wrong with a refresh token is said in the same words.
const refresh: RefusalRow = {
  status: 400,
  code: 'invalid_grant',
  sentence: 'Invalid refresh token',
  headers: NO_STORE,
}

const refuses: RefusalShape = {
  facts: { status: 'json status', error_description: 'json message' },
  otherwise: { status: 400, headers: NO_STORE },
  rows: {
    invalid_client: { status: 403, sentence: 'invalid client secret', headers: NO_STORE },
    invalid_grant: { status: 400, sentence: 'Invalid authorization code', headers: NO_STORE },
    server_error: { status: 500, headers: NO_STORE },
    temporarily_unavailable: { status: 503, headers: NO_STORE },
  },
  reasons: {
    family_ended: refresh,
    grant_ended: refresh,
    refresh_differs: refresh,
    refresh_expired: refresh,
    refresh_other_client: refresh,
    refresh_other_dialect: refresh,
    refresh_raced: refresh,
    refresh_reused: refresh,
    refresh_unknown: refresh,
  },
}

/** `keep`’s fetch sends the Client-Id that the API wants beside the token. */
export const twitch = {
  name: 'twitch',
  title: 'Twitch',
  documentation: 'https://dev.twitch.tv/docs/authentication/getting-tokens-oauth/',
  servers: { production: 'https://id.twitch.tv' },
  presents: { adds: { 'client-id': '{client_id}' } },
  pkce: false,
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/oauth2/authorize',
      reads: { ...PAGE_FIELDS, scope: 'query scope space', nonce: 'query nonce' },
    },
    token: {
      ...TOKEN,
      path: '/oauth2/token',
      grants: ['authorization_code', 'refresh_token', 'client_credentials'],
      reads: { ...BY_FORM, ...FORM_FIELDS },
      answers: { ...GOOD, facts: { ...TOKENS, scope: 'json scope array' } },
      refuses,
    },
  },
} as const satisfies Dialect
