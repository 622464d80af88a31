// Dropbox: offline access by a parameter of its own, and a person who is asked for by POST.

import { REFUSES_BEARER } from '../bearer-refusals.ts'
import type { Dialect } from '../dialect.ts'
import { BY_BASIC_OR_FORM, FORM_FIELDS, GOOD, PAGE, PAGE_FIELDS, TOKEN, TOKENS } from './common.ts'

/** `extra.account_id` is whose files they are. */
export const dropbox = {
  name: 'dropbox',
  title: 'Dropbox',
  documentation: 'https://www.dropbox.com/developers/documentation/http/documentation',
  servers: { production: 'https://api.dropboxapi.com' },
  policy: { userinfo: 'any' },
  operations: {
    authorize: {
      ...PAGE,
      path: '/oauth2/authorize',
      at: 'https://www.dropbox.com',
      adds: { 'query token_access_type': 'offline' },
      reads: { ...PAGE_FIELDS, scope: 'query scope space' },
    },
    token: {
      ...TOKEN,
      path: '/oauth2/token',
      reads: { ...BY_BASIC_OR_FORM, ...FORM_FIELDS },
      answers: { ...GOOD, facts: { ...TOKENS, scope: 'json scope space' } },
    },
    userinfo: {
      does: 'userinfo',
      methods: ['POST'],
      path: '/2/users/get_current_account',
      reads: { access_token: 'bearer token' },
      answers: {
        ...GOOD,
        facts: {
          sub: 'json account_id',
          name: 'json name.display_name',
          email: 'json email',
          email_verified: 'json email_verified',
        },
      },
      refuses: REFUSES_BEARER,
    },
  },
} as const satisfies Dialect
