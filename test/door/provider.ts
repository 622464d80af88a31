// Another project's server on loopback, and a person at its pages: what the client meets in the wild.

import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import Provider, { type Configuration } from 'oidc-provider'
import { vi } from 'vitest'
import { hiddenFields, type Page, type TestBrowser } from './browser.ts'
import { freePort } from './server.ts'

/** A running provider. */
export type TestProvider = { issuer: string; close(): Promise<void> }

/** Starts one; it tells the console of everything that is not for production. */
export const startProvider = async (
  configure: (issuer: string) => Configuration,
): Promise<TestProvider> => {
  const quiet = (['info', 'warn'] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation(() => {}),
  )
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}`
  const provider = new Provider(issuer, {
    cookies: { keys: [randomBytes(16).toString('hex')] },
    ...configure(issuer),
  })
  const http = createServer(provider.callback())
  await new Promise<void>((done) => http.listen(port, '127.0.0.1', done))
  return {
    issuer,
    close: async () => {
      http.closeAllConnections()
      await new Promise((done) => http.close(done))
      for (const spy of quiet) spy.mockRestore()
    },
  }
}

const MOST_STEPS = 15

/** Goes on from an address as a person who signs in and agrees, to the first page without a form. */
export const agree = async (browser: TestBrowser, start: string): Promise<Page> => {
  const { origin } = new URL(start)
  let at = start
  let page = await browser.get(at)
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    if (page.location !== undefined) {
      at = new URL(page.location, at).href
      if (new URL(at).origin !== origin) return { ...page, location: at }
      page = await browser.get(at)
      continue
    }
    const [form] = /<form [\s\S]*?<\/form>/.exec(page.text) ?? []
    const action = /action="([^"]*)"/.exec(form ?? '')?.[1]
    if (form === undefined || action === undefined) return page
    const code = /value="([^"]*)" [^>]*name="user_code"/.exec(form)?.[1]
    at = new URL(action.replaceAll('&amp;', '&'), at).href
    page = await browser.post(at, {
      login: 'alice',
      password: 'any',
      ...(code && { user_code: code }),
      ...hiddenFields(form),
    })
  }
  throw new Error(`no end of pages at ${at}`)
}
