// The "O Auth Authorization" controller that APIMatic generates: Basic without encoding, two token paths.

import { NO_STORE, PAGE_READS, REDIRECT } from './common.ts'
import type { AnswerShape, Dialect, Operation, RefusalShape } from './dialect.ts'

// The SDK's enumeration has six codes; 401 is for client authentication alone.
const refuses: RefusalShape = {
  facts: { error: 'json error', error_description: 'json error_description' },
  otherwise: { status: 400, headers: NO_STORE },
  rows: {
    unauthorized_client: { status: 400, headers: NO_STORE },
    invalid_request: { status: 400, headers: NO_STORE },
    access_denied: { status: 400, error: 'unauthorized_client', headers: NO_STORE },
    invalid_client: {
      status: 401,
      headers: { ...NO_STORE, 'www-authenticate': 'Basic realm="{issuer}"' },
    },
    invalid_target: { status: 400, error: 'invalid_request', headers: NO_STORE },
    server_error: { status: 500, headers: NO_STORE },
    temporarily_unavailable: { status: 503, headers: NO_STORE },
  },
}

const client = {
  client_id: 'basic-raw client_id',
  client_secret: 'basic-raw client_secret',
} as const satisfies Operation['reads']

const answers: AnswerShape = {
  status: 200,
  headers: NO_STORE,
  facts: {
    access_token: 'json access_token',
    token_type: 'json token_type',
    access_expires_at: 'json expires_in seconds',
    scope: 'json scope space',
    refresh_token: 'json refresh_token',
  },
}

/** `POST /oauth2/auth-server/request_token` and `POST /oauth2/non-auth-server/token`. */
export const apimatic = {
  name: 'apimatic',
  title: 'APIMatic “O Auth Authorization”',
  policy: {},
  operations: {
    authorize: {
      does: 'authorize',
      methods: ['GET'],
      path: '/oauth/authorize',
      reads: {
        client_id: 'query client_id',
        redirect_uri: 'query redirect_uri',
        response_type: 'query response_type',
        scope: 'query scope space',
        state: 'query state',
        ...PAGE_READS,
      },
      answers: {
        status: 302,
        ...REDIRECT,
      },
      refuses,
    },
    client_credentials: {
      does: 'token',
      methods: ['POST'],
      path: '/oauth2/auth-server/request_token',
      grants: ['client_credentials'],
      headers: ['Authorization'],
      names: { requestTokenOAuthCcg: 'client_credentials' },
      reads: { ...client, grant_type: 'form grant_type', scope: 'form scope space' },
      answers,
      refuses,
    },
    token: {
      does: 'token',
      methods: ['POST'],
      path: '/oauth2/non-auth-server/token',
      grants: ['authorization_code', 'refresh_token', 'password'],
      headers: ['Authorization'],
      names: {
        requestTokenOAuthAcg: 'authorization_code',
        refreshTokenOAuthAcg: 'refresh_token',
        requestTokenOAuthRopcg: 'password',
        refreshTokenOAuthRopcg: 'refresh_token',
      },
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
      },
      answers,
      refuses,
    },
  },
} as const satisfies Dialect
