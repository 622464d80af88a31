// The client libraries that ours is measured beside, each used as its own documentation says.

import { OAuth2Client as Badgateway } from '@badgateway/oauth2-client'
import { exchangeAuthorization } from '@modelcontextprotocol/client'
import { OAuth2Client as Arctic } from 'arctic'
import { OAuth2Client as Google } from 'google-auth-library'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { AuthorizationCode } from 'simple-oauth2'
import type { Peer } from '../test/gauntlet/measure.ts'

const ID = 'app'
const SECRET = 'a secret'
const CODE = 'code-1'
const RU = 'https://rp.test/cb'
const VERIFIER = 'v'.repeat(43)

const secondsTo = (at: Date | number | null | undefined): number | undefined => {
  if (at === null || at === undefined) return undefined
  return (Number(at) - Date.now()) / 1000
}

const metadata = (origin: string) => ({
  issuer: origin,
  authorization_endpoint: `${origin}/authorize`,
  token_endpoint: `${origin}/token`,
})

/** The peers, in the order of the published table. */
export const PEERS: readonly (Peer & { package: string })[] = [
  {
    name: 'oauth4webapi',
    package: 'oauth4webapi',
    exchange: async (origin) => {
      const as = metadata(origin)
      const client = { client_id: ID }
      const back = oauth.validateAuthResponse(as, client, new URLSearchParams({ code: CODE }))
      const answer = await oauth.authorizationCodeGrantRequest(
        as,
        client,
        oauth.ClientSecretBasic(SECRET),
        back,
        RU,
        VERIFIER,
        { [oauth.allowInsecureRequests]: true },
      )
      const tokens = await oauth.processAuthorizationCodeResponse(as, client, answer)
      return {
        accessToken: tokens.access_token,
        refreshToken: tokens.refresh_token,
        expiresIn: tokens.expires_in,
      }
    },
  },
  {
    name: 'openid-client',
    package: 'openid-client',
    exchange: async (origin) => {
      const config = new openid.Configuration(metadata(origin), ID, SECRET)
      openid.allowInsecureRequests(config)
      const back = new URL(`${RU}?code=${CODE}`)
      const tokens = await openid.authorizationCodeGrant(config, back, {
        pkceCodeVerifier: VERIFIER,
      })
      return {
        accessToken: tokens.access_token,
        refreshToken: tokens.refresh_token,
        expiresIn: tokens.expiresIn(),
      }
    },
  },
  {
    name: 'simple-oauth2',
    package: 'simple-oauth2',
    exchange: async (origin) => {
      const client = new AuthorizationCode({
        client: { id: ID, secret: SECRET },
        auth: { tokenHost: origin, tokenPath: '/token' },
      })
      const { token } = await client.getToken({ code: CODE, redirect_uri: RU })
      return {
        accessToken: token.access_token,
        refreshToken: token.refresh_token,
        expiresIn: secondsTo(token.expires_at as Date | undefined),
      }
    },
  },
  {
    name: '@badgateway/oauth2-client',
    package: '@badgateway/oauth2-client',
    exchange: async (origin) => {
      const client = new Badgateway({
        server: origin,
        clientId: ID,
        clientSecret: SECRET,
        tokenEndpoint: '/token',
      })
      const tokens = await client.authorizationCode.getToken({
        code: CODE,
        redirectUri: RU,
        codeVerifier: VERIFIER,
      })
      return {
        accessToken: tokens.accessToken,
        refreshToken: tokens.refreshToken,
        expiresIn: secondsTo(tokens.expiresAt),
      }
    },
  },
  {
    name: 'arctic',
    package: 'arctic',
    exchange: async (origin) => {
      const client = new Arctic(ID, SECRET, RU)
      const tokens = await client.validateAuthorizationCode(`${origin}/token`, CODE, VERIFIER)
      const { expires_in: stated } = tokens.data as { expires_in?: unknown }
      return {
        accessToken: tokens.accessToken(),
        refreshToken: tokens.hasRefreshToken() ? tokens.refreshToken() : undefined,
        expiresIn: stated === undefined ? undefined : secondsTo(tokens.accessTokenExpiresAt()),
      }
    },
  },
  {
    name: 'google-auth-library',
    package: 'google-auth-library',
    exchange: async (origin) => {
      const client = new Google({
        clientId: ID,
        clientSecret: SECRET,
        redirectUri: RU,
        endpoints: { oauth2TokenUrl: `${origin}/token` },
      })
      const { tokens } = await client.getToken({ code: CODE, codeVerifier: VERIFIER })
      return {
        accessToken: tokens.access_token,
        refreshToken: tokens.refresh_token,
        expiresIn: secondsTo(tokens.expiry_date),
      }
    },
  },
  {
    name: 'MCP SDK',
    package: '@modelcontextprotocol/client',
    exchange: async (origin) => {
      const tokens = await exchangeAuthorization(origin, {
        metadata: { ...metadata(origin), response_types_supported: ['code'] },
        clientInformation: { client_id: ID, client_secret: SECRET },
        authorizationCode: CODE,
        codeVerifier: VERIFIER,
        redirectUri: RU,
      })
      return {
        accessToken: tokens.access_token,
        refreshToken: tokens.refresh_token,
        expiresIn: tokens.expires_in,
      }
    },
  },
]
