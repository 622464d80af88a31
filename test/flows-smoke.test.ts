// The harness itself: a code flow and a refresh through the door.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { call, getTokens } from './door/browser.ts'
import { startServer, type TestServer } from './door/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

test('a code flow gives tokens that refresh and introspect', async () => {
  const tokens = await getTokens(server)
  const refreshed = await call(server, '/token', 'cc', {
    grant_type: 'refresh_token',
    refresh_token: tokens.refresh_token,
  })
  expect(refreshed.status).toBe(200)
  const seen = await call(server, '/introspect', 'cc', {
    token: String(refreshed.body.access_token),
  })
  expect(seen.body.active).toBe(true)
})
