// The shape of a dialect: plain data that says how one provider's OAuth looks on the wire.

import type { ErrorCode, FieldName, Fields } from '../oauth.ts'
import type { Reason } from '../refusal.ts'

/** What an operation does in the protocol, whatever its path is called. */
export type Deed =
  | 'authorize'
  | 'token'
  | 'revoke'
  | 'introspect'
  | 'userinfo'
  | 'logout'
  | 'jwks'
  | 'metadata'

/**
 * How a value is spelled; `text` when nothing is said. Of lists: `list` repeats the name, `space`
 * and `comma` separate, `array` is a JSON array, `loose` is read from spaces, plus signs or the
 * text of a JSON array and written with spaces. Of moments: `seconds` counts from now, `numstr` is
 * the same as text, `unix` and `unix_ms` count from 1970, `iso` is a date (RFC 3339).
 */
export type Form =
  | 'text'
  | 'list'
  | 'space'
  | 'comma'
  | 'array'
  | 'loose'
  | 'seconds'
  | 'numstr'
  | 'unix'
  | 'unix_ms'
  | 'iso'

/**
 * Where a field travels: a place, the name there and, when it is not plain text, its form.
 * `basic client_id` and `basic client_secret` are the halves of an HTTP Basic header, form-encoded
 * (RFC 6749 §2.3.1); `basic-raw` is one that is not. `bearer token` is the token of a Bearer header
 * (RFC 6750), `authorization token` the whole header, with or without the word Bearer.
 */
export type Spot =
  | `${'query' | 'form' | 'json' | 'path' | 'header'} ${string}`
  | `${'basic' | 'basic-raw'} ${'client_id' | 'client_secret'}`
  | 'bearer token'
  | 'authorization token'

/**
 * Where an answer's fact stands: `json name` with dots for nesting, where a number counts the
 * members of a list from 0; `query name` in a redirect.
 */
export type AnswerSpot = `${'json' | 'query'} ${string}`

/** What an answer says whatever the facts are, by dotted names. */
export type Constants = Readonly<Record<string, string | number | boolean>>

/** The operation's good answer; `facts: 'as they are'` writes every fact under its own name. */
export type AnswerShape = {
  status: number
  facts: 'as they are' | Readonly<Record<string, AnswerSpot>>
  says?: Constants
  headers?: Readonly<Record<string, string>>
}

/** What a refusal can tell: the code, the sentence, its status, when, and the path that was called. */
export type RefusalFact = 'error' | 'error_description' | 'error_uri' | 'status' | 'at' | 'path'

/** One refusal; `{error}`, `{description}` and `{issuer}` in headers are filled in. */
export type RefusalRow = {
  status: number
  /** Of a reason that has a sentence of its own: the code that a caller hears in it. */
  code?: ErrorCode
  /** The wire's own code, where it is another than the protocol's; of several, any is heard. */
  error?: string | readonly string[]
  /** The wire's own sentence; `{client_id}` and `{user_id}` are filled in. */
  sentence?: string
  says?: Constants
  headers?: Readonly<Record<string, string>>
  /** False for an answer with no body. */
  body?: boolean
}

/**
 * How refusals look: a row for a reason, else for its code, else `otherwise`. Of codes that share a
 * word on the wire, a caller hears the first.
 */
export type RefusalShape = {
  facts: { readonly [F in RefusalFact]?: AnswerSpot | readonly AnswerSpot[] }
  says?: Constants
  otherwise: RefusalRow
  rows: { readonly [C in ErrorCode]?: RefusalRow }
  reasons?: { readonly [R in Reason]?: RefusalRow }
}

