// Authorize: sends a person to the server's page, and judges what they come back with.

import { type Facts, type GivenFields, hearRedirect, type Operation } from '@patois/core/caller'
import type { Answered } from './call.ts'
import type { Connection, NamedOperation } from './connection.ts'
import { Refused, Unreadable } from './errors.ts'
import { challengeOf, randomText } from './pkce.ts'
import { requestOf, sentOf } from './request.ts'
import type { CallOptions } from './send.ts'

/** What has to be remembered until the person is back: keep it in their session, it is a secret. */
export type Pending = {
  url: string
  state: string
  codeVerifier?: string | undefined
  nonce?: string | undefined
  redirectUri?: string | undefined
}

/** What the person came back with, once all of it was checked. */
export type Returned = { code: string; scope?: readonly string[]; extra: Facts }

/** The address to send a person to, and what to remember. */
export async function writeAuthorize(
  connection: Connection,
  { operation }: NamedOperation,
  given: GivenFields,
  options: CallOptions = {},
): Promise<Pending> {
  const { reads } = operation
  const takesProof = 'code_challenge' in reads && connection.dialect.pkce !== false
  const codeVerifier = takesProof ? randomText() : undefined
  const state = given.state ?? randomText()
  const wantsNonce = 'nonce' in reads && given.scope?.includes('openid')
  const nonce = given.nonce ?? (wantsNonce ? randomText() : undefined)
  const redirectUri = given.redirect_uri ?? connection.redirectUri
  const fields: GivenFields = {
    client_id: connection.clientId,
    response_type: 'code',
    ...given,
    state,
    nonce,
    redirect_uri: redirectUri,
    ...(codeVerifier !== undefined && {
      code_challenge: await challengeOf(codeVerifier),
      code_challenge_method: 'S256',
    }),
  }
  const { url } = requestOf(connection, asLink(operation), fields, options)
  return { url, state, codeVerifier, nonce, redirectUri }
}

// A browser follows it: whatever else the page would take by POST, a link has the query alone.
function asLink(operation: Operation): Operation {
  return { ...operation, methods: ['GET'] }
}

/**
 * The code that a person came back with. Throws Refused for the server's own refusal, Unreadable
 * for another's state or issuer (RFC 9207 §2.4): such an answer must not be used.
 */
export function readCallback(
  connection: Connection,
  { name, operation }: NamedOperation,
  url: string,
  pending: Pending | undefined,
): Returned {
  const heard = hearRedirect(operation, url)
  const sent = sentOf(connection, asLink(operation), {}, {})
  const about = { dialect: connection.dialect.name, operation: name, sent }
  const came = { status: 0, headers: {}, body: '', skewSeconds: 0 }
  const names = [...new URL(url).searchParams.keys()]
  if (new Set(names).size < names.length) {
    throw new Unreadable('a parameter of the answer is repeated', came, about)
  }
  const hasState = 'state' in operation.reads
  if (hasState && (pending === undefined || heard.facts.state !== pending.state)) {
    throw new Unreadable('the state is not the one that was sent', came, about)
  }
  return returnedOf(connection, { ...heard, came, about })
}

/** What an authorization answer says, once its issuer was checked. Throws as `readCallback` does. */
export function returnedOf(
  { issuer, saysIssuer }: Connection,
  { facts, extra, came, about }: Answered,
): Returned {
  const { iss = saysIssuer ? undefined : issuer } = facts
  if (issuer !== undefined && iss !== issuer) {
    throw new Unreadable('the answer does not name the issuer that was asked', came, about)
  }
  const { error = extra.error, error_description: sentence } = facts
  if (typeof error === 'string') {
    const said = { code: error, ...(typeof sentence === 'string' && { sentence }) }
    throw new Refused(said, came, about)
  }
  if (typeof facts.code !== 'string' || facts.code === '') {
    throw new Unreadable('the answer has no code', came, about)
  }
  return {
    code: facts.code,
    ...(Array.isArray(facts.scope) && { scope: facts.scope as string[] }),
    extra,
  }
}
