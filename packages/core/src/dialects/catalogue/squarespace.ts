// Squarespace: Basic beside a JSON body, and both tokens end at moments with a fraction.

import type { Dialect } from '../dialect.ts'
import { BY_BASIC, GOOD, JSON_FIELDS, PAGE, PAGE_FIELDS, TOKEN } from './common.ts'

/** Its servers want a User-Agent: say one in the `headers` of `connect`. */
export const squarespace = {
  name: 'squarespace',
  title: 'Squarespace',
  documentation: 'https://developers.squarespace.com/oauth',
  servers: { production: 'https://login.squarespace.com' },
  pkce: false,
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/api/1/login/oauth/provider/authorize',
      adds: { 'query access_type': 'offline' },
      reads: { ...PAGE_FIELDS, scope: 'query scope comma' },
    },
    token: {
      ...TOKEN,
      path: '/api/1/login/oauth/provider/tokens',
      reads: { ...BY_BASIC, ...JSON_FIELDS },
      answers: {
        ...GOOD,
        facts: {
          access_token: 'json access_token',
          access_expires_at: 'json access_token_expires_at unix',
          refresh_token: 'json refresh_token',
          refresh_expires_at: 'json refresh_token_expires_at unix',
        },
      },
    },
  },
} as const satisfies Dialect
