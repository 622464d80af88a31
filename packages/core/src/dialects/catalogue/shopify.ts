// Shopify: each shop is a server, and the API wants the token in a header of its own.

import type { Dialect } from '../dialect.ts'
import { BY_FORM, CALL, GOOD, PAGE } from './common.ts'

/** `variables: { shop }` is the shop's name in front of .myshopify.com; its hmac is in `extra`. */
export const shopify = {
  name: 'shopify',
  title: 'Shopify',
  documentation:
    'https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant',
  servers: { production: 'https://{shop}.myshopify.com' },
  variables: { shop: '' },
  presents: { header: 'x-shopify-access-token', scheme: '' },
  pkce: false,
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/admin/oauth/authorize',
      means: { response_type: 'code' },
      reads: {
        client_id: 'query client_id',
        redirect_uri: 'query redirect_uri',
        state: 'query state',
        code_challenge: 'query code_challenge',
        code_challenge_method: 'query code_challenge_method',
        scope: 'query scope comma',
      },
    },
    token: {
      ...CALL,
      does: 'token',
      path: '/admin/oauth/access_token',
      grants: ['authorization_code'],
      means: { grant_type: 'authorization_code' },
      reads: { ...BY_FORM, code: 'form code', code_verifier: 'form code_verifier' },
      answers: {
        ...GOOD,
        facts: {
          access_token: 'json access_token',
          access_expires_at: 'json expires_in seconds',
          scope: 'json scope comma',
        },
      },
    },
  },
} as const satisfies Dialect
