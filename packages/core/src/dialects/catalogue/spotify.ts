// Spotify: Basic, a page and an API on hosts of their own.

import { REFUSES_BEARER } from '../bearer-refusals.ts'
import type { Dialect } from '../dialect.ts'
import { BY_BASIC_OR_FORM, FORM_FIELDS, GOOD, PAGE, PAGE_FIELDS, TOKEN, TOKENS } from './common.ts'

/** A refresh may answer without a refresh token: the one that there is stays good. */
export const spotify = {
  name: 'spotify',
  title: 'Spotify',
  documentation: 'https://developer.spotify.com/documentation/web-api/tutorials/code-flow',
  servers: { production: 'https://accounts.spotify.com' },
  policy: { userinfo: 'any' },
  operations: {
    authorize: {
      ...PAGE,
      path: '/authorize',
      reads: { ...PAGE_FIELDS, scope: 'query scope space' },
    },
    token: {
      ...TOKEN,
      path: '/api/token',
      grants: ['authorization_code', 'refresh_token', 'client_credentials'],
      reads: { ...BY_BASIC_OR_FORM, ...FORM_FIELDS },
      answers: { ...GOOD, facts: { ...TOKENS, scope: 'json scope space' } },
    },
    userinfo: {
      does: 'userinfo',
      methods: ['GET'],
      path: '/v1/me',
      at: 'https://api.spotify.com',
      reads: { access_token: 'bearer token' },
      answers: {
        ...GOOD,
        facts: { sub: 'json id', name: 'json display_name', email: 'json email' },
      },
      refuses: REFUSES_BEARER,
    },
  },
} as const satisfies Dialect
