// E31: whether the time of a refusal tells how much of a secret was right, or which clients there are.

import { measure } from './line.ts'
import { clientsFor, wrongAt, wrongSecret } from './many-clients.ts'
import { atPlace, type Measurement, runAlone } from './place.ts'

/** Wrong secrets of known clients, and of clients that do not exist. */
export const e31: Measurement = (samples = 10_000) => {
  const clients = ['first', 'last', 'known'].flatMap((kind) => clientsFor(kind, samples))
  return atPlace({ clients, resources: [], users: [] }, async ({ port }) => [
    await measure(port, {
      row: 'E31',
      what: 'a client secret that is wrong at its first byte, or at its last',
      samples,
      status: 401,
      kinds: {
        'first byte': wrongSecret('first', wrongAt.first),
        'last byte': wrongSecret('last', wrongAt.last),
      },
    }),
    await measure(port, {
      row: 'E31',
      what: 'a wrong secret of a client that exists, or of one that does not',
      samples,
      status: 401,
      kinds: {
        known: wrongSecret('known', wrongAt.last),
        unknown: wrongSecret('guess', wrongAt.last),
      },
    }),
  ])
}

await runAlone(import.meta.url, e31)
