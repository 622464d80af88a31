// Event: the one event of each request that reaches an operation, in the log and for listeners.

import {
  type AuditEvent,
  type Call,
  eventOf,
  isKnownScope,
  type Parts,
  REASONS,
} from '@patois/core'
import type { Site } from './site.ts'
import { whyUri } from './why.ts'

/** Says what was decided about a call and why; of what was sent, only which scope was dropped. */
export function logDecision(site: Site, call: Call, status: number, reason: string): void {
  const { refused, droppedScope } = call.about
  site.count(call, status, refused ?? reason)
  const decision = status >= 400 || refused ? 'refused' : 'allowed'
  const event = eventOf(call, 'request', decision, refused ?? reason)
  // In dev mode somebody is there who can mend it, and libraries tell little of what they hear.
  const isWrong = decision === 'refused' || droppedScope !== undefined
  const level = site.parts.dev && isWrong ? 'warn' : 'info'
  const dropped = droppedScope && droppedOf(site.parts, droppedScope)
  const traced = site.traces?.decided(call.requestId, { 'patois.reason': event.reason })
  const line = { ...event, network: call.network, status, ...dropped, ...traced }
  if (decision === 'refused') Object.assign(line, whyOf(site, event))
  site.log[level](line, 'request')
  try {
    site.on?.(event)
  } catch (err) {
    // What was decided stands: a listener's bug is no caller's trouble.
    site.log.error({ requestId: call.requestId, err }, 'a listener failed')
  }
}

function whyOf({ refusals, parts }: Site, { reason, requestId }: AuditEvent) {
  if (!refusals || !Object.hasOwn(REASONS, reason)) return {}
  const kept = refusals.find(requestId) && requestId
  return { why: whyUri(parts.issuer, reason, kept) }
}

// What is no scope here may be anything, a password in the wrong field too: it is only counted.
function droppedOf({ dev, policy }: Parts, dropped: readonly string[]) {
  if (dev) return { droppedScope: dropped }
  const known = dropped.filter((name) => isKnownScope(policy, name))
  const unknown = dropped.length - known.length
  return {
    ...(known.length > 0 && { droppedScope: known }),
    ...(unknown > 0 && { droppedUnknown: unknown }),
  }
}
