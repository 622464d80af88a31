// Tokens that the tabs of a real Chromium share: one refresh an expiry, and none lost with a tab.

import { connect } from '@patois/client'
import { standard } from '@patois/core/dialects/standard'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser, walkFrom } from '../door/browser.ts'
import { startChromium } from '../door/chromium.ts'
import { times } from '../door/counts.ts'
import { KEY, LIFE, startRotating, tokenRequests } from '../door/kept.ts'
import { type ModulePage, startModulePage } from '../door/modules.ts'
import type { TestServer } from '../door/server.ts'
import { countRows, userinfo } from '../door/tokens.ts'

const ROUNDS = times(20, 200)
const TABS = 4
const CALLERS = 20
const CLIENT = 'tabs'

const SCRIPT = `
import { connect, keep } from '@patois/client'
import { webStore } from '@patois/client/stores/web'
import { standard } from '@patois/core/dialects/standard'

let now = 0
let isStuck = false
globalThis.open = (url, name, secret) => {
  const client = connect({
    dialect: standard,
    url,
    clientId: '${CLIENT}',
    now: () => now,
    fetch: async (...request) => {
      const response = await fetch(...request)
      if (isStuck) await new Promise(() => document.title = 'stuck')
      return response
    },
  })
  globalThis.kept = keep({ client, store: webStore(), name, secrets: [secret] })
}
globalThis.save = (at, tokens) => {
  now = at
  return kept.save(tokens)
}
globalThis.ask = (at, callers) => {
  now = at
  return Promise.all(Array.from({ length: callers }, () => kept.getToken()))
}
globalThis.stick = (at) => {
  isStuck = true
  now = at
  kept.getToken()
}
document.title = 'ready'
`

/** What the script of a tab has put there. */
type Tab = {
  open(url: string, name: string, secret: string): void
  save(at: number, tokens: unknown): Promise<void>
  ask(at: number, callers: number): Promise<string[]>
  stick(at: number): void
}

let browser: Browser
let site: ModulePage
beforeAll(async () => {
  browser = await startChromium()
  site = await startModulePage(SCRIPT)
})
afterAll(async () => {
  await browser.close()
  await site.close()
})

const startServer = (window: number): Promise<TestServer> =>
  startRotating(window, {
    clients: [
      {
        client_id: CLIENT,
        redirect_uris: [`${site.origin}/cb`],
        origins: [site.origin],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'none',
        scope: 'openid offline_access api.read',
      },
    ],
  })

const openTab = async (context: BrowserContext, server: TestServer): Promise<Page> => {
  const page = await context.newPage()
  await page.goto(site.origin)
  await page.waitForFunction(() => document.title === 'ready')
  const given = { url: server.issuer, secret: KEY }
  await page.evaluate(
    ({ url, secret }) => (globalThis as unknown as Tab).open(url, 'alice', secret),
    given,
  )
  return page
}

const ask = (page: Page, server: TestServer): Promise<string[]> =>
  page.evaluate(({ at, callers }) => (globalThis as unknown as Tab).ask(at, callers), {
    at: server.clock.now(),
    callers: CALLERS,
  })

/** Signs alice in and opens tabs that keep her tokens. */
const openTabs = async (server: TestServer, context: BrowserContext): Promise<Page[]> => {
  const client = connect({
    dialect: standard,
    url: server.issuer,
    clientId: CLIENT,
    redirectUri: `${site.origin}/cb`,
    scope: 'openid offline_access',
    now: () => server.clock.now(),
  })
  const back = await walkFrom(server, openBrowser(), (await client.authorizeUrl()).url)
  const tokens = await client.callback(back.location ?? '')
  const tabs = await Promise.all(Array.from({ length: TABS }, () => openTab(context, server)))
  const given = { at: server.clock.now(), tokens }
  await tabs[0]?.evaluate(
    ({ at, tokens }) => (globalThis as unknown as Tab).save(at, tokens),
    given,
  )
  return tabs
}

const checkAlive = async (server: TestServer, token: string): Promise<void> => {
  expect(countRows(server, 'families', 'ended_at IS NOT NULL')).toBe(0)
  expect((await userinfo(server, token)).status).toBe(200)
}

describe.each([0, 10])('at a server with a replay window of %i seconds', (window) => {
  let server: TestServer
  let context: BrowserContext
  beforeAll(async () => {
    server = await startServer(window)
    context = await browser.newContext()
  })
  afterAll(async () => {
    await context.close()
    await server.close()
  })

  test(`${TABS} tabs refresh once an expiry, and what they keep is sealed`, async () => {
    const tabs = await openTabs(server, context)
    let token = ''
    for (let round = 0; round < ROUNDS; round++) {
      server.clock.advance(LIFE)
      const statuses = await tokenRequests(server, async () => {
        const tokens = (await Promise.all(tabs.map((tab) => ask(tab, server)))).flat()
        expect(tokens).toHaveLength(TABS * CALLERS)
        expect(new Set(tokens).size).toBe(1)
        expect(tokens[0]).not.toBe(token)
        token = tokens[0] ?? ''
      })
      expect(statuses).toEqual([200])
    }
    await checkAlive(server, token)
    const kept = await tabs[1]?.evaluate(
      () =>
        new Promise<string>((resolve) => {
          const opening = indexedDB.open('patois')
          opening.onsuccess = () => {
            const found = opening.result.transaction('tokens').objectStore('tokens').getAll()
            found.onsuccess = () => resolve(JSON.stringify(found.result))
          }
        }),
    )
    expect(kept).toMatch(/^\["patois1\.[\w.-]+"\]$/)
    expect(kept).not.toContain(token)
  })
})

test('a tab that is closed between answer and write loses nothing', async () => {
  const server = await startServer(10)
  const context = await browser.newContext()
  for (let round = 0; round < times(1, 20); round++) {
    const tabs = await openTabs(server, context)
    server.clock.advance(LIFE)
    const [victim, other] = tabs as [Page, Page]
    await victim.evaluate((at) => (globalThis as unknown as Tab).stick(at), server.clock.now())
    await victim.waitForFunction(() => document.title === 'stuck')
    await victim.close()
    const [token = ''] = await ask(other, server)
    await checkAlive(server, token)
    server.clock.advance(LIFE)
    await checkAlive(server, (await ask(other, server))[0] ?? '')
    await Promise.all(tabs.map((tab) => tab.close()))
  }
  await context.close()
  await server.close()
})
