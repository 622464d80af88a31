// Types out of a dialect's data: which calls it has, and what each of them needs and takes.

import type { Deed, Dialect, FieldName, ListField, Operation } from '@patois/core/caller'

/** `code_verifier` as TypeScript spells it: `codeVerifier`. */
export type Camel<S extends string> = S extends `${infer A}_${infer B}`
  ? `${A}${Capitalize<Camel<B>>}`
  : S

/** Any grant type that has a method of its own. */
export type GrantName = 'authorization_code' | 'refresh_token' | 'client_credentials' | 'password'

/** Fields that the client fills in itself. */
type OwnField =
  | 'client_id'
  | 'client_secret'
  | 'client_assertion'
  | 'client_assertion_type'
  | 'grant_type'

type GrantFields = {
  authorization_code: 'code' | 'redirect_uri' | 'code_verifier' | 'state'
  refresh_token: 'refresh_token'
  client_credentials: never
  password: 'username' | 'password'
}

type GrantNeeds = {
  authorization_code: 'code'
  refresh_token: 'refresh_token'
  client_credentials: never
  password: 'username' | 'password'
}

type DeedFields = {
  authorize: 'response_type'
  revoke: never
  introspect: never
  userinfo: never
}

type DeedNeeds = {
  authorize: never
  revoke: 'token'
  introspect: 'token'
  userinfo: 'access_token'
}

/** True for a dialect that is only known when it runs, as one out of a file. */
type IsAny<D extends Dialect> = string extends keyof D['operations'] ? true : false

type Operations<D extends Dialect> = D['operations'][keyof D['operations']]
type DeedOf<D extends Dialect, K extends Deed> =
  IsAny<D> extends true ? Operation : Extract<Operations<D>, { does: K }>

type GrantsOf<O> = O extends { grants: readonly (infer G)[] } ? G : GrantName

/** The operation of a dialect that serves a grant type. */
export type GrantOf<D extends Dialect, G extends GrantName> =
  DeedOf<D, 'token'> extends infer O
    ? O extends unknown
      ? G extends GrantsOf<O>
        ? O
        : never
      : never
    : never

type ReadsOf<O> = O extends { reads: infer R } ? Extract<keyof R, FieldName> : never
type NeedsOf<O> = O extends { needs: readonly (infer N)[] } ? Extract<N, FieldName> : never

type ValueOf<F> = F extends ListField ? string | readonly string[] : string

// Every field that is read can be sent, under its name in camel case; some must be.
type Params<Can extends FieldName, Must extends FieldName> = {
  [F in Must as Camel<F>]: ValueOf<F>
} & { [F in Exclude<Can, Must> as Camel<F>]?: ValueOf<F> | undefined }

type Simple<T> = { [K in keyof T]: T[K] }

type OthersOf<G extends GrantName> = Exclude<GrantFields[GrantName], GrantFields[G]>

// A dialect that is not known yet may need anything: nothing but the grant's own is required.
type NeedsIf<D extends Dialect, O> = IsAny<D> extends true ? never : NeedsOf<O>

/** What the call for a grant type takes in this dialect. */
export type GrantParams<D extends Dialect, G extends GrantName> = Simple<
  Params<
    Exclude<ReadsOf<GrantOf<D, G>>, OwnField | OthersOf<G>>,
    Extract<ReadsOf<GrantOf<D, G>>, GrantNeeds[G]> | NeedsIf<D, GrantOf<D, G>>
  >
>

/** What the call for anything but a token takes in this dialect. */
export type DeedParams<D extends Dialect, K extends keyof DeedFields> = Simple<
  Params<
    Exclude<ReadsOf<DeedOf<D, K>>, OwnField | DeedFields[K]>,
    DeedNeeds[K] | NeedsIf<D, DeedOf<D, K>>
  >
>

/** True when the dialect has an operation of this kind. */
export type Has<D extends Dialect, K extends Deed> = [DeedOf<D, K>] extends [never] ? false : true

/** True when the dialect can be asked for tokens by this grant type. */
export type HasGrant<D extends Dialect, G extends GrantName> = [GrantOf<D, G>] extends [never]
  ? false
  : true

/** True when authorizing is a call and not a page. */
export type IsCall<D extends Dialect> =
  DeedOf<D, 'authorize'> extends { isCall: true } ? true : false

/** The headers that the provider's own SDKs can send with an operation. */
export type HeadersOf<O> = O extends { headers: readonly (infer H extends string)[] } ? H : never

/** The environments of a dialect's provider. */
export type EnvironmentOf<D extends Dialect> = D extends { servers: infer S }
  ? Extract<keyof S, string>
  : string

type AllNames<O> = O extends { names: infer N } ? keyof N : never

/** The names that the provider's own SDKs call operations by. */
export type SdkName<D extends Dialect> =
  IsAny<D> extends true ? never : Extract<AllNames<Operations<D>>, string>

/** The operation behind such a name. */
export type Named<D extends Dialect, N extends string> =
  Operations<D> extends infer O ? (O extends { names: { [K in N]: unknown } } ? O : never) : never

/** The grant type behind such a name, or `any`. */
export type NamedGrant<O, N extends string> = O extends { names: { [K in N]: infer G } } ? G : never
