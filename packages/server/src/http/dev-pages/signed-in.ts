// Signed in: a browser of the demo user, who has allowed all that a client may ask for.

import { type Client, openSession, type User } from '@patois/core'
import { cookieName } from '../browser.ts'
import { userOf } from '../dev/mint.ts'
import { ownStation } from '../own.ts'
import type { DevSite } from '../site.ts'

const STATION = ownStation('/dev_play')

/** The cookie of such a browser. */
export async function signedIn(site: DevSite, clientId = ''): Promise<string> {
  const { parts, clock } = site
  const user = await userOf(site)
  const call = {
    fields: {},
    places: {},
    dialect: STATION.mount.dialect,
    operation: STATION.operation,
    path: STATION.path,
    base: site.origin,
    now: clock.now(),
    requestId: 'play',
    network: 'play',
    about: {},
  }
  const { secret } = await openSession(parts, call, user, undefined)
  const client = await parts.store.findClient(clientId)
  if (client) await allowAll(site, client, user)
  return `${cookieName(site, 'session')}=${secret}`
}

async function allowAll({ parts, clock }: DevSite, client: Client, user: User): Promise<void> {
  const origin = client.consent === 'implicit' ? 'implicit' : 'consent'
  const given = await parts.store.findGrants(user.id, client.id)
  const missing = !given.some(
    (one) => one.origin === origin && client.scope.every((name) => one.scope.includes(name)),
  )
  if (!missing) return
  const grant = {
    id: parts.store.newId(),
    origin,
    userId: user.id,
    clientId: client.id,
    scope: client.scope,
    resources: [],
    createdAt: clock.now(),
  } as const
  await parts.store.commit({ changes: [{ put: 'grant', grant }], events: [] })
}
