// What a user of the client does, told in every runtime alike: bundled, with nothing of Node in it.

import { connect, keep, memoryStore, Refused } from '@patois/client'
import { guard, guardRequest, jwtAccess } from '@patois/client/resource'
import { apimatic } from '@patois/core/dialects/apimatic'
import { standard } from '@patois/core/dialects/standard'

/** Where it takes place: a server, a client of it, and somebody who signs in wherever they are sent. */
export type Scene = {
  issuer: string
  jwksUri: string
  clientId: string
  clientSecret: string
  redirectUri: string
  resource: string
  /** Answers with where they ended up, as text. */
  person: string
  /** Seconds; and how long an access token lives. */
  now: number
  life: number
}

const CALLERS = 10

/** Tells it; answers what has to be the same everywhere. */
export const tell = async (scene: Scene): Promise<Record<string, unknown>> => {
  const { issuer, resource, clientId, clientSecret, redirectUri } = scene
  let { now } = scene
  const me = { url: issuer, clientId, clientSecret, redirectUri, now: () => now }
  const client = connect({ dialect: standard, ...me, scope: 'offline_access api.read' })
  const other = connect({ dialect: apimatic, ...me })

  const own = await client.clientCredentials({ scope: 'api.read' })
  const theirs = await other.requestTokenOAuthCcg({ scope: 'api.read' })

  const { url } = await client.authorizeUrl()
  const person = await fetch(`${scene.person}?${new URLSearchParams({ url })}`)
  const signedIn = await client.callback(await person.text())
  const { refreshToken = '' } = signedIn
  const refreshed = await client.refresh({ refreshToken })

  const kept = keep({ client, store: memoryStore(), name: 'alice' })
  await kept.save(refreshed)
  now += scene.life
  const tokens = await Promise.all(Array.from({ length: CALLERS }, () => kept.getToken()))

  const refusal = await client.clientCredentials({ scope: 'nobody.has' }).catch((error) => error)
  const { code, status, meaning } = refusal as Refused

  const verify = jwtAccess({ issuer, resource, jwksUri: scene.jwksUri, now: () => scene.now })
  const api = guard({ resource, issuers: [issuer], verify })
  const { accessToken } = await client.clientCredentials({ scope: 'api.read', resource })
  const ask = (headers: Record<string, string>) =>
    guardRequest(api, new Request(resource, { headers }), ['api.read'])
  const access = await ask({ authorization: `Bearer ${accessToken}` })
  const denied = await ask({ authorization: `Bearer ${accessToken.slice(0, -4)}AAAA` })

  return {
    credentials: [own.scope, theirs.scope],
    signedIn: signedIn.scope,
    isRotated: refreshed.refreshToken !== refreshToken,
    different: new Set([refreshed.accessToken, ...tokens]).size,
    refused: [refusal instanceof Refused, code, status, meaning],
    access: access instanceof Response ? access.status : [access.clientId, access.scope],
    denied: denied instanceof Response && denied.status,
  }
}
