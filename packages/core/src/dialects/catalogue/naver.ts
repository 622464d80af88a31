// Naver: the state goes with the code, seconds are text, refusals have status 200.

import { NO_STORE } from '../common.ts'
import type { Dialect } from '../dialect.ts'
import { REFUSES } from '../refusals.ts'
import { BY_FORM, FORM_FIELDS, GOOD, PAGE, PAGE_FIELDS, TOKEN } from './common.ts'

/** Login; there are no scopes: what an app may see is set where it is registered. */
export const naver = {
  name: 'naver',
  title: 'Naver',
  documentation: 'https://developers.naver.com/docs/login/api/api.md',
  servers: { production: 'https://nid.naver.com' },
  pkce: false,
  policy: {},
  operations: {
    authorize: { ...PAGE, path: '/oauth2.0/authorize', needs: ['state'], reads: PAGE_FIELDS },
    token: {
      ...TOKEN,
      path: '/oauth2.0/token',
      reads: { ...BY_FORM, ...FORM_FIELDS, state: 'form state' },
      answers: {
        ...GOOD,
        facts: {
          access_token: 'json access_token',
          token_type: 'json token_type',
          access_expires_at: 'json expires_in numstr',
          refresh_token: 'json refresh_token',
        },
      },
      refuses: {
        ...REFUSES,
        otherwise: { status: 200, headers: NO_STORE },
        rows: {
          server_error: { status: 500, headers: NO_STORE },
          temporarily_unavailable: { status: 503, headers: NO_STORE },
        },
      },
    },
  },
} as const satisfies Dialect
