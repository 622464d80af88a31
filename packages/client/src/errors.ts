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

function meaningOf(status: number, code = ''): Meaning {
  if (TRANSIENT.includes(code) || status === 429 || status >= 500) return 'transient'
  return DEAD.includes(code) ? 'dead' : 'configuration'
}

function lineOf({ dialect, operation }: CallFacts, why: string): string {
  return `${dialect} ${operation}: ${why}`
}

function tell(error: Error, { dialect, operation, sent }: CallFacts, more: object): void {
  Object.assign(error, { dialect, operation, sent, ...more })
}

function tellAnswer(error: Error, { status, headers, body }: Heard, code?: string): void {
  Object.assign(error, { status, meaning: meaningOf(status, code) })
  // What came is for whoever debugs: printed errors and JSON leave it out, it may hold a token.
  Object.defineProperties(error, { headers: { value: headers }, body: { value: body } })
}

/** A refusal as it was heard; `retryAfter` in seconds. */
type Said = {
  code: string
  sentence?: string | undefined
  uri?: string | undefined
  retryAfter?: number | undefined
}

/** The server said no. */
export class Refused extends Error {
  override readonly name = 'Refused'
  /** An error code of RFC 6749 §5.2 and its kin; the wire's own where the dialect knows none. */
  declare readonly code: string
  /** The HTTP status; 0 when the refusal came through the browser. */
  declare readonly status: number
  declare readonly description: string | undefined
  declare readonly uri: string | undefined
  /** Seconds until it makes sense to ask again, when the server said so. */
  declare readonly retryAfter: number | undefined
  declare readonly dialect: string
  declare readonly operation: string
  declare readonly sent: SentRequest
  declare readonly headers: Readonly<Record<string, string>>
  declare readonly body: string
  declare readonly meaning: Meaning

  constructor(said: Said, came: Heard, about: CallFacts) {
    const { code, sentence: description, uri, retryAfter } = said
    super(lineOf(about, description === undefined ? code : `${code} (${description})`))
    tell(this, about, { code, description, uri, retryAfter })
    tellAnswer(this, came, code)
  }
}

/** No answer came: the server may or may not have done what was asked. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
  declare readonly dialect: string
  declare readonly operation: string
  declare readonly sent: SentRequest
  /** True when the time was up, and not the network down. */
  declare readonly timedOut: boolean
  readonly meaning: Meaning = 'transient'

  constructor(cause: unknown, timedOut: boolean, about: CallFacts) {
    const when = timedOut ? ' in time' : ''
    super(lineOf(about, `no answer${when} from ${new URL(about.sent.url).origin}`), { cause })
    tell(this, about, { timedOut })
  }
}

/** An answer came that fits the dialect in no way, or that must not be believed. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
  declare readonly status: number
  /** Seconds until it makes sense to ask again, when the server said so. */
  declare readonly retryAfter: number | undefined
  declare readonly dialect: string
  declare readonly operation: string
  declare readonly sent: SentRequest
  declare readonly headers: Readonly<Record<string, string>>
  declare readonly body: string
  declare readonly meaning: Meaning

  constructor(why: string, came: Heard, about: CallFacts, retryAfter?: number) {
    super(lineOf(about, why))
    tell(this, about, { retryAfter })
    tellAnswer(this, came)
  }
}

/** Any way in which a call can go wrong. */
export type Failure = Refused | Unreachable | Unreadable

/** True for what a call throws when nothing was set up wrongly here. */
export function isFailure(error: unknown): error is Failure {
  return error instanceof Refused || error instanceof Unreachable || error instanceof Unreadable
}
