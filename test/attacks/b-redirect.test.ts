// Attacks with redirect URIs: only what was registered, byte for byte, ever gets an answer.

import { DIALECTS } from '@patois/core'
import { readConfiguration } from 'patois'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  answerOf,
  authorizeParams,
  call,
  getCode,
  newPkce,
  openBrowser,
  type Page,
  type TestBrowser,
  walk,
} from '../door/browser.ts'
import { CLIENTS, RU, SECRETS } from '../door/fixtures.ts'
import { checkAnswer, checkErrorPage, checkLog, checkPage, lastRequest } from '../door/rules.ts'
import { startServer, type TestServer } from '../door/server.ts'

const NATIVE = 'http://127.0.0.1/cb'
const PRIVATE = 'com.example.app:/cb'
const QUERY = 'https://rp.test/cb?foo=bar'
const IDN = 'https://xn--bcher-kva.test/cb'

const cc = CLIENTS.find((client) => client.client_id === 'cc')
const like = (client_id: string, redirect_uris: string[]) => ({ ...cc, client_id, redirect_uris })

const clients = [
  ...CLIENTS,
  like('query', [QUERY]),
  like('dotted', ['https://foo.rp.test/cb']),
  like('idn', [IDN]),
  like('two', [RU, 'https://rp.test/other']),
]

let server: TestServer
let browser: TestBrowser
const secrets: string[] = []

// Whoever is signed in and has said yes gets no page in between: an answer would go out at once.
beforeAll(async () => {
  server = await startServer({ configuration: { clients } })
  browser = openBrowser()
  for (const [client, redirect_uri] of [
    ['cc', RU],
    ['query', QUERY],
    ['dotted', 'https://foo.rp.test/cb'],
    ['idn', IDN],
    ['two', RU],
  ] as const) {
    await getCode(server, client, { redirect_uri }, browser)
  }
})
afterEach(() => checkLog(server, secrets))
afterAll(() => server.close())

const ask = (
  redirect_uri: string | undefined,
  client = 'cc',
  more: Record<string, string> = {},
): Promise<Page> => {
  const params = new URLSearchParams(authorizeParams(client, newPkce().challenge, more))
  if (redirect_uri === undefined) params.delete('redirect_uri')
  else params.set('redirect_uri', redirect_uri)
  return browser.get(server.url(`/authorize?${params}`))
}

const expectPage = (page: Page, reason = 'redirect_mismatch'): void => {
  checkErrorPage(page)
  expect(page.text).not.toContain('evil.test')
  expect(lastRequest(server)).toMatchObject({ operation: 'authorize', decision: 'refused', reason })
  expect(lastRequest(server).grantId).toBeUndefined()
}

const refuseAll = async (uris: readonly string[], client = 'cc'): Promise<void> => {
  for (const uri of uris) expectPage(await ask(uri, client))
}

const expectCode = (page: Page, to: string): string => {
  checkPage(page, { status: 303 })
  const sign = to.includes('?') ? '&' : '?'
  expect(page.location?.startsWith(`${to}${sign}code=`), page.location).toBe(true)
  expect(answerOf(page).get('iss')).toBe(server.issuer)
  return answerOf(page).get('code') ?? ''
}

/** What the configuration says about a redirect URI that somebody wants to register. */
const faultsOf = (uri: string): string[] => {
  const client = { client_id: 'web', client_secret: SECRETS.web, redirect_uris: [uri] }
  const text = JSON.stringify({ issuer: 'https://id.test', clients: [client] })
  const read = readConfiguration({ text, env: {}, dev: false, dialects: DIALECTS })
  const start = 'clients[0].redirect_uris[0]: '
  return read.ok ? [] : read.faults.map((fault) => fault.replace(start, ''))
}

const NOT_A_SCHEME = 'has a scheme that is neither https nor a reversed domain name'
const BEYOND_LOOPBACK = 'uses http beyond loopback'
const NOT_PRINTABLE = 'has spaces, control characters or letters beyond ASCII'

