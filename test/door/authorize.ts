// The authorization endpoint for tests: a person who has allowed everything, and how answers are judged.

import { afterAll, beforeAll, expect } from 'vitest'
import {
  answerOf,
  authorizeParams,
  call,
  cookieOf,
  getCode,
  logIn,
  newPkce,
  openBrowser,
  type Page,
  type TestBrowser,
} from './browser.ts'
import { RU } from './fixtures.ts'
import { type RawRequest, sendRaw } from './raw.ts'
import { checkErrorPage, checkErrorRedirect, checkLog, checkPage, lastRequest } from './rules.ts'
import { startServer, type TestServer } from './server.ts'
import { countRows } from './tokens.ts'

/** The media type of a form. */
export const FORM = 'application/x-www-form-urlencoded'

const TABLES = ['codes', 'grants', 'families', 'sessions', 'access_tokens', 'refresh_tokens']

/** What stands between `openEndpoint` and the end of the file; `secrets` may be in no log. */
export const at = {} as { server: TestServer; browser: TestBrowser; secrets: string[] }

/**
 * Starts a server for a file. Alice is signed in at its browser and has allowed `cc` what is
 * usually asked for: whatever is allowed gets its code at once.
 */
export const openEndpoint = (configuration: Record<string, unknown> = {}): void => {
  beforeAll(async () => {
    at.server = await startServer({ configuration })
    at.browser = openBrowser()
    at.secrets = []
    await getCode(at.server, 'cc', {}, at.browser)
  })
  // Once: after each of so many requests it would take longer than they do.
  afterAll(async () => {
    checkLog(at.server, at.secrets)
    await at.server.close()
  })
}

/** The parameters of a usual request. */
export const paramsOf = (more: Record<string, string> = {}, client = 'cc'): URLSearchParams =>
  new URLSearchParams(authorizeParams(client, newPkce().challenge, more))

/** The address of the endpoint with a query. */
export const urlOf = (query: URLSearchParams | string): string =>
  at.server.url(`/authorize?${query}`)

/** Asks as usual, but for what is said. */
export const ask = (
  more: Record<string, string> = {},
  client = 'cc',
  who = at.browser,
): Promise<Page> => who.get(urlOf(paramsOf(more, client)))

/** Follows a redirect that stays with us. */
export const follow = (page: Page, who = at.browser): Promise<Page> =>
  who.get(new URL(page.location ?? '', at.server.origin).href)

/** Any request of the browser that is signed in. */
export const raw = async (sent: RawRequest, query = '', path = '/authorize'): Promise<Page> => {
  const { server, browser } = at
  const headers = { accept: 'text/html', cookie: cookieOf(browser), ...sent.headers }
  const answer = await sendRaw(server, path + (query && `?${query}`), { ...sent, headers })
  const location = answer.headers.get('location') ?? undefined
  return { ...answer, text: server.answers.at(-1)?.body ?? '', location }
}

/** The same as a POST; `query` is what stands in the address as well. */
export const post = (form: URLSearchParams | string, query = ''): Promise<Page> =>
  raw({ headers: { 'content-type': FORM }, body: String(form) }, query)

/** Does something that must be refused, and looks whether anything was written meanwhile. */
export const unchanged = async (asked: () => Promise<Page>): Promise<Page> => {
  const rows = () => TABLES.map((table) => countRows(at.server, table))
  const before = rows()
  const page = await asked()
  expect(rows(), page.location).toEqual(before)
  return page
}

/** Expects that the log has a refusal of the endpoint with this reason. */
export const expectLogged = (reason: string): void => {
  const { operation, decision, reason: logged } = lastRequest(at.server)
  const expected = { operation: 'authorize', decision: 'refused', reason }
  expect({ operation, decision, reason: logged }).toEqual(expected)
}

/** Expects that the client is told an error, and that nothing else has happened. */
export const expectRefused = async (
  asked: () => Promise<Page>,
  error: string,
  reason: string,
  state: string | null = 'state-1',
): Promise<void> => {
  const page = await unchanged(asked)
  checkErrorRedirect(at.server, page, error, { state })
  expect(page.location).not.toMatch(/#|code=|token=/)
  expectLogged(reason)
}

/** Expects a page of ours that leads nowhere, and that nothing else has happened. */
export const expectErrorPage = async (
  asked: () => Promise<Page>,
  reason: string,
  status = 400,
): Promise<void> => {
  const page = await unchanged(asked)
  checkErrorPage(page, status)
  expect(page.text).not.toContain('evil.test')
  expectLogged(reason)
}

/** Expects a code, the state and our issuer at the client; answers the code. */
export const expectCode = (page: Page, state: string | null = 'state-1'): string => {
  checkPage(page, { status: 303 })
  const { code = '', ...rest } = Object.fromEntries(answerOf(page))
  expect(code).toMatch(/^pc_[A-Za-z0-9_-]{43}$/)
  expect(rest).toEqual({ iss: at.server.issuer, ...(state !== null && { state }) })
  return code
}

/** A browser at which somebody is signed in, and has allowed nothing yet. */
export const signedIn = async (username = 'alice'): Promise<TestBrowser> => {
  const who = openBrowser()
  const page = await who.get(at.server.url('/login'))
  checkPage(await logIn(at.server, who, page, username), { status: 303 })
  return who
}

/** True for the login page. */
export const isLogin = ({ status, text }: Page): boolean =>
  status === 200 && text.includes('name="password"')

/** True for the consent page. */
export const isConsent = ({ status, text }: Page): boolean =>
  status === 200 && text.includes('value="allow"')

/** A usual request of `cc` that remembers its verifier, and the exchange of the code that it gets. */
export const openRequest = (more: Record<string, string> = {}) => {
  const { verifier, challenge } = newPkce()
  at.secrets.push(verifier)
  const params = authorizeParams('cc', challenge, more)
  const exchange = (code: string, code_verifier = verifier) =>
    call(at.server, '/token', 'cc', {
      grant_type: 'authorization_code',
      code,
      code_verifier,
      redirect_uri: RU,
    })
  return { url: urlOf(new URLSearchParams(params)), verifier, exchange }
}

/** The claims of a JWT, whoever signed it. */
export const claimsOf = (jwt = ''): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())
