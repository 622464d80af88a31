// PayPal: the sandbox is another domain for every host.

import { REFUSES_BEARER } from '../bearer-refusals.ts'
import { AS_THEY_ARE } from '../common.ts'
import type { Dialect } from '../dialect.ts'
import { BY_BASIC, FORM_FIELDS, GOOD, PAGE, PAGE_FIELDS, TOKEN, TOKENS } from './common.ts'

/** `variables: { domain: 'sandbox.paypal.com' }` for the sandbox. */
export const paypal = {
  name: 'paypal',
  title: 'PayPal',
  documentation: 'https://developer.paypal.com/api/rest/authentication/',
  servers: { production: 'https://api-m.{domain}' },
  variables: { domain: 'paypal.com' },
  pkce: false,
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/signin/authorize',
      at: 'https://www.{domain}',
      adds: { 'query flowEntry': 'static' },
      reads: { ...PAGE_FIELDS, scope: 'query scope space', nonce: 'query nonce' },
    },
    token: {
      ...TOKEN,
      path: '/v1/oauth2/token',
      grants: ['authorization_code', 'refresh_token', 'client_credentials'],
      reads: { ...BY_BASIC, ...FORM_FIELDS },
      answers: {
        ...GOOD,
        facts: { ...TOKENS, scope: 'json scope space', id_token: 'json id_token' },
      },
    },
    userinfo: {
      does: 'userinfo',
      methods: ['GET'],
      path: '/v1/identity/openidconnect/userinfo',
      adds: { 'query schema': 'openid' },
      reads: { access_token: 'bearer token' },
      answers: AS_THEY_ARE,
      refuses: REFUSES_BEARER,
    },
  },
} as const satisfies Dialect
