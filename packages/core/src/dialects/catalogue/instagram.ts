// Instagram: an access token is its own refresh token, and is renewed by a GET with it in the query.

import type { Dialect, RefusalShape } from '../dialect.ts'
import { REFUSES } from '../refusals.ts'
import { BARE_PAGE_FIELDS, BY_FORM, GOOD, PAGE, TOKEN } from './common.ts'

const refusesGraph: RefusalShape = {
  ...REFUSES,
  facts: { error: 'json error.code', error_description: 'json error.message' },
  rows: { invalid_token: { status: 400, error: '190' } },
}

/** `refresh` takes a long-lived token: the call that makes one of the first is for your own fetch. */
export const instagram = {
  name: 'instagram',
  title: 'Instagram',
  documentation:
    'https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login',
  servers: { production: 'https://api.instagram.com' },
  pkce: false,
  serve: false,
  because:
    'Access tokens travel in the query, are renewed by GET and are their own refresh tokens.',
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/oauth/authorize',
      at: 'https://www.instagram.com',
      reads: { ...BARE_PAGE_FIELDS, scope: 'query scope comma' },
    },
    token: {
      ...TOKEN,
      path: '/oauth/access_token',
      grants: ['authorization_code'],
      reads: {
        ...BY_FORM,
        grant_type: 'form grant_type',
        code: 'form code',
        redirect_uri: 'form redirect_uri',
      },
      answers: {
        ...GOOD,
        facts: { access_token: 'json access_token', scope: 'json permissions comma' },
      },
      refuses: {
        ...REFUSES,
        facts: { error: 'json error_type', error_description: 'json error_message' },
      },
    },
    refresh: {
      ...TOKEN,
      path: '/refresh_access_token',
      at: 'https://graph.instagram.com',
      methods: ['GET'],
      grants: ['refresh_token'],
      means: { grant_type: 'refresh_token' },
      adds: { 'query grant_type': 'ig_refresh_token' },
      reads: { refresh_token: 'query access_token' },
      answers: {
        ...GOOD,
        facts: {
          refresh_token: 'json access_token',
          access_token: 'json access_token',
          token_type: 'json token_type',
          access_expires_at: 'json expires_in seconds',
        },
      },
      refuses: refusesGraph,
    },
    userinfo: {
      does: 'userinfo',
      methods: ['GET'],
      path: '/me',
      at: 'https://graph.instagram.com',
      adds: { 'query fields': 'user_id,username,name' },
      reads: { access_token: 'query access_token' },
      answers: {
        ...GOOD,
        facts: { sub: 'json user_id', preferred_username: 'json username', name: 'json name' },
      },
      refuses: refusesGraph,
    },
  },
} as const satisfies Dialect
