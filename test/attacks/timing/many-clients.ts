// Many clients: so many that each of them guesses seldom enough to be answered 401 and not 429.

import type { Timed } from './line.ts'
import { basic, from } from './place.ts'

/** Fewer than what a client may fail in a row. */
const TRIES = 40

const secretOf = (index: number): string =>
  `a${String(index).padStart(8, '0')}-0123456789-0123456789-0123456789z`

/** As many clients as are needed for `samples` wrong secrets each; named after what they are for. */
export const clientsFor = (kind: string, samples: number): Record<string, unknown>[] =>
  Array.from({ length: Math.ceil((samples * 1.1) / TRIES) }, (_, index) => ({
    client_id: `${kind}${String(index).padStart(6, '0')}`,
    client_secret: secretOf(index),
    grant_types: ['client_credentials'],
    scope: 'api.read',
  }))

/** A call of the client whose turn it is, with a secret that is made from the right one. */
export const wrongSecret =
  (kind: string, change: (right: string) => string) =>
  (index: number): Timed => {
    const client = Math.floor(index / TRIES)
    const id = `${kind}${String(client).padStart(6, '0')}`
    return {
      path: '/token',
      fields: { grant_type: 'client_credentials' },
      headers: { ...from(index), ...basic(id, change(secretOf(client))) },
    }
  }

/** A secret that is wrong from its first byte on, or only at its last. */
export const wrongAt = {
  first: (right: string): string => `x${right.slice(1)}`,
  last: (right: string): string => `${right.slice(0, -1)}x`,
}
