// Facebook: tokens are asked for by GET with the secret in the query; refusals are numbered.

import type { Dialect, Operation, RefusalShape } from '../dialect.ts'
import { REFUSES } from '../refusals.ts'
import { BARE_PAGE_FIELDS, GOOD, PAGE } from './common.ts'

const refuses: RefusalShape = {
  ...REFUSES,
  facts: { error: 'json error.code', error_description: 'json error.message' },
  rows: {
    invalid_client: { status: 400, error: '101' },
    invalid_grant: { status: 400, error: '190' },
  },
}

const client = { client_id: 'query client_id', client_secret: 'query client_secret' } as const

// There are no refresh tokens: a token that still lives is exchanged for a fresh one.
const answers = {
  ...GOOD,
  facts: {
    refresh_token: 'json access_token',
    access_token: 'json access_token',
    token_type: 'json token_type',
    access_expires_at: 'json expires_in seconds',
  },
} as const satisfies Operation['answers']

/** `variables: { version }` is the version of the Graph API. */
export const facebook = {
  name: 'facebook',
  title: 'Facebook',
  documentation: 'https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow',
  servers: { production: 'https://graph.facebook.com' },
  variables: { version: 'v23.0' },
  pkce: false,
  serve: false,
  because: 'Secrets, codes and tokens travel in the query, and tokens are asked for by GET.',
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/{version}/dialog/oauth',
      at: 'https://www.facebook.com',
      reads: { ...BARE_PAGE_FIELDS, scope: 'query scope comma' },
    },
    token: {
      does: 'token',
      methods: ['GET'],
      path: '/{version}/oauth/access_token',
      grants: ['authorization_code'],
      means: { grant_type: 'authorization_code' },
      reads: { ...client, code: 'query code', redirect_uri: 'query redirect_uri' },
      answers,
      refuses,
    },
    refresh: {
      does: 'token',
      methods: ['GET'],
      path: '/{version}/oauth/access_token',
      grants: ['refresh_token'],
      means: { grant_type: 'refresh_token' },
      adds: { 'query grant_type': 'fb_exchange_token' },
      reads: { ...client, refresh_token: 'query fb_exchange_token' },
      answers,
      refuses,
    },
    userinfo: {
      does: 'userinfo',
      methods: ['GET'],
      path: '/{version}/me',
      adds: { 'query fields': 'id,name,email' },
      reads: { access_token: 'bearer token' },
      answers: {
        ...GOOD,
        facts: { sub: 'json id', name: 'json name', email: 'json email' },
      },
      refuses: { ...refuses, rows: { invalid_token: { status: 400, error: '190' } } },
    },
  },
} as const satisfies Dialect