describe('what a request may name', () => {
  test('B0: the registered URI itself gets a code at once, so that refusals below mean something', async () => {
    expectCode(await ask(RU), RU)
  })

  test('B1: a path that only means the same as the registered one is another path', () =>
    refuseAll([
      'https://rp.test/cb/',
      'https://rp.test/cb/../cb',
      'https://rp.test/./cb',
      'https://rp.test//cb',
      'https://rp.test/x/..;/cb',
      'https://rp.test/cb;x',
      'https://rp.test/cb/x',
      'https://rp.test/c',
      'https://rp.test/',
      'https://rp.test',
    ]))

  test('B2: upper and lower case are told apart in scheme, host and path', () =>
    refuseAll(['https://rp.test/CB', 'HTTPS://RP.TEST/cb', 'Https://rp.test/cb']))

  test('B3: a query or fragment behind the registered URI is refused, an empty one too', () =>
    refuseAll([
      'https://rp.test/cb?x=1',
      'https://rp.test/cb?',
      'https://rp.test/cb#',
      'https://rp.test/cb#f',
      'https://rp.test/cb%23',
      'https://rp.test/cb%23f',
      'https://rp.test/cb%3Fx=1',
    ]))

  test('B4: a registered query must come back as it is, and the answer is joined with &', async () => {
    await refuseAll(
      [
        'https://rp.test/cb?foo=bar&foo=bar',
        'https://rp.test/cb?baz=1&foo=bar',
        'https://rp.test/cb?foo=bar&baz=1',
        'https://rp.test/cb?foo=bar%20',
        'https://rp.test/cb?foo=b%61r',
        'https://rp.test/cb?foo=',
        'https://rp.test/cb',
      ],
      'query',
    )
    expectCode(await ask(QUERY, 'query'), QUERY)
  })

  test('B6: a host in front of an @ is a user name and fools nobody', () =>
    refuseAll([
      'https://rp.test@evil.test/cb',
      'https://rp.test:443@evil.test/cb',
      'https://rp.test%40evil.test/cb',
      'https://a@b@rp.test/cb',
      'https://user:secret@rp.test/cb',
      'https://@rp.test/cb',
      'https://evil.test\\@rp.test/cb',
      'https://evil.test#@rp.test/cb',
      'https://evil.test?@rp.test/cb',
    ]))

  test('B8: blanks, control characters, encodings and look-alikes are other bytes', async () => {
    await refuseAll([
      ' https://rp.test/cb',
      'https://rp.test/cb ',
      '\thttps://rp.test/cb',
      'https://rp.test/cb\t',
      'https://rp.test/cb\n',
      'https://rp.test/cb\r',
      'https://rp.test/cb\r\nLocation: https://evil.test/',
      'https://rp.test/cb\0',
      'https://rp.test/cb%09',
      'https://rp.test/cb%00',
      'https://rp.test/%2e/cb',
      'https://rp.test/%63b',
      'https://rp.test%2Fcb',
      encodeURIComponent(RU),
      encodeURIComponent(encodeURIComponent(RU)),
      'https://rp.test／cb',
      'https://rp.test\u2044cb',
      'https:\\\\rp.test\\cb',
      'https://r\u0440.test/cb',
      'https://rp.test/cb\u200b',
      '\ufeffhttps://rp.test/cb',
    ])
    await refuseAll(
      [
        'https://b\u00fccher.test/cb',
        'https://bu\u0308cher.test/cb',
        'https://XN--BCHER-KVA.test/cb',
      ],
      'idn',
    )
  })

  test('B9: a port, even the usual one, and a dot behind the host are told apart', () =>
    refuseAll([
      'https://rp.test:443/cb',
      'https://rp.test:8443/cb',
      'https://rp.test:/cb',
      'https://rp.test./cb',
    ]))

  test('B10: what was registered is text and no pattern', () =>
    refuseAll(
      [
        'https://fooXrp.test/cb',
        'https://foo.rpXtest/cb',
        'https://x.foo.rp.test/cb',
        'https://foo.rp.test.evil.test/cb',
        'https://foo.rp.test/.*',
        '.*',
        '*',
      ],
      'dotted',
    ))

  test('B11: no scheme but the registered one is answered, and no script runs from an answer', () =>
    refuseAll([
      'http://rp.test/cb',
      'javascript:alert(1)//',
      'JaVaScRiPt:alert(1)',
      ' javascript:alert(1)',
      'java\tscript:alert(1)',
      'javascript://rp.test/cb%0aalert(1)',
      'data:text/html,<script>alert(1)</script>',
      'vbscript:msgbox(1)',
      'file:///etc/passwd',
      'blob:https://rp.test/cb',
      '//rp.test/cb',
      '/cb',
      'rp.test/cb',
    ]))

  test('B14: a client with two registered URIs must name one', async () => {
    expectPage(await ask(undefined, 'two'), 'redirect_needed')
    expectPage(await ask('', 'two'), 'redirect_needed')
    expectCode(await ask('https://rp.test/other', 'two'), 'https://rp.test/other')
  })

  test('B15: the only registered URI may go unnamed without openid, at the token call too', async () => {
    const { verifier, challenge } = newPkce()
    secrets.push(verifier)
    const params = authorizeParams('cc', challenge, { scope: 'api.read' })
    const { redirect_uri: _, ...rest } = params
    const page = await browser.get(server.url(`/authorize?${new URLSearchParams(rest)}`))
    const code = expectCode(page, RU)
    const fields = { grant_type: 'authorization_code', code, code_verifier: verifier }
    const answer = await call(server, '/token', 'cc', fields)
    checkAnswer(answer, { status: 200 })
    expect(answer.body.scope).toBe('api.read')
  })

  test('B15: an OpenID request must name its redirect URI, however many are registered', async () => {
    expectPage(await ask(undefined), 'redirect_needed')
    expectPage(await ask(''), 'redirect_needed')
  })

  test('B16: a client without redirect URIs cannot bring its own', async () => {
    await refuseAll([RU, 'https://evil.test/cb', NATIVE], 'rs')
    expectPage(await ask(undefined, 'rs'), 'redirect_needed')
    expectPage(await ask('', 'rs'), 'redirect_needed')
  })

  test('B20: a code dies when its redirect URI is taken from the client', async () => {
    const { code, verifier } = await getCode(server, 'cc2', { redirect_uri: 'https://rp2.test/cb' })
    secrets.push(verifier)
    const client = await server.store.findClient('cc2')
    if (!client) throw new Error('no client')
    const put = (redirectUris: readonly string[]) =>
      server.store.commit({
        changes: [{ put: 'client', client: { ...client, redirectUris } }],
        events: [],
      })
    const fields = {
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: 'https://rp2.test/cb',
    }
    await put(['https://rp2.test/new'])
    for (const sent of ['https://rp2.test/cb', 'https://rp2.test/new', '']) {
      const answer = await call(server, '/token', 'cc2', { ...fields, redirect_uri: sent })
      checkAnswer(answer, { status: 400, error: 'invalid_grant' })
      expect(lastRequest(server).reason).toBe('redirect_other')
    }
    await put(client.redirectUris)
    checkAnswer(await call(server, '/token', 'cc2', fields), { status: 200 })
  })

  test.skip('B21: a pushed request names an unregistered URI — there are no pushed requests yet', () => {})
})

