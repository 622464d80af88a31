// Metadata: what this issuer can do and where (RFC 8414, OIDC Discovery §3).

import { ASSERTION_ALGS } from './assertion.ts'
import { PROMPTS } from './authorize-request.ts'
import type { Dialect, Operation } from './dialects/dialect.ts'
import { GRANT_TYPES } from './grants/index.ts'
import type { ClientAuthMethod, Facts, FieldName } from './oauth.ts'
import type { Policy } from './parts.ts'
import { claimsOf, STANDARD_SCOPES, union } from './scope.ts'
import { fieldSpots, type Place } from './spot.ts'

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

function operationOf(dialect: Dialect, does: Operation['does']): Operation | undefined {
  return Object.values(dialect.operations).find((one) => one.does === does)
}

/** How clients may prove themselves at an operation: by what it reads of them. */
function authMethodsOf(operation: Operation): ClientAuthMethod[] {
  const places = (field: FieldName): Place[] =>
    fieldSpots(operation).flatMap((spot) => (spot.field === field ? [spot.place] : []))
  const isHeader = (place: Place) => place.startsWith('basic')
  const secret = places('client_secret')
  const methods: Partial<Record<ClientAuthMethod, boolean>> = {
    client_secret_basic: secret.some(isHeader),
    client_secret_post: secret.some((place) => !isHeader(place)),
    private_key_jwt: places('client_assertion').length > 0,
    none: operation.does !== 'introspect' && places('client_id').some((place) => !isHeader(place)),
  }
  return (Object.keys(methods) as ClientAuthMethod[]).filter((method) => methods[method])
}

function authFactsOf(dialect: Dialect): Facts {
  const named = { token: 'token', revoke: 'revocation', introspect: 'introspection' } as const
  const facts = Object.entries(named).flatMap(([does, name]) => {
    const operation = operationOf(dialect, does as keyof typeof named)
    if (!operation) return []
    const methods = authMethodsOf(operation)
    const algs = methods.includes('private_key_jwt')
      ? [[`${name}_endpoint_auth_signing_alg_values_supported`, ASSERTION_ALGS] as const]
      : []
    return [[`${name}_endpoint_auth_methods_supported`, methods] as const, ...algs]
  })
  return Object.fromEntries(facts)
}

function authorizeFactsOf(dialect: Dialect): Facts {
  const reads = operationOf(dialect, 'authorize')?.reads ?? {}
  return {
    response_types_supported: ['code'],
    response_modes_supported: reads.response_mode ? ['query', 'form_post'] : ['query'],
    code_challenge_methods_supported: ['S256'],
    ...(reads.prompt && { prompt_values_supported: PROMPTS }),
    claims_parameter_supported: reads.claims !== undefined,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    authorization_response_iss_parameter_supported: true,
  }
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
    grant_types_supported: grantTypesOf(dialect),
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: dialect.policy.idToken ? ['RS256'] : ID_TOKEN_ALGS,
    ui_locales_supported: locales,
    ...authorizeFactsOf(dialect),
    ...authFactsOf(dialect),
  }
}
