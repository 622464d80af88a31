// Notion: Basic beside a JSON body, no scopes, tokens that do not end, a version in every API call.

import { AS_THEY_ARE } from '../common.ts'
import type { Dialect } from '../dialect.ts'
import { BY_BASIC, CALL, GOOD, JSON_FIELDS, PAGE, PAGE_FIELDS, TOKEN } from './common.ts'

/** Public integrations; what a page gave access to is chosen by the person, not by scopes. */
export const notion = {
  name: 'notion',
  title: 'Notion',
  documentation: 'https://developers.notion.com/docs/authorization',
  servers: { production: 'https://api.notion.com' },
  presents: { adds: { 'notion-version': '2022-06-28' } },
  pkce: false,
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/v1/oauth/authorize',
      adds: { 'query owner': 'user' },
      reads: PAGE_FIELDS,
    },
    token: {
      ...TOKEN,
      path: '/v1/oauth/token',
      reads: { ...BY_BASIC, ...JSON_FIELDS },
      answers: {
        ...GOOD,
        facts: {
          access_token: 'json access_token',
          token_type: 'json token_type',
          refresh_token: 'json refresh_token',
        },
      },
    },
    introspect: {
      ...CALL,
      does: 'introspect',
      path: '/v1/oauth/introspect',
      reads: { ...BY_BASIC, token: 'json token' },
      answers: AS_THEY_ARE,
    },
    revoke: {
      ...CALL,
      does: 'revoke',
      path: '/v1/oauth/revoke',
      reads: { ...BY_BASIC, token: 'json token' },
      answers: AS_THEY_ARE,
    },
  },
} as const satisfies Dialect
