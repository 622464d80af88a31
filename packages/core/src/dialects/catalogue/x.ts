// X: PKCE for everybody, a person in an envelope.

import { REFUSES_BEARER } from '../bearer-refusals.ts'
import { AS_THEY_ARE } from '../common.ts'
import type { Dialect } from '../dialect.ts'
import {
  BY_BASIC_OR_FORM,
  CALL,
  FORM_FIELDS,
  GOOD,
  PAGE,
  PAGE_FIELDS,
  TOKEN,
  TOKENS,
} from './common.ts'

/** A refresh token comes with the scope `offline.access`. */
export const x = {
  name: 'x',
  title: 'X (Twitter)',
  documentation:
    'https://docs.x.com/resources/fundamentals/authentication/oauth-2-0/authorization-code',
  servers: { production: 'https://api.x.com' },
  policy: { userinfo: 'any' },
  operations: {
    authorize: {
      ...PAGE,
      path: '/i/oauth2/authorize',
      at: 'https://x.com',
      reads: { ...PAGE_FIELDS, scope: 'query scope space' },
    },
    token: {
      ...TOKEN,
      path: '/2/oauth2/token',
      reads: { ...BY_BASIC_OR_FORM, ...FORM_FIELDS },
      answers: { ...GOOD, facts: { ...TOKENS, scope: 'json scope space' } },
    },
    revoke: {
      ...CALL,
      does: 'revoke',
      path: '/2/oauth2/revoke',
      reads: { ...BY_BASIC_OR_FORM, token: 'form token' },
      answers: AS_THEY_ARE,
    },
    userinfo: {
      does: 'userinfo',
      methods: ['GET'],
      path: '/2/users/me',
      reads: { access_token: 'bearer token' },
      answers: {
        ...GOOD,
        facts: {
          sub: 'json data.id',
          preferred_username: 'json data.username',
          name: 'json data.name',
        },
      },
      refuses: REFUSES_BEARER,
    },
  },
} as const satisfies Dialect
