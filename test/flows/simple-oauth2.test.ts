// simple-oauth2 completes its flows against the running server, with Basic and with post.

import { AuthorizationCode, ClientCredentials, ResourceOwnerPassword } from 'simple-oauth2'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, newPkce, openBrowser, walkFrom } from '../door/browser.ts'
import { PASSWORDS, RU, SECRETS } from '../door/fixtures.ts'
import { startServer, type TestServer } from '../door/server.ts'

const FULL = 'openid profile email offline_access api.read'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

const settings = (id: string, authorizationMethod: 'header' | 'body' = 'header') => ({
  client: { id, secret: SECRETS[id] ?? '' },
  auth: { tokenHost: server.issuer, tokenPath: '/token', revokePath: '/revoke' },
  options: { authorizationMethod },
})

const isActive = async (id: string, token: unknown): Promise<unknown> =>
  (await call(server, '/introspect', id, { token: String(token) })).body.active

describe.each([
  ['cc', 'header'],
  ['cp', 'body'],
] as const)('client %s with its secret in the %s', (id, method) => {
  test('code with PKCE, refresh and revocation', async () => {
    const { auth, ...rest } = settings(id, method)
    const client = new AuthorizationCode({
      ...rest,
      auth: { ...auth, authorizePath: '/authorize' },
    })
    const { verifier, challenge } = newPkce()
    const more = { code_challenge: challenge, code_challenge_method: 'S256' }
    const asked = { redirect_uri: RU, scope: FULL, state: 'state-1', ...more }
    const page = await walkFrom(server, openBrowser(), client.authorizeURL(asked))
    const back = new URL(page.location ?? 'missing:').searchParams
    expect([back.get('state'), back.get('iss')]).toEqual(['state-1', server.issuer])
    const exchange = {
      code: back.get('code') ?? '',
      redirect_uri: RU,
      code_verifier: verifier,
    }
    const first = await client.getToken(exchange)
    expect(first.expired()).toBe(false)
    expect(first.token).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: FULL })

    const second = await first.refresh()
    expect(second.token.refresh_token).not.toBe(first.token.refresh_token)
    expect(await isActive(id, second.token.access_token)).toBe(true)

    await second.revoke('access_token')
    expect(await isActive(id, second.token.access_token)).toBe(false)
    expect(await isActive(id, second.token.refresh_token)).toBe(true)
    await second.revokeAll()
    expect(await isActive(id, second.token.refresh_token)).toBe(false)
    await expect(second.refresh()).rejects.toMatchObject({
      output: { statusCode: 400 },
      data: { payload: { error: 'invalid_grant' } },
    })
  })

  test('client credentials', async () => {
    const client = new ClientCredentials(settings(id, method))
    const { token } = await client.getToken({ scope: 'api.read' })
    expect(token).toMatchObject({ token_type: 'Bearer', scope: 'api.read' })
    expect(token.refresh_token).toBeUndefined()
    expect(await isActive(id, token.access_token)).toBe(true)
  })
})

test('password, for the one client that is registered for it', async () => {
  const client = new ResourceOwnerPassword(settings('ropc'))
  const password = PASSWORDS.alice ?? ''
  const scope = 'offline_access api.read'
  const first = await client.getToken({ username: 'alice', password, scope })
  expect(first.token).toMatchObject({ token_type: 'Bearer', scope })
  const second = await first.refresh()
  expect(await isActive('ropc', second.token.access_token)).toBe(true)
  await second.revoke('refresh_token')
  expect(await isActive('ropc', second.token.access_token)).toBe(false)
  await expect(
    client.getToken({ username: 'alice', password: 'wrong', scope }),
  ).rejects.toMatchObject({ data: { payload: { error: 'invalid_grant' } } })
})
