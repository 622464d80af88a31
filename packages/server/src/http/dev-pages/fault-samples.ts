// Fault samples: what goes wrong most often, ready to be scripted from the page.

import type { Fault } from '../../emulator/fault-kinds.ts'
import type { DevWords } from '../../pages/words/dev/index.ts'

/** Each fault by the name that the words have for it. */
export const FAULT_SAMPLES: readonly (readonly [keyof DevWords['flow']['samples'], Fault])[] = [
  ['lost', { kind: 'drop', after: true }],
  ['dropped', { kind: 'drop' }],
  ['slow', { kind: 'delay', ms: 3000 }],
  ['busy', { kind: 'refuse', error: 'temporarily_unavailable', retry_after: 5 }],
  ['reused', { kind: 'refuse', reason: 'refresh_reused' }],
  ['broken', { kind: 'answer', status: 500, body: 'Internal Server Error' }],
  ['page', { kind: 'body', as: 'html' }],
  ['truncated', { kind: 'body', as: 'truncated' }],
  ['type', { kind: 'headers', set: { 'content-type': 'text/plain' } }],
  ['missing', { kind: 'members', drop: ['expires_in'] }],
  ['expired', { kind: 'token', token: 'access_token', expired: true }],
  ['signature', { kind: 'token', token: 'id_token', signature: 'wrong' }],
  ['audience', { kind: 'token', token: 'id_token', set: { aud: 'somebody-else' } }],
  ['keys', { kind: 'keys', as: 'other' }],
  ['skew', { kind: 'skew', seconds: 300 }],
]
