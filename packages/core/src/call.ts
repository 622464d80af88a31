// Call: one request on its way through the protocol.

import type { Dialect, Operation } from './dialects/dialect.ts'
import type { AuditEvent, Client } from './records.ts'
import type { Reason } from './refusal.ts'
import type { Sent } from './wire.ts'

/** Who and what a call turned out to be about; filled in as it is found, read by the log. */
export type About = {
  clientId?: string
  userId?: number
  grantId?: number
  familyId?: number
  /** What of the asked scope the client may not have. */
  droppedScope?: readonly string[]
  /** Why an answer that looks like a success to HTTP, a redirect with an error, is a refusal. */
  refused?: Reason
}

/** One request: what was sent, in which dialect, when and from where. */
export type Call = Sent & {
  dialect: Dialect
  operation: Operation
  /** The path as it was called, without its query. */
  path: string
  /** The absolute URL that the dialect's paths stand below. */
  base: string
  /** Seconds. */
  now: number
  requestId: string
  /** The network that the caller is counted under when it fails. */
  network: string
  /** The caller's address and user agent, kept with a grant. */
  address?: string
  userAgent?: string
  about: About
}

/** A call whose client has proved itself, or is public and has named itself. */
export type ClientCall = Call & { client: Client }

/** The audit event of a decision about this call. */
export function eventOf(
  call: Call,
  type: string,
  decision: AuditEvent['decision'],
  reason: string,
): AuditEvent {
  const { refused: _, droppedScope: __, ...about } = call.about
  return {
    at: call.now,
    requestId: call.requestId,
    type,
    decision,
    reason,
    dialect: call.dialect.name,
    operation: call.operation.does,
    ...about,
  }
}
