// Why: what dev mode remembers of the latest refusals, for the page that explains each of them.

import {
  type Call,
  type Explanation,
  REASONS,
  type Reason,
  type Refusal,
  SECRET_FIELDS,
} from '@patois/core'
import type { Explained, SentField } from '../pages/explained.ts'

/** A refusal as it was answered. */
export type Refused = {
  reason: Reason
  status: number
  dialect: string
  operation: string
  path: string
  explained: Explained
}

/** The latest refusals, by their request ids. */
export type Refusals = {
  keep(requestId: string, refused: Refused): void
  find(requestId: string): Refused | undefined
}

const MOST = 200
const SHOWN_LENGTH = 200
// An ID token is no secret to its client, but whoever sees it may pose as somebody's browser.
const HIDDEN: readonly string[] = [...SECRET_FIELDS, 'id_token_hint']

/** Remembers refusals, the latest ones only. */
export function openRefusals(): Refusals {
  const kept = new Map<string, Refused>()
  return {
    keep(requestId, refused) {
      kept.set(requestId, refused)
      const [oldest] = kept.keys()
      if (kept.size > MOST && oldest !== undefined) kept.delete(oldest)
    },
    find: (requestId) => kept.get(requestId),
  }
}

/** What a developer learns about a refusal of this call. */
export function explain(call: Call, { reason, sentence, details }: Refusal): Explained {
  const { rightValues = [] } = details
  // Our own pages read their forms themselves.
  const reads = Object.keys(call.operation.reads).length > 0
  const sent = reads && { sent: sentOf(call) }
  return { ...explanationOf(reason), ...sent, told: sentence, rightValues }
}

/** What there is to say about a reason, whatever the request was. */
export function explanationOf(reason: Reason): Explained {
  const { says, explains }: { says: string; explains: Explanation } = REASONS[reason]
  return { told: says, ...explains }
}

/** The page that explains a reason: as far as a request is remembered, with what it sent. */
export function whyUri(issuer: string, reason: string, requestId: string | undefined): string {
  return `${issuer}/dev/why/${reason}${requestId === undefined ? '' : `?request=${requestId}`}`
}

function sentOf({ fields, places }: Call): SentField[] {
  return Object.entries(fields).map(([name, value]) => {
    const text = [value].flat().join(' ').slice(0, SHOWN_LENGTH)
    const place = places[name as keyof typeof places]
    return {
      name,
      ...(place !== undefined && { place }),
      ...(!HIDDEN.includes(name) && { value: text }),
    }
  })
}
