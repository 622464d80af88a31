// Refusal: the one error the protocol throws, and the table of reasons for it.

import type { ErrorCode } from './oauth.ts'
import type { Plan } from './store.ts'

/** What the caller hears about a reason, what really was the matter, and how to mend it. */
export type ReasonRow = {
  code: ErrorCode
  /** What anybody may hear: nothing that helps a guesser. */
  says: string
  /** What a developer reads in dev mode: the cause and the mend. */
  fix: string
  /** Only where the status is not the dialect's to choose (413, 415, 429). */
  status?: number
}

function row(code: ErrorCode, says: string, fix: string, status?: number): ReasonRow {
  return status === undefined ? { code, says, fix } : { code, says, fix, status }
}

const BAD_CLIENT = 'Client authentication failed.'
const BAD_CODE = 'The authorization code is wrong, expired or was already used.'
const BAD_REFRESH = 'The refresh token is wrong, expired or was already used.'
const GRANT_OVER = 'The grant is no longer valid.'
const BAD_TOKEN = 'The access token is wrong, expired or was revoked.'

/** Every reason for a refusal: its code, the sentence for the caller, the mend for a developer. */
export const REASONS = {
  // framing
  body_too_large: row('invalid_request', 'The body is too large.', 'Send less than 64 KiB.', 413),
  body_type_wrong: row(
    'invalid_request',
    'The content type of the body is not the one that this endpoint reads.',
    'Send the body as this endpoint expects it: usually application/x-www-form-urlencoded in UTF-8.',
    415,
  ),
  body_unreadable: row(
    'invalid_request',
    'The body cannot be read.',
    'Check the percent-encoding or the JSON of the body.',
  ),
  field_malformed: row(
    'invalid_request',
    'A parameter is of the wrong type.',
    'Send text where text is expected, and a list where a list is.',
  ),
  field_missing: row(
    'invalid_request',
    'A required parameter is missing.',
    'Add the parameter that is named in the details.',
  ),
  field_repeated: row(
    'invalid_request',
    'A parameter was sent more than once.',
    'Send each parameter once, in one place.',
  ),
  not_found: row(
    'invalid_request',
    'Nothing is here.',
    'Check the path: the metadata document lists every endpoint.',
    404,
  ),
  header_repeated: row(
    'invalid_request',
    'A header was sent more than once.',
    'Send Authorization and Content-Type once.',
  ),
  secret_in_query: row(
    'invalid_request',
    'Secrets and tokens must not be sent in the query.',
    'Send them in the body or in the Authorization header, and change the secret that was exposed.',
  ),
  too_many_failures: row(
    'temporarily_unavailable',
    'Too many failed attempts. Try again later.',
    'Wait for the time in Retry-After.',
    429,
  ),
  // the client
  assertion_replayed: row(
    'invalid_client',
    BAD_CLIENT,
    'The jti of this client assertion was used before: make a new assertion for each call.',
  ),
  assertion_wrong: row(
    'invalid_client',
    BAD_CLIENT,
    'The client assertion does not verify: check its key, alg, iss, sub, aud, exp (at most an hour ahead) and jti.',
  ),
  client_ambiguous: row(
    'invalid_request',
    'The client authenticated in more than one way.',
    'Use one way of client authentication: either the header or the body.',
  ),
  client_disabled: row('invalid_client', BAD_CLIENT, 'This client is disabled.'),
  client_method_wrong: row(
    'invalid_client',
    BAD_CLIENT,
    'The client is registered for another token_endpoint_auth_method than the one it used.',
  ),
  client_missing: row(
    'invalid_client',
    BAD_CLIENT,
    'Send client_id, with the credentials that the client is registered for.',
  ),
  client_not_in_dialect: row(
    'unauthorized_client',
    'The client may not use this endpoint.',
    'Add the dialect to the dialects of the client.',
  ),
  client_secret_wrong: row(
    'invalid_client',
    BAD_CLIENT,
    'The client secret is not the registered one.',
  ),
  client_unknown: row('invalid_client', BAD_CLIENT, 'No client has this client_id.'),
  grant_not_allowed: row(
    'unauthorized_client',
    'The client may not use this grant type.',
    'Add the grant type to the grant_types of the client.',
  ),
  grant_unknown: row(
    'unsupported_grant_type',
    'The grant type is not supported.',
    'Use authorization_code, refresh_token, client_credentials or password.',
  ),
  // codes
  code_expired: row(
    'invalid_grant',
    BAD_CODE,
    'The code was older than its lifetime: exchange it at once.',
  ),
  code_outstanding: row(
    'invalid_request',
    'The user has a code for this client that was not exchanged yet.',
    'Exchange the code that was minted, or wait until it has expired.',
  ),
  origin_foreign: row(
    'access_denied',
    'This may be called by pages of this server only.',
    'Call it from the same origin, or without an Origin header.',
    403,
  ),
  code_other_client: row('invalid_grant', BAD_CODE, 'The code was made for another client.'),
  code_other_dialect: row(
    'invalid_grant',
    BAD_CODE,
    'The code was made in another dialect: exchange it there.',
  ),
  code_reused: row(
    'invalid_grant',
    BAD_CODE,
    'The code was used before; all tokens that came from it are ended now.',
  ),
  code_spent: row('invalid_grant', BAD_CODE, 'The code was used up by wrong verifiers.'),
  code_unknown: row(
    'invalid_grant',
    BAD_CODE,
    'No such code: check that it arrived whole and unchanged.',
  ),
  redirect_missing: row(
    'invalid_grant',
    'The redirect URI is missing or is not the one of the authorization request.',
    'Send the redirect_uri of the authorization request at the token call too.',
  ),
  redirect_other: row(
    'invalid_grant',
    'The redirect URI is missing or is not the one of the authorization request.',
    'Send exactly the redirect_uri of the authorization request.',
  ),
  state_other: row(
    'invalid_request',
    'The state is not the one of the authorization request.',
    'Send the state that came with the code.',
  ),
  verifier_malformed: row(
    'invalid_request',
    'The code verifier is malformed.',
    'A verifier has 43 to 128 characters out of letters, digits and - . _ ~',
  ),
  verifier_missing: row(
    'invalid_grant',
    'The code verifier is missing.',
    'The code was asked for with a code_challenge: send its code_verifier.',
  ),
  verifier_unexpected: row(
    'invalid_grant',
    'The code verifier does not fit the authorization request.',
    'The code was asked for without a code_challenge: send one there, or no code_verifier here.',
  ),
  verifier_wrong: row(
    'invalid_grant',
    'The code verifier does not fit the authorization request.',
    'The SHA-256 of the verifier is not the code_challenge. Five wrong verifiers use the code up.',
  ),
  // refresh tokens
  family_ended: row(
    'invalid_grant',
    GRANT_OVER,
    'The tokens of this sign-in were ended: by logout, revocation or reuse.',
  ),
  grant_ended: row('invalid_grant', GRANT_OVER, 'The grant was withdrawn.'),
  refresh_differs: row(
    'invalid_grant',
    BAD_REFRESH,
    'A repeated refresh must ask for the same scope and resource as the first.',
  ),
  refresh_expired: row(
    'invalid_grant',
    BAD_REFRESH,
    'The refresh token is past its lifetime: sign in again.',
  ),
  refresh_other_client: row(
    'invalid_grant',
    BAD_REFRESH,
    'The refresh token was made for another client.',
  ),
  refresh_other_dialect: row(
    'invalid_grant',
    BAD_REFRESH,
    'The refresh token was made in another dialect: use it there.',
  ),
  refresh_raced: row(
    'invalid_grant',
    BAD_REFRESH,
    'Another call with the same refresh token was faster; use the tokens that it got.',
  ),
  refresh_reused: row(
    'invalid_grant',
    BAD_REFRESH,
    'The refresh token was used before and its window is over; all tokens of this sign-in are ended now.',
  ),
  refresh_unknown: row(
    'invalid_grant',
    BAD_REFRESH,
    'No such refresh token: check that it is whole and of this kind.',
  ),
  scope_lost: row(
    'invalid_grant',
    GRANT_OVER,
    'The client may no longer ask for what this token was made for.',
  ),
  user_disabled: row(
    'invalid_grant',
    GRANT_OVER,
    'The user is disabled, or its credentials changed since.',
  ),
  // scope and resource
  resource_unknown: row(
    'invalid_target',
    'The resource is unknown or not covered by the grant.',
    'Register the resource, and ask for it at authorize.',
  ),
  scope_malformed: row(
    'invalid_scope',
    'The scope is malformed.',
    'Scope values are separated by one space and have no quotes or backslashes.',
  ),
  scope_none: row(
    'invalid_scope',
    'No scope that the client may ask for was requested.',
    'Ask for scopes that are in the scope of the client.',
  ),
  scope_wider: row(
    'invalid_scope',
    'The scope is wider than what was granted.',
    'Ask for scopes that the grant covers.',
  ),
  // passwords
  password_wrong: row(
    'invalid_grant',
    'The username or password is wrong.',
    'Check the username and the password.',
  ),
  // authorize
  challenge_malformed: row(
    'invalid_request',
    'The code_challenge is malformed.',
    'Send the base64url SHA-256 of the verifier: 43 characters.',
  ),
  challenge_method_wrong: row(
    'invalid_request',
    'The code_challenge_method must be S256.',
    'Send code_challenge_method=S256.',
  ),
  challenge_missing: row(
    'invalid_request',
    'A code_challenge is required.',
    'Send code_challenge and code_challenge_method=S256 (RFC 7636).',
  ),
  claims_malformed: row(
    'invalid_request',
    'The claims parameter is malformed.',
    'Send a JSON object with userinfo and id_token members.',
  ),
  consent_denied: row('access_denied', 'The user did not allow it.', 'The user chose to deny.'),
  consent_needed: row(
    'consent_required',
    'The user must be asked for consent.',
    'Ask again without prompt=none.',
  ),
  hint_wrong: row(
    'invalid_request',
    'The id_token_hint is not an ID token of ours.',
    'Send the ID token as it was issued.',
  ),
  login_needed: row('login_required', 'The user must sign in.', 'Ask again without prompt=none.'),
  max_age_malformed: row(
    'invalid_request',
    'The max_age parameter must be a number of seconds.',
    'Send a whole number of seconds.',
  ),
  parameter_too_long: row(
    'invalid_request',
    'A parameter is too long.',
    'Keep state and nonce under 8 KiB.',
  ),
  prompt_malformed: row(
    'invalid_request',
    'The prompt parameter is malformed.',
    'Use none alone, or login, consent and select_account.',
  ),
  redirect_mismatch: row(
    'invalid_request',
    'The redirect URI is not registered for this client.',
    'Send a registered redirect URI, or register the one that was sent, byte for byte.',
  ),
  redirect_needed: row(
    'invalid_request',
    'A redirect URI must be named.',
    'Send redirect_uri: the client has none or several registered, or asks for openid.',
  ),
  registration_unsupported: row(
    'registration_not_supported',
    'The registration parameter is not supported.',
    'Register the client beforehand.',
  ),
  request_unsupported: row(
    'request_not_supported',
    'The request parameter is not supported.',
    'Send plain parameters.',
  ),
  request_uri_unsupported: row(
    'request_uri_not_supported',
    'The request_uri parameter is not supported.',
    'Send plain parameters.',
  ),
  response_mode_wrong: row(
    'invalid_request',
    'The response mode is not supported.',
    'Use response_mode query or form_post.',
  ),
  response_type_wrong: row(
    'unsupported_response_type',
    'The response type is not supported.',
    'Use response_type=code.',
  ),
  // pages
  form_stale: row(
    'invalid_request',
    'This form is no longer valid.',
    'The form was made for another browser or session, or is too old: start again.',
  ),
  // protected resources
  audience_wrong: row('invalid_token', BAD_TOKEN, 'The token was made for another resource.'),
  openid_missing: row(
    'insufficient_scope',
    'The token has not the openid scope.',
    'Ask for openid at authorize.',
  ),
  token_expired: row(
    'invalid_token',
    BAD_TOKEN,
    'The access token is past its lifetime: refresh it.',
  ),
  token_missing: row(
    'token_missing',
    'An access token is required.',
    'Send Authorization: Bearer followed by the access token.',
  ),
  token_other_client: row(
    'invalid_grant',
    'The token was issued to another client.',
    'Revoke a token with the client that it was issued to.',
  ),
  token_revoked: row('invalid_token', BAD_TOKEN, 'The access token or its sign-in was ended.'),
  token_unknown: row(
    'invalid_token',
    BAD_TOKEN,
    'No such access token: check that it is whole and of this kind.',
  ),
} as const satisfies Record<string, ReasonRow>

/** The exact reason of a refusal; for logs and audit, not for the caller. */
export type Reason = keyof typeof REASONS

/** What may go with a refusal. */
export type RefusalDetails = {
  /** Written before the refusal is answered: a family ended, a wrong verifier counted. */
  plan?: Plan
  /** The field that is the matter; its name only, never its value. */
  field?: string
  /** What would have been right, for a developer: registered values, never a secret. */
  expected?: string
  /** Seconds to wait. */
  retryAfter?: number
}

/** Thrown when the protocol says no; caught once, at the door, and written as the dialect says. */
export class Refusal extends Error {
  readonly reason: Reason
  readonly code: ErrorCode
  /** What the caller hears (RFC 6749 §5.2 character set). */
  readonly sentence: string
  readonly status: number | undefined
  readonly details: RefusalDetails

  /** Takes a reason out of the table. */
  constructor(reason: Reason, details: RefusalDetails = {}) {
    const found: ReasonRow = REASONS[reason]
    super(reason)
    this.name = 'Refusal'
    this.reason = reason
    this.code = found.code
    this.sentence = details.field ? `${found.says} (${details.field})` : found.says
    this.status = found.status
    this.details = details
  }
}
