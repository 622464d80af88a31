// Asana: the answer holds the person, and a refresh brings no refresh token.

import { REFUSES_BEARER } from '../bearer-refusals.ts'
import { AS_THEY_ARE } from '../common.ts'
import type { Dialect } from '../dialect.ts'
import { BY_FORM, CALL, FORM_FIELDS, GOOD, PAGE, PAGE_FIELDS, TOKEN, TOKENS } from './common.ts'

/** `extra.data` is who signed in. */
export const asana = {
  name: 'asana',
  title: 'Asana',
  documentation: 'https://developers.asana.com/docs/oauth',
  servers: { production: 'https://app.asana.com' },
  policy: { userinfo: 'any' },
  operations: {
    authorize: {
      ...PAGE,
      path: '/-/oauth_authorize',
      reads: { ...PAGE_FIELDS, scope: 'query scope space' },
    },
    token: {
      ...TOKEN,
      path: '/-/oauth_token',
      reads: { ...BY_FORM, ...FORM_FIELDS },
      answers: { ...GOOD, facts: TOKENS },
    },
    revoke: {
      ...CALL,
      does: 'revoke',
      path: '/-/oauth_revoke',
      reads: { ...BY_FORM, token: 'form token' },
      answers: AS_THEY_ARE,
    },
    userinfo: {
      does: 'userinfo',
      methods: ['GET'],
      path: '/api/1.0/users/me',
      reads: { access_token: 'bearer token' },
      answers: {
        ...GOOD,
        facts: { sub: 'json data.gid', name: 'json data.name', email: 'json data.email' },
      },
      refuses: REFUSES_BEARER,
    },
  },
} as const satisfies Dialect
