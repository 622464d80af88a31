// The client at our own server, in every built-in dialect: what one writes, the other reads.

import { type CallEvent, connect, Refused } from '@patois/client'
import { apimatic } from '@patois/core/dialects/apimatic'
import { bolt } from '@patois/core/dialects/bolt'
import { cal } from '@patois/core/dialects/cal'
import { standard } from '@patois/core/dialects/standard'
import { ultracart } from '@patois/core/dialects/ultracart'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { logIn, openBrowser, type TestBrowser, walkFrom } from '../door/browser.ts'
import { PASSWORDS } from '../door/fixtures.ts'
import { startServer, type TestServer } from '../door/server.ts'

const SECRET = '1:sec ret/+=&é and thirty-two characters'
const RU = 'https://rp.test/cb?x=1'
const DIALECTS = ['standard', 'bolt', 'apimatic', 'cal', 'ultracart']

const client = (client_id: string, more: Record<string, unknown>) => ({
  client_id,
  client_secret: SECRET,
  redirect_uris: [RU],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  scope: 'openid profile email offline_access api.read bolt.account.view bolt.account.manage',
  consent: 'implicit',
  dialects: [client_id],
  ...more,
})

let server: TestServer
const events: CallEvent[] = []
beforeAll(async () => {
  server = await startServer({
    configuration: {
      dialects: DIALECTS,
      resources: [],
      clients: [
        client('standard', {}),
        client('bolt', {}),
        client('apimatic', {
          grant_types: ['authorization_code', 'refresh_token', 'client_credentials', 'password'],
        }),
        client('cal', { token_endpoint_auth_method: 'client_secret_post', require_pkce: false }),
        client('ultracart', {
          client_secret: undefined,
          token_endpoint_auth_method: 'none',
          legacy_public: true,
          grant_types: ['authorization_code', 'refresh_token'],
          consent: undefined,
        }),
      ],
    },
  })
})
afterAll(() => server.close())

const me = () => ({
  url: server.issuer,
  clientSecret: SECRET,
  redirectUri: RU,
  now: () => server.clock.now(),
  log: (event: CallEvent) => events.push(event),
})

/** Follows a link as alice, to wherever that ends. */
const follow = async (url: string): Promise<string> => {
  const page = await walkFrom(server, openBrowser(), url, 'alice')
  return page.location ?? ''
}

const cookiesOf = ({ cookies }: TestBrowser): string =>
  [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')

describe('the client in', () => {
  test('standard', async () => {
    const as = connect({
      dialect: standard,
      clientId: 'standard',
      scope: 'openid api.read',
      ...me(),
    })
    const { url, state, codeVerifier } = await as.authorizeUrl()
    expect(url).not.toContain(codeVerifier)
    const back = await follow(url)
    expect(back).toContain(`state=${state}`)
    const tokens = await as.callback(back)
    expect(tokens).toMatchObject({
      tokenType: 'Bearer',
      expiresAt: server.clock.now() + 3600,
      scope: ['openid', 'api.read'],
      extra: {},
    })
    expect(tokens.idToken).toMatch(/^eyJ/)
    expect(await as.userinfo({ accessToken: tokens.accessToken })).toHaveProperty('sub')
    expect(await as.introspect({ token: tokens.accessToken })).toMatchObject({ active: true })
    await as.revoke({ token: tokens.accessToken })
    expect(await as.introspect({ token: tokens.accessToken })).toEqual({ active: false })
    const own = await as.clientCredentials({ scope: 'api.read' })
    expect(own.refreshToken).toBeUndefined()
  })

  test('bolt', async () => {
    const scope = 'bolt.account.manage openid'
    const as = connect({ dialect: bolt, clientId: 'bolt', scope, ...me() })
    const tokens = await as.callback(await follow((await as.authorizeUrl()).url))
    expect(tokens).toMatchObject({
      tokenType: 'bearer',
      extra: { refresh_token_scope: 'bolt.account.view' },
    })
    const refreshToken = tokens.refreshToken ?? ''
    const next = await as.oAuthToken(
      { grantType: 'refresh_token', refreshToken, scope: 'bolt.account.view' },
      { headers: { 'X-Publishable-Key': 'pk', Authorization: 'Bearer <stray>' } },
    )
    expect(next.scope).toEqual(['bolt.account.view'])
  })

  test('apimatic', async () => {
    const as = connect({ dialect: apimatic, clientId: 'apimatic', ...me() })
    const tokens = await as.callback(await follow((await as.authorizeUrl()).url))
    const next = await as.refreshTokenOAuthAcg({ refreshToken: tokens.refreshToken ?? '' })
    expect(next.accessToken).not.toBe(tokens.accessToken)
    expect((await as.requestTokenOAuthCcg({})).tokenType).toBe('Bearer')
    const password = { username: 'alice', password: PASSWORDS.alice ?? '' }
    expect((await as.requestTokenOAuthRopcg(password)).refreshToken).toBeDefined()
    const authorization = `Basic ${btoa('apimatic:x')}`
    await expect(as.clientCredentials({}, { headers: { authorization } })).rejects.toThrow(
      'invalid_client',
    )
  })

  test('cal', async () => {
    const as = connect({ dialect: cal, clientId: 'cal', ...me() })
    const browser = openBrowser()
    await logIn(server, browser, await browser.get(server.url('/login')))
    const { code } = await as.authorize({}, { headers: { cookie: cookiesOf(browser) } })
    const tokens = await as.exchange({ code })
    expect(tokens.extra).toEqual({})
    expect(tokens.refreshExpiresAt).toBeGreaterThan(server.clock.now())
    const next = await as.refresh({ refreshToken: tokens.refreshToken ?? '' })
    expect(await as.userinfo({ accessToken: next.accessToken })).toHaveProperty('name')
  })

  test('ultracart', async () => {
    const { clientSecret: _, ...rest } = me()
    const as = connect({ dialect: ultracart, clientId: 'ultracart', ...rest })
    const tokens = await as.callback(await follow((await as.authorizeUrl()).url))
    expect(tokens.expiresAt).toBe(server.clock.now() + 3600)
    const refreshToken = tokens.refreshToken ?? ''
    const next = await as.oauthAccessToken({ grantType: 'refresh_token', refreshToken })
    expect(await as.oauthRevoke({ token: next.accessToken })).toMatchObject({ successful: true })
    const again = as.refresh({ refreshToken: next.refreshToken ?? '' })
    await expect(again).rejects.toMatchObject({ code: 'invalid_grant', meaning: 'dead' })
  })

  test('any of them hears the same refusal', async () => {
    for (const dialect of [standard, bolt, apimatic, cal, ultracart]) {
      const as = connect({ dialect, clientId: dialect.name, ...me() })
      const calls = as as unknown as Record<string, (params: object) => Promise<unknown>>
      const dead = { refreshToken: 'no-such-token', scope: 'openid' }
      const error = await calls.refresh?.(dead).then(undefined, (one: unknown) => one)
      expect(error, dialect.name).toBeInstanceOf(Refused)
      expect((error as Refused).code, dialect.name).toMatch(/^invalid_(grant|client)$/)
    }
  })

  test('no secret is in an error or an event', async () => {
    const said = JSON.stringify(events)
    expect(events.length).toBeGreaterThan(20)
    for (const secret of [
      SECRET,
      encodeURIComponent(SECRET),
      PASSWORDS.alice ?? '',
      'no-such-token',
    ])
      expect(said).not.toContain(secret)
    expect(said).not.toMatch(/p[acr]_[A-Za-z0-9_-]{43}|eyJ/)
  })
})
