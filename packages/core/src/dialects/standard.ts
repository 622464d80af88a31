// The standard dialect: OAuth 2.1 and OpenID Connect as the RFCs spell them.

import { CACHED, NO_STORE, REDIRECT } from './common.ts'
import type { AnswerShape, Dialect, Operation, RefusalShape, Spot } from './dialect.ts'

const client = {
  client_id: ['basic client_id', 'form client_id'],
  client_secret: ['basic client_secret', 'form client_secret'],
  client_assertion: 'form client_assertion',
  client_assertion_type: 'form client_assertion_type',
} as const satisfies Operation['reads']

const refuses: RefusalShape = {
  facts: {
    error: 'json error',
    error_description: 'json error_description',
    error_uri: 'json error_uri',
  },
  otherwise: { status: 400, headers: NO_STORE },
  rows: {
    invalid_client: {
      status: 401,
      headers: { ...NO_STORE, 'www-authenticate': 'Basic realm="{issuer}"' },
    },
    server_error: { status: 500, headers: NO_STORE },
    temporarily_unavailable: { status: 503, headers: NO_STORE },
  },
}

function bearerRow(status: number) {
  return {
    status,
    headers: {
      ...NO_STORE,
      'www-authenticate': 'Bearer error="{error}", error_description="{description}"',
    },
  }
}

// RFC 6750 §3.1: a request without any token is told the scheme and nothing else.
const refusesBearer: RefusalShape = {
  ...refuses,
  rows: {
    ...refuses.rows,
    insufficient_scope: bearerRow(403),
    invalid_request: bearerRow(400),
    invalid_token: bearerRow(401),
    token_missing: {
      status: 401,
      headers: { ...NO_STORE, 'www-authenticate': 'Bearer' },
      body: false,
    },
  },
}

const asTheyAre: AnswerShape = { status: 200, facts: 'as they are', headers: NO_STORE }

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
      refuses,
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
      refuses,
    },
    revoke: {
      does: 'revoke',
      methods: ['POST'],
      path: '/revoke',
      reads: { ...client, token: 'form token', token_type_hint: 'form token_type_hint' },
      answers: asTheyAre,
      refuses,
    },
    introspect: {
      does: 'introspect',
      methods: ['POST'],
      path: '/introspect',
      reads: { ...client, token: 'form token', token_type_hint: 'form token_type_hint' },
      answers: asTheyAre,
      refuses,
    },
    userinfo: {
      does: 'userinfo',
      methods: ['GET', 'POST'],
      path: '/userinfo',
      reads: { access_token: ['bearer token', 'form access_token'] },
      answers: asTheyAre,
      refuses: refusesBearer,
    },
    logout: {
      does: 'logout',
      methods: ['GET', 'POST'],
      path: '/logout',
      reads: eitherOf(logoutFields),
      answers: { status: 303, facts: 'as they are', headers: { 'cache-control': 'no-store' } },
      refuses,
    },
    jwks: {
      does: 'jwks',
      methods: ['GET'],
      path: '/jwks',
      reads: {},
      answers: CACHED,
      refuses,
    },
    openid_configuration: {
      does: 'metadata',
      methods: ['GET'],
      path: '/.well-known/openid-configuration',
      reads: {},
      answers: CACHED,
      refuses,
    },
    oauth_authorization_server: {
      does: 'metadata',
      methods: ['GET'],
      path: '/.well-known/oauth-authorization-server',
      reads: {},
      answers: CACHED,
      refuses,
    },
  },
} as const satisfies Dialect
