// H8: whether the time of an introspection tells a client anything about tokens of other clients.

import { call } from '../../door/browser.ts'
import { SECRETS } from '../../door/fixtures.ts'
import { measure, type Timed } from './line.ts'
import { atPlace, basic, type Measurement, type Place, runAlone } from './place.ts'

/** Tokens of `cc` that `cc2` has come by and asks about: a living one and one that was revoked. */
export const h8: Measurement = (samples = 10_000) =>
  atPlace({}, async (place) => {
    const living = await tokenAt(place)
    const revoked = await tokenAt(place)
    await call(place, '/revoke', 'cc', { token: revoked })
    const asked = (token: string) => (): Timed => ({
      path: '/introspect',
      fields: { token },
      headers: basic('cc2', SECRETS.cc2 ?? ''),
    })
    return [
      await measure(place.port, {
        row: 'H8',
        samples,
        status: 200,
        what: "another client's token that is alive, or one that was revoked",
        kinds: { alive: asked(living), revoked: asked(revoked) },
      }),
    ]
  })

const tokenAt = async (place: Place): Promise<string> => {
  const fields = { grant_type: 'client_credentials', scope: 'api.read' }
  return String((await call(place, '/token', 'cc', fields)).body.access_token)
}

await runAlone(import.meta.url, h8)
