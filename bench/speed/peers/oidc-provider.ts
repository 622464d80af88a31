// The peer oidc-provider, with an adapter as its documentation describes one.

import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { type Adapter, type AdapterPayload, Provider } from 'oidc-provider'
import {
  CHALLENGE,
  CLIENTS,
  type GivenClient,
  JWT,
  LIFETIMES,
  OPAQUE,
  REDIRECT_URI,
  SCOPE,
  type SeedSizes,
  type Seeds,
  USER,
} from '../given.ts'
import { type Peer, type PeerParts, runPeer, times } from './peer.ts'
import type { Rows } from './rows.ts'

const RESOURCE = 'https://api.example/'
const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}

function adapterOn(rows: Rows): (kind: string) => Adapter {
  return (kind) => ({
    upsert: async (id: string, payload: AdapterPayload, expiresIn: number) => {
      const { grantId } = payload
      const expiresAt = nowSeconds() + (expiresIn ?? LIFETIMES.refresh)
      await rows.put(kind, id, { value: payload, expiresAt, ...(grantId && { owner: grantId }) })
    },
    find: (id: string) => rows.get(kind, id) as Promise<AdapterPayload | undefined>,
    findByUserCode: async () => undefined,
    findByUid: async () => undefined,
    destroy: async (id: string) => void (await rows.drop(kind, id)),
    revokeByGrantId: (grantId: string) => rows.dropOwned(grantId),
    consume: async (id: string) => {
      const payload = (await rows.get(kind, id)) as AdapterPayload | undefined
      if (!payload) return
      const { grantId, exp = 0 } = payload
      const value = { ...payload, consumed: nowSeconds() }
      await rows.put(kind, id, { value, expiresAt: exp, ...(grantId && { owner: grantId }) })
    },
  })
}

function openProvider(issuer: string, rows: Rows): Provider {
  return new Provider(issuer, {
    adapter: adapterOn(rows),
    clients: CLIENTS.map(({ id, secret }) => ({
      client_id: id,
      client_secret: secret,
      redirect_uris: [REDIRECT_URI],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      scope: SCOPE.codes,
      id_token_signed_response_alg: 'ES256',
    })),
    jwks: { keys: [{ ...jwk, kid: 'peer-1', alg: 'ES256', use: 'sig' }] },
    scopes: ['openid', 'offline_access', 'api.read'],
    cookies: { keys: [randomBytes(32).toString('hex')] },
    findAccount: async (_, sub) => ({ accountId: sub, claims: async () => ({ sub }) }),
    rotateRefreshToken: true,
    ttl: {
      AccessToken: LIFETIMES.access,
      ClientCredentials: LIFETIMES.access,
      RefreshToken: LIFETIMES.refresh,
      AuthorizationCode: LIFETIMES.refresh,
      IdToken: LIFETIMES.id,
      Grant: LIFETIMES.refresh,
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      // Which access tokens are JWTs is said by the resource that they are for.
      resourceIndicators: {
        enabled: true,
        defaultResource: (_, client) => (client.clientId === JWT.id ? RESOURCE : []),
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'api.read',
          audience: RESOURCE,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  })
}

/** Hands out what a sign-in would have, by the library's own models. */
function openSeeds(provider: Provider) {
  const accountId = USER.name
  const gty = 'authorization_code'

  const bound = async ({ id, accessToken }: GivenClient, scope: string) => {
    const client = await provider.Client.find(id)
    if (!client) throw new Error(`There is no client ${id}.`)
    const grant = new provider.Grant({ accountId, clientId: id })
    grant.addOIDCScope(scope)
    grant.addResourceScope(RESOURCE, 'api.read')
    const grantId = await grant.save()
    const isJwt = accessToken === 'jwt'
    return { client, accountId, grantId, scope, ...(isJwt && { resource: RESOURCE }) }
  }
  const refresh = (client: GivenClient) => async (): Promise<string> => {
    const more = { gty, authTime: nowSeconds(), iiat: nowSeconds(), rotations: 0 }
    return new provider.RefreshToken({ ...(await bound(client, SCOPE.tokens)), ...more }).save()
  }
  const access = async (): Promise<string> =>
    new provider.AccessToken({ ...(await bound(OPAQUE, SCOPE.codes)), gty }).save()
  const code = async (): Promise<string> => {
    const challenge = { codeChallenge: CHALLENGE, codeChallengeMethod: 'S256' }
    const more = { gty, redirectUri: REDIRECT_URI, authTime: nowSeconds(), ...challenge }
    return new provider.AuthorizationCode({ ...(await bound(OPAQUE, SCOPE.codes)), ...more }).save()
  }
  return async ({ families, codes }: SeedSizes): Promise<Seeds> => ({
    refreshOpaque: await times(families, refresh(OPAQUE)),
    refreshJwt: await times(families, refresh(JWT)),
    access: await times(families, access),
    codes: await times(codes, code),
  })
}

async function makePeer({ issuer, rows }: PeerParts): Promise<Peer> {
  const provider = openProvider(issuer, rows)
  return {
    paths: {
      token: '/token',
      introspect: '/token/introspection',
      userinfo: '/me',
      jwks: '/jwks',
      discovery: '/.well-known/openid-configuration',
    },
    rows: [
      'client credentials, opaque',
      'client credentials, ES256',
      'refresh rotation, opaque',
      'refresh rotation, ES256',
      'introspection, opaque',
      'code exchange, ES256 ID token',
      'userinfo',
      'JWKS',
      'discovery',
    ],
    listen: provider.callback(),
    seed: openSeeds(provider),
  }
}

await runPeer(makePeer)