describe('installed applications', () => {
  const walkNative = async (redirect_uri: string): Promise<void> => {
    const { verifier, challenge } = newPkce()
    secrets.push(verifier)
    const params = authorizeParams('nat', challenge, { redirect_uri })
    const code = expectCode(await walk(server, browser, params), redirect_uri)
    const fields = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri }
    checkAnswer(await call(server, '/token', 'nat', fields), { status: 200 })
  }

  test('B12: the port of a loopback address is the application’s to choose', async () => {
    for (const uri of [NATIVE, 'http://127.0.0.1:53217/cb', 'http://127.0.0.1:1/cb']) {
      await walkNative(uri)
    }
  })

  test('B12: nothing else of a loopback address may differ', () =>
    refuseAll(
      [
        'http://127.0.0.1:53217/other',
        'http://127.0.0.1:53217/cb?x=1',
        'http://127.0.0.1:53217/cb#f',
        'http://127.0.0.1:53217',
        'https://127.0.0.1:1/cb',
        'https://127.0.0.1/cb',
        'http://127.0.0.2/cb',
        'http://127.1/cb',
        'http://0x7f000001/cb',
        'http://localhost:1/cb',
        'http://localhost/cb',
        'http://[::1]:1/cb',
        'http://[::ffff:127.0.0.1]/cb',
        'http://127.0.0.1:1@evil.test/cb',
        'http://127.0.0.1.evil.test/cb',
        'http://127.0.0.1:/cb',
        'http://127.0.0.1:-1/cb',
        'http://127.0.0.1: 80/cb',
        'http://127.0.0.1:80:80/cb',
        'http://127.0.0.1:65536/cb',
        'http://127.0.0.1:99999/cb',
        'http://127.0.0.1:123456/cb',
      ],
      'nat',
    ))

  test('B22: a private scheme is compared byte for byte', async () => {
    await walkNative(PRIVATE)
    await refuseAll(
      [
        'com.example.app://cb',
        'com.example.app:///cb',
        'com.example.app:cb',
        'COM.example.app:/cb',
        'com.example.app:/cb/',
        'com.example.app2:/cb',
        'com.example.app:/cb?x=1',
      ],
      'nat',
    )
  })
})

