// Connect: one object for one client at one server, with the calls that the server's dialect has.

import type { Deed, Dialect, Facts } from '@patois/core/caller'
import { type Aliases, aliasesOf, type Call } from './aliases.ts'
import type { Pending, Returned } from './authorize.ts'
import type { Binding, CallEvent, ClientProof, Connection, Retry } from './connection.ts'
import { callDeed, callToken } from './operations.ts'
import { fieldsOf } from './request.ts'
import type { CallOptions } from './send.ts'
import type { Tokens } from './tokens.ts'
import type {
  DeedParams,
  EnvironmentOf,
  GrantName,
  GrantParams,
  Has,
  HasGrant,
  IsCall,
} from './types.ts'
import { authorizeByCall, visitsOf } from './visits.ts'

/** What `connect` is told. */
export type ConnectOptions<D extends Dialect> = {
  dialect: D
  /** The server: any of this dialect, a local one too. Left out: the provider's own. */
  url?: string | undefined
  /** Which of the provider's own servers, by the dialect's name for it. */
  environment?: EnvironmentOf<D> | undefined
  /** The parts of the provider's addresses that are yours, such as a tenant. */
  variables?: Readonly<Record<string, string>> | undefined
  clientId: string
  clientSecret?: string | undefined
  redirectUri?: string | undefined
  /** What is asked for when a call does not say. */
  scope?: string | readonly string[] | undefined
  /** Who must be named where authorization answers name somebody (RFC 9207). */
  issuer?: string | undefined
  /** True when the issuer names itself in every authorization answer. */
  saysIssuer?: boolean | undefined
  /** Proves the client without a secret. */
  proof?: ClientProof | undefined
  /** Binds requests to a key. */
  binding?: Binding | undefined
  /** Headers of every call. */
  headers?: Readonly<Record<string, string>> | undefined
  fetch?: typeof fetch | undefined
  /** The clock, in seconds since 1970. */
  now?: (() => number) | undefined
  /** For each attempt, in milliseconds; 30,000 when left out. */
  timeoutMs?: number | undefined
  /** Repeats failed calls: `retrying()` does as the providers' SDKs can. */
  retry?: Retry | undefined
  /** Hears each step of each call; no secret is in it. */
  log?: ((event: CallEvent) => void) | undefined
}

// A call whose parameters are all optional may have none.
type Method<P, R> =
  Partial<P> extends P
    ? (params?: P, options?: CallOptions) => Promise<R>
    : (params: P, options?: CallOptions) => Promise<R>

type GrantMethod<D extends Dialect, G extends GrantName, N extends string> =
  HasGrant<D, G> extends true ? { [K in N]: Method<GrantParams<D, G>, Tokens> } : unknown

type DeedMethod<D extends Dialect, K extends 'revoke' | 'introspect' | 'userinfo'> =
  Has<D, K> extends true ? { [N in K]: Method<DeedParams<D, K>, Facts> } : unknown

type Page<D extends Dialect> = {
  /** Where to send a person, and what to remember until they are back. */
  authorizeUrl: (
    params?: Omit<DeedParams<D, 'authorize'>, 'codeChallenge' | 'codeChallengeMethod'>,
    options?: Pick<CallOptions, 'fields'>,
  ) => Promise<Pending>
  /** Checks what the person came back with, and exchanges their code. */
  callback: (
    url: string,
    pending?: Pending,
    params?: Partial<GrantParams<D, 'authorization_code'>>,
    options?: CallOptions,
  ) => Promise<Tokens>
}

type AuthorizeMethod<D extends Dialect> =
  Has<D, 'authorize'> extends true
    ? IsCall<D> extends true
      ? { authorize: Method<DeedParams<D, 'authorize'>, Returned> }
      : Page<D>
    : unknown

/** A client at a server of dialect `D`: the calls that the dialect has, and no others. */
export type Client<D extends Dialect = Dialect> = {
  readonly connection: Connection<D>
} & AuthorizeMethod<D> &
  GrantMethod<D, 'authorization_code', 'exchange'> &
  GrantMethod<D, 'refresh_token', 'refresh'> &
  GrantMethod<D, 'client_credentials', 'clientCredentials'> &
  GrantMethod<D, 'password', 'password'> &
  DeedMethod<D, 'revoke'> &
  DeedMethod<D, 'introspect'> &
  DeedMethod<D, 'userinfo'> &
  Aliases<D>

function connectionOf<D extends Dialect>(options: ConnectOptions<D>): Connection<D> {
  const { url, scope, fetch: handed } = options
  return {
    ...options,
    url: url?.replace(/\/+$/, ''),
    variables: options.variables ?? {},
    scope: fieldsOf({ scope }).scope,
    // Looked up at each call: a test may put another in its place.
    fetch: handed ?? ((...request) => fetch(...request)),
    now: options.now ?? (() => Math.floor(Date.now() / 1000)),
    clock: { ahead: undefined },
    timeoutMs: options.timeoutMs ?? 30_000,
  }
}

/**
 * Connects a client to a server. Its methods are the dialect's operations under canonical names,
 * and under the names that the provider's own SDKs have for them. They throw Refused, Unreachable
 * and Unreadable, and a TypeError for what was set up wrongly.
 */
export function connect<const D extends Dialect>(options: ConnectOptions<D>): Client<D> {
  const connection = connectionOf(options)
  const ask =
    (does: Deed, grant = ''): Call =>
    async (params = {}, more) => {
      if (does === 'token') return callToken(connection, grant, params, more)
      if (does === 'authorize') return authorizeByCall(connection, params, more)
      return callDeed(connection, does, params, more)
    }
  return {
    connection,
    ...visitsOf(connection),
    authorize: ask('authorize'),
    exchange: ask('token', 'authorization_code'),
    refresh: ask('token', 'refresh_token'),
    clientCredentials: ask('token', 'client_credentials'),
    password: ask('token', 'password'),
    revoke: ask('revoke'),
    introspect: ask('introspect'),
    userinfo: ask('userinfo'),
    ...aliasesOf(connection.dialect, ask),
  } as unknown as Client<D>
}
