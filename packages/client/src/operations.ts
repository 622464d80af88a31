// Operations: the calls of a dialect under the protocol's names, whatever the wire calls them.

import type { Deed, Dialect, Facts, GivenFields, Operation } from '@patois/core/caller'
import { type Answered, call } from './call.ts'
import { type Connection, isBound, type NamedOperation } from './connection.ts'
import { Unreadable } from './errors.ts'
import { fieldsOf } from './request.ts'
import type { CallOptions } from './send.ts'
import { type Tokens, tokenFault, tokensOf } from './tokens.ts'

/** Parameters of any call, in camel case. */
export type Params = Readonly<Record<string, unknown>>

/** The operation of a dialect for a deed or a grant type. Throws a TypeError when it has none. */
export function operationOf(dialect: Dialect, does: Deed, grant?: string): NamedOperation {
  for (const [name, operation] of Object.entries(dialect.operations)) {
    const { grants } = operation
    const serves = !grant || !grants || grants.includes(grant)
    if (operation.does === does && serves) return { name, operation }
  }
  throw new TypeError(`${dialect.name} has no ${grant ?? does}`)
}

/** Who calls, with the secret where there is one. */
export function ownFields({ clientId, clientSecret, proof }: Connection): GivenFields {
  return { client_id: clientId, client_secret: proof ? undefined : clientSecret }
}

/** Asks for tokens by a grant type. Throws Refused, Unreachable or Unreadable. */
export async function callToken(
  connection: Connection,
  grant: string,
  params: Params,
  options: CallOptions = {},
): Promise<Tokens> {
  const named = operationOf(connection.dialect, 'token', grant)
  const fields: GivenFields = {
    ...ownFields(connection),
    ...usual(connection, named.operation, grant),
    ...fieldsOf(params),
    grant_type: grant,
  }
  const answered = await call(connection, named, fields, options)
  const { facts, extra, came, about } = answered
  const fault = tokenFault(facts)
  if (fault !== undefined) throw new Unreadable(fault, came, about)
  const asked = fields.scope ?? connection.scope ?? []
  const tokens = tokensOf(facts, { extra, asked, skewSeconds: came.skewSeconds })
  const { binding } = connection
  // A server that knows nothing of the binding would hand out tokens for anybody (RFC 9449 §5).
  if (binding && !isBound(binding, tokens.tokenType)) {
    throw new Unreadable('the tokens are not bound to the key', came, about)
  }
  return tokens
}

// What a call says when its caller does not: narrowing and widening a refresh is for callers to say.
function usual(
  { redirectUri, scope }: Connection,
  { needs }: Operation,
  grant: string,
): GivenFields {
  const isFirst = grant === 'client_credentials' || grant === 'password'
  return {
    redirect_uri: grant === 'authorization_code' ? redirectUri : undefined,
    scope: isFirst || needs?.includes('scope') ? scope : undefined,
  }
}

/** Calls an operation that gives no tokens. Throws Refused, Unreachable or Unreadable. */
export async function askDeed(
  connection: Connection,
  does: Deed,
  params: Params,
  options?: CallOptions,
): Promise<Answered> {
  const named = operationOf(connection.dialect, does)
  // Whatever the operation does not read is not sent.
  const own = { ...ownFields(connection), redirect_uri: connection.redirectUri }
  const fields = { ...own, ...fieldsOf(params) }
  return call(connection, named, fields, options)
}

/** Like `askDeed`; what was said beside the operation's facts stands among them. */
export async function callDeed(
  connection: Connection,
  does: Deed,
  params: Params,
  options?: CallOptions,
): Promise<Facts> {
  const { facts, extra, came, about } = await askDeed(connection, does, params, options)
  // Whoever asks about a token must not take silence for an answer (RFC 7662 §2.2).
  if (does === 'introspect' && typeof facts.active !== 'boolean') {
    throw new Unreadable('the answer does not say whether the token is active', came, about)
  }
  return { ...extra, ...facts }
}
