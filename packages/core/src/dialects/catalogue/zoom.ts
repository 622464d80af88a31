// Zoom: a refusal's sentence is its reason, and the answer says where the API is.

import { REFUSES_BEARER } from '../bearer-refusals.ts'
import { AS_THEY_ARE } from '../common.ts'
import type { Dialect, RefusalShape } from '../dialect.ts'
import { REFUSES } from '../refusals.ts'
import { BY_BASIC, CALL, FORM_FIELDS, GOOD, PAGE, PAGE_FIELDS, TOKEN, TOKENS } from './common.ts'

const refuses: RefusalShape = {
  ...REFUSES,
  facts: { error: 'json error', error_description: 'json reason' },
}

/** User-authorized apps; `extra.api_url` is where the person’s API is. */
export const zoom = {
  name: 'zoom',
  title: 'Zoom',
  documentation: 'https://developers.zoom.us/docs/integrations/oauth/',
  servers: { production: 'https://zoom.us' },
  policy: { userinfo: 'any' },
  operations: {
    authorize: { ...PAGE, path: '/oauth/authorize', reads: PAGE_FIELDS },
    token: {
      ...TOKEN,
      path: '/oauth/token',
      reads: { ...BY_BASIC, ...FORM_FIELDS },
      answers: { ...GOOD, facts: { ...TOKENS, scope: 'json scope space' } },
      refuses,
    },
    revoke: {
      ...CALL,
      does: 'revoke',
      path: '/oauth/revoke',
      reads: { ...BY_BASIC, token: 'form token' },
      answers: AS_THEY_ARE,
      refuses,
    },
    userinfo: {
      does: 'userinfo',
      methods: ['GET'],
      path: '/v2/users/me',
      at: 'https://api.zoom.us',
      reads: { access_token: 'bearer token' },
      answers: {
        ...GOOD,
        facts: { sub: 'json id', name: 'json display_name', email: 'json email' },
      },
      refuses: REFUSES_BEARER,
    },
  },
} as const satisfies Dialect
