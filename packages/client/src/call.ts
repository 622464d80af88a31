// Call: one operation from its fields to its facts, or to one of the three errors.

import {
  type Facts,
  type GivenFields,
  hearAnswer,
  hearRedirect,
  type Operation,
} from '@patois/core/caller'
import type { CallEvent, Connection, NamedOperation, OwnHeaders } from './connection.ts'
import { type CallFacts, isFailure, Refused, Unreadable } from './errors.ts'
import { requestOf, sentOf } from './request.ts'
import { type CallOptions, type Came, retryAfterOf, send } from './send.ts'

/** What an operation answered, and what an error about it has to know. */
export type Answered = { facts: Facts; extra: Facts; came: Came; about: CallFacts }

/**
 * Calls an operation. Throws Refused, Unreachable or Unreadable; a TypeError for what was set up
 * wrongly; and the signal's reason when it is aborted.
 */
export async function call(
  connection: Connection,
  named: NamedOperation,
  fields: GivenFields,
  options: CallOptions = {},
): Promise<Answered> {
  const attempt = () => attemptCall(connection, named, fields, options)
  const { retry } = connection
  if (!retry) return attempt()
  const { operation } = named
  return retry(attempt, { connection, operation, fields, signal: options.signal })
}

async function attemptCall(
  connection: Connection,
  named: NamedOperation,
  given: GivenFields,
  options: CallOptions,
): Promise<Answered> {
  const fields = await withProof(connection, named.operation, given)
  const about: CallFacts = {
    dialect: connection.dialect.name,
    operation: named.name,
    // Made where an error or a log shows it: it costs as much as the request that is sent.
    get sent() {
      return sentOf(connection, named.operation, fields, options)
    },
  }
  const started = performance.now()
  const log = (step: CallEvent['step'], { status, code }: Pick<CallEvent, 'status' | 'code'>) => {
    const milliseconds = Math.round(performance.now() - started)
    connection.log?.({ step, ...about, status, code, milliseconds })
  }
  connection.log?.({ step: 'send', ...about })
  try {
    const came = await sendBound(connection, named.operation, fields, { ...options, about })
    const answered = { ...hear(connection, named.operation, came, about), came, about }
    log('answer', came)
    return answered
  } catch (error) {
    if (isFailure(error)) {
      const step = error.name.toLowerCase() as Lowercase<typeof error.name>
      log(step, error as Partial<Refused>)
    }
    throw error
  }
}

async function withProof(
  connection: Connection,
  operation: Operation,
  fields: GivenFields,
): Promise<GivenFields> {
  const { proof, issuer, dialect } = connection
  if (!proof || !('client_assertion' in operation.reads)) return fields
  // RFC 7523 §3: the server's name, else its token endpoint's, wherever the assertion is sent.
  const operations = Object.values<Operation>(dialect.operations)
  const token = operations.find(({ does }) => does === 'token') ?? operation
  return { ...fields, ...(await proof(issuer ?? requestOf(connection, token, fields, {}).url)) }
}

function sendBound(
  connection: Connection,
  operation: Operation,
  fields: GivenFields,
  options: CallOptions & { about: CallFacts },
): Promise<Came> {
  const request = requestOf(connection, operation, fields, options)
  const sendWith = (proof: OwnHeaders) => {
    const proven = { ...request, headers: { ...request.headers, ...proof } }
    return send(connection, proven, options, options.about)
  }
  const { binding } = connection
  return binding ? binding.prove(request, fields.access_token, sendWith) : sendWith({})
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
    throw new Refused({ ...heard, retryAfter }, came, about)
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
