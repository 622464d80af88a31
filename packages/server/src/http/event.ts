// Event: the one log line of each request that reaches an operation.

import type { Call } from '@patois/core'
import type { Site } from './site.ts'

/** Writes what was decided about a call and why; never what was sent. */
export function logDecision(site: Site, call: Call, status: number, reason: string): void {
  const { refused, ...about } = call.about
  const decision = status >= 400 || refused ? 'refused' : 'allowed'
  site.log.info(
    {
      requestId: call.requestId,
      dialect: call.dialect.name,
      operation: call.operation.does,
      ...about,
      network: call.network,
      decision,
      reason: refused ?? reason,
      status,
    },
    'request',
  )
}
