// Reddit: a token that lasts has to be asked for, and a wrong client is the number 401.

import { REFUSES_BEARER } from '../bearer-refusals.ts'
import { AS_THEY_ARE, NO_STORE } from '../common.ts'
import type { Dialect, RefusalShape } from '../dialect.ts'
import { REFUSES } from '../refusals.ts'
import { BY_BASIC, CALL, FORM_FIELDS, GOOD, PAGE, PAGE_FIELDS, TOKEN, TOKENS } from './common.ts'

const refuses: RefusalShape = {
  ...REFUSES,
  facts: { error: 'json error', error_description: 'json message' },
  rows: {
    ...REFUSES.rows,
    invalid_client: { status: 401, error: ['invalid_client', '401'], headers: NO_STORE },
  },
}

/** Its API wants a User-Agent that says who calls: `headers` of `connect`, and of each request. */
export const reddit = {
  name: 'reddit',
  title: 'Reddit',
  documentation: 'https://www.reddit.com/dev/api/oauth',
  servers: { production: 'https://www.reddit.com' },
  pkce: false,
  policy: { userinfo: 'any' },
  operations: {
    authorize: {
      ...PAGE,
      path: '/api/v1/authorize',
      adds: { 'query duration': 'permanent' },
      reads: { ...PAGE_FIELDS, scope: 'query scope space' },
    },
    token: {
      ...TOKEN,
      path: '/api/v1/access_token',
      reads: { ...BY_BASIC, ...FORM_FIELDS },
      answers: { ...GOOD, facts: { ...TOKENS, scope: 'json scope space' } },
      refuses,
    },
    revoke: {
      ...CALL,
      does: 'revoke',
      path: '/api/v1/revoke_token',
      reads: { ...BY_BASIC, token: 'form token', token_type_hint: 'form token_type_hint' },
      answers: AS_THEY_ARE,
      refuses,
    },
    userinfo: {
      does: 'userinfo',
      methods: ['GET'],
      path: '/api/v1/me',
      at: 'https://oauth.reddit.com',
      reads: { access_token: 'bearer token' },
      answers: { ...GOOD, facts: { sub: 'json id', preferred_username: 'json name' } },
      refuses: REFUSES_BEARER,
    },
  },
} as const satisfies Dialect
