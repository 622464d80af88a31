// What the protocol is handed from outside: store, digests, keys, policy. It has none of its own.

import type { Jwk, KeyKind } from './records.ts'
import type { Awaitable, Store } from './store.ts'

/**
 * Digests, sealing and randomness. All answer at once: a token takes a dozen of them, and to wait
 * for what is there already costs more than most digests do, 4 µs of a rotation.
 */
export type Crypto = {
  /** `length` unpredictable bytes. */
  random(length: number): Uint8Array
  sha256(data: Uint8Array | string): Uint8Array
  sha512(data: Uint8Array | string): Uint8Array
  /** Compares in constant time; false for unequal lengths. */
  equal(a: Uint8Array, b: Uint8Array): boolean
  /** AES-256-GCM; the answer opens only with the same key and the same `bound` text. */
  seal(key: Uint8Array, plain: string, bound?: string): Uint8Array
  /** Undefined when the key, the bound text or a byte is wrong. */
  open(key: Uint8Array, sealed: Uint8Array, bound?: string): string | undefined
}

/** The server's signing keys, in stages; `now` in seconds. */
export type Keys = {
  /** Signs a JWT with the current key of this kind. */
  sign(kind: KeyKind, type: string, claims: object, now: number): Awaitable<string>
  /** All keys that a verifier may meet: next, current, previous. */
  published(now: number): Awaitable<readonly Jwk[]>
}

/** Bears so many failures of each name; a name is `kind:value`. */
export type Throttle = {
  /**
   * Counts one try as a failure, for every name or for none. A number when one of them failed too
   * often: the seconds until it may try again.
   */
  take(who: readonly string[]): Awaitable<number | undefined>
  /** Takes back a try that was counted before it turned out to be right, or not to be made. */
  giveBack(who: readonly string[]): Awaitable<void>
  /** Lets a try that was counted stand: it has failed, and whoever else counts hears of it. */
  keep(who: readonly string[]): Awaitable<void>
}

/** Slow password hashes, behind a bounded queue. */
export type Passwords = {
  /** Spends the same time when there is no hash. Throws `Unavailable` when the queue is full. */
  verify(hash: string | undefined, password: string): Promise<boolean>
}

/**
 * Reads JSON documents that others publish. The addresses may come from strangers: whoever fetches
 * keeps us out of networks that are not public.
 */
export type Documents = {
  /** The object that stands there, for a while the same one; undefined when there is none. */
  read(url: string): Promise<object | undefined>
  /** The same, asked for anew; but never twice within a short time. */
  readAgain(url: string): Promise<object | undefined>
}

/** A resource that tokens can be made for (RFC 8707). */
export type Resource = {
  resource: string
  scopes?: readonly string[]
  access_token?: 'jwt' | 'opaque'
  introspected_by: readonly string[]
}

/** A scope: its sentence on the consent page and the claims it releases. */
export type Scope = { sentence?: string; claims: readonly string[] }

/** How long things live; every figure in seconds. */
export type Lifetimes = {
  code: number
  access_token: number
  id_token: number
  refresh_token_idle: number
  refresh_token: number
  replay_window: number
  session: number
  session_idle: number
}

/** What the operator decided. */
export type Policy = {
  lifetimes: Lifetimes
  scopes: Readonly<Record<string, Scope>>
  resources: readonly Resource[]
  /** Short names of clients, by dialect. */
  aliases: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** All that an endpoint needs, put together once at start. */
export type Parts = {
  issuer: string
  /** Dev tokens carry a mark, so that nobody takes them for real ones. */
  dev: boolean
  store: Store
  crypto: Crypto
  keys: Keys
  throttle: Throttle
  passwords: Passwords
  documents: Documents
  policy: Policy
  /** Key of the mask over row ids in tokens, 32 bytes. */
  maskKey: Uint8Array
}

/** Thrown by a store, a queue or a key that cannot answer now: the caller hears 503. */
export class Unavailable extends Error {
  /** Seconds until another try makes sense. */
  readonly retryAfter: number

  /** `retryAfter` in seconds. */
  constructor(message: string, retryAfter = 1) {
    super(message)
    this.name = 'Unavailable'
    this.retryAfter = retryAfter
  }
}
