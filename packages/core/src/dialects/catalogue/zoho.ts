// Zoho: a server for each region, refusals with status 200, a word of its own before the token.

import { NO_STORE } from '../common.ts'
import type { Dialect, RefusalShape } from '../dialect.ts'
import { BY_FORM, FORM_FIELDS, GOOD, PAGE, PAGE_FIELDS, TOKEN, TOKENS } from './common.ts'

const refuses: RefusalShape = {
  facts: { error: 'json error' },
  otherwise: { status: 200, headers: NO_STORE },
  rows: {
    invalid_client: {
      status: 200,
      error: ['invalid_client', 'invalid_client_secret'],
      headers: NO_STORE,
    },
    invalid_grant: { status: 200, error: 'invalid_code', headers: NO_STORE },
    server_error: { status: 500, headers: NO_STORE },
    temporarily_unavailable: { status: 503, headers: NO_STORE },
  },
}

/** `variables: { region }` is com, eu, in, com.au, jp …: `location` in the redirect’s extra says it. */
export const zoho = {
  name: 'zoho',
  title: 'Zoho',
  documentation: 'https://www.zoho.com/accounts/protocol/oauth/web-server-applications.html',
  servers: { production: 'https://accounts.zoho.{region}' },
  variables: { region: 'com' },
  presents: { scheme: 'Zoho-oauthtoken' },
  pkce: false,
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/oauth/v2/auth',
      adds: { 'query access_type': 'offline', 'query prompt': 'consent' },
      reads: { ...PAGE_FIELDS, scope: 'query scope comma' },
    },
    token: {
      ...TOKEN,
      path: '/oauth/v2/token',
      reads: { ...BY_FORM, ...FORM_FIELDS },
      answers: { ...GOOD, facts: { ...TOKENS, scope: 'json scope space' } },
      refuses,
    },
  },
} as const satisfies Dialect
