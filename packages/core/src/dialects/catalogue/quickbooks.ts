// QuickBooks: the company comes with the redirect alone, revocation is JSON, four hosts.

import { REFUSES_BEARER } from '../bearer-refusals.ts'
import { AS_THEY_ARE } from '../common.ts'
import type { Dialect } from '../dialect.ts'
import { BY_BASIC, CALL, FORM_FIELDS, GOOD, PAGE, PAGE_FIELDS, TOKEN, TOKENS } from './common.ts'

/** The company’s `realmId` stands in what the callback gives as `extra`. */
export const quickbooks = {
  name: 'quickbooks',
  title: 'Intuit QuickBooks',
  documentation:
    'https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/oauth-2.0',
  servers: { production: 'https://oauth.platform.intuit.com' },
  pkce: false,
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/connect/oauth2',
      at: 'https://appcenter.intuit.com',
      reads: { ...PAGE_FIELDS, scope: 'query scope space' },
    },
    token: {
      ...TOKEN,
      path: '/oauth2/v1/tokens/bearer',
      reads: { ...BY_BASIC, ...FORM_FIELDS },
      answers: {
        ...GOOD,
        facts: {
          ...TOKENS,
          refresh_expires_at: 'json x_refresh_token_expires_in seconds',
          id_token: 'json id_token',
        },
      },
    },
    revoke: {
      ...CALL,
      does: 'revoke',
      path: '/v2/oauth2/tokens/revoke',
      at: 'https://developer.api.intuit.com',
      reads: { ...BY_BASIC, token: 'json token' },
      answers: AS_THEY_ARE,
    },
    userinfo: {
      does: 'userinfo',
      methods: ['GET'],
      path: '/v1/openid_connect/userinfo',
      at: 'https://accounts.platform.intuit.com',
      reads: { access_token: 'bearer token' },
      answers: AS_THEY_ARE,
      refuses: REFUSES_BEARER,
    },
  },
} as const satisfies Dialect
