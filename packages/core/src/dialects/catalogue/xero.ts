// Xero: the page and the calls on two hosts, and a tenant in every API call, which a list names.

import { AS_THEY_ARE } from '../common.ts'
import type { Dialect } from '../dialect.ts'
import { BY_BASIC, CALL, FORM_FIELDS, GOOD, PAGE, PAGE_FIELDS, TOKEN, TOKENS } from './common.ts'

/** Web apps; GET https://api.xero.com/connections says which tenants there are. */
export const xero = {
  name: 'xero',
  title: 'Xero',
  documentation: 'https://developer.xero.com/documentation/guides/oauth2/auth-flow/',
  servers: { production: 'https://identity.xero.com' },
  pkce: false,
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/identity/connect/authorize',
      at: 'https://login.xero.com',
      reads: { ...PAGE_FIELDS, scope: 'query scope space', nonce: 'query nonce' },
    },
    token: {
      ...TOKEN,
      path: '/connect/token',
      grants: ['authorization_code', 'refresh_token', 'client_credentials'],
      reads: { ...BY_BASIC, ...FORM_FIELDS, scope: 'form scope space' },
      answers: {
        ...GOOD,
        facts: { ...TOKENS, scope: 'json scope space', id_token: 'json id_token' },
      },
    },
    revoke: {
      ...CALL,
      does: 'revoke',
      path: '/connect/revocation',
      reads: { ...BY_BASIC, token: 'form token' },
      answers: AS_THEY_ARE,
    },
  },
} as const satisfies Dialect
