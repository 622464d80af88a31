// Cal.com's platform OAuth (API v2): JSON, an envelope, the code in the Authorization header.

import { NO_STORE } from './common.ts'
import type { Dialect, Operation, RefusalRow, RefusalShape } from './dialect.ts'

/** A refusal as NestJS writes it: the exception's name, and the status with its phrase. */
function refusal(status: number, code: string, phrase: string, sentence?: string): RefusalRow {
  return {
    status,
    says: { 'error.code': code, 'error.details.error': phrase },
    headers: NO_STORE,
    ...(sentence !== undefined && { sentence }),
  }
}

const bad = (sentence?: string) => refusal(400, 'BadRequestException', 'Bad Request', sentence)
const unauthorized = (sentence?: string) =>
  refusal(401, 'UnauthorizedException', 'Unauthorized', sentence)
const forbidden = (sentence?: string) => refusal(403, 'ForbiddenException', 'Forbidden', sentence)

const refuses: RefusalShape = {
  facts: {
    error_description: ['json error.message', 'json error.details.message'],
    at: 'json timestamp iso',
    path: 'json path',
    status: 'json error.details.statusCode',
  },
  says: { status: 'error' },
  otherwise: bad(),
  rows: {
    access_denied: forbidden(),
    server_error: refusal(500, 'InternalServerErrorException', 'Internal Server Error'),
    temporarily_unavailable: refusal(503, 'ServiceUnavailableException', 'Service Unavailable'),
  },
}

const NOT_FOUND = "OAuth client with ID '{client_id}' not found"

const refusesAuthorize: RefusalShape = {
  ...refuses,
  rows: {
    ...refuses.rows,
    invalid_client: bad(NOT_FOUND),
    unauthorized_client: bad(NOT_FOUND),
    login_required: unauthorized('NextAuthStrategy - Authentication token is missing or invalid.'),
    consent_required: forbidden(),
  },
  reasons: {
    code_outstanding: bad(
      'User with id={user_id} has already authorized client with id={client_id}.',
    ),
    redirect_mismatch: bad("Invalid 'redirect_uri' value."),
    redirect_needed: bad("Invalid 'redirect_uri' value."),
  },
}

// One query upstream looks for id, secret and code together, so one sentence says that it failed.
const refusesExchange: RefusalShape = {
  ...refuses,
  rows: {
    ...refuses.rows,
    invalid_client: bad('Invalid OAuth Client.'),
    invalid_grant: bad('Invalid OAuth Client.'),
    unauthorized_client: bad('Invalid OAuth Client.'),
  },
  reasons: { field_missing: bad("Missing 'Bearer' Authorization header.") },
}

const refusesRefresh: RefusalShape = {
  ...refuses,
  rows: {
    ...refuses.rows,
    invalid_client: unauthorized('Invalid client secret'),
    invalid_grant: bad('Invalid refresh token'),
    unauthorized_client: unauthorized('Invalid client secret'),
  },
}

// The SDK refreshes on 498 and on nothing else.
const refusesMe: RefusalShape = {
  ...refuses,
  rows: {
    ...refuses.rows,
    insufficient_scope: forbidden(),
    invalid_token: unauthorized('Invalid Access Token.'),
    token_missing: unauthorized('Invalid Access Token.'),
  },
  reasons: {
    token_expired: {
      ...refusal(498, 'TokenExpiredException', '', 'ACCESS_TOKEN_IS_EXPIRED'),
      code: 'invalid_token',
    },
  },
}

const answers: Operation['answers'] = {
  status: 200,
  headers: NO_STORE,
  facts: {
    access_token: 'json data.accessToken',
    refresh_token: 'json data.refreshToken',
    access_expires_at: 'json data.accessTokenExpiresAt unix_ms',
    refresh_expires_at: 'json data.refreshTokenExpiresAt unix_ms',
  },
  says: { status: 'success' },
}

/** `POST /v2/oauth/{clientId}/authorize`, `/exchange` and `/refresh`, and `GET /v2/me`. */
export const cal = {
  name: 'cal',
  title: 'Cal.com',
  documentation: 'https://cal.com/docs/api-reference/v2/introduction',
  servers: { production: 'https://api.cal.com' },
  policy: {
    lifetimes: { code: 600, access_token: 3600, refresh_token: 31_536_000 },
    rounding: { access_token: 60, refresh_token: 86_400 },
    oneCode: true,
    expired: 'told',
    userinfo: 'any',
  },
  operations: {
    authorize: {
      does: 'authorize',
      isCall: true,
      methods: ['POST'],
      path: '/v2/oauth/{clientId}/authorize',
      names: { oAuthFlowControllerAuthorize: 'any' },
      means: { response_type: 'code' },
      reads: {
        client_id: 'path clientId',
        redirect_uri: 'json redirectUri',
        code_challenge: 'json code_challenge',
        code_challenge_method: 'json code_challenge_method',
      },
      // urllib3 sends the POST on to the redirect URI after a 302; after a 303 it would not.
      answers: {
        status: 302,
        facts: { code: 'query code', iss: 'query iss' },
        headers: { 'cache-control': 'no-store' },
      },
      refuses: refusesAuthorize,
    },
    exchange: {
      does: 'token',
      methods: ['POST'],
      path: '/v2/oauth/{clientId}/exchange',
      grants: ['authorization_code'],
      headers: ['Authorization'],
      names: { oAuthFlowControllerExchange: 'authorization_code' },
      means: { grant_type: 'authorization_code' },
      reads: {
        client_id: 'path clientId',
        client_secret: 'json clientSecret',
        code: 'authorization token',
        code_verifier: 'json code_verifier',
      },
      answers,
      refuses: refusesExchange,
    },
    refresh: {
      does: 'token',
      methods: ['POST'],
      path: '/v2/oauth/{clientId}/refresh',
      grants: ['refresh_token'],
      headers: ['x-cal-secret-key'],
      names: { oAuthFlowControllerRefreshAccessToken: 'refresh_token' },
      means: { grant_type: 'refresh_token' },
      reads: {
        client_id: 'path clientId',
        client_secret: 'header x-cal-secret-key',
        refresh_token: 'json refreshToken',
      },
      answers,
      refuses: refusesRefresh,
    },
    me: {
      does: 'userinfo',
      methods: ['GET'],
      path: '/v2/me',
      reads: { access_token: 'bearer token' },
      answers: {
        status: 200,
        headers: NO_STORE,
        facts: {
          sub: 'json data.id',
          preferred_username: 'json data.username',
          name: 'json data.name',
          email: 'json data.email',
        },
        says: { status: 'success' },
      },
      refuses: refusesMe,
    },
  },
} as const satisfies Dialect
