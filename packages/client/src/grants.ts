// Grants: tokens for a proof of another server's, by JWT bearer and token exchange.

import type { Connection } from './connection.ts'
import { callToken } from './operations.ts'
import type { CallOptions } from './send.ts'
import type { Tokens } from './tokens.ts'

type Client = { readonly connection: Connection }

/** What tokens by such a grant are asked for. */
export type Asked = {
  scope?: string | readonly string[] | undefined
  resource?: string | readonly string[] | undefined
}

/** What is exchanged for what (RFC 8693 §2.1); types are the RFC's URNs. */
export type TokenExchange = Asked & {
  subjectToken: string
  subjectTokenType: string
  requestedTokenType?: string | undefined
  actorToken?: string | undefined
  actorTokenType?: string | undefined
  audience?: string | undefined
}

const PREFIX = 'urn:ietf:params:oauth:grant-type'

/** Tokens for an assertion that another server has signed (RFC 7523 §2.1). Throws as calls do. */
export function jwtBearer(
  { connection }: Client,
  assertion: string,
  asked: Asked = {},
  { fields, ...options }: CallOptions = {},
): Promise<Tokens> {
  const more = { ...options, fields: { ...fields, assertion } }
  return callToken(connection, `${PREFIX}:jwt-bearer`, asked, more)
}

/**
 * A token in exchange for another; what was issued says `extra.issued_token_type` (RFC 8693 §2.2).
 * Throws as calls do.
 */
export function tokenExchange(
  { connection }: Client,
  { scope, resource, ...exchange }: TokenExchange,
  { fields, ...options }: CallOptions = {},
): Promise<Tokens> {
  const said = {
    subject_token: exchange.subjectToken,
    subject_token_type: exchange.subjectTokenType,
    requested_token_type: exchange.requestedTokenType,
    actor_token: exchange.actorToken,
    actor_token_type: exchange.actorTokenType,
    audience: exchange.audience,
  }
  const sent = Object.entries(said).filter((entry): entry is [string, string] => !!entry[1])
  const more = { ...options, fields: { ...fields, ...Object.fromEntries(sent) } }
  return callToken(connection, `${PREFIX}:token-exchange`, { scope, resource }, more)
}
