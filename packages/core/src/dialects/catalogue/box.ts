// Box: pages and calls on two hosts, and a token that may be narrowed to some files.

import { REFUSES_BEARER } from '../bearer-refusals.ts'
import { AS_THEY_ARE } from '../common.ts'
import type { Dialect } from '../dialect.ts'
import { BY_FORM, CALL, FORM_FIELDS, GOOD, PAGE, PAGE_FIELDS, TOKEN, TOKENS } from './common.ts'

/** For client credentials say `fields: { box_subject_type, box_subject_id }`. */
export const box = {
  name: 'box',
  title: 'Box',
  documentation: 'https://developer.box.com/guides/authentication/oauth2/',
  servers: { production: 'https://api.box.com' },
  pkce: false,
  policy: { userinfo: 'any' },
  operations: {
    authorize: {
      ...PAGE,
      path: '/api/oauth2/authorize',
      at: 'https://account.box.com',
      reads: { ...PAGE_FIELDS, scope: 'query scope space' },
    },
    token: {
      ...TOKEN,
      path: '/oauth2/token',
      grants: ['authorization_code', 'refresh_token', 'client_credentials'],
      reads: { ...BY_FORM, ...FORM_FIELDS },
      answers: { ...GOOD, facts: TOKENS },
    },
    revoke: {
      ...CALL,
      does: 'revoke',
      path: '/oauth2/revoke',
      reads: { ...BY_FORM, token: 'form token' },
      answers: AS_THEY_ARE,
    },
    userinfo: {
      does: 'userinfo',
      methods: ['GET'],
      path: '/2.0/users/me',
      reads: { access_token: 'bearer token' },
      answers: { ...GOOD, facts: { sub: 'json id', name: 'json name', email: 'json login' } },
      refuses: REFUSES_BEARER,
    },
  },
} as const satisfies Dialect
