// Discover: a standard server as it describes itself becomes a dialect, like any other provider.

import type { Operation } from '@patois/core/caller'
import { standard } from '@patois/core/dialects/standard'
import { checkSafe } from './connection.ts'
import { type DocumentOptions, findDocument } from './document.ts'
import { Unreadable } from './errors.ts'

/** What a server says of itself (RFC 8414 §2, OpenID Connect Discovery §3). */
export type Metadata = Readonly<Record<string, unknown>> & { readonly issuer: string }

/** Spread it into `connect`: `connect({ ...await discover(issuer), clientId })`. */
export type Discovered = {
  dialect: typeof standard
  issuer: string
  saysIssuer: boolean
  metadata: Metadata
}

/** How a client proves itself with a secret, or that it does not. */
export type AuthMethod = 'client_secret_basic' | 'client_secret_post' | 'none'

/** What `discover` can be told. */
export type DiscoverOptions = DocumentOptions & {
  /** Left out: Basic, unless the server takes the secret in the form only. */
  authMethod?: AuthMethod | undefined
}

const ENDPOINTS: Readonly<Record<string, string>> = {
  authorize: 'authorization_endpoint',
  token: 'token_endpoint',
  revoke: 'revocation_endpoint',
  introspect: 'introspection_endpoint',
  userinfo: 'userinfo_endpoint',
  logout: 'end_session_endpoint',
  jwks: 'jwks_uri',
}

// OpenID Connect puts the name behind an issuer's path, RFC 8414 §3.1 in front of it.
function addressesOf(issuer: string): string[] {
  const { origin, pathname, search, hash } = new URL(issuer)
  if (search + hash !== '') throw new TypeError(`${issuer}: an issuer has no query or fragment`)
  const path = pathname.replace(/\/$/, '')
  const names = ['openid-configuration', 'oauth-authorization-server']
  const inFront = names.map((name) => `${origin}/.well-known/${name}${path}`)
  return [...new Set([`${origin}${path}/.well-known/openid-configuration`, ...inFront])]
}

/**
 * Finds out what the server of an issuer has and where. Throws Unreachable and Unreadable; the
 * latter too when the document is of another issuer (RFC 8414 §3.3) or sends secrets over http.
 */
export async function discover(issuer: string, options: DiscoverOptions = {}): Promise<Discovered> {
  const found = await findDocument(addressesOf(issuer), 'issuer', 'metadata', options)
  const { document, came, about } = found
  if (document.issuer !== issuer) {
    throw new Unreadable(`the metadata is of ${String(document.issuer)}`, came, about)
  }
  try {
    return discovered({ ...document, issuer }, options.authMethod)
  } catch (cause) {
    throw new Unreadable(`the metadata is wrong: ${String(cause)}`, came, about)
  }
}

/** A server out of metadata that is known already. Throws a TypeError for an unsafe address. */
export function discovered(metadata: Metadata, authMethod?: AuthMethod): Discovered {
  return {
    dialect: dialectOf(metadata, authMethod),
    issuer: metadata.issuer,
    saysIssuer: metadata.authorization_response_iss_parameter_supported === true,
    metadata,
  }
}

function dialectOf(metadata: Metadata, asked: AuthMethod | undefined): typeof standard {
  const operations = Object.entries<Operation>(standard.operations).flatMap(([name, operation]) => {
    const endpoint = metadata[ENDPOINTS[operation.does] ?? '']
    return typeof endpoint === 'string' ? [[name, placed(operation, endpoint)] as const] : []
  })
  const posts = usesForm(metadata, asked)
  const arranged = operations.map(([name, one]) => [name, posts ? withForm(one) : one])
  return { ...standard, operations: Object.fromEntries(arranged) }
}

/** An operation at the endpoint that a server's metadata names. */
export function placed(operation: Operation, endpoint: string): Operation {
  checkSafe(endpoint)
  const { origin, pathname, search } = new URL(endpoint)
  return { ...operation, at: origin, path: pathname + search }
}

const PROOF = ['client_id', 'client_secret', 'client_assertion', 'client_assertion_type'] as const

/** Where a client proves itself at an endpoint: as it does at the token endpoint. */
export function proofReads({ reads }: Operation): Operation['reads'] {
  return Object.fromEntries(PROOF.filter((name) => reads[name]).map((name) => [name, reads[name]]))
}

function usesForm(metadata: Metadata, asked: AuthMethod | undefined): boolean {
  if (asked !== undefined) return asked !== 'client_secret_basic'
  const methods = metadata.token_endpoint_auth_methods_supported
  return (
    Array.isArray(methods) &&
    methods.includes('client_secret_post') &&
    !methods.includes('client_secret_basic')
  )
}

function withForm(operation: Operation): Operation {
  const { reads } = operation
  if (!('client_secret' in reads)) return operation
  return {
    ...operation,
    reads: { ...reads, client_id: 'form client_id', client_secret: 'form client_secret' },
  }
}
