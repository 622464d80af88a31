// TikTok: the client's id is its key, scopes have commas, paths end with a slash.

import { AS_THEY_ARE } from '../common.ts'
import type { Dialect } from '../dialect.ts'
import { CALL, FORM_FIELDS, GOOD, PAGE, PAGE_FIELDS, TOKEN, TOKENS } from './common.ts'

const client = { client_id: 'form client_key', client_secret: 'form client_secret' } as const

// Its PKCE, for desktop apps alone, has challenges in hexadecimal digits: that is no S256.
/** Login Kit for the web; `extra.open_id` is who signed in. */
export const tiktok = {
  name: 'tiktok',
  title: 'TikTok',
  documentation: 'https://developers.tiktok.com/doc/oauth-user-access-token-management',
  servers: { production: 'https://open.tiktokapis.com' },
  pkce: false,
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/v2/auth/authorize/',
      at: 'https://www.tiktok.com',
      reads: { ...PAGE_FIELDS, client_id: 'query client_key', scope: 'query scope comma' },
    },
    token: {
      ...TOKEN,
      path: '/v2/oauth/token/',
      reads: { ...client, ...FORM_FIELDS },
      answers: {
        ...GOOD,
        facts: {
          ...TOKENS,
          refresh_expires_at: 'json refresh_expires_in seconds',
          scope: 'json scope comma',
        },
      },
    },
    revoke: {
      ...CALL,
      does: 'revoke',
      path: '/v2/oauth/revoke/',
      reads: { ...client, token: 'form token' },
      answers: AS_THEY_ARE,
    },
  },
} as const satisfies Dialect
