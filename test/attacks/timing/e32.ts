// E32: whether a client without a secret of its own costs the same hash work as one with a secret.

import { measure } from './line.ts'
import { clientsFor, wrongAt, wrongSecret } from './many-clients.ts'
import { atPlace, type Measurement, runAlone } from './place.ts'

/** Wrong secrets of clients that have a secret, and of clients that are registered as public. */
export const e32: Measurement = (samples = 10_000) => {
  const open = clientsFor('open', samples).map(({ client_id, scope }) => ({
    client_id,
    scope,
    token_endpoint_auth_method: 'none',
    redirect_uris: ['https://rp.test/cb'],
  }))
  const clients = [...clientsFor('known', samples), ...open]
  return atPlace({ clients, resources: [], users: [] }, async ({ port }) => [
    await measure(port, {
      row: 'E32',
      what: 'a wrong secret for a client that has one, or for a client without any',
      samples,
      status: 401,
      kinds: {
        'has a secret': wrongSecret('known', wrongAt.last),
        'has none': wrongSecret('open', wrongAt.last),
      },
    }),
  ])
}

await runAlone(import.meta.url, e32)
