// Refused: what was thrown becomes an answer, in the caller's dialect or on a page.

import { type Answer, type Call, Refusal, Unavailable, writeRefusal } from '@patois/core'
import { causeOf } from '../log.ts'
import type { Site } from './site.ts'
import { explain, whyUri } from './why.ts'

/** What a caller hears about something thrown, and what the log says. */
export type Told = {
  code: string
  sentence: string
  status: number | undefined
  reason: string
  retryAfter?: number
  /** Present for refusals, whose causes are known; for dev mode's eyes only. */
  refusal?: Refusal
}

/** Commits a refusal's plan, and says what to answer; a bug is logged whole and told to nobody. */
export async function tell(site: Site, call: Call, thrown: unknown): Promise<Told> {
  if (thrown instanceof Refusal) {
    const { plan, retryAfter } = thrown.details
    if (plan) {
      try {
        await site.parts.store.commit(plan)
      } catch (failed) {
        return tell(site, call, failed)
      }
    }
    return {
      code: thrown.code,
      sentence: thrown.sentence,
      status: thrown.status,
      reason: thrown.reason,
      refusal: thrown,
      ...(retryAfter !== undefined && { retryAfter }),
    }
  }
  if (thrown instanceof Unavailable) {
    const { retryAfter, message: error } = thrown
    const { requestId } = call
    site.log.warn({ requestId, error, ...causeOf(thrown) }, 'unavailable')
    const sentence = 'The server cannot answer now. Try again.'
    return {
      code: 'temporarily_unavailable',
      sentence,
      status: 503,
      reason: 'unavailable',
      retryAfter,
    }
  }
  site.log.error({ requestId: call.requestId, err: thrown }, 'bug')
  const sentence = 'The server failed. The request id is in the log.'
  return { code: 'server_error', sentence, status: 500, reason: 'bug' }
}

/** The refusal as the operation's dialect writes it; in dev mode with a link to its explanation. */
export function refusalAnswer(site: Site, call: Call, told: Told): Answer {
  const { refusals, parts } = site
  const reason = refusals && told.refusal?.reason
  const uri = reason && whyUri(parts.issuer, reason, call.requestId)
  const { now: at, path, about, fields } = call
  const shown = {
    ...told,
    at,
    path,
    clientId: fields.client_id ?? '',
    userId: about.userId,
    ...(uri && { uri }),
  }
  const answer = writeRefusal(call.operation, shown, parts.issuer)
  if (told.retryAfter !== undefined) answer.headers['retry-after'] = String(told.retryAfter)
  if (uri) remember(site, call, told, answer)
  // Not every dialect has a place for it in its body.
  if (uri) answer.headers.link = `<${uri}>; rel="help"`
  return answer
}

function remember({ refusals }: Site, call: Call, { refusal }: Told, { status }: Answer): void {
  if (!refusal) return
  refusals?.keep(call.requestId, {
    reason: refusal.reason,
    status,
    dialect: call.dialect.name,
    operation: call.operation.does,
    path: call.path,
    explained: explain(call, refusal),
  })
}
