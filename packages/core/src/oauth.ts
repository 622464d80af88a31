// The words of the protocol: the fields that callers send, the facts that we answer, the error codes.

/** Fields that hold one text, in their wire spelling (RFC 6749, 7009, 7521, 7636, 7662, OIDC Core). */
export const TEXT_FIELDS = [
  'access_token',
  'acr_values',
  'claims',
  'claims_locales',
  'client_assertion',
  'client_assertion_type',
  'client_id',
  'client_secret',
  'code',
  'code_challenge',
  'code_challenge_method',
  'code_verifier',
  'display',
  'grant_type',
  'id_token_hint',
  'login_hint',
  'logout_hint',
  'max_age',
  'nonce',
  'password',
  'post_logout_redirect_uri',
  'prompt',
  'redirect_uri',
  'refresh_token',
  'registration',
  'request',
  'request_uri',
  'response_mode',
  'response_type',
  'state',
  'token',
  'token_type_hint',
  'ui_locales',
  'username',
] as const

/** Fields that hold a list of texts: scope as single values, and resource (RFC 8707). */
export const LIST_FIELDS = ['scope', 'resource'] as const

/** The name of a field with one text. */
export type TextField = (typeof TEXT_FIELDS)[number]

/** The name of a field with a list of texts. */
export type ListField = (typeof LIST_FIELDS)[number]

/** The name of a field. */
export type FieldName = TextField | ListField

/** What a caller sent, whatever the wire looked like; what was not sent is absent. */
export type Fields = { [F in TextField]?: string } & { [F in ListField]?: string[] }

/** Fields that a caller has for a request; what is undefined is not sent. */
export type GivenFields = { readonly [F in TextField]?: string | undefined } & {
  readonly [F in ListField]?: readonly string[] | undefined
}

/** Fields that are secrets: never in a URL, never in a log. */
export const SECRET_FIELDS: readonly FieldName[] = [
  'access_token',
  'client_assertion',
  'client_secret',
  'code',
  'code_verifier',
  'password',
  'refresh_token',
  'token',
]

/** What a token answer says; times are absolute seconds, so that a repeated answer stays true. */
export type TokenFacts = {
  access_token: string
  token_type: 'Bearer'
  access_expires_at: number
  refresh_token?: string
  refresh_expires_at?: number
  id_token?: string
  scope: string[]
}

/** What an authorization answer says at the client's redirect URI (RFC 6749 §4.1.2, RFC 9207). */
export type RedirectFacts = {
  code?: string
  /** What the code was made for; only some dialects say it. */
  scope?: string[]
  error?: ErrorCode
  error_description?: string
  state?: string
  iss: string
}

/** Facts of any operation, ready for the wire. */
export type Facts = { readonly [name: string]: unknown }

/**
 * Codes a caller may hear: RFC 6749 §4.1.2.1 and §5.2, 6750 §3.1, 8707 §2, OIDC Core §3.1.2.6, OIDC
 * Unmet Authentication Requirements §1.
 */
export type ErrorCode =
  | 'access_denied'
  | 'consent_required'
  | 'insufficient_scope'
  | 'interaction_required'
  | 'invalid_client'
  | 'invalid_grant'
  | 'invalid_request'
  | 'invalid_scope'
  | 'invalid_target'
  | 'invalid_token'
  | 'login_required'
  | 'registration_not_supported'
  | 'request_not_supported'
  | 'request_uri_not_supported'
  | 'server_error'
  | 'temporarily_unavailable'
  | 'token_missing'
  | 'unauthorized_client'
  | 'unmet_authentication_requirements'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'

/** How a client may prove who it is at the token endpoint (OIDC Core §9). */
export type ClientAuthMethod =
  | 'client_secret_basic'
  | 'client_secret_post'
  | 'none'
  | 'private_key_jwt'
