// Call: one operation from its fields to its facts, or to one of the three errors.

import { type Facts, type Fields, hearAnswer, hearRedirect } from '@patois/core/caller'
import { baseOf, type CallEvent, type Connection, type NamedOperation } from './connection.ts'
import { type CallFacts, Refused, Unreachable, Unreadable } from './errors.ts'
import { requestOf, sentOf } from './request.ts'
import { mayRepeat, pause, pauseMs } from './retry.ts'
import { type CallOptions, type Came, retryAfterOf, send } from './send.ts'

/** What an operation answered. */
export type Answered = { facts: Facts; extra: Facts; status: number; skewSeconds: number }

/** Grant types whose calls spend something: after a failure they must not simply be repeated. */
const SPENDING = ['authorization_code', 'refresh_token']

/**
 * Calls an operation. Throws Refused, Unreachable or Unreadable; a TypeError for what was set up
 * wrongly; and the signal's reason when it is aborted.
 */
export async function call(
  connection: Connection,
  named: NamedOperation,
  fields: Fields,
  options: CallOptions = {},
): Promise<Answered> {
  const { retry, now } = connection
  const isSafe = !SPENDING.includes(String(fields.grant_type)) && !named.operation.isCall
  const startedAt = now()
  for (let attempt = 0; ; attempt++) {
    try {
      return await attemptCall(connection, named, fields, options)
    } catch (error) {
      const status = error instanceof Unreachable ? undefined : statusOf(error)
      const isFailure = error instanceof Unreachable || status !== undefined
      if (!retry || !isFailure || !mayRepeat(retry, status, isSafe)) throw error
      const after = error instanceof Refused ? error.retryAfter : undefined
      const milliseconds = pauseMs(retry, attempt, after, Math.random())
      if ((now() - startedAt) * 1000 + milliseconds > retry.withinMs) throw error
      const { dialect, operation, sent } = error as Refused
      connection.log?.({ step: 'wait', dialect, operation, sent, milliseconds })
      await pause(milliseconds, options.signal)
    }
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof Refused || error instanceof Unreadable ? error.status : undefined
}

async function attemptCall(
  connection: Connection,
  named: NamedOperation,
  given: Fields,
  options: CallOptions,
): Promise<Answered> {
  const fields = await withProof(connection, named, given)
  const sent = sentOf(connection, named.operation, fields, options)
  const facts: CallFacts = { dialect: connection.dialect.name, operation: named.name, sent }
  const log = (step: CallEvent['step'], more?: Partial<CallEvent>) =>
    connection.log?.({ step, ...facts, ...more })
  log('send')
  const started = performance.now()
  const took = () => ({ milliseconds: Math.round(performance.now() - started) })
  let came: Came
  try {
    came = await sendBound(connection, named, fields, options)
  } catch (cause) {
    options.signal?.throwIfAborted()
    if (cause instanceof TypeError && cause.cause === undefined && !isNetwork(cause)) throw cause
    log('unreachable', took())
    throw new Unreachable(cause, (cause as Error | undefined)?.name === 'TimeoutError', facts)
  }
  try {
    const answered = hear(connection, named, came, facts)
    log('answer', { status: came.status, ...took() })
    return answered
  } catch (error) {
    const code = error instanceof Refused ? { code: error.code } : {}
    log(code.code ? 'refused' : 'unreadable', { status: came.status, ...code, ...took() })
    throw error
  }
}

// Every platform's fetch says in other words that nobody answered; each of them throws a TypeError.
function isNetwork({ message }: TypeError): boolean {
  return /fetch|network|load failed|connect/i.test(message)
}

async function withProof(
  connection: Connection,
  { operation }: NamedOperation,
  fields: Fields,
): Promise<Fields> {
  if (!connection.proof || !('client_assertion' in operation.reads)) return fields
  const audience = connection.issuer ?? baseOf(connection, operation.at)
  return { ...fields, ...(await connection.proof(audience)) }
}

// A key-bound request may be told a nonce, and is then sent once more (RFC 9449 §8).
async function sendBound(
  connection: Connection,
  { operation }: NamedOperation,
  fields: Fields,
  options: CallOptions,
): Promise<Came> {
  const request = requestOf(connection, operation, fields, options)
  const { binding } = connection
  if (!binding) return send(connection, request, options)
  const bind = async () => ({
    ...request,
    headers: { ...request.headers, ...(await binding.headers(request, fields.access_token)) },
  })
  const came = await send(connection, await bind(), options)
  if (!binding.heard(request.url, came)) return came
  return send(connection, await bind(), options)
}

function hear(
  { now }: Connection,
  { operation }: NamedOperation,
  came: Came,
  facts: CallFacts,
): Answered {
  const { skewSeconds, status, headers } = came
  const isRedirect = status >= 300 && status < 400
  if (isRedirect && operation.answers.status >= 300 && headers.location !== undefined) {
    return { ...hearRedirect(operation, headers.location), status, skewSeconds }
  }
  const heard = hearAnswer(operation, came, now() + skewSeconds)
  if (heard.kind === 'facts') return { ...heard, skewSeconds }
  if (heard.kind === 'refused') {
    const retryAfter = retryAfterOf(came, now())
    throw new Refused({ ...heard, ...(retryAfter !== undefined && { retryAfter }) }, came, facts)
  }
  throw new Unreadable(unreadable(came), came, facts)
}

function unreadable({ status, headers, body }: Came): string {
  if (status >= 300 && status < 400) return `redirected (${status}): secrets are not sent on`
  const type = headers['content-type'] ?? 'no content type'
  return `an answer that fits the dialect in no way (${status}, ${type}, ${body.length} characters)`
}
