// Tokens that many callers share, at a server that rotates them and ends what is used twice.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, keep, memoryStore, type TokenStore } from '@patois/client'
import { fileStore } from '@patois/client/stores/file'
import { standard } from '@patois/core/dialects/standard'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser, walkFrom } from '../door/browser.ts'
import { RU } from '../door/fixtures.ts'
import { startServer, type TestServer } from '../door/server.ts'

const SECRET = 'a client secret of more than thirty-two characters'
const KEY = 'a key for what is kept, long enough to be one'
const CALLERS = 50

let server: TestServer
beforeAll(async () => {
  server = await startServer({
    configuration: {
      lifetimes: { replay_window: 0 },
      resources: [],
      clients: [
        {
          client_id: 'app',
          client_secret: SECRET,
          redirect_uris: [RU],
          grant_types: ['authorization_code', 'refresh_token'],
          scope: 'openid offline_access api.read',
          consent: 'implicit',
        },
      ],
    },
  })
})
afterAll(() => server.close())

let refreshes = 0
const signIn = async () => {
  const client = connect({
    dialect: standard,
    url: server.issuer,
    clientId: 'app',
    clientSecret: SECRET,
    redirectUri: RU,
    scope: 'api.read offline_access',
    now: () => server.clock.now(),
    fetch: (input, init) => {
      if (
        String(init?.body && new TextDecoder().decode(init.body as Uint8Array)).includes(
          'grant_type=refresh',
        )
      )
        refreshes++
      return fetch(input, init)
    },
  })
  const page = await walkFrom(server, openBrowser(), (await client.authorizeUrl()).url, 'alice')
  return { client, tokens: await client.callback(page.location ?? '') }
}

const folder = mkdtempSync(join(tmpdir(), 'patois-keep-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const stores: [string, () => TokenStore][] = [
  ['memory', () => memoryStore()],
  ['a file', () => fileStore(folder)],
]

describe.each(stores)('kept in %s', (name, makeStore) => {
  test('an expiry costs one refresh, however many callers there are', async () => {
    const { client, tokens } = await signIn()
    const kept = keep({ client, store: makeStore(), name, secrets: [KEY] })
    await kept.save(tokens)
    expect(await kept.getToken()).toBe(tokens.accessToken)
    for (let round = 0; round < 3; round++) {
      refreshes = 0
      server.clock.advance(3600)
      const all = await Promise.all(Array.from({ length: CALLERS }, () => kept.getToken()))
      expect(new Set(all).size).toBe(1)
      expect(refreshes).toBe(1)
    }
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => kept.fetch(server.url('/userinfo'))),
    )
    // Without the openid scope userinfo refuses, but it knows the token.
    for (const { status } of answers) expect(status).toBe(403)
  })
})
