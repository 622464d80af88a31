// WeChat: everything by GET, names of its own, refusals that are numbers with status 200.

import type { Dialect, RefusalShape } from '../dialect.ts'
import { BARE_PAGE_FIELDS, GOOD, PAGE, TOKENS } from './common.ts'

const refuses: RefusalShape = {
  facts: { error: 'json errcode', error_description: 'json errmsg' },
  otherwise: { status: 200 },
  rows: {
    invalid_client: { status: 200, error: ['40125', '40013'] },
    invalid_grant: { status: 200, error: ['40029', '40163', '40030', '42002'] },
    invalid_token: { status: 200, error: ['40001', '42001'] },
    temporarily_unavailable: { status: 200, error: ['-1', '45011'] },
  },
}

const answers = {
  ...GOOD,
  facts: {
    access_token: 'json access_token',
    access_expires_at: TOKENS.access_expires_at,
    refresh_token: 'json refresh_token',
    scope: 'json scope comma',
  },
} as const

/** Websites; `userinfo` wants `fields: { openid }` too, which the token answer has in `extra`. */
export const wechat = {
  name: 'wechat',
  title: 'WeChat',
  documentation:
    'https://developers.weixin.qq.com/doc/oplatform/en/Website_App/WeChat_Login/Wechat_Login.html',
  servers: { production: 'https://api.weixin.qq.com' },
  pkce: false,
  serve: false,
  because: 'Secrets, codes and tokens travel in the query, and tokens are asked for by GET.',
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/connect/qrconnect',
      at: 'https://open.weixin.qq.com',
      reads: { ...BARE_PAGE_FIELDS, client_id: 'query appid', scope: 'query scope comma' },
    },
    token: {
      does: 'token',
      methods: ['GET'],
      path: '/sns/oauth2/access_token',
      grants: ['authorization_code'],
      reads: {
        client_id: 'query appid',
        client_secret: 'query secret',
        code: 'query code',
        grant_type: 'query grant_type',
      },
      answers,
      refuses,
    },
    refresh: {
      does: 'token',
      methods: ['GET'],
      path: '/sns/oauth2/refresh_token',
      grants: ['refresh_token'],
      reads: {
        client_id: 'query appid',
        refresh_token: 'query refresh_token',
        grant_type: 'query grant_type',
      },
      answers,
      refuses,
    },
    userinfo: {
      does: 'userinfo',
      methods: ['GET'],
      path: '/sns/userinfo',
      reads: { access_token: 'query access_token' },
      answers: { ...GOOD, facts: { sub: 'json openid', name: 'json nickname' } },
      refuses,
    },
  },
} as const satisfies Dialect
