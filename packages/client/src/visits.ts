// Visits: people who are away at the server's page, and what has to be known when they are back.

import {
  type Pending,
  type Returned,
  readCallback,
  returnedOf,
  writeAuthorize,
} from './authorize.ts'
import type { Connection } from './connection.ts'
import { askDeed, callToken, operationOf, type Params } from './operations.ts'
import { fieldsOf } from './request.ts'
import type { CallOptions } from './send.ts'
import type { Tokens } from './tokens.ts'

/** How many people may be away without their `pending` being handed back. */
const MOST_PENDING = 1000

/** The calls around an authorization page. */
export type Visits = {
  authorizeUrl(params?: Params, options?: Pick<CallOptions, 'fields'>): Promise<Pending>
  callback(url: string, pending?: Pending, params?: Params, options?: CallOptions): Promise<Tokens>
}

/** Keeps what `authorizeUrl` made until `callback` wants it, in this process alone. */
export function visitsOf(connection: Connection): Visits {
  const waiting = new Map<string, Pending>()
  const { dialect, scope } = connection
  return {
    authorizeUrl: async (params = {}, options = {}) => {
      const named = operationOf(dialect, 'authorize')
      const fields = { scope, ...fieldsOf(params) }
      const pending = await writeAuthorize(connection, named, fields, options)
      const [oldest] = waiting.keys()
      if (waiting.size >= MOST_PENDING && oldest !== undefined) waiting.delete(oldest)
      waiting.set(pending.state, pending)
      return pending
    },
    callback: async (url, handed, params = {}, options = {}) => {
      const state = new URL(url).searchParams.get('state') ?? ''
      const pending = handed ?? waiting.get(state)
      waiting.delete(state)
      const returned = readCallback(connection, operationOf(dialect, 'authorize'), url, pending)
      const found = exchanged(connection, returned, pending)
      const exchange = { ...found, ...params }
      const tokens = await callToken(connection, 'authorization_code', exchange, options)
      // What came along in the browser is less sure than what the server itself said.
      return { ...tokens, extra: { ...returned.extra, ...tokens.extra } }
    },
  }
}

function exchanged(connection: Connection, { code, scope }: Returned, pending?: Pending): Params {
  const { operation } = operationOf(connection.dialect, 'token', 'authorization_code')
  const { codeVerifier, redirectUri, state } = pending ?? {}
  // What the code was made for: named again where a dialect wants that, else known from here on.
  const saysScope = operation.needs?.includes('scope') || !('scope' in operation.reads)
  return { code, codeVerifier, redirectUri, state, scope: saysScope ? scope : undefined }
}

/** Authorizes by a call, where a dialect has that instead of a page. Throws as `callback` does. */
export async function authorizeByCall(
  connection: Connection,
  params: Params,
  options?: CallOptions,
): Promise<Returned> {
  return returnedOf(connection, await askDeed(connection, 'authorize', params, options))
}
