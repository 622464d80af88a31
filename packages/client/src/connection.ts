// Connection: who calls which server in which dialect, and how.

import type { Dialect, GivenFields, Operation } from '@patois/core/caller'
import type { Heard, SentRequest } from './errors.ts'

/** One step of a call, for a log: no secret is in it. */
export type CallEvent = {
  step: 'send' | 'answer' | 'refused' | 'unreachable' | 'unreadable' | 'wait'
  dialect: string
  operation: string
  sent: SentRequest
  status?: number | undefined
  /** Of a refusal. */
  code?: string | undefined
  /** How long it took, or is waited for, in milliseconds. */
  milliseconds?: number
}

/** A request that is about to be sent. */
export type Outgoing = {
  method: string
  url: string
  headers: Record<string, string>
  body: Uint8Array
}

/** Proves the client in another way than with a secret, such as private_key_jwt. */
export type ClientProof = (audience: string) => Promise<Readonly<Record<string, string>>>

/** Headers of a request that were made for it alone. */
export type OwnHeaders = Readonly<Record<string, string>>

/** Binds requests to a key (DPoP). */
export type Binding = {
  /** The type of tokens that are bound, and their scheme where they are presented. */
  scheme: string
  /** Has a request sent with a proof, and once more where the server wants another (RFC 9449 §8). */
  prove<H extends Heard>(
    request: Omit<Outgoing, 'body'>,
    accessToken: string | undefined,
    send: (proof: OwnHeaders) => Promise<H>,
  ): Promise<H>
}

/** Attempts a call, and attempts it again where that helps. */
export type Retry = <T>(attempt: () => Promise<T>, attempted: Attempted) => Promise<T>

/** A call that may be attempted several times. */
export type Attempted = {
  connection: Pick<Connection, 'now' | 'log'>
  operation: Operation
  fields: GivenFields
  signal: AbortSignal | undefined
}

/** True for the type of tokens that a binding binds; types are written in any case. */
export function isBound({ scheme }: Binding, tokenType: string): boolean {
  return tokenType.toLowerCase() === scheme.toLowerCase()
}

/** All that a call needs beside its own fields. */
export type Connection<D extends Dialect = Dialect> = {
  dialect: D
  /** The server's address, without a slash at its end; undefined: each operation's own. */
  url: string | undefined
  environment?: string | undefined
  variables: Readonly<Record<string, string>>
  clientId: string
  clientSecret?: string | undefined
  redirectUri?: string | undefined
  scope: readonly string[] | undefined
  issuer?: string | undefined
  /** True when the issuer names itself in every authorization answer (RFC 9207 §3). */
  saysIssuer?: boolean | undefined
  proof?: ClientProof | undefined
  binding?: Binding | undefined
  headers?: Readonly<Record<string, string>> | undefined
  fetch: typeof fetch
  /** Seconds. */
  now: () => number
  /** How far the server's clock is ahead of ours, in seconds, when it has said so. */
  clock: { ahead: number | undefined }
  timeoutMs: number
  retry?: Retry | undefined
  log?: ((event: CallEvent) => void) | undefined
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** True for a host name, as `URL` has it, that is this machine. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname)
}

/**
 * The address that stands in front of an operation's path. Throws a TypeError when there is none,
 * when a part of it was not given, and when it is plain http outside of loopback.
 */
export function baseOf({ dialect, url, environment, variables }: Connection, at?: string): string {
  const servers: Readonly<Record<string, string>> = dialect.servers ?? {}
  const usual = environment === undefined ? Object.values(servers)[0] : servers[environment]
  const found = url ?? at ?? usual
  if (found === undefined) throw new TypeError(`${dialect.name}: say the url of the server`)
  const base = fill(found, { ...dialect.variables, ...variables })
  checkSafe(base)
  return base.replace(/\/+$/, '')
}

/** Throws a TypeError for an address that no secret must travel to. */
export function checkSafe(url: string): void {
  const { protocol, hostname, username, origin } = new URL(url)
  const isSafe = protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
  if (!isSafe) throw new TypeError(`${origin}: secrets travel over https only, or to loopback`)
  if (username !== '') throw new TypeError(`${origin}: the url must not hold a user name`)
}

/** Text with its `{name}` parts filled. Throws a TypeError for one that has no value. */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name]
    if (!value) throw new TypeError(`say ${name}: it is a part of ${text}`)
    return encodeURIComponent(value)
  })
}

/** An operation of a dialect, and what the dialect calls it. */
export type NamedOperation = { name: string; operation: Operation }
