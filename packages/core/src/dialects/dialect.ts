// The shape of a dialect: plain data that says how one provider's OAuth looks on the wire.

import type { ErrorCode, FieldName } from '../oauth.ts'

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

/** How a value is spelled: `text` when nothing is said. */
export type Form = 'text' | 'space' | 'list' | 'seconds'

/**
 * Where a field travels: a place, the name there and, when it is not plain text, its form.
 * `basic client_id` and `basic client_secret` are the halves of an HTTP Basic header whose parts
 * are form-encoded (RFC 6749 §2.3.1); `bearer token` is the token of a Bearer header (RFC 6750).
 */
export type Spot =
  | `${'query' | 'form' | 'path' | 'header'} ${string}`
  | 'basic client_id'
  | 'basic client_secret'
  | 'bearer token'

/** Where an answer's fact stands: `json name`, dots for nesting, and its form. */
export type AnswerSpot = `json ${string}`

/** The operation's good answer; `facts: 'as they are'` writes every fact under its own name. */
export type AnswerShape = {
  status: number
  facts: 'as they are' | Readonly<Record<string, AnswerSpot>>
  headers?: Readonly<Record<string, string>>
}

/** One refusal's status and headers; `{error}`, `{description}` and `{issuer}` are filled in. */
export type RefusalRow = {
  status: number
  headers?: Readonly<Record<string, string>>
  /** False for an answer with no body. */
  body?: boolean
}

/** How refusals look: a row for every code that does not look like `otherwise`. */
export type RefusalShape = {
  facts: Readonly<Record<'error' | 'error_description' | 'error_uri', AnswerSpot>>
  otherwise: RefusalRow
  rows: { readonly [C in ErrorCode]?: RefusalRow }
}

/** One call of a dialect. */
export type Operation = {
  does: Deed
  methods: readonly ('GET' | 'POST')[]
  /** Path with `{name}` for parts that are fields. */
  path: string
  /** Where each field is read; of several spots, any is read and the first is written. */
  reads: { readonly [F in FieldName]?: Spot | readonly Spot[] }
  answers: AnswerShape
  refuses: RefusalShape
}

/** A dialect: its operations by name, and the few policies that the wire implies. */
export type Dialect = {
  name: string
  title: string
  /** True when a client must use exactly its registered token_endpoint_auth_method. */
  exactClientAuth?: boolean
  /** `asked`: with openid a refresh token comes only when offline_access was granted. */
  offlineAccess?: 'asked'
  operations: { readonly [name: string]: Operation }
}
