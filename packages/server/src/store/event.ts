// Audit events that commands write, past every server.

import type { AuditEvent } from '@patois/core'
import { issuerId } from './mark.ts'
import { events } from './rows.ts'
import type { Asked } from './side.ts'

const columns = ['id', 'issuer', ...events.columns]
const sql = `INSERT INTO ${events.table} (${columns.join(', ')})
  VALUES (${columns.map(() => '?').join(', ')})`

/** What keeps an event; `id` is null where the database gives one itself. */
export function putEvent(event: AuditEvent, id: number | null): Asked {
  return [sql, [id, issuerId, ...events.write(event)]]
}

/** What a command did to a whole database, at a time in seconds. */
export function commandEvent(type: string, at: number): AuditEvent {
  return { at, requestId: 'command', type, decision: 'allowed', reason: 'operator' }
}
