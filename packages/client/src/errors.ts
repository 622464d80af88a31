// Errors: the three ways in which a call can go wrong, each with what was sent and what came.

/** What a failure means: asking again helps later, never (sign in anew), or after a change here. */
export type Meaning = 'transient' | 'dead' | 'configuration'

/** A request as it was sent, every secret in it replaced. */
export type SentRequest = {
  method: string
  url: string
  headers: Readonly<Record<string, string>>
  body: string
}

/** What every error of a call knows. */
export type CallFacts = {
  /** The dialect's name, and its operation's. */
  dialect: string
  operation: string
  sent: SentRequest
}

/** An answer, read to its end; status 0 when it came through the browser. */
export type Heard = {
  status: number
  headers: Readonly<Record<string, string>>
  body: string
}

const DEAD = ['invalid_grant', 'access_denied', 'expired_token', 'invalid_token', 'login_required']
const TRANSIENT = ['temporarily_unavailable', 'server_error', 'slow_down', 'authorization_pending']

function meaningOf(code: string, status: number): Meaning {
  if (TRANSIENT.includes(code) || status === 429 || status >= 500) return 'transient'
  return DEAD.includes(code) ? 'dead' : 'configuration'
}

// What came is for whoever debugs: printed errors and JSON leave it out, it may hold a token.
function hide(error: Error, name: string, value: unknown): void {
  Object.defineProperty(error, name, { value, enumerable: false })
}

/** The server said no. */
export class Refused extends Error {
  override readonly name = 'Refused'
  /** An error code of RFC 6749 §5.2 and its kin; the wire's own where the dialect knows none. */
  readonly code: string
  /** The HTTP status; 0 when the refusal came through the browser. */
  readonly status: number
  readonly description: string | undefined
  readonly uri: string | undefined
  /** Seconds until it makes sense to ask again, when the server said so. */
  readonly retryAfter: number | undefined
  readonly dialect: string
  readonly operation: string
  readonly sent: SentRequest
  declare readonly headers: Readonly<Record<string, string>>
  declare readonly body: string
  readonly meaning: Meaning

  constructor(
    said: { code: string; sentence?: string; uri?: string; retryAfter?: number },
    came: Heard,
    { dialect, operation, sent }: CallFacts,
  ) {
    const { code, sentence, uri, retryAfter } = said
    super(`${dialect} ${operation}: ${code}${sentence === undefined ? '' : ` (${sentence})`}`)
    this.code = code
    this.status = came.status
    this.description = sentence
    this.uri = uri
    this.retryAfter = retryAfter
    this.dialect = dialect
    this.operation = operation
    this.sent = sent
    this.meaning = meaningOf(code, came.status)
    hide(this, 'headers', came.headers)
    hide(this, 'body', came.body)
  }
}

/** No answer came: the server may or may not have done what was asked. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
  readonly dialect: string
  readonly operation: string
  readonly sent: SentRequest
  /** True when the time was up, and not the network down. */
  readonly timedOut: boolean
  readonly meaning: Meaning = 'transient'

  constructor(cause: unknown, timedOut: boolean, { dialect, operation, sent }: CallFacts) {
    const why = timedOut ? 'no answer in time' : 'no answer'
    super(`${dialect} ${operation}: ${why} from ${new URL(sent.url).origin}`, { cause })
    this.dialect = dialect
    this.operation = operation
    this.sent = sent
    this.timedOut = timedOut
  }
}

/** An answer came that fits the dialect in no way, or that must not be believed. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
  readonly status: number
  /** Seconds until it makes sense to ask again, when the server said so. */
  readonly retryAfter: number | undefined
  readonly dialect: string
  readonly operation: string
  readonly sent: SentRequest
  declare readonly headers: Readonly<Record<string, string>>
  declare readonly body: string
  readonly meaning: Meaning

  constructor(
    why: string,
    came: Heard,
    { dialect, operation, sent }: CallFacts,
    retryAfter?: number,
  ) {
    super(`${dialect} ${operation}: ${why}`)
    this.status = came.status
    this.retryAfter = retryAfter
    this.dialect = dialect
    this.operation = operation
    this.sent = sent
    this.meaning = came.status === 429 || came.status >= 500 ? 'transient' : 'configuration'
    hide(this, 'headers', came.headers)
    hide(this, 'body', came.body)
  }
}
