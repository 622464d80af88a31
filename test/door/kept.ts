// A server that rotates refresh tokens, a client of it, and people who sign in to have them kept.

import { type Client, connect, type Tokens } from '@patois/client'
import { standard } from '@patois/core/dialects/standard'
import { expect } from 'vitest'
import { openBrowser, walkFrom } from './browser.ts'
import { RU, SECRETS } from './fixtures.ts'
import { startServer, type TestServer } from './server.ts'
import { countRows, isActive } from './tokens.ts'

/** Seconds; what a test moves the clock by to end an access token. */
export const LIFE = 120

/** Who keeps tokens: a client that nobody is asked about. */
export const APP = { clientId: 'quiet', clientSecret: SECRETS.quiet ?? '' }

/** A key for what is kept. */
export const KEY = 'a key for what is kept, long enough to be one'

/** Starts a server whose refresh tokens may come again for so many seconds. */
export const startRotating = (
  window: number,
  more: Record<string, unknown> = {},
): Promise<TestServer> =>
  startServer({
    configuration: {
      lifetimes: { replay_window: window, access_token: LIFE },
      resources: [],
      ...more,
    },
  })

/** A client of such a server, on its clock. */
export const clientOf = (
  server: TestServer,
  more: { fetch?: typeof fetch; now?: () => number } = {},
): Client<typeof standard> =>
  connect({
    dialect: standard,
    url: server.issuer,
    ...APP,
    redirectUri: RU,
    scope: 'api.read offline_access',
    now: () => server.clock.now(),
    ...more,
  })

/** Signs alice in, with a client of its own or this one. */
export const signIn = async (server: TestServer, client = clientOf(server)): Promise<Tokens> => {
  const page = await walkFrom(server, openBrowser(), (await client.authorizeUrl()).url)
  return client.callback(page.location ?? '')
}

/** The statuses of the token requests that were answered during some work. */
export const tokenRequests = async (
  server: TestServer,
  work: () => Promise<unknown>,
): Promise<number[]> => {
  const before = server.answers.length
  await work()
  const since = server.answers.slice(before)
  return since.filter(({ path }) => path === '/token').map(({ status }) => status)
}

/** Fails when a family has ended or this access token does not work. */
export const checkAlive = async (server: TestServer, accessToken: string): Promise<void> => {
  expect(countRows(server, 'families', 'ended_at IS NOT NULL')).toBe(0)
  expect(await isActive(server, accessToken, APP.clientId)).toBe(true)
}
