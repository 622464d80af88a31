// Event: the one event of each request that reaches an operation, in the log and for listeners.

import { type Call, eventOf } from '@patois/core'
import type { Site } from './site.ts'

/** Says what was decided about a call and why; never what was sent. */
export function logDecision(site: Site, call: Call, status: number, reason: string): void {
  const { refused } = call.about
  const decision = status >= 400 || refused ? 'refused' : 'allowed'
  const event = eventOf(call, 'request', decision, refused ?? reason)
  site.log.info({ ...event, network: call.network, status }, 'request')
  site.on?.(event)
}
