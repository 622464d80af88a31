// Event: the one event of each request that reaches an operation, in the log and for listeners.

import { type Call, eventOf, isKnownScope, type Parts } from '@patois/core'
import type { Site } from './site.ts'

/** Says what was decided about a call and why; of what was sent, only which scope was dropped. */
export function logDecision(site: Site, call: Call, status: number, reason: string): void {
  const { refused, droppedScope } = call.about
  const decision = status >= 400 || refused ? 'refused' : 'allowed'
  const event = eventOf(call, 'request', decision, refused ?? reason)
  // A mistyped scope is no refusal, yet in dev mode somebody is there who can mend it.
  const level = site.parts.dev && droppedScope ? 'warn' : 'info'
  const dropped = droppedScope && droppedOf(site.parts, droppedScope)
  site.log[level]({ ...event, ...dropped, network: call.network, status }, 'request')
  try {
    site.on?.(event)
  } catch (err) {
    // What was decided stands: a listener's bug is no caller's trouble.
    site.log.error({ requestId: call.requestId, err }, 'a listener failed')
  }
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
