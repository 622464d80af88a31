// Topics: what the lens shows, one sample of each deed and grant type, in the words of the core.

import {
  type Deed,
  type Dialect,
  type Facts,
  type GivenFields,
  type Operation,
  type Reason,
  STANDARD_SCOPES,
} from '@patois/core'

/** A call that is compared: its fields and its facts, and why it may be refused. */
export type Topic = {
  name: string
  does: Deed
  grant?: string
  fields: GivenFields
  /** Moments are seconds since 1970. */
  facts: Facts
  reasons: readonly [Reason, ...Reason[]]
}

/** The moment that the samples are written at, in seconds: 1 January 2030. */
export const SAMPLE_NOW = 1_893_456_000

const CLIENT = { client_id: 'shop', client_secret: 'secret-of-the-shop' }
const REDIRECT_URI = 'https://shop.example/cb'
const SCOPE = ['openid', 'email']
const TOKENS = {
  access_token: 'an-access-token',
  token_type: 'Bearer',
  access_expires_at: SAMPLE_NOW + 3600,
  scope: SCOPE,
}
const WITH_REFRESH = {
  ...TOKENS,
  refresh_token: 'a-refresh-token',
  refresh_expires_at: SAMPLE_NOW + 30 * 86_400,
}
const TOKEN_REASONS = ['client_secret_wrong', 'grant_not_allowed', 'field_missing'] as const

/** Every topic, in the order of a sign-in. */
export const TOPICS: readonly [Topic, ...Topic[]] = [
  {
    name: 'authorize',
    does: 'authorize',
    fields: {
      response_type: 'code',
      client_id: CLIENT.client_id,
      redirect_uri: REDIRECT_URI,
      scope: SCOPE,
      state: 'a-state',
      code_challenge: 'a-challenge',
      code_challenge_method: 'S256',
    },
    facts: { code: 'a-code', scope: SCOPE, state: 'a-state', iss: 'https://id.example' },
    reasons: ['consent_denied', 'login_needed', 'scope_none'],
  },
  {
    name: 'authorization_code',
    does: 'token',
    grant: 'authorization_code',
    fields: {
      ...CLIENT,
      grant_type: 'authorization_code',
      code: 'a-code',
      redirect_uri: REDIRECT_URI,
      code_verifier: 'a-verifier',
    },
    facts: { ...WITH_REFRESH, id_token: 'an.id.token' },
    reasons: ['code_spent', 'verifier_wrong', 'redirect_other', ...TOKEN_REASONS],
  },
  {
    name: 'refresh_token',
    does: 'token',
    grant: 'refresh_token',
    fields: { ...CLIENT, grant_type: 'refresh_token', refresh_token: 'a-refresh-token' },
    facts: WITH_REFRESH,
    reasons: ['refresh_reused', 'refresh_expired', 'scope_wider', ...TOKEN_REASONS],
  },
  {
    name: 'client_credentials',
    does: 'token',
    grant: 'client_credentials',
    fields: { ...CLIENT, grant_type: 'client_credentials', scope: ['orders.read'] },
    facts: { ...TOKENS, scope: ['orders.read'] },
    reasons: ['client_secret_wrong', 'scope_none', 'grant_not_allowed'],
  },
  {
    name: 'password',
    does: 'token',
    grant: 'password',
    fields: { ...CLIENT, grant_type: 'password', username: 'ann', password: 'password-of-ann' },
    facts: WITH_REFRESH,
    reasons: ['password_wrong', ...TOKEN_REASONS],
  },
  {
    name: 'userinfo',
    does: 'userinfo',
    fields: { access_token: TOKENS.access_token },
    facts: { sub: '42', preferred_username: 'ann', name: 'Ann Archer', email: 'ann@example.org' },
    reasons: ['token_expired', 'token_missing', 'openid_missing'],
  },
  {
    name: 'introspect',
    does: 'introspect',
    fields: { ...CLIENT, token: TOKENS.access_token },
    facts: { active: true, scope: SCOPE.join(' '), client_id: 'shop', exp: SAMPLE_NOW + 3600 },
    reasons: ['client_secret_wrong', 'field_missing'],
  },
  {
    name: 'revoke',
    does: 'revoke',
    fields: { ...CLIENT, token: WITH_REFRESH.refresh_token },
    facts: {},
    reasons: ['token_other_client', 'client_secret_wrong'],
  },
  {
    name: 'logout',
    does: 'logout',
    fields: { client_id: 'shop', post_logout_redirect_uri: REDIRECT_URI, state: 'a-state' },
    facts: { state: 'a-state' },
    reasons: ['redirect_mismatch', 'hint_wrong'],
  },
]

/** The operation of a dialect that a topic is about. */
export function operationOf(
  { operations }: Dialect,
  { does, grant }: Topic,
): Operation | undefined {
  return Object.values(operations).find(
    (one) =>
      one.does === does &&
      (grant === undefined || (one.grants?.includes(grant) ?? readsGrant(one, grant))),
  )
}

// An operation that names no grants serves those whose fields it reads.
function readsGrant({ reads }: Operation, grant: string): boolean {
  return grant !== 'password' || reads.password !== undefined
}

/** The fields of a topic as a caller of this dialect has them. */
export function fieldsOf(topic: Topic, operation: Operation, dialect: Dialect): GivenFields {
  const isAsked = operation.needs?.includes('scope') && topic.fields.scope === undefined
  const own = Object.keys(dialect.scopes ?? {}).filter((name) => !(name in STANDARD_SCOPES))
  return isAsked ? { ...topic.fields, scope: own.slice(0, 1) } : topic.fields
}
