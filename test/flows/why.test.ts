// The pages of dev mode that explain to a developer why a call was refused.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { authorizeParams, call, getCode, newPkce, openBrowser, type Page } from '../door/browser.ts'
import { CLIENTS, DEMO, RU, SECRETS } from '../door/fixtures.ts'
import { checkPage } from '../door/rules.ts'
import { startServer, type TestServer } from '../door/server.ts'

const EVERYWHERE = { dialects: ['standard', 'bolt', 'cal', 'ultracart', 'apimatic'] }

let server: TestServer
beforeAll(async () => {
  server = await startServer({
    dev: true,
    demo: DEMO,
    configuration: {
      ...EVERYWHERE,
      clients: CLIENTS.map((one) => ({ ...one, ...(one.client_id === 'cc' && EVERYWHERE) })),
    },
  })
})
afterAll(() => server.close())

const CC = { grant_type: 'client_credentials' }

const open = async (uri: unknown, language = 'en'): Promise<Page> => {
  const page = await openBrowser().get(String(uri), { 'accept-language': language })
  checkPage(page, { status: 200 })
  return page
}

/** The text of an element with this id. */
const textOf = (page: Page, id: string): string | undefined =>
  new RegExp(`id="${id}"[^>]*>([^<]*)<`).exec(page.text)?.[1]

/** The rows of the table of fields: name, place and value. */
const sentIn = (page: Page): string[][] =>
  [...page.text.matchAll(/<tr><th scope="row">(.*?)<\/th><td>(.*?)<\/td><\/tr>/g)].map(
    ([, head = '', value = '']) => {
      const [, name = '', place = ''] = /^(.*?) <span class="place">(.*)<\/span>$/.exec(head) ?? []
      return [name.replaceAll('<wbr>', ''), place, value.replace(/<[^>]*>/g, '')]
    },
  )

describe('the page of a refusal', () => {
  test('says what was sent, what was the matter, what was expected and the fix', async () => {
    const answer = await call(server, '/token', undefined, {
      ...CC,
      client_id: 'cc',
      client_secret: SECRETS.cc ?? '',
    })
    expect(answer.body.error).toBe('invalid_client')
    const page = await open(answer.body.error_uri)
    expect(textOf(page, 'found')).toBe(
      'The client used another authentication than it is registered for.',
    )
    expect(textOf(page, 'expected')).toContain('token_endpoint_auth_method')
    expect(page.text).toContain('<li><code>client_secret_basic</code></li>')
    expect(textOf(page, 'fix')).toContain('register the other')
    expect(sentIn(page)).toEqual([
      ['client_id', 'form', 'cc'],
      ['client_secret', 'form', 'sent, but not shown'],
      ['grant_type', 'form', 'client_credentials'],
    ])
    expect(page.text).not.toContain(SECRETS.cc)
    expect(page.text).toContain('<dd>401</dd>')
    expect(page.text).toContain(`<dd>${answer.headers.get('x-request-id')}</dd>`)
    expect(page.text).toContain('<dd>client_method_wrong</dd>')
    expect(page.text).not.toContain('This application is not known here')
  })

  test('shows the values that would have been right', async () => {
    const { code, verifier } = await getCode(server, 'cc')
    const fields = {
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: 'https://rp.test/other',
    }
    const { body } = await call(server, '/token', 'cc', fields)
    const page = await open(body.error_uri)
    expect(page.text).toContain(`<li><code>${RU}</code></li>`)
    expect(page.text).not.toContain(code)
    expect(page.text).not.toContain(verifier)
    const scope = await call(server, '/token', 'rs', { ...CC, scope: 'api.write' })
    expect((await open(scope.body.error_uri)).text).toContain('<li><code>api.read</code></li>')
  })

  test('is linked in a header too, for dialects whose answers have no place for it', async () => {
    for (const path of ['/v2/oauth/cc/exchange', '/rest/v2/oauth/token', '/v1/oauth/token']) {
      const answer = await fetch(server.url(path), { method: 'POST', body: 'x' })
      const [, uri, reason] =
        /^<(http:[^>]*\/dev\/why\/(\w+)\?request=[0-9a-f-]{36})>; rel="help"$/.exec(
          answer.headers.get('link') ?? '',
        ) ?? []
      expect(reason, path).toBeDefined()
      const page = await open(uri)
      expect(page.text).toContain(`<dd>${answer.status}</dd>`)
      expect(page.text).toContain(`<dd>${path}</dd>`)
    }
  })

  test('explains its reason when the request is not known, or was refused for another', async () => {
    const { body } = await call(server, '/token', 'cc', CC, { authorization: 'Basic eDp5' })
    const [uri = '', query = ''] = String(body.error_uri).split('?')
    expect(uri).toBe(server.url('/dev/why/client_unknown'))
    for (const other of [
      uri,
      `${uri}?request=`,
      `${uri}?request=x&request=y`,
      `${server.url('/dev/why/code_expired')}?${query}`,
    ]) {
      const page = await open(other)
      expect(textOf(page, 'expected')).toBeTruthy()
      expect(page.text).toContain('The request itself is not known here')
      expect(page.text).not.toContain('id="sent"')
      expect(page.text).not.toContain('Status')
    }
  })

  test('speaks the language of the browser around what it says in English', async () => {
    const page = await open(server.url('/dev/why/code_expired'), 'de')
    expect(page.text).toContain('<h1>Warum das abgelehnt wurde</h1>')
    expect(page.text).toContain('<p id="found" lang="en">The code was older than its lifetime.</p>')
  })

  test('is not there for a reason that is none', async () => {
    for (const reason of ['unheard_of', 'constructor', '__proto__', '%3Cscript%3E']) {
      const page = await openBrowser().get(server.url(`/dev/why/${reason}`))
      checkPage(page, { status: 404 })
      expect(page.text).not.toContain('<script>')
    }
  })

  test('remembers the latest refusals only', async () => {
    const first = await call(server, '/token', 'cc', { grant_type: 'x' })
    expect((await open(first.body.error_uri)).text).toContain('id="sent"')
    for (let times = 0; times < 200; times++) await call(server, '/token', 'cc', {})
    expect((await open(first.body.error_uri)).text).not.toContain('id="sent"')
  })
})

test('the error page of a browser explains as much', async () => {
  const params = authorizeParams('cc', newPkce().challenge, { redirect_uri: 'https://else.test/' })
  const page = await openBrowser().get(server.url(`/authorize?${new URLSearchParams(params)}`))
  checkPage(page, { status: 400 })
  expect(page.text).toContain('This link is not safe to follow')
  expect(textOf(page, 'found')).toBe('The redirect URI is not registered for this client.')
  expect(page.text).toContain(`<li><code>${RU}</code></li>`)
  expect(sentIn(page)).toContainEqual(['redirect_uri', 'query', 'https://else.test/'])
})

test('an address that a browser cannot open says what it takes', async () => {
  const page = await openBrowser().get(server.url('/token'))
  checkPage(page, { status: 405 })
  expect(page.headers.get('allow')).toBe('POST')
  expect(page.headers.get('set-cookie')).toBeNull()
  expect(page.text).toContain('There is nothing to see at this address')
  expect(page.text).toContain('<li><code>POST</code></li>')
  expect(page.text).not.toContain('id="sent"')
})

test('outside dev mode there is neither a link nor a page', async () => {
  const own = await startServer()
  const answer = await call(own, '/token', 'cc', {})
  expect(answer.body).not.toHaveProperty('error_uri')
  expect(answer.headers.get('link')).toBeNull()
  expect((await fetch(own.url('/dev/why/code_expired'))).status).toBe(404)
  await own.close()
})
