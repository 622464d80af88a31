// The stage of the stories at a real Chromium: a browser, an application, a server, and their people.

import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { call, newPkce } from './browser.ts'
import {
  type Application,
  type Heard,
  openPerson,
  type Person,
  type PersonOptions,
  startApplication,
  startChromium,
} from './chromium.ts'
import { CLIENTS, PASSWORDS, SECRETS } from './fixtures.ts'
import { type ServerOptions, startServer, type TestServer } from './server.ts'

/** A name that would do harm on a page that does not escape it. */
export const EVIL = `"'><img src=x onerror=alert(1)><script>alert(2)</script>\${7*7}{{7*7}}`

const { verifier, challenge } = newPkce()

/** What stands on the stage between `setStage` and the end of the file. */
export const stage = {} as { chromium: Browser; app: Application; server: TestServer }

/** Sets the stage for a file, and clears it away; a file may have clients and options of its own. */
export const setStage = (own: (app: Application) => ServerOptions = () => ({})): void => {
  beforeAll(async () => {
    stage.chromium = await startChromium()
    stage.app = await startApplication()
    const { origin, callback } = stage.app
    const web = {
      redirect_uris: [callback],
      post_logout_redirect_uris: [`${origin}/bye`],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid profile email offline_access api.read api.write',
    }
    const clients = [
      ...CLIENTS,
      { ...web, client_id: 'web', client_secret: SECRETS.web, client_name: 'Web shop' },
      { ...web, client_id: 'evil', client_secret: SECRETS.cc, client_name: EVIL },
    ]
    const { configuration: { clients: more, ...sections } = {}, ...options } = own(stage.app)
    const all = [...clients, ...((more as typeof clients) ?? [])]
    stage.server = await startServer({ ...options, configuration: { ...sections, clients: all } })
  })
  afterAll(async () => {
    await stage.chromium?.close()
    await stage.server?.close()
    await stage.app?.close()
  })
}

/** A person for each test; afterwards nothing strange may have happened at their browser. */
export const people = (options: PersonOptions = {}): Person => {
  const at = {} as Person
  beforeEach(async () => {
    Object.assign(at, await openPerson(stage.chromium, options))
  })
  afterEach(async () => {
    const { server, app } = stage
    const own = [server.origin, app.origin, app.otherSite]
    const elsewhere = at.asked.filter((url) => !own.includes(new URL(url).origin))
    await at.close()
    expect({ elsewhere, troubles: at.troubles }).toEqual({ elsewhere: [], troubles: [] })
  })
  return at
}

/** Where the application sends a person. */
export const authorizeUrl = (more: Record<string, string> = {}): string =>
  stage.server.url(
    `/authorize?${new URLSearchParams({
      client_id: 'web',
      response_type: 'code',
      redirect_uri: stage.app.callback,
      scope: 'openid profile email api.read',
      state: 'state-1',
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...more,
    })}`,
  )

/** Fills in the sign-in form that is open, and sends it. */
export const fillIn = async (
  page: Page,
  username = 'alice',
  password = PASSWORDS[username] ?? '',
): Promise<void> => {
  await page.fill('#username', username)
  await page.fill('#password', password)
  await page.click('#sign-in')
}

/** Signs in and allows, where that is asked; ends at the application. */
export const arrive = async (page: Page, more: Record<string, string> = {}): Promise<Heard> => {
  const { server, app } = stage
  await page.goto(authorizeUrl(more))
  if (page.url().startsWith(server.origin) && (await page.isVisible('#sign-in'))) await fillIn(page)
  if (page.url().startsWith(server.origin)) await page.click('#allow')
  await page.waitForURL(`${app.callback}**`)
  return lastHeard()
}

/** What the application heard last. */
export const lastHeard = (): Heard => stage.app.heard.at(-1) ?? { method: '', path: '', fields: {} }

/** What the application hears when all went well. */
export const rightAnswer = (state = 'state-1') => ({
  method: 'GET',
  path: '/cb',
  fields: { code: expect.any(String), state, iss: stage.server.issuer },
})

/** The application's exchange of a code. */
export const exchange = async (code = ''): Promise<Record<string, unknown>> => {
  const fields = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: stage.app.callback,
    code_verifier: verifier,
  }
  return (await call(stage.server, '/token', 'web', fields)).body
}
