// Discover: a standard server as it describes itself becomes a dialect, like any other provider.

import type { Operation } from '@patois/core/caller'
import { standard } from '@patois/core/dialects/standard'
import { checkSafe } from './connection.ts'
import { Unreachable, Unreadable } from './errors.ts'

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
export type DiscoverOptions = {
  /** Left out: Basic, unless the server takes the secret in the form only. */
  authMethod?: AuthMethod | undefined
  fetch?: typeof fetch | undefined
  signal?: AbortSignal | undefined
  /** In milliseconds; 10,000 when left out. */
  timeoutMs?: number | undefined
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
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const names = ['openid-configuration', 'oauth-authorization-server']
  const inFront = names.map((name) => `${origin}/.well-known/${name}${path}`)
  return [...new Set([`${origin}${path}/.well-known/openid-configuration`, ...inFront])]
}

/**
 * Finds out what the server of an issuer has and where. Throws Unreachable and Unreadable; the
 * latter too when the document is of another issuer (RFC 8414 §3.3).
 */
export async function discover(issuer: string, options: DiscoverOptions = {}): Promise<Discovered> {
  checkSafe(issuer)
  const metadata = await find(issuer, options)
  return {
    dialect: dialectOf(metadata, options.authMethod),
    issuer: metadata.issuer,
    saysIssuer: metadata.authorization_response_iss_parameter_supported === true,
    metadata,
  }
}

async function find(issuer: string, options: DiscoverOptions): Promise<Metadata> {
  let last: unknown
  for (const address of addressesOf(issuer)) {
    try {
      return await read(issuer, address, options)
    } catch (error) {
      last = error
      // Only where nothing is, is it worth looking elsewhere.
      if (!(error instanceof Unreadable && error.status >= 400 && error.status < 500)) throw error
    }
  }
  throw last
}

async function read(issuer: string, url: string, options: DiscoverOptions): Promise<Metadata> {
  const { fetch: ask = fetch, signal, timeoutMs = 10_000 } = options
  const about = {
    dialect: 'standard',
    operation: 'metadata',
    sent: { method: 'GET', url, headers: {}, body: '' },
  }
  const time = AbortSignal.timeout(timeoutMs)
  const response = await ask(url, {
    headers: { accept: 'application/json' },
    signal: signal ? AbortSignal.any([signal, time]) : time,
  }).catch((cause: unknown) => {
    signal?.throwIfAborted()
    throw new Unreachable(cause, time.aborted, about)
  })
  const body = await response.text()
  const came = { status: response.status, headers: Object.fromEntries(response.headers), body }
  const document = response.ok ? parse(body) : undefined
  if (!document) throw new Unreadable(`no metadata (${response.status})`, came, about)
  if (document.issuer !== issuer) {
    throw new Unreadable(`the metadata is of ${String(document.issuer)}`, came, about)
  }
  return document
}

function parse(text: string): Metadata | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && 'issuer' in value
      ? (value as Metadata)
      : undefined
  } catch {
    return undefined
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
