// UltraCart's REST v2 OAuth: a public client, text where numbers would be, errors in a header too.

import { NO_STORE, PAGE_READS, REDIRECT } from './common.ts'
import type { Dialect, RefusalShape } from './dialect.ts'

const headers = { ...NO_STORE, 'uc-rest-error': '{description}' }

// No null anywhere: the Python SDK throws at one.
const refuses: RefusalShape = {
  facts: {
    error: 'json error.error_code',
    error_description: ['json error.developer_message', 'json error.user_message'],
  },
  says: { success: false },
  otherwise: { status: 400, headers },
  rows: {
    server_error: { status: 500, headers },
    temporarily_unavailable: { status: 503, headers },
  },
}

const KEYS = [
  'X-UltraCart-Api-Version',
  'x-ultracart-simple-key',
  'x-ultracart-browser-key',
  'Authorization',
] as const

const client = { client_id: 'form client_id', client_secret: 'form client_secret' } as const

/** `POST /rest/v2/oauth/token` and `/rest/v2/oauth/revoke`. */
export const ultracart = {
  name: 'ultracart',
  title: 'UltraCart',
  documentation: 'https://www.ultracart.com/api/',
  servers: { production: 'https://secure.ultracart.com' },
  policy: {
    lifetimes: { code: 60 },
    redirectAtExchange: 'always',
    revokes: 'grant',
  },
  operations: {
    authorize: {
      does: 'authorize',
      methods: ['GET'],
      path: '/rest/v2/oauth/authorize',
      needs: ['state'],
      reads: {
        client_id: 'query client_id',
        redirect_uri: 'query redirect_uri',
        response_type: 'query response_type',
        state: 'query state',
        ...PAGE_READS,
      },
      answers: {
        status: 302,
        ...REDIRECT,
      },
      refuses,
    },
    token: {
      does: 'token',
      methods: ['POST'],
      path: '/rest/v2/oauth/token',
      grants: ['authorization_code', 'refresh_token'],
      headers: KEYS,
      names: { oauthAccessToken: 'any' },
      reads: {
        ...client,
        grant_type: 'form grant_type',
        code: 'form code',
        redirect_uri: 'form redirect_uri',
        code_verifier: 'form code_verifier',
        refresh_token: 'form refresh_token',
      },
      answers: {
        status: 200,
        headers: NO_STORE,
        facts: {
          access_token: 'json access_token',
          access_expires_at: 'json expires_in numstr',
          refresh_token: 'json refresh_token',
          scope: 'json scope space',
        },
        says: { token_type: 'bearer' },
      },
      refuses,
    },
    revoke: {
      does: 'revoke',
      methods: ['POST'],
      path: '/rest/v2/oauth/revoke',
      headers: KEYS,
      names: { oauthRevoke: 'any' },
      reads: { ...client, token: 'form token' },
      answers: {
        status: 200,
        headers: NO_STORE,
        facts: {},
        says: { message: 'The application was revoked.', successful: true },
      },
      refuses,
    },
  },
} as const satisfies Dialect
