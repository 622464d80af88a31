// Refusal: the one error the protocol throws, and the table of reasons for it.

import type { ErrorCode } from './oauth.ts'
import type { Plan } from './store.ts'

/** What the caller hears about a reason, what really was the matter, and how to mend it. */
export type ReasonRow = {
  code: ErrorCode
  /** What anybody may hear: nothing that helps a guesser. */
  says: string
  /** What a developer reads in dev mode. */
  explains: Explanation
  /** Only where the status is not the dialect's to choose (405, 413, 415, 429). */
  status?: number
}

/** A reason as a developer needs it. */
export type Explanation = {
  /** The exact cause, where `says` keeps it back. */
  found?: string
  /** What would have been right. */
  expected: string
  /** What to do about it. */
  fix: string
}

function row(code: ErrorCode, says: string, explains: Explanation, status?: number): ReasonRow {
  return { code, says, explains, ...(status !== undefined && { status }) }
}

const BAD_CLIENT = 'Client authentication failed.'
const BAD_CODE = 'The authorization code is wrong, expired or was already used.'
const BAD_REDIRECT = 'The redirect URI is missing or is not the one of the authorization request.'
const BAD_REFRESH = 'The refresh token is wrong, expired or was already used.'
const BAD_VERIFIER = 'The code verifier does not fit the authorization request.'
const GRANT_OVER = 'The grant is no longer valid.'
const BAD_TOKEN = 'The access token is wrong, expired or was revoked.'

