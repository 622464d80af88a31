// The client of the MCP SDK signs in to a server of ours for a protected resource, and stays signed in.

import { createServer, type Server } from 'node:http'
import {
  auth,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
} from '@modelcontextprotocol/client'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { answerOf, openBrowser, walkFrom } from '../door/browser.ts'
import { RESOURCES, RU, SECRETS } from '../door/fixtures.ts'
import { checkLog, loggedRequests } from '../door/rules.ts'
import { freePort, startServer, type TestServer } from '../door/server.ts'
import { introspect } from '../door/tokens.ts'

const SCOPE = 'offline_access api.read'

/** What an application of the SDK keeps, and where it was sent. */
type Application = OAuthClientProvider & { kept: { tokens?: StoredOAuthTokens; sentTo?: URL } }

/** An application with a client that was registered beforehand. */
const openApplication = (information: StoredOAuthClientInformation): Application => {
  const kept: Application['kept'] = {}
  let verifier = ''
  let found: OAuthDiscoveryState | undefined
  return {
    kept,
    redirectUrl: RU,
    clientMetadata: { redirect_uris: [RU], scope: SCOPE },
    state: () => 'state-1',
    clientInformation: () => information,
    tokens: () => kept.tokens,
    saveTokens: (tokens) => {
      kept.tokens = tokens
    },
    redirectToAuthorization: (url) => {
      kept.sentTo = url
    },
    saveCodeVerifier: (made) => {
      verifier = made
    },
    codeVerifier: () => verifier,
    saveDiscoveryState: (state) => {
      found = state
    },
    discoveryState: () => found,
    invalidateCredentials: (what) => {
      if (what === 'tokens' || what === 'all') delete kept.tokens
    },
  }
}

/** A resource on loopback that only says who guards it (RFC 9728). */
const openResource = async (port: number, issuer: string): Promise<Server> => {
  const resource = `http://127.0.0.1:${port}/mcp`
  const facts = { resource, authorization_servers: [issuer], scopes_supported: SCOPE.split(' ') }
  const http = createServer((request, response) => {
    const found = request.url === '/.well-known/oauth-protected-resource/mcp'
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(found ? facts : {}))
  })
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve))
  return http
}

describe.each([
  ['at the root', ''],
  ['under a path', '/auth'],
])('an issuer %s', (_, path) => {
  let server: TestServer
  let resource: Server
  let serverUrl: string
  beforeAll(async () => {
    const port = await freePort()
    serverUrl = `http://127.0.0.1:${port}/mcp`
    const own = { resource: serverUrl, access_token: 'jwt', introspected_by: ['rs'] }
    server = await startServer({ path, configuration: { resources: [...RESOURCES, own] } })
    resource = await openResource(port, server.issuer)
  })
  afterAll(async () => {
    resource.close()
    await server.close()
  })

  /** Goes through the SDK's flow, as a person who agrees; answers the tokens that it keeps. */
  const signIn = async (application: Application): Promise<StoredOAuthTokens> => {
    expect(await auth(application, { serverUrl })).toBe('REDIRECT')
    const { sentTo } = application.kept
    if (!sentTo) throw new Error('the SDK sent the person nowhere')
    expect(Object.fromEntries(sentTo.searchParams)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      resource: serverUrl,
      scope: SCOPE,
    })
    const answer = answerOf(await walkFrom(server, openBrowser(), sentTo.href))
    expect(answer.get('state')).toBe('state-1')
    const callback = { authorizationCode: answer.get('code') ?? '', iss: answer.get('iss') ?? '' }
    expect(await auth(application, { serverUrl, ...callback })).toBe('AUTHORIZED')
    return kept(application)
  }

  const kept = ({ kept }: Application): StoredOAuthTokens => {
    if (!kept.tokens) throw new Error('the SDK keeps no tokens')
    return kept.tokens
  }

  /** What the resource finds out about a token: by asking, and by our published keys. */
  const checkForResource = async (token: string, client: string): Promise<void> => {
    const { body } = await introspect(server, token, 'rs')
    const facts = { aud: serverUrl, client_id: client, scope: SCOPE, iss: server.issuer }
    expect(body).toMatchObject({ active: true, username: 'alice', ...facts })
    const keys = await (await fetch(server.url('/jwks'))).json()
    const wanted = { issuer: server.issuer, audience: serverUrl, typ: 'at+jwt' }
    await jwtVerify(token, createLocalJWKSet(keys as JSONWebKeySet), wanted)
  }

  test.each([
    ['client_secret_basic', { client_id: 'cc', client_secret: SECRETS.cc ?? '' }],
    ['client_secret_post', { client_id: 'cp', client_secret: SECRETS.cp ?? '' }],
    ['none', { client_id: 'pub' }],
  ])('a registered client (%s) signs in for the resource and refreshes', async (method, known) => {
    const application = openApplication({ ...known, token_endpoint_auth_method: method })
    const first = await signIn(application)
    expect(first).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: SCOPE })
    await checkForResource(first.access_token, known.client_id)

    expect(await auth(application, { serverUrl })).toBe('AUTHORIZED')
    const second = kept(application)
    expect(second.access_token).not.toBe(first.access_token)
    expect(second.refresh_token).not.toBe(first.refresh_token)
    await checkForResource(second.access_token, known.client_id)
    const last = loggedRequests(server).findLast(({ operation }) => operation === 'token')
    expect(last).toMatchObject({ clientId: known.client_id, decision: 'allowed' })
  })

  test('a code that comes with the name of another issuer is not redeemed', async () => {
    const application = openApplication({ client_id: 'pub' })
    await auth(application, { serverUrl })
    const sentTo = application.kept.sentTo?.href ?? ''
    const code = answerOf(await walkFrom(server, openBrowser(), sentTo)).get('code') ?? ''
    const mixedUp = { authorizationCode: code, iss: 'https://elsewhere.test' }
    const before = loggedRequests(server).length
    await expect(auth(application, { serverUrl, ...mixedUp })).rejects.toThrow(/issuer/i)
    const later = loggedRequests(server).slice(before)
    expect(later.filter(({ operation }) => operation === 'token')).toEqual([])
  })

  test('a sign-in that was revoked starts anew at the authorization endpoint', async () => {
    const application = openApplication({ client_id: 'pub' })
    const { refresh_token = '' } = await signIn(application)
    const form = new URLSearchParams({ token: refresh_token, client_id: 'pub' })
    const revoked = await fetch(server.url('/revoke'), { method: 'POST', body: form })
    expect(revoked.status).toBe(200)
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    expect(await auth(application, { serverUrl })).toBe('REDIRECT')
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('"invalid_grant"'))
    warn.mockRestore()
    expect(application.kept.tokens).toBeUndefined()
  })

  test('what the server said meanwhile keeps the rules', () => checkLog(server))
})
