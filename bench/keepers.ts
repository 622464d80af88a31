// What keeps tokens fresh: Patois and its peers, each used as its own documentation shows.

import { OAuth2Client as BadgatewayClient, OAuth2Fetch } from '@badgateway/oauth2-client'
import { auth, type OAuthClientProvider } from '@modelcontextprotocol/client'
import { connect, keep, type TokenStore, type Tokens } from '@patois/client'
import { standard } from '@patois/core/dialects/standard'
import { OAuth2Client as GoogleClient } from 'google-auth-library'
import {
  allowInsecureRequests,
  ClientSecretBasic,
  discovery,
  refreshTokenGrant,
} from 'openid-client'
import { AuthorizationCode } from 'simple-oauth2'

/** Tokens as an application stores them; `expiresAt` in seconds. */
export type Stored = { accessToken: string; refreshToken: string; expiresAt: number }

/** Where the objects of one run find their server and what is stored. */
export type Surroundings = {
  issuer: string
  clientId: string
  clientSecret: string
  /** What all of them share; undefined when one of them threw it away. */
  shelf: { stored: Stored | undefined }
  /** What all keepers of Patois share. */
  store: TokenStore
}

/** One object of a library, as each process of an application has one. */
export type Opened = {
  getToken(): Promise<string>
  /** Of ours, which keeps tokens itself. */
  save?(tokens: Tokens): Promise<void>
}

/** A library. */
export type Peer = {
  name: string
  /** True when it sends the client's secret in the body and in no other way. */
  posts?: boolean
  open(around: Surroundings): Promise<Opened>
}

const now = (): number => Math.floor(Date.now() / 1000)

const put = (
  { shelf }: Surroundings,
  accessToken: string,
  refreshToken: string | undefined,
  expiresAt: number,
): void => {
  const kept = refreshToken ?? shelf.stored?.refreshToken ?? ''
  shelf.stored = { accessToken, refreshToken: kept, expiresAt }
}

const get = ({ shelf }: Surroundings): Stored => {
  if (!shelf.stored) throw new Error('nothing is stored any more')
  return shelf.stored
}

const patois: Peer = {
  name: 'Patois `keep`',
  open: async ({ issuer, clientId, clientSecret, store }) => {
    const client = connect({ dialect: standard, url: issuer, clientId, clientSecret })
    const secrets = ['a key for what is kept, long enough to be one']
    return keep({ client, store, name: 'alice', secrets })
  },
}

const simple: Peer = {
  name: '`simple-oauth2` 5.1.0',
  open: async (around) => {
    const { issuer, clientId, clientSecret } = around
    const client = new AuthorizationCode({
      client: { id: clientId, secret: clientSecret },
      auth: { tokenHost: issuer, tokenPath: '/token' },
    })
    const { accessToken, refreshToken, expiresAt } = get(around)
    let token = client.createToken({
      access_token: accessToken,
      refresh_token: refreshToken,
      expires_at: new Date(expiresAt * 1000),
    })
    return {
      getToken: async () => {
        if (token.expired()) {
          token = await token.refresh()
          const { access_token, refresh_token, expires_at } = token.token
          put(around, String(access_token), refresh_token as string, Number(expires_at) / 1000)
        }
        return String(token.token.access_token)
      },
    }
  },
}

const badgateway: Peer = {
  name: '`@badgateway/oauth2-client` 3.3.1',
  open: async (around) => {
    const { issuer, clientId, clientSecret } = around
    const client = new BadgatewayClient({
      server: `${issuer}/`,
      tokenEndpoint: '/token',
      clientId,
      clientSecret,
    })
    const wrapper = new OAuth2Fetch({
      client,
      scheduleRefresh: false,
      getNewToken: () => null,
      storeToken: ({ accessToken, refreshToken, expiresAt }) =>
        put(around, accessToken, refreshToken ?? undefined, Math.floor((expiresAt ?? 0) / 1000)),
      getStoredToken: () => {
        const { accessToken, refreshToken, expiresAt } = get(around)
        return { accessToken, refreshToken, expiresAt: expiresAt * 1000 }
      },
    })
    return { getToken: () => wrapper.getAccessToken() }
  },
}

const google: Peer = {
  name: '`google-auth-library` 11.3.4',
  posts: true,
  open: async (around) => {
    const { issuer, clientId, clientSecret } = around
    const client = new GoogleClient({
      clientId,
      clientSecret,
      endpoints: { oauth2TokenUrl: `${issuer}/token` },
      // Its usual five minutes are longer than these tokens live.
      eagerRefreshThresholdMillis: 0,
    })
    const { accessToken, refreshToken, expiresAt } = get(around)
    client.setCredentials({
      access_token: accessToken,
      refresh_token: refreshToken,
      expiry_date: expiresAt * 1000,
    })
    client.on('tokens', ({ access_token, refresh_token, expiry_date }) =>
      put(around, access_token ?? '', refresh_token ?? undefined, (expiry_date ?? 0) / 1000),
    )
    return { getToken: async () => (await client.getAccessToken()).token ?? '' }
  },
}

const openid: Peer = {
  name: '`openid-client` 6.8.9',
  open: async (around) => {
    const { issuer, clientId, clientSecret } = around
    const execute = [allowInsecureRequests]
    const at = new URL(issuer)
    const proof = ClientSecretBasic(clientSecret)
    const server = await discovery(at, clientId, undefined, proof, { execute })
    let tokens = get(around)
    return {
      getToken: async () => {
        if (tokens.expiresAt <= now()) {
          const next = await refreshTokenGrant(server, tokens.refreshToken)
          put(around, next.access_token, next.refresh_token, now() + (next.expiresIn() ?? 0))
          tokens = get(around)
        }
        return tokens.accessToken
      },
    }
  },
}

const mcp: Peer = {
  name: '`@modelcontextprotocol/client` 2.4.0',
  open: async (around) => {
    const { issuer, clientId, clientSecret } = around
    const provider: OAuthClientProvider = {
      redirectUrl: 'https://rp.test/cb',
      clientMetadata: { redirect_uris: ['https://rp.test/cb'] },
      clientInformation: () => ({ client_id: clientId, client_secret: clientSecret, issuer }),
      tokens: () => {
        const { stored } = around.shelf
        if (!stored) return undefined
        return {
          access_token: stored.accessToken,
          refresh_token: stored.refreshToken,
          token_type: 'Bearer',
          issuer,
        }
      },
      saveTokens: ({ access_token, refresh_token, expires_in = 0 }) =>
        put(around, access_token, refresh_token, now() + expires_in),
      redirectToAuthorization: () => {},
      saveCodeVerifier: () => {},
      codeVerifier: () => '',
      invalidateCredentials: (what) => {
        if (what === 'tokens' || what === 'all') around.shelf.stored = undefined
      },
    }
    return {
      getToken: async () => {
        if (get(around).expiresAt <= now()) {
          const result = await auth(provider, { serverUrl: issuer })
          if (result !== 'AUTHORIZED') throw new Error('somebody has to sign in')
        }
        return get(around).accessToken
      },
    }
  },
}

/** All that are compared, ours first. */
export const PEERS: readonly Peer[] = [patois, simple, badgateway, google, openid, mcp]