describe('what may be registered', () => {
  test('B11: schemes that browsers run or read from are refused at registration', () => {
    for (const uri of [
      'javascript:alert(1)//',
      'JaVaScRiPt:alert(1)',
      'data:text/html,x',
      'vbscript:msgbox(1)',
      'file:///etc/passwd',
      'blob:https://rp.test/cb',
      'about:blank',
      'view-source:https://rp.test/cb',
      'myapp:/cb',
    ]) {
      expect(faultsOf(uri), uri).toEqual([NOT_A_SCHEME])
    }
    expect(faultsOf('http://rp.test/cb')).toEqual([BEYOND_LOOPBACK])
    expect(faultsOf(' javascript:alert(1)')).toEqual([NOT_PRINTABLE])
    expect(faultsOf('java\tscript:alert(1)')).toEqual([NOT_PRINTABLE])
    expect(faultsOf('HTTPS://rp.test/cb')).toEqual([
      'has no host, or its scheme is not in lower case',
    ])
  })

  test('B13: only loopback itself may go without https, not a name that begins like it', () => {
    for (const uri of [
      'http://localhost.evil.test/cb',
      'http://127.0.0.1.evil.test/cb',
      'http://evil.test/localhost',
      'http://evil.test?localhost',
      'http://[::2]/cb',
      'http://0.0.0.0/cb',
      'http://10.0.0.1/cb',
    ]) {
      expect(faultsOf(uri), uri).toEqual([BEYOND_LOOPBACK])
    }
    for (const uri of [
      'http://localhost@evil.test',
      'http://localhost:80@evil.test/cb',
      'http://127.0.0.1@evil.test/cb',
    ]) {
      expect(faultsOf(uri), uri).toEqual(['has a user name'])
    }
    for (const uri of ['http://localhost/cb', 'http://127.0.0.1:8080/cb', 'http://[::1]/cb']) {
      expect(faultsOf(uri), uri).toEqual([])
    }
  })

  test('B19: user names, relative, host-less and overlong URIs are refused at registration', () => {
    expect(faultsOf('https://user@rp.test/cb')).toEqual(['has a user name'])
    expect(faultsOf('https://user:password@rp.test/cb')).toEqual(['has a user name'])
    expect(faultsOf('https://@rp.test/cb')).toEqual(['has a user name'])
    for (const uri of ['/cb', 'cb', '//rp.test/cb', 'rp.test/cb', 'https://']) {
      expect(faultsOf(uri), uri).toEqual(['is not an absolute URI'])
    }
    for (const uri of ['https:///cb', 'https:/rp.test/cb', 'https:rp.test/cb', 'http:///cb']) {
      expect(faultsOf(uri), uri).toEqual(['has no host, or its scheme is not in lower case'])
    }
    expect(faultsOf(`https://rp.test/${'a'.repeat(8192)}`)).toEqual([
      'is longer than 2048 characters',
    ])
    for (const uri of ['https://rp.test/cb#', 'https://rp.test/cb#f']) {
      expect(faultsOf(uri), uri).toEqual(['has a fragment'])
    }
    for (const uri of [
      'https://rp.test/c b',
      'https://rp.test/cb\n',
      'https://b\u00fccher.test/',
    ]) {
      expect(faultsOf(uri), uri).toEqual([NOT_PRINTABLE])
    }
  })
})
