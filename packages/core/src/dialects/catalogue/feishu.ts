// Feishu: token calls in JSON, and a number in every answer that is 0 when all is well.

import { NO_STORE } from '../common.ts'
import type { Dialect, RefusalShape } from '../dialect.ts'
import { BY_JSON, GOOD, JSON_FIELDS, PAGE, PAGE_FIELDS, TOKEN, TOKENS } from './common.ts'

const refuses: RefusalShape = {
  facts: { error: 'json error', error_description: 'json error_description' },
  otherwise: { status: 400, headers: NO_STORE },
  rows: {
    server_error: { status: 500, headers: NO_STORE },
    temporarily_unavailable: { status: 503, headers: NO_STORE },
  },
}

/** `variables: { domain: 'larksuite.com' }` for Lark; a refresh token comes with `offline_access`. */
export const feishu = {
  name: 'feishu',
  title: 'Feishu and Lark',
  documentation:
    'https://open.feishu.cn/document/authentication-management/access-token/get-user-access-token',
  servers: { production: 'https://open.{domain}' },
  variables: { domain: 'feishu.cn' },
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/open-apis/authen/v1/authorize',
      at: 'https://accounts.{domain}',
      reads: { ...PAGE_FIELDS, scope: 'query scope space', prompt: 'query prompt' },
    },
    token: {
      ...TOKEN,
      path: '/open-apis/authen/v2/oauth/token',
      reads: { ...BY_JSON, ...JSON_FIELDS },
      answers: {
        ...GOOD,
        facts: {
          ...TOKENS,
          refresh_expires_at: 'json refresh_token_expires_in seconds',
          scope: 'json scope space',
        },
        says: { code: 0 },
      },
      refuses,
    },
  },
} as const satisfies Dialect