/** Every reason for a refusal: its code, the sentence for the caller, the mend for a developer. */
export const REASONS = {
  // framing
  body_too_large: row(
    'invalid_request',
    'The body is too large.',
    {
      expected: 'A body of less than 64 KiB.',
      fix: 'Send only the fields of this endpoint: none of them is long.',
    },
    413,
  ),
  body_type_wrong: row(
    'invalid_request',
    'The content type of the body is not the one that this endpoint reads.',
    {
      expected: 'In most dialects application/x-www-form-urlencoded in UTF-8, in some JSON.',
      fix: 'Set the Content-Type header, and write the body in that form; do not compress it.',
    },
    415,
  ),
  body_unreadable: row('invalid_request', 'The body cannot be read.', {
    expected: 'A body that is whole, in UTF-8, and what its content type says.',
    fix: 'Let a library write it: look for percent signs, quotes or braces that do not close.',
  }),
  field_malformed: row('invalid_request', 'A parameter is of the wrong type.', {
    expected: 'Text where text is meant, and a list where a list is.',
    fix: 'Change the type of that parameter in the JSON: numbers and objects stand for no text.',
  }),
  field_missing: row('invalid_request', 'A required parameter is missing.', {
    expected: 'A request with every parameter that this operation needs, none of them empty.',
    fix: 'Add the parameter in the parentheses, in the place that the dialect gives it.',
  }),
  field_repeated: row('invalid_request', 'A parameter was sent more than once.', {
    expected: 'Each parameter once, in one place.',
    fix: 'Look whether the query, the body and the headers of the call say the same thing twice.',
  }),
  header_repeated: row('invalid_request', 'A header was sent more than once.', {
    expected: 'Authorization and Content-Type once each.',
    fix: 'Look whether both your code and its HTTP library, or a proxy, set that header.',
  }),
  method_wrong: row(
    'invalid_request',
    'This address is not called with this method.',
    {
      expected: 'One of the methods in the Allow header.',
      fix: 'Call it with such a method; the metadata document lists what each address is for.',
    },
    405,
  ),
  not_found: row(
    'invalid_request',
    'Nothing is here.',
    {
      expected: 'The path of an endpoint or of a page.',
      fix: 'Compare the path with the metadata document, which lists every endpoint.',
    },
    404,
  ),
  secret_in_query: row('invalid_request', 'Secrets and tokens must not be sent in the query.', {
    expected: 'Secrets, codes and tokens in the body or in the Authorization header.',
    fix: 'Move it out of the URL, and change the secret: logs and histories keep URLs.',
  }),
  too_many_failures: row(
    'temporarily_unavailable',
    'Too many failed attempts. Try again later.',
    {
      found: 'This account, client or network failed too often in the last hour.',
      expected: 'Fewer wrong secrets and passwords.',
      fix: 'Wait as long as Retry-After says, and correct the secret before you try again.',
    },
    429,
  ),
  // the client
  assertion_replayed: row('invalid_client', BAD_CLIENT, {
    found: 'The jti of this client assertion was used before.',
    expected: 'An assertion that no call has used yet.',
    fix: 'Make a new assertion, with a jti of its own, for each call.',
  }),
  assertion_wrong: row('invalid_client', BAD_CLIENT, {
    found: 'The client assertion does not verify.',
    expected:
      'A JWT signed with a registered key, with iss and sub the client_id, aud the issuer, exp at most an hour ahead, and a jti.',
    fix: 'Decode the assertion and compare kid, alg and each of these claims.',
  }),
  client_ambiguous: row('invalid_request', 'The client authenticated in more than one way.', {
    expected: 'One way of client authentication: either the header or the body.',
    fix: 'Look whether your library adds an Authorization header to the client_secret in the body.',
  }),
  client_disabled: row('invalid_client', BAD_CLIENT, {
    found: 'This client is disabled.',
    expected: 'A client that is in the configuration.',
    fix: 'Put the client back into the configuration: what leaves it is disabled.',
  }),
  client_keys_unreadable: row('invalid_client', BAD_CLIENT, {
    found: 'No key set could be read at the jwks_uri of the client.',
    expected: 'A JSON document of public keys, behind https, without a redirect.',
    fix: 'Look into the log, which says what was the matter, and mend the document or the jwks_uri.',
  }),
  client_method_wrong: row('invalid_client', BAD_CLIENT, {
    found: 'The client used another authentication than it is registered for.',
    expected: 'The token_endpoint_auth_method that the client is registered with.',
    fix: 'Send the credentials that way, or register the other token_endpoint_auth_method.',
  }),
  client_missing: row('invalid_client', BAD_CLIENT, {
    found: 'The call names no client.',
    expected: 'A client_id, with the credentials that the client is registered for.',
    fix: 'Send HTTP Basic with client_id and secret, or both in the body, as registered.',
  }),
  client_not_in_dialect: row('unauthorized_client', 'The client may not use this endpoint.', {
    found: 'The client is not registered for the dialect of this endpoint.',
    expected: 'A client whose dialects list this one.',
    fix: 'Add the dialect to the dialects of the client, or call the endpoint of another.',
  }),
  client_secret_expired: row('invalid_client', BAD_CLIENT, {
    found: 'This secret of the client has expired.',
    expected: 'The secret that replaced it.',
    fix: 'Use the new secret, or move the expires_at of the old one in client_secrets.',
  }),
  client_secret_wrong: row('invalid_client', BAD_CLIENT, {
    found: 'The client secret is not the registered one.',
    expected: 'The client_secret of this client, whole and unchanged.',
    fix: 'Look for a missing end, a line break, or percent-encoding that is done twice or not at all.',
  }),
  client_unknown: row('invalid_client', BAD_CLIENT, {
    found: 'No client has this client_id.',
    expected: 'The client_id of a client in the configuration.',
    fix: 'Compare the spelling with the configuration, or add the client there.',
  }),
  grant_not_allowed: row('unauthorized_client', 'The client may not use this grant type.', {
    expected: 'One of the grant_types that the client is registered with.',
    fix: 'Add the grant type to the grant_types of the client, or ask in another way.',
  }),
  grant_unknown: row('unsupported_grant_type', 'The grant type is not supported.', {
    expected: 'authorization_code, refresh_token, client_credentials or password.',
    fix: 'Change grant_type to one of these.',
  }),
  // codes
  code_expired: row('invalid_grant', BAD_CODE, {
    found: 'The code was older than its lifetime.',
    expected: 'A code within its lifetime, which is a minute if nothing else is configured.',
    fix: 'Exchange the code as soon as it arrives; in a terminal, get a new one.',
  }),
  code_outstanding: row(
    'invalid_request',
    'The user has a code for this client that was not exchanged yet.',
    {
      expected: 'One code at a time for a user and a client.',
      fix: 'Exchange the code that was minted, or wait until it has expired.',
    },
  ),
  code_other_client: row('invalid_grant', BAD_CODE, {
    found: 'The code was made for another client.',
    expected: 'The client_id of the authorization request.',
    fix: 'Exchange the code as the client that asked for it.',
  }),
  code_other_dialect: row('invalid_grant', BAD_CODE, {
    found: 'The code was made in another dialect.',
    expected: 'The token endpoint of the dialect whose authorization endpoint made the code.',
    fix: 'Take both addresses from the same dialect.',
  }),
  code_reused: row('invalid_grant', BAD_CODE, {
    found: 'The code was used before; all tokens that came from it are ended now.',
    expected: 'A code that nobody has exchanged yet.',
    fix: 'Look for a second call: a reloaded callback page, a retry, or two workers.',
  }),
  code_spent: row('invalid_grant', BAD_CODE, {
    found: 'The code was used up by five wrong verifiers.',
    expected: 'The code_verifier of the authorization request.',
    fix: 'Start again, and keep the verifier with the state until the code arrives.',
  }),
  code_unknown: row('invalid_grant', BAD_CODE, {
    found: 'There is no such code.',
    expected: 'The code parameter of the redirect, whole and unchanged.',
    fix: 'Look for a missing end, for percent-encoding, and for another server or database.',
  }),
  origin_foreign: row(
    'access_denied',
    'This may be called by pages of this server only.',
    {
      expected: 'A call from the origin of this server, or one without an Origin header.',
      fix: 'Send people to the authorization page instead of calling this from another site.',
    },
    403,
  ),
  redirect_missing: row('invalid_grant', BAD_REDIRECT, {
    found: 'The token call has no redirect_uri, but the authorization request had one.',
    expected: 'The redirect_uri of the authorization request at the token call too.',
    fix: 'Add redirect_uri to the token call, or use a code_challenge.',
  }),
  redirect_other: row('invalid_grant', BAD_REDIRECT, {
    found: 'The redirect_uri is not the one of the authorization request.',
    expected: 'The same redirect_uri, byte for byte.',
    fix: 'Build both from the same setting; a slash at the end makes another address.',
  }),
  state_other: row('invalid_request', 'The state is not the one of the authorization request.', {
    expected: 'The state that came back with the code.',
    fix: 'Send that state; if it is not the one that you made, the answer is not for you.',
  }),
  verifier_malformed: row('invalid_request', 'The code verifier is malformed.', {
    expected: '43 to 128 characters out of letters, digits and - . _ ~',
    fix: 'Make 32 random bytes and write them as base64url without padding.',
  }),
  verifier_missing: row('invalid_grant', 'The code verifier is missing.', {
    expected: 'The code_verifier: the code was asked for with a code_challenge.',
    fix: 'Keep the verifier until the code arrives, and send it at the token call.',
  }),
  verifier_unexpected: row('invalid_grant', BAD_VERIFIER, {
    found: 'There is a code_verifier, but the code was asked for without a code_challenge.',
    expected: 'Both or neither.',
    fix: 'Add code_challenge and code_challenge_method=S256 to the authorization request.',
  }),
  verifier_wrong: row('invalid_grant', BAD_VERIFIER, {
    found: 'The SHA-256 of the verifier is not the code_challenge. Five of these use up the code.',
    expected: 'The verifier whose base64url SHA-256 was the code_challenge of this very request.',
    fix: 'Keep one verifier for each state: two tabs, or a page loaded twice, have one each.',
  }),
  // refresh tokens
  family_ended: row('invalid_grant', GRANT_OVER, {
    found: 'The tokens of this sign-in were ended: by logout, revocation or reuse.',
    expected: 'A token of a sign-in that goes on.',
    fix: 'Send the user through the authorization endpoint again; offline_access outlives a logout.',
  }),
  grant_ended: row('invalid_grant', GRANT_OVER, {
    found: 'The grant was withdrawn.',
    expected: 'A grant that the user upholds.',
    fix: 'Send the user through the authorization endpoint again.',
  }),
  refresh_differs: row('invalid_grant', BAD_REFRESH, {
    found: 'A repeated refresh asked for another scope or resource than the first.',
    expected: 'The first call once more, or its new refresh token.',
    fix: 'Use the new refresh token for what differs.',
  }),
  refresh_expired: row('invalid_grant', BAD_REFRESH, {
    found: 'The refresh token is past its lifetime.',
    expected: 'A refresh token within its idle and its absolute lifetime.',
    fix: 'Send the user through the authorization endpoint again, or configure longer lifetimes.',
  }),
  refresh_other_client: row('invalid_grant', BAD_REFRESH, {
    found: 'The refresh token was made for another client.',
    expected: 'The client that the token was issued to.',
    fix: 'Refresh as that client.',
  }),
  refresh_other_dialect: row('invalid_grant', BAD_REFRESH, {
    found: 'The refresh token was made in another dialect.',
    expected: 'The token endpoint of the dialect that issued it.',
    fix: 'Refresh there.',
  }),
  refresh_raced: row('invalid_grant', BAD_REFRESH, {
    found: 'Another call with the same refresh token was faster.',
    expected: 'One refresh at a time.',
    fix: 'Use the tokens that the other call got, and let one place in your code refresh.',
  }),
  refresh_reused: row('invalid_grant', BAD_REFRESH, {
    found: 'The refresh token was used before; all tokens of this sign-in are ended now.',
    expected: 'The newest refresh token: each answer brings another.',
    fix: 'Store the refresh_token of every answer over the old one, before you use it.',
  }),
  refresh_unknown: row('invalid_grant', BAD_REFRESH, {
    found: 'There is no such refresh token.',
    expected: 'The refresh_token of the latest answer, whole and unchanged.',
    fix: 'Look for an access token in its place, a missing end, or another server or database.',
  }),
  scope_lost: row('invalid_grant', GRANT_OVER, {
    found: 'The client may no longer ask for what this token was made for.',
    expected: 'A client whose scope still covers the grant.',
    fix: 'Give the client its scope back, or send the user through authorization again.',
  }),
  user_disabled: row('invalid_grant', GRANT_OVER, {
    found: 'The user is disabled, or its credentials changed since.',
    expected: 'A user who is in the configuration, with the password of then.',
    fix: 'Let the user sign in again.',
  }),
  // scope and resource
  resource_unknown: row('invalid_target', 'The resource is unknown or not covered by the grant.', {
    expected: 'A resource of the configuration that was asked for at authorize.',
    fix: 'Register the resource, and name it in the authorization request too.',
  }),
  scope_malformed: row('invalid_scope', 'The scope is malformed.', {
    expected:
      'Scope values in printable ASCII with spaces between, without quotes and backslashes.',
    fix: 'Look for JSON, quotes, a tab or a line break.',
  }),
  scope_none: row('invalid_scope', 'No scope that the client may ask for was requested.', {
    expected: 'At least one value out of the scope of the client.',
    fix: 'Ask for one of these, or add what you need to the scope of the client.',
  }),
  scope_wider: row('invalid_scope', 'The scope is wider than what was granted.', {
    expected: 'Scope values that the grant covers, or none at all.',
    fix: 'Leave scope out to get all that was granted; for more, ask at authorize.',
  }),
  // passwords
  password_wrong: row('invalid_grant', 'The username or password is wrong.', {
    expected: 'The username and the password of a user in the configuration.',
    fix: 'Compare both with the configuration: capitals count.',
  }),
  // authorize
  acr_unmet: row(
    'unmet_authentication_requirements',
    'None of the essential acr values can be met.',
    {
      expected: 'No essential acr with values: this server has no acr to give.',
      fix: 'Ask for it with acr_values, or leave essential out of the claims parameter.',
    },
  ),
  challenge_malformed: row('invalid_request', 'The code_challenge is malformed.', {
    expected: 'The SHA-256 of the verifier as base64url without padding: 43 characters.',
    fix: 'Digest the verifier as ASCII text; hex, plain base64 and padding are not base64url.',
  }),
  challenge_method_wrong: row('invalid_request', 'The code_challenge_method must be S256.', {
    expected: 'code_challenge_method=S256, in capitals.',
    fix: 'Add it: without it the method is plain, which hides nothing.',
  }),
  challenge_missing: row('invalid_request', 'A code_challenge is required.', {
    expected: 'code_challenge and code_challenge_method=S256 (RFC 7636).',
    fix: 'Switch PKCE on in your library; a confidential client may have require_pkce: false.',
  }),
  claims_malformed: row('invalid_request', 'The claims parameter is malformed.', {
    expected: 'A JSON object with the members userinfo and id_token.',
    fix: 'Write it with a JSON library, then percent-encode it once.',
  }),
  consent_denied: row('access_denied', 'The user did not allow it.', {
    expected: 'A user who allows what the client asks for.',
    fix: 'Nothing is broken: show the user what the application can do without it.',
  }),
  consent_needed: row('consent_required', 'The user must be asked for consent.', {
    expected: 'With prompt=none, a user who has allowed all of this before.',
    fix: 'Ask again without prompt=none, or name a user in patois_user who is there.',
  }),
  hint_other_client: row('invalid_request', 'The id_token_hint was issued to another client.', {
    expected: 'An ID token of the client that client_id names, or no client_id.',
    fix: 'Send the id_token that this client got itself.',
  }),
  hint_wrong: row('invalid_request', 'The id_token_hint is not an ID token of ours.', {
    expected: 'An ID token that this server issued to this client; it may have expired.',
    fix: 'Send the id_token of the token answer, not the access token, or leave the hint out.',
  }),
  login_needed: row('login_required', 'The user must sign in.', {
    expected:
      'With prompt=none, a browser where the right user is signed in; in patois_user, a user.',
    fix: 'Ask again without prompt=none.',
  }),
  max_age_malformed: row('invalid_request', 'The max_age parameter must be a number of seconds.', {
    expected: 'Digits only, up to ten.',
    fix: 'Send whole seconds, as in max_age=3600.',
  }),
  parameter_too_long: row('invalid_request', 'A parameter is too long.', {
    expected: 'A state and a nonce of at most 8192 characters.',
    fix: 'Keep the data on your side, and send a random value that stands for it.',
  }),
  prompt_malformed: row('invalid_request', 'The prompt parameter is malformed.', {
    expected: 'none alone, or login, consent and select_account with one space between.',
    fix: 'Send these words in lower case, or leave prompt out.',
  }),
  redirect_mismatch: row('invalid_request', 'The redirect URI is not registered for this client.', {
    expected: 'One of the redirect_uris that the client is registered with, with nothing added.',
    fix: 'Send one of these, or register the one that was sent, byte for byte.',
  }),
  redirect_needed: row('invalid_request', 'A redirect URI must be named.', {
    expected: 'A redirect_uri: the client has none or several registered, or asks for openid.',
    fix: 'Send one that is registered.',
  }),
  registration_unsupported: row(
    'registration_not_supported',
    'The registration parameter is not supported.',
    {
      expected: 'A client that is registered beforehand.',
      fix: 'Add the client to the configuration, and leave registration out.',
    },
  ),
  request_unsupported: row('request_not_supported', 'The request parameter is not supported.', {
    expected: 'Plain parameters.',
    fix: 'Switch request objects (JAR) off in your library.',
  }),
  request_uri_unsupported: row(
    'request_uri_not_supported',
    'The request_uri parameter is not supported.',
    {
      expected: 'Plain parameters.',
      fix: 'Switch request objects by reference and pushed requests (PAR) off in your library.',
    },
  ),
  response_mode_wrong: row('invalid_request', 'The response mode is not supported.', {
    expected: 'query, form_post, or no response_mode at all.',
    fix: 'Leave response_mode out: no code goes into a fragment, and no form to a private scheme.',
  }),
  response_type_wrong: row('unsupported_response_type', 'The response type is not supported.', {
    expected: 'response_type=code.',
    fix: 'Use the code flow with PKCE: it replaces the implicit and the hybrid flow.',
  }),
  // pages
  form_stale: row('invalid_request', 'This form is no longer valid.', {
    found: 'The form was made for another browser, user or request, or more than an hour ago.',
    expected: 'A form that our own page has just shown to this browser.',
    fix: 'Start again at the authorization endpoint; keep cookies, and send the hidden fields.',
  }),
  // protected resources
  audience_wrong: row('invalid_token', BAD_TOKEN, {
    found: 'The token was made for another resource.',
    expected: 'A token for this server itself.',
    fix: 'Get a token without a resource parameter, or call the resource that it names.',
  }),
  openid_missing: row('insufficient_scope', 'The token has not the openid scope.', {
    expected: 'A token of a sign-in with openid in its scope.',
    fix: 'Ask for openid at authorize.',
  }),
  token_expired: row('invalid_token', BAD_TOKEN, {
    found: 'The access token is past its lifetime.',
    expected: 'An access token that is younger than its expires_in.',
    fix: 'Refresh it.',
  }),
  token_missing: row('token_missing', 'An access token is required.', {
    expected: 'The header Authorization: Bearer, followed by the access token.',
    fix: 'Add that header; a token in the query or in a cookie is not read.',
  }),
  token_other_client: row('invalid_grant', 'The token was issued to another client.', {
    expected: 'The client that the token was issued to.',
    fix: 'Revoke the token as that client.',
  }),
  token_revoked: row('invalid_token', BAD_TOKEN, {
    found: 'The access token or its sign-in was ended.',
    expected: 'A token that nobody has revoked, of a sign-in that goes on.',
    fix: 'Refresh it; when that is refused too, let the user sign in again.',
  }),
  token_unknown: row('invalid_token', BAD_TOKEN, {
    found: 'There is no such access token.',
    expected: 'The access_token of the token answer, whole and unchanged.',
    fix: 'Look for an ID token in its place, a missing end, or another server or database.',
  }),
} as const satisfies Record<string, ReasonRow>

/** The exact reason of a refusal; for logs and audit, not for the caller. */
export type Reason = keyof typeof REASONS

/** What may go with a refusal. */
export type RefusalDetails = {
  /** Written before the refusal is answered: a family ended, a wrong verifier counted. */
  plan?: Plan
  /** The field that is the matter; its name only, never its value. */
  field?: string
  /** The very values that would have been right, for a developer; never a secret. */
  rightValues?: readonly string[]
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
