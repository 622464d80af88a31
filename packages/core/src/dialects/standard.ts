// The standard dialect: OAuth 2.1 and OpenID Connect as the RFCs spell them.

import { REFUSES_BEARER } from './bearer-refusals.ts'
import { AS_THEY_ARE, CACHED, NO_STORE, REDIRECT } from './common.ts'
import type { Dialect, Operation, Spot } from './dialect.ts'
import { REFUSES } from './refusals.ts'

const client = {
  client_id: ['basic client_id', 'form client_id'],
  client_secret: ['basic client_secret', 'form client_secret'],
  client_assertion: 'form client_assertion',
  client_assertion_type: 'form client_assertion_type',
} as const satisfies Operation['reads']

function either<N extends string>(name: N): readonly Spot[] {
  return [`query ${name}`, `form ${name}`]
}

const authorizeFields = [
  'acr_values',
  'claims',
  'claims_locales',
  'client_id',
  'code_challenge',
  'code_challenge_method',
  'display',
  'id_token_hint',
  'login_hint',
  'max_age',
  'nonce',
  'prompt',
  'redirect_uri',
  'registration',
  'request',
  'request_uri',
  'response_mode',
  'response_type',
  'state',
  'ui_locales',
] as const

const logoutFields = [
  'client_id',
  'id_token_hint',
  'logout_hint',
  'post_logout_redirect_uri',
  'state',
  'ui_locales',
] as const

function eitherOf(names: readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, either(name)])) as Operation['reads']
}

/** OAuth 2.1 and OpenID Connect; every path is found through its metadata. */
export const standard = {
  name: 'standard',
  title: 'OAuth 2.1 and OpenID Connect',
  policy: { exactClientAuth: true, offlineAccess: 'asked', rootDiscovery: true },
  operations: {
    authorize: {
      does: 'authorize',
      methods: ['GET', 'POST'],
      path: '/authorize',
      reads: {
        ...eitherOf(authorizeFields),
        scope: ['query scope space', 'form scope space'],
        resource: ['query resource list', 'form resource list'],
      },
      answers: {
        status: 303,
        ...REDIRECT,
      },
      refuses: REFUSES,
    },
    token: {
      does: 'token',
      methods: ['POST'],
      path: '/token',
      reads: {
        ...client,
        grant_type: 'form grant_type',
        code: 'form code',
        redirect_uri: 'form redirect_uri',
        code_verifier: 'form code_verifier',
        refresh_token: 'form refresh_token',
        username: 'form username',
        password: 'form password',
        scope: 'form scope space',
        resource: 'form resource list',
      },
      answers: {
        status: 200,
        headers: NO_STORE,
        facts: {
          access_token: 'json access_token',
          token_type: 'json token_type',
          access_expires_at: 'json expires_in seconds',
          refresh_token: 'json refresh_token',
          scope: 'json scope space',
          id_token: 'json id_token',
        },
      },
      refuses: REFUSES,
    },
    revoke: {
      does: 'revoke',
      methods: ['POST'],
      path: '/revoke',
      reads: { ...client, token: 'form token', token_type_hint: 'form token_type_hint' },
      answers: AS_THEY_ARE,
      refuses: REFUSES,
    },
    introspect: {
      does: 'introspect',
      methods: ['POST'],
      path: '/introspect',
      reads: { ...client, token: 'form token', token_type_hint: 'form token_type_hint' },
      answers: AS_THEY_ARE,
      refuses: REFUSES,
    },
    userinfo: {
      does: 'userinfo',
      methods: ['GET', 'POST'],
      path: '/userinfo',
      reads: { access_token: ['bearer token', 'form access_token'] },
      answers: AS_THEY_ARE,
      refuses: REFUSES_BEARER,
    },
    logout: {
      does: 'logout',
      methods: ['GET', 'POST'],
      path: '/logout',
      reads: eitherOf(logoutFields),
      answers: { status: 303, facts: 'as they are', headers: { 'cache-control': 'no-store' } },
      refuses: REFUSES,
    },
    jwks: {
      does: 'jwks',
      methods: ['GET'],
      path: '/jwks',
      reads: {},
      answers: CACHED,
      refuses: REFUSES,
    },
    openid_configuration: {
      does: 'metadata',
      methods: ['GET'],
      path: '/.well-known/openid-configuration',
      reads: {},
      answers: CACHED,
      refuses: REFUSES,
    },
    oauth_authorization_server: {
      does: 'metadata',
      methods: ['GET'],
      path: '/.well-known/oauth-authorization-server',
      reads: {},
      answers: CACHED,
      refuses: REFUSES,
    },
  },
} as const satisfies Dialect