/** One call of a dialect. */
export type Operation = {
  does: Deed
  /** An authorization that a script of our own origin calls: it asks nobody, and has no page. */
  isCall?: boolean
  methods: readonly ('GET' | 'POST')[]
  /** Path with `{name}` for parts that are fields, or the caller's own, such as a tenant. */
  path: string
  /** Where the provider has it, when that is not the dialect's server: an origin, perhaps a path. */
  at?: string
  /** The grant types that it serves, where that is not all of them. */
  grants?: readonly string[]
  /** What every call of it means without saying so. */
  means?: Fields
  /** Fields that must come beside those of the grant type. */
  needs?: readonly FieldName[]
  /** What a caller sends with every call although it says nothing to the protocol. */
  adds?: { readonly [place: `${'query' | 'form' | 'json' | 'header'} ${string}`]: string }
  /** Headers that the provider's own SDKs can send along. */
  headers?: readonly string[]
  /** What the provider's own SDKs call it: a grant type of it, or `any` for the whole. */
  names?: Readonly<Record<string, string>>
  /** Where each field is read; of several spots, any is read and the first is written. */
  reads: { readonly [F in FieldName]?: Spot | readonly Spot[] }
  answers: AnswerShape
  refuses: RefusalShape
}

/** What the wire implies for the protocol; a policy may shorten and narrow, never lower a check. */
export type DialectPolicy = {
  /** True when a client must use exactly its registered token_endpoint_auth_method. */
  exactClientAuth?: boolean
  /** True for the dialect whose metadata stands at the root when several are mounted there. */
  rootDiscovery?: boolean
  /** `asked`: with openid a refresh token comes only when offline_access was granted. */
  offlineAccess?: 'asked'
  /** Lifetimes in seconds, where the provider states them. */
  lifetimes?: { code?: number; access_token?: number; refresh_token?: number }
  /** Ends of tokens are rounded down to a multiple of these; seconds. */
  rounding?: { access_token?: number; refresh_token?: number }
  /** `narrows`: a scope at the code exchange narrows that answer. */
  scopeAtExchange?: 'narrows'
  /** `always`: a redirect URI of the authorization request comes back even with a verifier. */
  redirectAtExchange?: 'always'
  /** What a refreshed access token has, whatever was granted. */
  scopeAtRefresh?: readonly string[]
  /** Scopes that are contained in another. */
  implies?: Readonly<Record<string, readonly string[]>>
  /** True when a user may have one code for a client that was not exchanged yet. */
  oneCode?: boolean
  /** `told`: an expired access token is told from an unknown one as long as its family lives. */
  expired?: 'told'
  /** `any`: userinfo answers any user's token, with or without the openid scope. */
  userinfo?: 'any'
  /** `grant`: revoking a token ends the whole grant. */
  revokes?: 'grant'
  /** The ID token's audience is a list, and these of its claims have other names. */
  idToken?: {
    audience: 'array'
    claims: Readonly<Record<string, string>>
    rsaBits: 4096
  }
  /** `last`: a client may be called by the last of its id's sections, which dots separate. */
  clientIdSection?: 'last'
}

/** How a provider's API wants an access token. */
export type Presents = {
  /** The header, when that is not `authorization`. */
  header?: string
  /** The word in front of the token, when that is not `Bearer`; empty for none. */
  scheme?: string
  /** Headers that every call of the API needs besides; `{client_id}` is filled in. */
  adds?: Readonly<Record<string, string>>
}

/** A dialect: its operations by name, and the few policies that the wire implies. */
export type Dialect = {
  name: string
  title: string
  /** Where the provider says all this: an https URL. */
  documentation?: string
  /** The provider's own servers by environment, the usual one first. */
  servers?: Readonly<Record<string, string>>
  /** Parts of servers and paths that the caller fills in, each with its usual value or with ''. */
  variables?: Readonly<Record<string, string>>
  /** False for a dialect that is for callers only: what it needs, a server must not do. */
  serve?: false
  /** Why it is not served. */
  because?: string
  presents?: Presents
  /** False where the provider's documents know no PKCE: callers send none, a server takes it. */
  pkce?: false
  /** Sentences of the scopes that it brings along. */
  scopes?: Readonly<Record<string, string>>
  policy: DialectPolicy
  /**
   * The call of the provider's sandbox that makes a person who has allowed a client all, and answers
   * a code of theirs: dev mode alone serves it.
   */
  newPerson?: Operation
  operations: { readonly [name: string]: Operation }
}
