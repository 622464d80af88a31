// LinkedIn: scopes go with spaces and come back with commas; both tokens say when they end.

import { REFUSES_BEARER } from '../bearer-refusals.ts'
import { AS_THEY_ARE } from '../common.ts'
import type { Dialect } from '../dialect.ts'
import { BY_FORM, CALL, FORM_FIELDS, GOOD, PAGE, PAGE_FIELDS, TOKEN, TOKENS } from './common.ts'

/** Refresh tokens are for approved programs; a request with a challenge is for native apps alone. */
export const linkedin = {
  name: 'linkedin',
  title: 'LinkedIn',
  documentation:
    'https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow',
  servers: { production: 'https://www.linkedin.com' },
  pkce: false,
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/oauth/v2/authorization',
      reads: { ...PAGE_FIELDS, scope: 'query scope space' },
    },
    token: {
      ...TOKEN,
      path: '/oauth/v2/accessToken',
      grants: ['authorization_code', 'refresh_token', 'client_credentials'],
      reads: { ...BY_FORM, ...FORM_FIELDS },
      answers: {
        ...GOOD,
        facts: {
          ...TOKENS,
          refresh_expires_at: 'json refresh_token_expires_in seconds',
          scope: 'json scope comma',
          id_token: 'json id_token',
        },
      },
    },
    introspect: {
      ...CALL,
      does: 'introspect',
      path: '/oauth/v2/introspectToken',
      reads: { ...BY_FORM, token: 'form token' },
      answers: AS_THEY_ARE,
    },
    userinfo: {
      does: 'userinfo',
      methods: ['GET'],
      path: '/v2/userinfo',
      at: 'https://api.linkedin.com',
      reads: { access_token: 'bearer token' },
      answers: AS_THEY_ARE,
      refuses: REFUSES_BEARER,
    },
  },
} as const satisfies Dialect
