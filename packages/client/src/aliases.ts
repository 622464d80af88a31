// Aliases: the calls of a dialect under the names that its provider's own SDKs have for them.

import type { Dialect, Facts } from '@patois/core/caller'
import type { Returned } from './authorize.ts'
import type { Connection } from './connection.ts'
import { callDeed, callToken, type Params } from './operations.ts'
import type { CallOptions } from './send.ts'
import type { Tokens } from './tokens.ts'
import type {
  DeedParams,
  GrantName,
  GrantParams,
  HeadersOf,
  Named,
  NamedGrant,
  SdkName,
} from './types.ts'
import { authorizeByCall } from './visits.ts'

type GrantIn<O> = O extends { grants: readonly (infer G)[] } ? Extract<G, GrantName> : never

// One name for several grant types says which one it means.
type AnyGrant<D extends Dialect, O> = {
  [G in GrantIn<O>]: { grantType: G } & GrantParams<D, G>
}[GrantIn<O>]

type TokenParams<D extends Dialect, N extends string> =
  NamedGrant<Named<D, N>, N> extends infer G
    ? G extends GrantName
      ? GrantParams<D, G>
      : AnyGrant<D, Named<D, N>>
    : never

type ParamsOf<D extends Dialect, N extends string> =
  Named<D, N> extends { does: infer K }
    ? K extends 'token'
      ? TokenParams<D, N>
      : K extends 'authorize' | 'revoke' | 'introspect' | 'userinfo'
        ? DeedParams<D, K>
        : never
    : never

type ResultOf<O> = O extends { does: 'token' }
  ? Tokens
  : O extends { does: 'authorize' }
    ? Returned
    : Facts

type OptionsOf<O> = Omit<CallOptions, 'headers'> & {
  headers?: { readonly [H in HeadersOf<O>]?: string } & Readonly<Record<string, string>>
}

/** The dialect's calls under its provider's own names, in camel case. */
export type Aliases<D extends Dialect> = {
  [N in SdkName<D>]: (
    params: ParamsOf<D, N>,
    options?: OptionsOf<Named<D, N>>,
  ) => Promise<ResultOf<Named<D, N>>>
}

type Call = (params?: Params, options?: CallOptions) => Promise<unknown>

/** One method for each name that the dialect's data has. */
export function aliasesOf(connection: Connection): Record<string, Call> {
  const operations = Object.values(connection.dialect.operations)
  const named = operations.flatMap((operation) =>
    Object.entries(operation.names ?? {}).map(([name, grant]): [string, Call] => [
      name,
      async (params = {}, options) => {
        if (operation.does === 'authorize') return authorizeByCall(connection, params, options)
        if (operation.does !== 'token') return callDeed(connection, operation.does, params, options)
        const { grantType, ...rest } = params
        const meant = grant === 'any' ? String(grantType) : grant
        return callToken(connection, meant, rest, options)
      },
    ]),
  )
  return Object.fromEntries(named)
}
