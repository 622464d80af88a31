// Event: the one event of each request that reaches an operation, in the log and for listeners.

import { type Call, eventOf } from '@patois/core'
import type { Site } from './site.ts'

/** Says what was decided about a call and why; of what was sent, only the scope that was dropped. */
export function logDecision(site: Site, call: Call, status: number, reason: string): void {
  const { refused, droppedScope } = call.about
  const decision = status >= 400 || refused ? 'refused' : 'allowed'
  const event = eventOf(call, 'request', decision, refused ?? reason)
  // A mistyped scope is no refusal, yet in dev mode somebody is there who can mend it.
  const level = site.parts.dev && droppedScope ? 'warn' : 'info'
  const dropped = droppedScope && { droppedScope }
  site.log[level]({ ...event, ...dropped, network: call.network, status }, 'request')
  try {
    site.on?.(event)
  } catch (err) {
    // What was decided stands: a listener's bug is no caller's trouble.
    site.log.error({ requestId: call.requestId, err }, 'a listener failed')
  }
}
