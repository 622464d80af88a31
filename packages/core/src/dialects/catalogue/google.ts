// Google: three hosts, and no refresh token unless offline access is asked for.

import { REFUSES_BEARER } from '../bearer-refusals.ts'
import { AS_THEY_ARE } from '../common.ts'
import type { Dialect } from '../dialect.ts'
import { BY_FORM, FORM_FIELDS, GOOD, PAGE, PAGE_FIELDS, TOKEN, TOKENS } from './common.ts'

/** Web server applications; `prompt: 'consent'` brings another refresh token. */
export const google = {
  name: 'google',
  title: 'Google',
  documentation: 'https://developers.google.com/identity/protocols/oauth2/web-server',
  servers: { production: 'https://oauth2.googleapis.com' },
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/o/oauth2/v2/auth',
      at: 'https://accounts.google.com',
      adds: { 'query access_type': 'offline' },
      reads: {
        ...PAGE_FIELDS,
        scope: 'query scope space',
        nonce: 'query nonce',
        prompt: 'query prompt',
        login_hint: 'query login_hint',
      },
    },
    token: {
      ...TOKEN,
      path: '/token',
      reads: { ...BY_FORM, ...FORM_FIELDS },
      answers: {
        ...GOOD,
        facts: {
          ...TOKENS,
          refresh_expires_at: 'json refresh_token_expires_in seconds',
          scope: 'json scope space',
          id_token: 'json id_token',
        },
      },
    },
    userinfo: {
      does: 'userinfo',
      methods: ['GET'],
      path: '/v1/userinfo',
      at: 'https://openidconnect.googleapis.com',
      reads: { access_token: 'bearer token' },
      answers: AS_THEY_ARE,
      refuses: REFUSES_BEARER,
    },
  },
} as const satisfies Dialect
