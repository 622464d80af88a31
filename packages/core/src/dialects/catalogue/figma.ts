// Figma: refresh tokens are spent at an address of their own, which gives no new ones.

import { REFUSES_BEARER } from '../bearer-refusals.ts'
import type { Dialect } from '../dialect.ts'
import { BY_BASIC, CALL, GOOD, PAGE, PAGE_FIELDS, TOKENS } from './common.ts'

/** `extra.user_id_string` is who signed in. */
export const figma = {
  name: 'figma',
  title: 'Figma',
  documentation: 'https://developers.figma.com/docs/rest-api/authentication/',
  servers: { production: 'https://api.figma.com' },
  pkce: false,
  policy: { userinfo: 'any' },
  operations: {
    authorize: {
      ...PAGE,
      path: '/oauth',
      at: 'https://www.figma.com',
      reads: { ...PAGE_FIELDS, scope: 'query scope space' },
    },
    token: {
      ...CALL,
      does: 'token',
      path: '/v1/oauth/token',
      grants: ['authorization_code'],
      reads: {
        ...BY_BASIC,
        grant_type: 'form grant_type',
        code: 'form code',
        redirect_uri: 'form redirect_uri',
        code_verifier: 'form code_verifier',
      },
      answers: { ...GOOD, facts: TOKENS },
    },
    refresh: {
      ...CALL,
      does: 'token',
      path: '/v1/oauth/refresh',
      grants: ['refresh_token'],
      means: { grant_type: 'refresh_token' },
      reads: { ...BY_BASIC, refresh_token: 'form refresh_token' },
      answers: { ...GOOD, facts: TOKENS },
    },
    userinfo: {
      does: 'userinfo',
      methods: ['GET'],
      path: '/v1/me',
      reads: { access_token: 'bearer token' },
      answers: {
        ...GOOD,
        facts: { sub: 'json id', preferred_username: 'json handle', email: 'json email' },
      },
      refuses: REFUSES_BEARER,
    },
  },
} as const satisfies Dialect
