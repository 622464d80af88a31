// Stripe Connect: the token call names no client, its secret key alone does.

import type { Dialect } from '../dialect.ts'
import { BARE_PAGE_FIELDS, GOOD, PAGE, TOKEN, TOKENS } from './common.ts'

/** `clientSecret` is the platform's secret API key; `extra.stripe_user_id` is the account. */
export const stripe = {
  name: 'stripe',
  title: 'Stripe Connect',
  documentation: 'https://docs.stripe.com/connect/oauth-reference',
  servers: { production: 'https://connect.stripe.com' },
  pkce: false,
  serve: false,
  because: 'A token call does not name its client: only its secret says who calls.',
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/oauth/authorize',
      reads: { ...BARE_PAGE_FIELDS, scope: 'query scope space' },
    },
    token: {
      ...TOKEN,
      path: '/oauth/token',
      reads: {
        client_secret: 'form client_secret',
        grant_type: 'form grant_type',
        code: 'form code',
        refresh_token: 'form refresh_token',
        scope: 'form scope space',
      },
      answers: { ...GOOD, facts: { ...TOKENS, scope: 'json scope space' } },
    },
  },
} as const satisfies Dialect
