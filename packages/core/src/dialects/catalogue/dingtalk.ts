// DingTalk: the code comes back as authCode, everything is camel case, the API has its own header.

import { NO_STORE, REDIRECT } from '../common.ts'
import type { Dialect, RefusalShape } from '../dialect.ts'
import { GOOD, PAGE, PAGE_FIELDS, TOKEN } from './common.ts'

const refuses: RefusalShape = {
  facts: { error: 'json code', error_description: 'json message' },
  otherwise: { status: 400, headers: NO_STORE },
  rows: {
    server_error: { status: 500, headers: NO_STORE },
    temporarily_unavailable: { status: 503, headers: NO_STORE },
  },
}

/** A person’s own token; `fields: { corpId }` at authorize chooses the organization. */
export const dingtalk = {
  name: 'dingtalk',
  title: 'DingTalk',
  documentation: 'https://open.dingtalk.com/document/orgapp/obtain-user-token',
  servers: { production: 'https://api.dingtalk.com' },
  presents: { header: 'x-acs-dingtalk-access-token', scheme: '' },
  pkce: false,
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/oauth2/auth',
      at: 'https://login.dingtalk.com',
      adds: { 'query prompt': 'consent' },
      reads: { ...PAGE_FIELDS, scope: 'query scope space' },
      answers: {
        status: 302,
        facts: { ...REDIRECT.facts, code: 'query authCode' },
        headers: REDIRECT.headers,
      },
    },
    token: {
      ...TOKEN,
      path: '/v1.0/oauth2/userAccessToken',
      reads: {
        client_id: 'json clientId',
        client_secret: 'json clientSecret',
        grant_type: 'json grantType',
        code: 'json code',
        code_verifier: 'json code_verifier',
        refresh_token: 'json refreshToken',
      },
      answers: {
        ...GOOD,
        facts: {
          access_token: 'json accessToken',
          access_expires_at: 'json expireIn seconds',
          refresh_token: 'json refreshToken',
        },
      },
      refuses,
    },
  },
} as const satisfies Dialect
