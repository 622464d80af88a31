// Bolt's OAuth, as its Python SDKs (bolt_embedded_api, bolt_api_sdk) and shop plugins speak it.

import { CACHED, NO_STORE, PAGE_READS } from './common.ts'
import type { Dialect, RefusalShape } from './dialect.ts'

// The SDKs type 400, 403 and 422 and nothing else: a refusal has one of these.
const refuses: RefusalShape = {
  facts: { error: 'json error', error_description: 'json error_description' },
  otherwise: { status: 400, headers: NO_STORE },
  rows: {
    invalid_client: { status: 403, error: 'request_forbidden', headers: NO_STORE },
    access_denied: { status: 403, error: 'request_forbidden', headers: NO_STORE },
    invalid_request: { status: 400, headers: NO_STORE },
    invalid_grant: { status: 422, headers: NO_STORE },
    invalid_target: { status: 400, error: 'invalid_request', headers: NO_STORE },
    unauthorized_client: { status: 403, error: 'request_forbidden', headers: NO_STORE },
    unsupported_grant_type: { status: 403, headers: NO_STORE },
    server_error: { status: 500, headers: NO_STORE },
    temporarily_unavailable: { status: 503, headers: NO_STORE },
  },
  reasons: {
    body_type_wrong: { status: 400, headers: NO_STORE },
  },
}

/** `POST /v1/oauth/token`, a form with the client's secret in it. */
export const bolt = {
  name: 'bolt',
  title: 'Bolt',
  documentation: 'https://help.bolt.com/developers/bolt-oauth',
  servers: {
    production: 'https://api.bolt.com',
    sandbox: 'https://api-sandbox.bolt.com',
    staging: 'https://api-staging.bolt.com',
  },
  scopes: {
    'bolt.account.view': 'See your Bolt account: addresses, payment methods and the like',
    'bolt.account.manage': 'See, change and delete what is in your Bolt account',
  },
  policy: {
    lifetimes: { code: 300, access_token: 3600, refresh_token: 31_536_000 },
    scopeAtExchange: 'narrows',
    scopeAtRefresh: ['bolt.account.view'],
    implies: { 'bolt.account.manage': ['bolt.account.view'] },
    // PHP plugins look the client id up in a list, and Demandware reads RSA of 4096 bits only.
    idToken: {
      audience: 'array',
      claims: {
        first_name: 'given_name',
        last_name: 'family_name',
        email: 'email',
        email_verified: 'email_verified',
      },
      rsaBits: 4096,
    },
    // Plugins send the last of the publishable key's three sections, the SDKs the whole key.
    clientIdSection: 'last',
  },
  // The plugins' test suites begin with it: the API key alone says which merchant it is for.
  newPerson: {
    does: 'authorize',
    isCall: true,
    methods: ['POST'],
    path: '/v1/testing/shopper/create',
    headers: ['X-Publishable-Key'],
    reads: { client_secret: 'header x-api-key', client_id: 'header x-publishable-key' },
    answers: {
      status: 200,
      headers: NO_STORE,
      facts: {
        email: 'json email',
        phone: 'json phone',
        code: 'json oauth_code',
        ends_at: 'json will_deactivate_at iso',
      },
      says: {
        email_state: 'verified',
        phone_state: 'verified',
        otp_code: '123456',
        migrated_merchant_owner_id: '',
      },
    },
    refuses,
  },
  operations: {
    authorize: {
      does: 'authorize',
      methods: ['GET'],
      path: '/v1/oauth/authorize',
      reads: {
        client_id: 'query client_id',
        redirect_uri: 'query redirect_uri',
        response_type: 'query response_type',
        scope: 'query scope loose',
        state: 'query state',
        nonce: 'query nonce',
        ...PAGE_READS,
      },
      // Magento refuses a redirect without code, scope and state.
      answers: {
        status: 302,
        facts: {
          code: 'query code',
          scope: 'query scope space',
          error: 'query error',
          error_description: 'query error_description',
          state: 'query state',
          iss: 'query iss',
        },
        headers: { 'cache-control': 'no-store' },
      },
      refuses,
    },
    token: {
      does: 'token',
      methods: ['POST'],
      path: '/v1/oauth/token',
      grants: ['authorization_code', 'refresh_token'],
      needs: ['scope'],
      headers: ['X-Publishable-Key', 'X-API-Key', 'Authorization'],
      names: { oAuthToken: 'any' },
      reads: {
        grant_type: 'form grant_type',
        client_id: 'form client_id',
        client_secret: 'form client_secret',
        code: 'form code',
        code_verifier: 'form code_verifier',
        refresh_token: 'form refresh_token',
        scope: 'form scope loose',
        state: 'form state',
      },
      answers: {
        status: 200,
        headers: NO_STORE,
        facts: {
          access_token: 'json access_token',
          access_expires_at: 'json expires_in seconds',
          id_token: 'json id_token',
          refresh_token: 'json refresh_token',
          scope: 'json scope space',
        },
        says: { token_type: 'bearer', refresh_token_scope: 'bolt.account.view' },
      },
      refuses,
    },
    jwks: {
      does: 'jwks',
      methods: ['GET'],
      path: '/v1/oauth/jwks.json',
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
  },
} as const satisfies Dialect
