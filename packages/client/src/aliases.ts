// Aliases: the calls of a dialect under the names that its provider's own SDKs have for them.

import type { Deed, Dialect, Facts } from '@patois/core/caller'
import type { Returned } from './authorize.ts'
import type { Params } from './operations.ts'
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

/** A call of a client, for tokens or for anything else. */
export type Call = (params?: Params, options?: CallOptions) => Promise<unknown>

/** One method for each name that the dialect's data has; `ask` makes the calls. */
export function aliasesOf(
  { operations }: Dialect,
  ask: (does: Deed, grant?: string) => Call,
): Record<string, Call> {
  const named = Object.values(operations).flatMap(({ does, names = {} }) =>
    Object.entries(names).map(([name, grant]): [string, Call] => [
      name,
      ({ grantType, ...params } = {}, options) =>
        ask(does, grant === 'any' ? String(grantType) : grant)(params, options),
    ]),
  )
  return Object.fromEntries(named)
}
