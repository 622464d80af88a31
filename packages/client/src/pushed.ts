// Pushed: what is asked for goes to the server first, and the person's browser carries a name for it.

import type { Fields, GivenFields, Operation } from '@patois/core/caller'
import { standard } from '@patois/core/dialects/standard'
import type { Pending } from './authorize.ts'
import { call } from './call.ts'
import type { Connection } from './connection.ts'
import { type Discovered, type Metadata, placed, proofReads } from './discover.ts'
import { Unreadable } from './errors.ts'
import { ownFields } from './operations.ts'
import type { DeedParams } from './types.ts'

type Params = Omit<
  DeedParams<typeof standard, 'authorize'>,
  'codeChallenge' | 'codeChallengeMethod'
>

type Client = {
  readonly connection: Connection<typeof standard>
  authorizeUrl(params?: Params): Promise<Pending>
}

// Every parameter of the page, in the form beside the client's own proof (RFC 9126 §2.1): its id
// too, although a header may have said it already.
function operationOf(metadata: Metadata, token: Operation, own: GivenFields): Operation {
  const [spot = ''] = [token.reads.client_id ?? []].flat()
  const isInHeader = spot.startsWith('basic') && own.client_secret !== undefined
  const page = Object.keys(standard.operations.authorize.reads).map((name) => [
    name,
    `form ${name}${name === 'scope' ? ' space' : name === 'resource' ? ' list' : ''}`,
  ])
  return {
    ...placed(token, String(metadata.pushed_authorization_request_endpoint)),
    does: 'authorize',
    isCall: true,
    reads: { ...Object.fromEntries(page), ...proofReads(token) },
    ...(isInHeader && { adds: { 'form client_id': own.client_id ?? '' } }),
    answers: { status: 201, facts: { request_uri: 'json request_uri' } },
  }
}

/**
 * Like `authorizeUrl`, with the parameters pushed (RFC 9126): nobody can read or change them on the
 * way. Throws a TypeError when the server has no such endpoint, and whatever a call throws.
 */
export async function pushAuthorization(
  client: Client,
  { metadata, dialect }: Pick<Discovered, 'metadata' | 'dialect'>,
  params: Params = {},
): Promise<Pending> {
  if (typeof metadata.pushed_authorization_request_endpoint !== 'string') {
    throw new TypeError(`${metadata.issuer} takes no pushed authorization requests`)
  }
  const { connection } = client
  const pending = await client.authorizeUrl(params)
  const asked = fieldsOf(new URL(pending.url).searchParams)
  const own = ownFields(connection)
  const operation = operationOf(metadata, dialect.operations.token, own)
  const fields: GivenFields = { ...asked, ...own }
  const named = { name: 'pushed_authorization_request', operation }
  const { facts, came, about } = await call(connection, named, fields)
  if (typeof facts.request_uri !== 'string') throw new Unreadable('no request_uri', came, about)
  const page = new URL(pending.url)
  page.search = String(
    new URLSearchParams({ client_id: connection.clientId, request_uri: facts.request_uri }),
  )
  return { ...pending, url: page.href }
}

function fieldsOf(query: URLSearchParams): Fields {
  const names = [...new Set(query.keys())]
  const entries = names.map((name) => {
    if (name === 'scope') return [name, query.get(name)?.split(' ')]
    return [name, name === 'resource' ? query.getAll(name) : query.get(name)]
  })
  return Object.fromEntries(entries) as Fields
}
