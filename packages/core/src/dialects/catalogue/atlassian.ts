// Atlassian: an audience in every authorization request, token calls in JSON.

import { NO_STORE } from '../common.ts'
import type { Dialect } from '../dialect.ts'
import { REFUSES } from '../refusals.ts'
import { BY_JSON, GOOD, JSON_FIELDS, PAGE, PAGE_FIELDS, TOKEN, TOKENS } from './common.ts'

/** OAuth 2.0 (3LO) of Jira and Confluence; each refresh gives another refresh token. */
export const atlassian = {
  name: 'atlassian',
  title: 'Atlassian',
  documentation: 'https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/',
  servers: { production: 'https://auth.atlassian.com' },
  pkce: false,
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/authorize',
      adds: { 'query audience': 'api.atlassian.com', 'query prompt': 'consent' },
      reads: { ...PAGE_FIELDS, scope: 'query scope space' },
    },
    token: {
      ...TOKEN,
      path: '/oauth/token',
      reads: { ...BY_JSON, ...JSON_FIELDS },
      answers: { ...GOOD, facts: { ...TOKENS, scope: 'json scope space' } },
      refuses: {
        ...REFUSES,
        rows: { ...REFUSES.rows, invalid_grant: { status: 403, headers: NO_STORE } },
      },
    },
  },
} as const satisfies Dialect
