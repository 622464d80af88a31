// Call: one operation from its fields to its facts, or to one of the three errors.

import {
  type Facts,
  type Fields,
  hearAnswer,
  hearRedirect,
  type Operation,
} from '@patois/core/caller'
import type { CallEvent, Connection, NamedOperation } from './connection.ts'
import { type CallFacts, Refused, Unreachable, Unreadable } from './errors.ts'
import { requestOf, sentOf } from './request.ts'
import { mayRepeat, pause, pauseMs } from './retry.ts'
import { type CallOptions, type Came, retryAfterOf, send } from './send.ts'

/** What an operation answered, and what an error about it has to know. */
export type Answered = { facts: Facts; extra: Facts; came: Came; about: CallFacts }

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
      const after = error instanceof Unreachable ? undefined : (error as Refused).retryAfter
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
  const fields = await withProof(connection, named.operation, given)
  const sent = sentOf(connection, named.operation, fields, options)
  const about: CallFacts = { dialect: connection.dialect.name, operation: named.name, sent }
  const started = performance.now()
  const log = (step: CallEvent['step'], more?: Partial<CallEvent>) =>
    connection.log?.({
      step,
      ...about,
      ...(step !== 'send' && { milliseconds: Math.round(performance.now() - started) }),
      ...more,
    })
  log('send')
  try {
    const came = await sendBound(connection, named.operation, fields, { ...options, about })
    const answered = { ...hear(connection, named.operation, came, about), came, about }
    log('answer', { status: came.status })
    return answered
  } catch (error) {
    if (error instanceof Refused) log('refused', { status: error.status, code: error.code })
    if (error instanceof Unreadable) log('unreadable', { status: error.status })
    if (error instanceof Unreachable) log('unreachable')
    throw error
  }
}

async function withProof(
  connection: Connection,
  operation: Operation,
  fields: Fields,
): Promise<Fields> {
  const { proof, issuer, dialect } = connection
  if (!proof || !('client_assertion' in operation.reads)) return fields
  // RFC 7523 §3: the server's name, else its token endpoint's, wherever the assertion is sent.
  const operations = Object.values<Operation>(dialect.operations)
  const token = operations.find(({ does }) => does === 'token') ?? operation
  return { ...fields, ...(await proof(issuer ?? requestOf(connection, token, fields, {}).url)) }
}

// A key-bound request may be told a nonce, and is then sent once more (RFC 9449 §8).
async function sendBound(
  connection: Connection,
  operation: Operation,
  fields: Fields,
  options: CallOptions & { about: CallFacts },
): Promise<Came> {
  const request = requestOf(connection, operation, fields, options)
  const { binding } = connection
  if (!binding) return send(connection, request, options, options.about)
  const { authorization = '' } = request.headers
  const presents = fields.access_token !== undefined && {
    authorization: authorization.replace(/^Bearer /, `${binding.scheme} `),
  }
  const bind = async () => ({
    ...request,
    headers: {
      ...request.headers,
      ...presents,
      ...(await binding.headers(request, fields.access_token)),
    },
  })
  const bound = await bind()
  const came = await send(connection, bound, options, options.about)
  if (!binding.heard(bound, came)) return came
  return send(connection, await bind(), options, options.about)
}

function hear(
  { now }: Connection,
  operation: Operation,
  came: Came,
  about: CallFacts,
): Pick<Answered, 'facts' | 'extra'> {
  const { skewSeconds, status, headers } = came
  const isRedirect = status >= 300 && status < 400
  const location = headers.location ?? ''
  if (isRedirect && operation.answers.status >= 300 && URL.canParse(location)) {
    return hearRedirect(operation, location)
  }
  const heard = hearAnswer(operation, came, now() + skewSeconds)
  const retryAfter = retryAfterOf(came, now())
  if (heard.kind === 'facts') return heard
  if (heard.kind === 'refused') {
    throw new Refused({ ...heard, ...(retryAfter !== undefined && { retryAfter }) }, came, about)
  }
  throw new Unreadable(unreadable(came), came, about, retryAfter)
}

function unreadable({ status, headers, body }: Came): string {
  // A browser shows nothing of a redirect but that there was one.
  if (status === 0 || (status >= 300 && status < 400)) {
    return `redirected (${status}): secrets are not sent on`
  }
  const type = headers['content-type'] ?? 'no content type'
  return `an answer that fits the dialect in no way (${status}, ${type}, ${body.length} characters)`
}
