// Register: a client introduces itself to a server that has not heard of it (RFC 7591).

import { hearAnswer, type Operation } from '@patois/core/caller'
import { standard } from '@patois/core/dialects/standard'
import { checkSafe } from './connection.ts'
import type { AuthMethod, Metadata } from './discover.ts'
import { type DocumentOptions, lineOf } from './document.ts'
import { Refused, Unreadable } from './errors.ts'
import { retryAfterOf, send } from './send.ts'

/** What a client says of itself, in the names of RFC 7591 §2. */
export type ClientMetadata = Readonly<Record<string, unknown>>

/** Who a client is at one server. */
export type KnownClient = {
  clientId: string
  clientSecret?: string
  authMethod?: AuthMethod
}

/** How a client registers. */
export type RegisterOptions = DocumentOptions & {
  /** Headers besides, such as one with an initial access token. */
  headers?: Readonly<Record<string, string>>
}

const METHODS = ['client_secret_basic', 'client_secret_post', 'none'] as const

const OPERATION: Operation = {
  does: 'metadata',
  methods: ['POST'],
  path: '/register',
  reads: {},
  answers: {
    status: 201,
    facts: {
      client_id: 'json client_id',
      client_secret: 'json client_secret',
      method: 'json token_endpoint_auth_method',
    },
  },
  refuses: standard.operations.token.refuses,
}

/**
 * Registers a client. Throws a TypeError when the server does not register any; Refused,
 * Unreachable or Unreadable otherwise.
 */
export async function register(
  metadata: Metadata,
  said: ClientMetadata,
  options: RegisterOptions = {},
): Promise<KnownClient> {
  const url = metadata.registration_endpoint
  if (typeof url !== 'string') throw new TypeError(`${metadata.issuer} registers no clients`)
  checkSafe(url)
  const line = lineOf(options)
  const body = JSON.stringify({ ...methodFor(metadata), ...said })
  const sent = { method: 'POST', url, headers: {}, body }
  const about = { dialect: 'standard', operation: 'register', sent }
  const request = {
    method: 'POST',
    url,
    headers: { accept: 'application/json', 'content-type': 'application/json', ...options.headers },
    body: new TextEncoder().encode(body),
  }
  const came = await send(line, request, { signal: options.signal }, about)
  const heard = hearAnswer(OPERATION, came, 0)
  if (heard.kind === 'refused') {
    throw new Refused({ ...heard, retryAfter: retryAfterOf(came, line.now()) }, came, about)
  }
  const known = heard.kind === 'facts' ? knownOf(heard.facts) : undefined
  if (!known) throw new Unreadable('the answer has no client id', came, about)
  return known
}

// The first way that the server has, of those that need nothing but its own answer.
function methodFor({ token_endpoint_auth_methods_supported: offered }: Metadata): ClientMetadata {
  const method = Array.isArray(offered) && METHODS.find((one) => offered.includes(one))
  return method ? { token_endpoint_auth_method: method } : {}
}

function knownOf(facts: Readonly<Record<string, unknown>>): KnownClient | undefined {
  const { client_id: clientId, client_secret: clientSecret } = facts
  if (typeof clientId !== 'string' || clientId === '') return undefined
  const authMethod = METHODS.find((one) => one === facts.method)
  const hasSecret = typeof clientSecret === 'string' && clientSecret !== '' && authMethod !== 'none'
  return {
    clientId,
    ...(hasSecret && { clientSecret }),
    ...(authMethod && { authMethod }),
  }
}
