// A browser without a screen: keeps cookies, fills in our forms, never follows a redirect by itself.

import { createHash, randomBytes } from 'node:crypto'
import { PASSWORDS, RU, SECRETS } from './fixtures.ts'
import type { Door } from './server.ts'

/** What a page or redirect answered. */
export type Page = { status: number; headers: Headers; text: string; location: string | undefined }

/** A browser with its cookies. */
export type TestBrowser = {
  cookies: Map<string, string>
  get(url: string, headers?: Record<string, string>): Promise<Page>
  post(url: string, fields: Record<string, string>, headers?: Record<string, string>): Promise<Page>
}

/** The value that an HTML attribute stands for. */
const decodeHtml = (text: string): string =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&#96;', '`')
    .replaceAll('&#x27;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')

/** The hidden inputs of the form on a page. */
export const hiddenFields = (html: string): Record<string, string> =>
  Object.fromEntries(
    [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map((found) => [
      found[1] ?? '',
      decodeHtml(found[2] ?? ''),
    ]),
  )

/** Where the form on a page goes. */
export const formAction = (html: string): string =>
  decodeHtml(/<form method="post" action="([^"]*)"/.exec(html)?.[1] ?? '')

/** The Cookie header that a browser sends. */
export const cookieOf = ({ cookies }: Pick<TestBrowser, 'cookies'>): string =>
  [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')

/** Opens a browser. */
export const openBrowser = (): TestBrowser => {
  const cookies = new Map<string, string>()
  const go = async (url: string, init: RequestInit & { headers?: Record<string, string> }) => {
    const cookie = cookieOf({ cookies })
    const headers = { accept: 'text/html', ...(cookie && { cookie }), ...init.headers }
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    return {
      status: response.status,
      headers: response.headers,
      text: await response.text(),
      location: response.headers.get('location') ?? undefined,
    }
  }
  return {
    cookies,
    get: (url, headers = {}) => go(url, { headers }),
    post: (url, fields, headers = {}) =>
      go(url, { method: 'POST', body: new URLSearchParams(fields), headers }),
  }
}

/** A PKCE pair. */
export const newPkce = (): { verifier: string; challenge: string } => {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

/** Fills in the login form of a page that is open; answers what came after it. */
export const logIn = (
  server: Door,
  browser: TestBrowser,
  page: Page,
  username = 'alice',
  password = PASSWORDS[username] ?? '',
): Promise<Page> =>
  browser.post(server.origin + formAction(page.text), {
    ...hiddenFields(page.text),
    username,
    password,
  })

/** Answers the consent form of a page that is open. */
export const decide = (
  server: Door,
  browser: TestBrowser,
  page: Page,
  decision: 'allow' | 'deny' = 'allow',
): Promise<Page> =>
  browser.post(server.origin + formAction(page.text), { ...hiddenFields(page.text), decision })

/**
 * Goes through /authorize as a person would: signs in and allows wherever that is asked. Answers
 * the first page or redirect that is neither of these.
 */
export const walk = (
  server: Door,
  browser: TestBrowser,
  params: Record<string, string>,
  username = 'alice',
): Promise<Page> =>
  walkFrom(server, browser, server.url(`/authorize?${new URLSearchParams(params)}`), username)

/** The same from an address that a library built. */
export const walkFrom = async (
  server: Door,
  browser: TestBrowser,
  url: string,
  username = 'alice',
): Promise<Page> => {
  let page = await browser.get(url)
  for (let step = 0; step < 6; step++) {
    if (page.location?.startsWith('/') || page.location?.startsWith(server.origin)) {
      page = await browser.get(new URL(page.location, server.origin).href)
    } else if (page.text.includes('name="password"')) {
      page = await logIn(server, browser, page, username)
    } else if (page.text.includes('value="allow"')) {
      page = await decide(server, browser, page)
    } else break
  }
  return page
}

/** The usual parameters of a client's authorization request. */
export const authorizeParams = (
  client_id: string,
  challenge: string | undefined,
  more: Record<string, string> = {},
): Record<string, string> => ({
  client_id,
  response_type: 'code',
  redirect_uri: RU,
  scope: 'openid profile email offline_access api.read',
  state: 'state-1',
  ...(challenge !== undefined && { code_challenge: challenge, code_challenge_method: 'S256' }),
  ...more,
})

/** The parameters of the redirect that a walk ended in. */
export const answerOf = (page: Page): URLSearchParams => {
  if (page.location === undefined) throw new Error(`no redirect but ${page.status}: ${page.text}`)
  return new URL(page.location).searchParams
}

/** An answer of an endpoint that speaks JSON. */
export type Answer = { status: number; headers: Headers; body: Record<string, unknown> }

/** Sends a form to a path below the issuer, with a client's way of authentication. */
export const call = async (
  server: Door,
  path: string,
  client: string | undefined,
  fields: Record<string, string> | URLSearchParams,
  headers: Record<string, string> = {},
): Promise<Answer> => {
  const form = new URLSearchParams(fields)
  const secret = client === undefined ? undefined : SECRETS[client]
  const basic: Record<string, string> = {}
  if (client === 'cp' && secret) {
    form.set('client_id', client)
    form.set('client_secret', secret)
  } else if (client && secret) basic.authorization = `Basic ${btoa(`${client}:${secret}`)}`
  else if (client) form.set('client_id', client)
  const response = await fetch(server.url(path), {
    method: 'POST',
    body: form,
    headers: { ...basic, ...headers },
  })
  const text = await response.text()
  const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
  return { status: response.status, headers: response.headers, body }
}

/** A fresh code of a user for a client, got as a person gets it. */
export const getCode = async (
  server: Door,
  client = 'cc',
  more: Record<string, string> = {},
  browser = openBrowser(),
  username = 'alice',
): Promise<{ code: string; verifier: string; browser: TestBrowser }> => {
  const { verifier, challenge } = newPkce()
  const page = await walk(server, browser, authorizeParams(client, challenge, more), username)
  const code = answerOf(page).get('code')
  if (!code) throw new Error(`no code: ${page.location}`)
  return { code, verifier, browser }
}

/** Tokens of a user for a client, got through the whole code flow. */
export const getTokens = async (
  server: Door,
  client = 'cc',
  more: Record<string, string> = {},
  browser = openBrowser(),
  username = 'alice',
): Promise<Record<string, string> & { access_token: string; refresh_token: string }> => {
  const { code, verifier } = await getCode(server, client, more, browser, username)
  const redirect_uri = more.redirect_uri ?? RU
  const answer = await call(server, '/token', client, {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri,
  })
  if (answer.status !== 200) throw new Error(`no tokens: ${JSON.stringify(answer.body)}`)
  return answer.body as Record<string, string> & { access_token: string; refresh_token: string }
}
