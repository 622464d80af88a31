// Metadata: what this issuer can do and where (RFC 8414, OIDC Discovery §3).

import { ASSERTION_ALGS } from './client-auth.ts'
import type { Dialect, Operation } from './dialects/dialect.ts'
import { GRANT_TYPES } from './grants/index.ts'
import type { Facts } from './oauth.ts'
import type { Policy } from './parts.ts'
import { claimsOf, STANDARD_SCOPES, union } from './scope.ts'

const AUTH_METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt']
const ID_TOKEN_ALGS = ['RS256', 'ES256', 'EdDSA']
const ENDPOINTS: Partial<Record<Operation['does'], string>> = {
  authorize: 'authorization_endpoint',
  token: 'token_endpoint',
  revoke: 'revocation_endpoint',
  introspect: 'introspection_endpoint',
  userinfo: 'userinfo_endpoint',
  logout: 'end_session_endpoint',
  jwks: 'jwks_uri',
}

function endpointsOf(base: string, dialect: Dialect): Record<string, string> {
  const found: Record<string, string> = {}
  for (const operation of Object.values(dialect.operations)) {
    const name = ENDPOINTS[operation.does]
    if (name && found[name] === undefined) found[name] = base + operation.path
  }
  return found
}

function grantTypesOf(dialect: Dialect): string[] {
  const calls = Object.values(dialect.operations).filter(({ does }) => does === 'token')
  const types = GRANT_TYPES.map((grant) => grant.type)
  return types.filter((type) => calls.some(({ grants }) => grants?.includes(type) ?? true))
}

/**
 * The metadata document of a dialect whose operations stand under `base`, with pages in these
 * `locales` (BCP 47).
 */
export function metadata(
  { issuer, policy }: { issuer: string; policy: Policy },
  dialect: Dialect,
  base: string,
  locales: readonly string[],
): Facts {
  const scopes = union(Object.keys(STANDARD_SCOPES), Object.keys(policy.scopes))
  return {
    issuer,
    ...endpointsOf(base, dialect),
    scopes_supported: scopes,
    claims_supported: union(['sub'], claimsOf(policy, scopes)),
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'form_post'],
    grant_types_supported: grantTypesOf(dialect),
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: dialect.policy.idToken ? ['RS256'] : ID_TOKEN_ALGS,
    token_endpoint_auth_methods_supported: [...AUTH_METHODS, 'none'],
    token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGS,
    revocation_endpoint_auth_methods_supported: [...AUTH_METHODS, 'none'],
    revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGS,
    introspection_endpoint_auth_methods_supported: AUTH_METHODS,
    introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGS,
    code_challenge_methods_supported: ['S256'],
    prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
    ui_locales_supported: locales,
    claims_parameter_supported: true,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    authorization_response_iss_parameter_supported: true,
  }
}
