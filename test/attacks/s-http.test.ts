// Attacks, group S: what is wrong with a request before anybody reads what it asks for.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DIALECTS, type Operation } from '@patois/core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  type Answer,
  answerOf,
  authorizeParams,
  call,
  getTokens,
  logIn,
  newPkce,
  openBrowser,
  walk,
} from '../door/browser.ts'
import { CLIENTS, RU, SECRETS } from '../door/fixtures.ts'
import { install, type Served, serve } from '../door/process.ts'
import { findProgram, type RunningProgram } from '../door/program.ts'
import { plainCaddy, plainNginx, startCaddy, startNginx } from '../door/proxy.ts'
import { openWire, sayOnce, sendRaw, type Wire } from '../door/raw.ts'
import { checkAnswer, checkErrorPage, checkLog, checkPage, lastRequest } from '../door/rules.ts'
import { freePort, startServer, type TestServer } from '../door/server.ts'
import { countRows, databaseOf, isActive } from '../door/tokens.ts'

const FORM = 'application/x-www-form-urlencoded'
const BODY = 'grant_type=client_credentials&scope=api.read'
const ORIGIN = 'https://spa.test'
const HUGE = 100 * 1024 * 1024

const CAL = {
  client_id: 'cal',
  client_secret: SECRETS.web,
  client_name: 'Calendar',
  redirect_uris: [RU],
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'client_secret_post',
  scope: 'profile email',
  dialects: ['cal'],
  require_pkce: false,
  consent: 'implicit',
}
const CART = { ...CAL, client_id: 'cart', dialects: ['ultracart'] }

const configuration = {
  dialects: ['standard', 'cal', 'ultracart'],
  resources: [],
  clients: [
    ...CLIENTS.filter(({ client_id }) => client_id !== 'cc'),
    { ...CLIENTS[0], origins: [ORIGIN] },
    CAL,
    CART,
  ],
}

let server: TestServer
beforeAll(async () => {
  server = await startServer({ configuration })
})
afterEach(() => checkLog(server))
afterAll(() => server.close())

const basic = `Basic ${btoa(`cc:${SECRETS.cc}`)}`

/** The head of a token request without what says how long it is. */
const head = (port: number, first = 'POST /token HTTP/1.1', end = '\r\n'): string =>
  [first, `Host: 127.0.0.1:${port}`, `Content-Type: ${FORM}`, `Authorization: ${basic}`, ''].join(
    end,
  )

const length = `Content-Length: ${BODY.length}`
const right = (port: number): string => `${head(port)}${length}\r\n\r\n${BODY}`
const chunks = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`

/** How many access tokens there are, and how many requests got to an operation. */
const state = () => ({
  tokens: countRows(server, 'access_tokens'),
  reached: server.answers.filter(({ reached }) => reached).length,
})

describe('bodies that are too long', () => {
  test('S1: a body over 64 KiB is refused as soon as that is known, and the connection ends', async () => {
    const { tokens } = state()
    const many = 'a'.repeat(200_000)
    const bodies = {
      'as it says': `Content-Length: 1000000\r\n\r\n${many}`,
      'and nothing of it comes': `Content-Length: ${HUGE}\r\n\r\n`,
      'one byte too many': `Content-Length: 65537\r\n\r\n${many.slice(0, 65_537)}`,
      'in chunks without an end': `Transfer-Encoding: chunked\r\n\r\n${`8000\r\n${'a'.repeat(0x8000)}\r\n`.repeat(3)}`,
      'in one chunk': `Transfer-Encoding: chunked\r\n\r\nffffff\r\n${many}`,
    }
    for (const [what, bytes] of Object.entries(bodies)) {
      const [answer, ...others] = await sayOnce(server.port, `${head(server.port)}${bytes}`)
      expect(answer?.status, what).toBe(413)
      expect(others, what).toEqual([])
      expect(answer?.headers.get('connection'), what).toBe('close')
      expect(answer?.headers.get('cache-control'), what).toBe('no-store')
      expect(JSON.parse(answer?.text ?? ''), what).toMatchObject({ error: 'invalid_request' })
      expect(lastRequest(server)).toMatchObject({ operation: 'token', reason: 'body_too_large' })
    }
    expect(state().tokens).toBe(tokens)
  })

  test('S1: 64 KiB themselves are read', async () => {
    const padding = 'x'.repeat(64 * 1024 - BODY.length - 3)
    const headers = { 'content-type': FORM, authorization: basic }
    const answer = await sendRaw(server, '/token', { headers, body: `${BODY}&x=${padding}` })
    checkAnswer(answer, { status: 200 })
  })

  test('S1: a length that is a lie makes no second request out of the rest', async () => {
    const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
    const wire = await openWire(server.port)
    // Too short: the rest begins like no request.
    wire.say(`${head(server.port)}Content-Length: 10\r\n\r\n${BODY}`)
    const answers = await wire.ended
    expect(answers.map(({ status }) => status).filter((status) => status < 400)).toEqual([])
    // Too long: what follows belongs to the body.
    const whole = `${BODY}&x=${smuggled}`
    const [answer, ...others] = await openWire(server.port).then((one) => {
      one.say(`${head(server.port)}Content-Length: ${whole.length}\r\n\r\n${whole}`)
      return one.first(1).finally(() => one.leave())
    })
    expect([answer?.status, others]).toEqual([200, []])
    expect(server.answers.some(({ path }) => path.includes('smuggled'))).toBe(false)
  })
})

describe('a server of its own', () => {
  let folder: string
  let served: Served | undefined
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'patois-http-'))
  })
  afterEach(async () => {
    await served?.stop('SIGKILL')
    rmSync(folder, { recursive: true })
  })

  const residentMegabytes = (pid: number): number =>
    Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

  /** Sends zeros until the server has had enough of them; answers its status. */
  const sendHuge = (url: string): Promise<number> =>
    new Promise((resolve) => {
      const headers = { 'content-type': FORM, authorization: basic, 'content-length': HUGE }
      const sent = request(url, { method: 'POST', headers })
      const piece = Buffer.alloc(1024 * 1024, 'a')
      let left = HUGE / piece.length
      let status = 0
      const more = () => {
        while (left-- > 0 && !sent.destroyed) if (!sent.write(piece)) return
      }
      sent.on('drain', more)
      sent.on('response', (response) => {
        status = response.statusCode ?? 0
        response.resume()
      })
      sent.on('error', () => {})
      sent.on('close', () => resolve(status))
      more()
    })

  test('S1: bodies of 100 MB do not make the server grow', async () => {
    const place = await install(folder)
    served = serve(place)
    await served.ready
    const ask = async (times: number) => {
      for (let at = 0; at < times; at++) {
        expect([413, 0]).toContain(await sendHuge(place.url('/token')))
        const headers = { 'content-type': FORM, authorization: basic }
        const own = { method: 'POST', headers, body: BODY }
        expect((await fetch(place.url('/token'), own)).status).toBe(200)
      }
    }
    await ask(3)
    const before = residentMegabytes(served.pid)
    await ask(10)
    expect(residentMegabytes(served.pid) - before).toBeLessThan(20)
  })

  test('S10: with few files to open, idle connections make room and nobody is turned away', async () => {
    const place = await install(folder, { log: { level: 'info' } })
    served = serve({ ...place, files: 400 })
    await served.ready
    const wires: Wire[] = []
    let gone = 0
    for (let at = 0; at < 450; at++) {
      const wire = await openWire(place.port)
      void wire.ended.then(() => gone++)
      wires.push(wire)
      wire.say('GET /jwks HTTP/1.1\r\nHost: x\r\n\r\n')
      expect((await wire.first(1))[0]?.status).toBe(200)
    }
    expect(wires.length - gone).toBeLessThan(400)
    expect(served.printed.out).not.toMatch(/EMFILE|"level":"(error|fatal)"/)
    for (const wire of wires) wire.leave()
  })
})

const WAITING = 'answers wait for callers who do not send or read'
const SLOW = { headersMs: 1500, requestMs: 2000, answerMs: 2500, checkMs: 50 }

describe('slow callers', () => {
  let slow: TestServer
  beforeAll(async () => {
    slow = await startServer({
      limits: SLOW,
      unchecked: WAITING,
    })
  })
  afterAll(() => slow.close())

  const untilAlone = async (): Promise<void> => {
    while ((await slow.connections()) > 0) await sleep(20)
  }

  const healthy = async (): Promise<void> => {
    const [answer] = await sayOnce(
      slow.port,
      right(slow.port).replace(length, `${length}\r\nConnection: close`),
    )
    expect(answer?.status).toBe(200)
  }

  const openMany = async (count: number, bytes: string): Promise<Wire[]> => {
    const wires = await Promise.all(Array.from({ length: count }, () => openWire(slow.port)))
    for (const wire of wires) wire.say(bytes)
    return wires
  }

  /** Says one byte after another until nobody listens any more. */
  const drip = async (wires: readonly Wire[], bytes: string): Promise<void> => {
    let isOver = false
    const over = Promise.all(wires.map(({ ended }) => ended)).then(() => {
      isOver = true
    })
    for (let at = 0; !isOver; at++) {
      for (const wire of wires) wire.say(bytes[at % bytes.length] ?? '')
      await healthy()
      await sleep(50)
    }
    await over
  }

  test('S3: whoever sends headers byte by byte is cut off, and others are served meanwhile', async () => {
    const wires = await openMany(50, 'GET /jwks HTTP/1.1\r\nHost: x\r\n')
    await drip(wires, 'X-Header: a\r\n')
    for (const wire of wires) {
      expect((await wire.ended).map(({ status, text }) => [status, text])).toEqual([
        [408, 'The request took too long.\n'],
      ])
    }
    await untilAlone()
  })

  test('S3: whoever sends a body byte by byte is cut off', async () => {
    const wires = await openMany(50, `${head(slow.port)}Content-Length: 60000\r\n\r\n`)
    await drip(wires, 'x=1&')
    for (const wire of wires) {
      expect((await wire.ended).map(({ status }) => status)).toEqual([408])
    }
    await untilAlone()
  })

  test('S3: whoever never says a word is cut off', async () => {
    const wires = await openMany(50, '')
    await Promise.all(wires.map(({ ended }) => ended))
    await untilAlone()
    await healthy()
  })

  test('S3: whoever asks much and reads nothing is cut off', async () => {
    const wires = await openMany(4, '')
    for (const wire of wires) {
      wire.pause()
      wire.say('GET /openapi/standard.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(500))
    }
    await healthy()
    // They hear of it only when they read again; the server has forgotten them by then.
    await untilAlone()
    for (const wire of wires) wire.leave()
  })
})

/** What two readers may read differently; in each of them a request is hidden where one can be. */
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
const ambiguous = (port: number): Record<string, string> => {
  const at = head(port)
  const hidden = `0\r\n\r\n${SMUGGLED}`
  return {
    'CL.TE': `${at}Content-Length: ${hidden.length}\r\nTransfer-Encoding: chunked\r\n\r\n${hidden}`,
    'TE.CL': `${at}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`,
    'TE.TE with an unknown second': `${at}Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n\r\n${hidden}`,
    'TE.TE with identity': `${at}Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n${hidden}`,
    'chunked twice': `${at}Transfer-Encoding: chunked, chunked\r\n\r\n${chunks}`,
    'a coding before chunked': `${at}Transfer-Encoding: gzip, chunked\r\n\r\n${chunks}`,
    'a coding like chunked': `${at}Transfer-Encoding: xchunked\r\n\r\n${hidden}`,
    'a tab before chunked': `${at}Transfer-Encoding:\x0bchunked\r\n\r\n${hidden}`,
    'a space after the name of the coding': `${at}Transfer-Encoding : chunked\r\n\r\n${hidden}`,
    'chunked in HTTP/1.0': `${head(port, 'POST /token HTTP/1.0')}Transfer-Encoding: chunked\r\n\r\n${hidden}`,
    'two lengths': `${at}${length}\r\nContent-Length: 3\r\n\r\n${BODY}`,
    'two lengths alike': `${at}${length}\r\n${length}\r\n\r\n${BODY}`,
    'a list of lengths': `${at}${length}, ${BODY.length}\r\n\r\n${BODY}`,
    'a length with a sign': `${at}Content-Length: +${BODY.length}\r\n\r\n${BODY}`,
    'a length below nothing': `${at}Content-Length: -1\r\n\r\n${BODY}`,
    'a length in hex': `${at}Content-Length: 0x${BODY.length.toString(16)}\r\n\r\n${BODY}`,
    'a length without digits': `${at}Content-Length: \r\n\r\n${BODY}`,
    'a length beyond numbers': `${at}Content-Length: 99999999999999999999\r\n\r\n${BODY}`,
    'a space after the name of the length': `${at}Content-Length : ${BODY.length}\r\n\r\n${BODY}`,
    'bare line feeds': `${head(port, undefined, '\n')}${length}\n\n${BODY}`,
    'one bare line feed': `${at}X-A: b\n${length}\r\n\r\n${BODY}`,
    'a bare carriage return': `${at}X-A: b\rContent-Length: 0\r\n${length}\r\n\r\n${BODY}`,
    'a folded header': `${at}X-A: b\r\n c\r\n${length}\r\n\r\n${BODY}`,
    'a folded coding': `${at}Transfer-Encoding:\r\n chunked\r\n\r\n${hidden}`,
    'a space before a name': ` ${at}${length}\r\n\r\n${BODY}`,
    'a NUL in a value': `${at}X-A: b\0c\r\n${length}\r\n\r\n${BODY}`,
    'a chunk that ends in a line feed': `${at}Transfer-Encoding: chunked\r\n\r\n${chunks.replace('\r\n', '\n')}`,
    'a line feed in a chunk extension': `${at}Transfer-Encoding: chunked\r\n\r\n${chunks.replace('\r\n', ';a\n')}`,
    'a chunk of less than nothing': `${at}Transfer-Encoding: chunked\r\n\r\n-${chunks}`,
    'a chunk size with 0x': `${at}Transfer-Encoding: chunked\r\n\r\n0x${chunks}`,
    'a chunk beyond numbers': `${at}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n${BODY}`,
    'a chunk longer than it says': `${at}Transfer-Encoding: chunked\r\n\r\n3\r\n${BODY}\r\n0\r\n\r\n`,
  }
}

describe('requests that two readers may read differently', () => {
  // What is refused unread has been seen, but by nobody who acts on it.
  const checkNothingSmuggled = (): void => {
    const found = server.answers.filter(({ path }) => path.includes('smuggled'))
    expect(found.filter(({ status }) => status !== 400)).toEqual([])
  }

  test('S4: each is refused in one answer, and the connection ends', async () => {
    const before = state()
    for (const [what, bytes] of Object.entries(ambiguous(server.port))) {
      const answers = await sayOnce(server.port, bytes)
      expect(
        answers.map(({ status }) => status),
        what,
      ).toEqual([400])
      expect(answers[0]?.text, what).toBe('The request cannot be read.\n')
    }
    checkNothingSmuggled()
    const { tokens } = state()
    expect(tokens).toBe(before.tokens)
  })

  const PROXIES = { nginx: [startNginx, plainNginx], caddy: [startCaddy, plainCaddy] } as const

  for (const [name, [start, plain]] of Object.entries(PROXIES)) {
    const title = `S4: behind ${name} none of them becomes two, and everybody gets their own answer`
    if (!findProgram(name)) {
      test.skip(`${title} — there is no ${name} on this machine`, () => {})
      continue
    }
    test(title, async () => {
      const port = await freePort()
      const proxy: RunningProgram = await start(plain(port, server.port), port)
      try {
        for (const [what, bytes] of Object.entries(ambiguous(port))) {
          const wire = await openWire(port)
          wire.say(bytes)
          await Promise.race([wire.ended, wire.first(1), sleep(300)])
          const statuses = wire.heard().map(({ status }) => status)
          wire.leave()
          // What a proxy has understood it sends on in its own words, as one request.
          for (const status of statuses) expect([200, 400, 501, 502], what).toContain(status)
          await checkVictims(port, what)
        }
        checkNothingSmuggled()
      } finally {
        await proxy.close()
      }
    })
  }

  // They come over the same connections of the proxy as the attack did.
  const checkVictims = async (port: number, what: string): Promise<void> => {
    const asked = [
      ['/jwks', 'keys'],
      ['/.well-known/openid-configuration', 'issuer'],
      ['/nothing', undefined],
    ] as const
    const answers = await Promise.all(
      [...asked, ...asked].map(async ([path, member]) => {
        const text = await (await fetch(`http://127.0.0.1:${port}${path}`)).text()
        return member === undefined
          ? text.split('.')[0]
          : Object.hasOwn(JSON.parse(text) as object, member)
      }),
    )
    const own = [true, true, 'Nothing is here']
    expect(answers, what).toEqual([...own, ...own])
  }
})

describe('names of the server', () => {
  const DISCOVERY = '/.well-known/openid-configuration'
  const issuerIn = (text = '{}') => (JSON.parse(text) as { issuer?: string }).issuer

  test('S5: no Host, two of them, and one that is no name are refused', async () => {
    const hosts = ['', 'Host: a\r\nHost: b\r\n', 'Host: a\r\nhost: a\r\n', 'Host: a b\r\n']
    hosts.push('Host: a/b\r\n', 'Host: user@a\r\n', 'Host: a, b\r\n', 'Host: a:b\r\n')
    for (const host of hosts) {
      const answers = await sayOnce(server.port, `GET ${DISCOVERY} HTTP/1.1\r\n${host}\r\n`)
      expect(
        answers.map(({ status }) => status),
        host,
      ).toEqual([400])
    }
  })

  test('S5: another host in Host or in the request line changes no address that is told', async () => {
    const evil = [
      `GET ${DISCOVERY} HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n`,
      `GET http://evil.test${DISCOVERY} HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n`,
      `GET HTTPS://evil.test:99${DISCOVERY}?a=b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      `GET ${DISCOVERY} HTTP/1.0\r\n\r\n`,
      `GET ${DISCOVERY} HTTP/1.0\r\nHost: evil.test\r\n\r\n`,
    ]
    for (const bytes of evil) {
      const [answer] = await sayOnce(server.port, bytes)
      expect(answer?.status, bytes).toBe(200)
      expect(answer?.text, bytes).not.toContain('evil')
      expect(issuerIn(answer?.text)).toBe(server.issuer)
    }
  })

  test('S5: an authorization under another host leads to the pages and the client as always', async () => {
    const { challenge } = newPkce()
    const query = new URLSearchParams(authorizeParams('cc', challenge))
    for (const target of [`/authorize?${query}`, `http://evil.test/authorize?${query}`]) {
      const bytes = `GET ${target} HTTP/1.1\r\nHost: evil.test\r\nAccept: text/html\r\nConnection: close\r\n\r\n`
      const [answer] = await sayOnce(server.port, bytes)
      expect(answer?.headers.get('location') ?? answer?.text).not.toContain('evil')
      expect(answer?.status).toBeLessThan(400)
    }
    const page = await walk(server, openBrowser(), authorizeParams('cc', challenge))
    expect(answerOf(page).get('iss')).toBe(server.issuer)
  })

  test('S5: a request line that names no place is no failure', async () => {
    for (const target of [
      'http://',
      'http://evil.test',
      'http://evil.test?a',
      '*',
      '//evil.test',
    ]) {
      const bytes = `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`
      const [answer] = await sayOnce(server.port, bytes)
      expect([200, 400, 404, 405], target).toContain(answer?.status)
      expect(answer?.headers.get('location') ?? null, target).toBeNull()
    }
  })
})

describe('lines that nobody ended', () => {
  const CRLF = '\r\nSet-Cookie: evil=1\r\n\r\n<h1>evil</h1>'
  const DECODED = ['\r\n', '\n', '\r', '\u2028', '\u560a\u560d', '%0d%0a']

  const checkNoSplit = (text: string, headers: Headers, what: string): void => {
    expect(headers.get('set-cookie') ?? '', what).not.toContain('evil')
    expect(text, what).not.toContain('<h1>evil')
  }

  test('S6: what a caller sends at authorize makes no header of its own', async () => {
    const { challenge } = newPkce()
    for (const end of DECODED) {
      const evil = CRLF.replaceAll('\r\n', end)
      const sent = [
        { state: evil, prompt: 'none' },
        { nonce: evil, prompt: 'none' },
        { redirect_uri: `${RU}${evil}` },
        { client_id: `cc${evil}` },
        { response_mode: evil },
        { ui_locales: evil },
        { login_hint: evil },
      ]
      for (const more of sent) {
        const params = new URLSearchParams({ ...authorizeParams('cc', challenge), ...more })
        const page = await openBrowser().get(server.url(`/authorize?${params}`))
        const what = JSON.stringify(more)
        checkNoSplit(page.text, page.headers, what)
        if ('state' in more) expect(answerOf(page).get('state'), what).toBe(evil)
        else if ('redirect_uri' in more || 'client_id' in more) checkErrorPage(page)
      }
    }
  })

  test('S6: what a caller sends at a token endpoint makes no header in any dialect', async () => {
    for (const end of DECODED) {
      const evil = `x${CRLF.replaceAll('\r\n', end)}`
      const fields = { grant_type: evil, client_id: evil, client_secret: evil, code: evil }
      const form = { headers: { 'content-type': FORM }, body: String(new URLSearchParams(fields)) }
      const json = {
        headers: { 'content-type': 'application/json', authorization: 'x' },
        body: JSON.stringify({ clientSecret: evil }),
      }
      const calls = [
        ['/token', form],
        ['/rest/v2/oauth/token', form],
        ['/rest/v2/oauth/revoke', form],
        [`/v2/oauth/${encodeURIComponent(evil)}/exchange`, json],
      ] as const
      for (const [path, raw] of calls) {
        const answer = await sendRaw(server, path, raw)
        expect(answer.status, path).toBeGreaterThanOrEqual(400)
        expect(answer.status, path).toBeLessThan(500)
        for (const [name, value] of answer.headers) {
          expect(`${name}: ${value}`, path).not.toMatch(/[\r\n]|evil/)
        }
      }
    }
  })

  test('S6: the name of a client stands on a page as text, and a request id is never taken over', async () => {
    const evil = `Evil${CRLF}`
    const own = { ...CLIENTS[0], client_name: evil }
    const other = await startServer({
      configuration: { ...configuration, clients: [...configuration.clients.slice(0, -3), own] },
    }).catch((error: Error) => error)
    if (other instanceof Error) expect(other.message).toContain('client_name')
    else {
      const { challenge } = newPkce()
      const browser = openBrowser()
      const params = new URLSearchParams(authorizeParams('cc', challenge))
      const page = await browser.get(other.url(`/authorize?${params}`), { 'x-request-id': 'evil' })
      checkNoSplit(page.text, page.headers, 'client_name')
      expect(page.headers.get('x-request-id')).not.toBe('evil')
      await other.close()
    }
  })
})

test('S7: no header and no field makes another method of a request', async () => {
  const headers = {
    'x-http-method-override': 'POST',
    'x-http-method': 'POST',
    'x-method-override': 'POST',
    authorization: basic,
  }
  const before = countRows(server, 'access_tokens')
  const got = await sendRaw(server, `/token?_method=POST&${BODY}`, { method: 'GET', headers })
  expect(got.status).toBe(405)
  expect(got.headers.get('allow')).toBe('POST')
  const other = await sendRaw(server, '/token', { method: 'PUT', headers, body: BODY })
  expect(other.status).toBe(405)
  expect(countRows(server, 'access_tokens')).toBe(before)
  const deleted = { 'content-type': FORM, authorization: basic, 'x-http-method-override': 'DELETE' }
  const body = `${BODY}&_method=GET`
  checkAnswer(await sendRaw(server, '/token', { headers: deleted, body }), { status: 200 })
  const page = await openBrowser().post(server.url('/login'), { _method: 'GET' })
  checkPage(page, { status: 400 })
})

describe('S8: JSON that two readers may read differently', () => {
  const jsonOperations = DIALECTS.flatMap(({ name, operations }) =>
    Object.entries(operations as Record<string, Operation>)
      .filter(([, { reads }]) =>
        Object.values(reads)
          .flat()
          .some((spot) => spot.startsWith('json ')),
      )
      .map(([operation]) => `${name} ${operation}`),
  )

  const broken = (name: string, value: string): Record<string, string | Uint8Array> => {
    const good = JSON.stringify({ [name]: value })
    const escaped = `\\u${name.charCodeAt(0).toString(16).padStart(4, '0')}${name.slice(1)}`
    const inside = good.slice(1, -1)
    return {
      'a name twice, the right value last': `{"${name}":"wrong",${inside}}`,
      'a name twice, the right value first': `{${inside},"${name}":"wrong"}`,
      'a name twice, alike': `{${inside},${inside}}`,
      'a name twice, once escaped': `{${inside},"${escaped}":"wrong"}`,
      NaN: `{"${name}":NaN}`,
      'NaN elsewhere': `{${inside},"x":NaN}`,
      Infinity: `{${inside},"x":-Infinity}`,
      'a number beyond numbers': `{"${name}":1e400}`,
      'a number for a text': `{"${name}":12345678901234567890123}`,
      'an object for a text': `{"${name}":{"a":${JSON.stringify(value)}}}`,
      'a list for a text': `{"${name}":[${JSON.stringify(value)}]}`,
      'a flag for a text': `{"${name}":true}`,
      'a byte order mark': `\ufeff${good}`,
      'UTF-16': Buffer.from(`\ufeff${good}`, 'utf16le'),
      'UTF-16 without a mark': Buffer.from(good, 'utf16le'),
      'no UTF-8': Buffer.from(good.replace('}', ',"x":"\xff"}'), 'latin1'),
      'a comma at the end': `{${inside},}`,
      'a comment': `/* x */${good}`,
      'single quotes': good.replaceAll('"', "'"),
      'two objects': `${good}${good}`,
      'a list': `[${good}]`,
      'a text': JSON.stringify(good),
      null: 'null',
      'a NUL at the end': `${good}\0`,
      'half of it': good.slice(0, -2),
      'brackets without an end': '['.repeat(60_000),
      'braces without an end': '{"a":'.repeat(12_000),
    }
  }

  type Case = {
    path: string
    headers: Record<string, string>
    name: string
    value: string
  }

  let cases: Record<string, Case>
  beforeAll(async () => {
    const browser = openBrowser()
    await logIn(server, browser, await browser.get(server.url('/login')))
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const path = (operation: string): string => `/v2/oauth/cal/${operation}`
    const secret = SECRETS.web ?? ''
    const authorize = {
      path: path('authorize'),
      headers: { cookie },
      name: 'redirectUri',
      value: RU,
    }
    const code = async (): Promise<string> => {
      const { headers } = await send(authorize, JSON.stringify({ redirectUri: RU }))
      return new URL(headers.get('location') ?? 'x:').searchParams.get('code') ?? ''
    }
    const exchange = async () => ({
      path: path('exchange'),
      headers: { authorization: `Bearer ${await code()}` },
      name: 'clientSecret',
      value: secret,
    })
    const first = await exchange()
    const { data } = (await send(first, JSON.stringify({ clientSecret: secret }))).body as {
      data: { refreshToken: string }
    }
    const refresh = {
      path: path('refresh'),
      headers: { 'x-cal-secret-key': secret },
      name: 'refreshToken',
      value: data.refreshToken,
    }
    const second = await exchange()
    cases = { 'cal authorize': authorize, 'cal exchange': second, 'cal refresh': refresh }
  })

  const send = ({ path, headers }: Case, body: string | Uint8Array): Promise<Answer> =>
    sendRaw(server, path, { headers: { ...headers, 'content-type': 'application/json' }, body })

  test('S8: every operation that reads JSON is tried here', () => {
    expect(jsonOperations).toEqual(Object.keys(cases))
  })

  test('S8: in every operation each is refused with 400, and what it named lives on', async () => {
    // The code of the second exchange would be spent by an authorization: it goes last.
    for (const one of jsonOperations.toReversed()) {
      const its = cases[one]
      if (!its) throw new Error(one)
      for (const [what, body] of Object.entries(broken(its.name, its.value))) {
        const answer = await send(its, body)
        expect(answer.status, `${one}: ${what}`).toBe(400)
        expect(answer.headers.get('location'), `${one}: ${what}`).toBeNull()
        expect(lastRequest(server).decision).toBe('refused')
      }
      const tooDeep = await send(its, '['.repeat(100_000))
      expect(tooDeep.status, one).toBe(413)
      // What nobody asked for is not looked into, however deep it goes.
      const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
      const answer = await send(its, `{"x":${deep},"${its.name}":${JSON.stringify(its.value)}}`)
      expect(answer.status, `${one}: ${JSON.stringify(answer.body)}`).toBeLessThan(400)
    }
  })
})

describe('many requests, many connections', () => {
  test('S10: a thousand requests on one connection are answered in their order', async () => {
    const kinds = Array.from({ length: 1000 }, (_, at) => (at * 7919) % 13 < 6)
    const own = await startServer({ unchecked: WAITING })
    const wire = await openWire(own.port)
    wire.say(
      kinds
        .map((isKeys) => `GET /${isKeys ? 'jwks' : 'nothing'} HTTP/1.1\r\nHost: x\r\n\r\n`)
        .join(''),
    )
    const answers = await wire.first(kinds.length)
    expect(answers.map(({ status }) => status === 200)).toEqual(kinds)
    wire.leave()
    await own.close()
  })

  test('S10: idle connections are closed when too many are open, busy and new ones are not', async () => {
    const few = await startServer({ limits: { connections: 40 }, unchecked: WAITING })
    const wires: Wire[] = []
    const busy = await openWire(few.port)
    busy.say(`${head(few.port)}${length}\r\n\r\n`)
    for (let at = 0; at < 100; at++) {
      const wire = await openWire(few.port)
      wires.push(wire)
      wire.say('GET /jwks HTTP/1.1\r\nHost: x\r\n\r\n')
      expect((await wire.first(1))[0]?.status).toBe(200)
      expect(await few.connections()).toBeLessThanOrEqual(40)
    }
    busy.say(BODY)
    expect((await busy.first(1))[0]?.status).toBe(200)
    for (const wire of [busy, ...wires]) wire.leave()
    await few.close()
  })

  test('S10: when all connections are busy new ones are refused, which the log says once', async () => {
    const few = await startServer({ limits: { connections: 20 }, unchecked: WAITING })
    const wires: Wire[] = []
    for (let at = 0; at < 60; at++) {
      const wire = await openWire(few.port)
      wires.push(wire)
      wire.say(`${head(few.port)}Content-Length: 10\r\nExpect: 100-continue\r\n\r\n`)
      // From then on the server waits for a body.
      await Promise.race([wire.bytes(), wire.ended])
      expect(await few.connections()).toBeLessThanOrEqual(20)
    }
    expect(await few.connections()).toBe(20)
    expect(few.log.filter((line) => line.includes('there are too many'))).toHaveLength(1)
    for (const wire of wires) wire.leave()
    while ((await few.connections()) > 0) await sleep(10)
    const answer = await call(few, '/token', 'cc', { grant_type: 'client_credentials' })
    checkAnswer(answer, { status: 200 })
    await few.close()
  })
})

describe('caches', () => {
  const FORWARDED = {
    'x-forwarded-host': 'evil.test',
    'x-forwarded-proto': 'https',
    'x-forwarded-port': '99',
    'x-forwarded-prefix': '/evil',
    'x-forwarded-scheme': 'https',
    'x-forwarded-server': 'evil.test',
    'x-host': 'evil.test',
    'x-original-url': '/evil',
    'x-original-host': 'evil.test',
    'x-rewrite-url': '/evil',
    forwarded: 'host=evil.test;proto=https',
    via: '1.1 evil.test',
  }

  test('S11: what a proxy would say changes nothing of what may be cached', async () => {
    const paths = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']
    for (const path of [...paths, '/jwks', '/assets/patois.css', '/openapi/standard.json']) {
      const plain = await (await fetch(server.url(path))).text()
      const answer = await fetch(server.url(path), { headers: FORWARDED })
      expect(answer.status, path).toBe(200)
      expect(answer.headers.get('cache-control'), path).toMatch(/^public, max-age=\d+$/)
      expect(answer.headers.get('set-cookie'), path).toBeNull()
      expect(await answer.text(), path).toBe(plain)
    }
    const { challenge } = newPkce()
    const params = new URLSearchParams(authorizeParams('cc', challenge))
    const page = await openBrowser().get(server.url(`/authorize?${params}`), FORWARDED)
    checkPage(page)
    expect(page.location ?? page.text).not.toContain('evil')
  })

  test('S11: a path that only looks like a file of its own is nothing', async () => {
    const { access_token } = await getTokens(server)
    const headers = { authorization: `Bearer ${access_token}` }
    const ends = ['/x.png', '/token.css', '.css', ';x.css', '%2fx.css', '%00.css', '%3fx.css']
    ends.push('%23x.css', '/..%2fassets%2fpatois.css', '%0a.css', '/', '%2e', '//x.js', '\\x.css')
    for (const path of ['/userinfo', '/token', '/introspect', '/authorize', '/login']) {
      for (const end of ends) {
        const bytes = `GET ${path}${end} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${access_token}\r\nConnection: close\r\n\r\n`
        const [answer] = await sayOnce(server.port, bytes)
        expect([400, 404], `${path}${end}`).toContain(answer?.status)
        expect(answer?.text, `${path}${end}`).not.toContain('alice')
      }
    }
    const assets = await fetch(server.url('/assets/patois.css/../../userinfo'), { headers })
    // The client has resolved the dots: this is userinfo itself, which no cache keeps.
    expect(assets.headers.get('cache-control')).toBe('no-store')
    const raw = 'GET /assets/../userinfo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    expect((await sayOnce(server.port, raw))[0]?.status).toBe(404)
    expect(await isActive(server, access_token)).toBe(true)
  })

  test('S11: a cache that keeps what anybody may read keeps it apart from what scripts may', async () => {
    const answer = await call(server, '/token', 'cc', { grant_type: 'client_credentials' })
    expect(answer.headers.get('vary')).toContain('Origin')
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })
})

test.skip('S12: TLS below 1.2 is refused — TLS ends in the proxy in front; the files for nginx and Caddy are tried in flows/deployment', () => {})

test('S13: names that only look like X-Forwarded-For are believed of nobody, not of a trusted proxy either', async () => {
  const trusted = await startServer({ configuration: { trusted_proxies: ['127.0.0.1'] } })
  const names = ['X_Forwarded_For', 'X-Forwarded_For', 'X_Forwarded-For', 'X-Forwarded-For.']
  names.push('XForwardedFor', 'X-Forwarded-For-', 'Forwarded-For', 'X-Real-IP', 'True-Client-IP')
  for (const name of [...names, 'CF-Connecting-IP', 'X-Client-IP', 'X-Cluster-Client-IP']) {
    const headers = { 'content-type': FORM, authorization: basic, [name]: '203.0.113.9' }
    checkAnswer(await sendRaw(trusted, '/token', { headers, body: BODY }), { status: 200 })
    expect(lastRequest(trusted), name).toMatchObject({ network: '127.0.0.1' })
  }
  const own = { 'content-type': FORM, authorization: basic, 'X-Forwarded-For': '203.0.113.9' }
  checkAnswer(await sendRaw(trusted, '/token', { headers: own, body: BODY }), { status: 200 })
  expect(lastRequest(trusted)).toMatchObject({ network: '203.0.113.9' })
  checkAnswer(await sendRaw(server, '/token', { headers: own, body: BODY }), { status: 200 })
  expect(lastRequest(server)).toMatchObject({ network: '127.0.0.1' })
  await trusted.close()
})

describe('callers who have gone', () => {
  test('S14: whoever leaves at any moment of any request leaves nothing behind', async () => {
    const { challenge } = newPkce()
    const query = new URLSearchParams(authorizeParams('cc', challenge))
    const form = (path: string, body: string): string =>
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${FORM}\r\nAuthorization: ${basic}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    const get = (path: string): string =>
      `GET ${path} HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nAuthorization: Bearer x\r\n\r\n`
    const requests = [
      form('/token', BODY),
      form('/revoke', 'token=x'),
      form('/introspect', 'token=x'),
      form('/userinfo', ''),
      form('/authorize', String(query)),
      form('/login', 'username=nobody&password=x'),
      form('/consent', 'decision=allow'),
      form('/logout', ''),
      form('/login/end', ''),
      form('/v2/oauth/cal/exchange', '{}').replace(FORM, 'application/json'),
      form('/v2/oauth/cal/authorize', '{}').replace(FORM, 'application/json'),
      form('/rest/v2/oauth/token', 'grant_type=refresh_token&refresh_token=x&client_id=cart'),
      form('/rest/v2/oauth/revoke', 'token=x&client_id=cart'),
      get(`/authorize?${query}`),
      ...['/login', '/logout', '/userinfo', '/jwks', '/', '/nothing', '/v2/me'].map(get),
      get('/.well-known/openid-configuration'),
      get('/assets/patois.css'),
      get('/openapi/standard.json'),
    ]
    const leave = async (bytes: string, at: number): Promise<void> => {
      const wire = await openWire(server.port)
      wire.say(bytes.slice(0, at))
      // Some of what was said is read before the end is.
      if (at % 3 === 0) await sleep(1)
      wire.leave()
    }
    for (const bytes of requests) {
      const moments = Array.from({ length: 40 }, (_, at) => Math.ceil((bytes.length * at) / 20))
      await Promise.all(moments.map((at) => leave(bytes, at)))
    }
    while ((await server.connections()) > pooled()) await sleep(20)
    expect(databaseOf(server).isTransaction).toBe(false)
    checkAnswer(await call(server, '/token', 'cc', { grant_type: 'client_credentials' }), {
      status: 200,
    })
  })

  // fetch keeps some of its own connections open.
  const pooled = (): number => 10
})

describe('scripts of other origins', () => {
  const LOOKALIKES = ['https://spa.test.evil.test', 'https://evilspa.test', 'http://spa.test']
  LOOKALIKES.push(
    'https://spa.test:8443',
    'https://spaxtest',
    'https://SPA.test.',
    'https://spa.test/',
  )
  LOOKALIKES.push(
    'https://sub.spa.test',
    'https://spa.test, https://evil.test',
    'https://spa.test%00',
  )
  LOOKALIKES.push('null', '*', 'file://', 'https://user@spa.test', 'https://evil.test', 'spa.test')

  const OPEN = ['/jwks', '/.well-known/openid-configuration']
  OPEN.push('/.well-known/oauth-authorization-server', '/openapi/standard.json')
  const REGISTERED = ['/token', '/userinfo', '/revoke', '/introspect']
  const CLOSED = ['/authorize', '/login', '/consent', '/logout', '/login/end', '/']
  CLOSED.push('/v2/oauth/cal/authorize', '/assets/patois.css', '/nothing')

  const ask = (path: string, origin: string, method = 'GET', more = {}): Promise<Answer> =>
    sendRaw(server, path, { method, headers: { origin, ...more } })

  const allowed = ({ headers }: Answer): string | null => headers.get('access-control-allow-origin')

  const PREFLIGHT = {
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization, content-type',
  }

  test('S16: keys, metadata and descriptions are open to every script', async () => {
    for (const path of OPEN) {
      for (const origin of [ORIGIN, ...LOOKALIKES]) {
        const answer = await ask(path, origin)
        expect(answer.status, path).toBe(200)
        expect(allowed(answer), path).toBe('*')
        expect(answer.headers.get('access-control-allow-credentials'), path).toBeNull()
      }
    }
  })

  test('S16: token, userinfo, revocation and introspection are open to registered origins', async () => {
    for (const path of REGISTERED) {
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const answer = await ask(path, ORIGIN, method, method === 'OPTIONS' ? PREFLIGHT : {})
        const isRefused = answer.status === 405
        expect(allowed(answer), `${method} ${path}`).toBe(isRefused ? null : ORIGIN)
        expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
        if (isRefused) continue
        expect(answer.headers.get('vary'), `${method} ${path}`).toContain('Origin')
        if (method === 'OPTIONS') expect(answer.status).toBe(204)
      }
    }
  })

  test('S16: to origins that look like a registered one they are closed', async () => {
    for (const path of REGISTERED) {
      for (const origin of LOOKALIKES) {
        for (const method of ['GET', 'POST', 'OPTIONS']) {
          const answer = await ask(path, origin, method, method === 'OPTIONS' ? PREFLIGHT : {})
          expect(allowed(answer), `${method} ${path} ${origin}`).toBeNull()
          if (method !== 'OPTIONS') continue
          expect(answer.status).toBe(405)
          expect(answer.headers.get('access-control-allow-methods')).toBeNull()
        }
      }
    }
  })

  test('S16: pages and what goes on a cookie are open to nobody', async () => {
    for (const path of CLOSED) {
      for (const origin of [ORIGIN, 'null', 'https://evil.test', server.origin]) {
        for (const method of ['GET', 'POST', 'OPTIONS']) {
          const answer = await ask(path, origin, method, method === 'OPTIONS' ? PREFLIGHT : {})
          for (const name of ['origin', 'credentials', 'methods', 'headers']) {
            const header = `access-control-allow-${name}`
            expect(answer.headers.get(header), `${method} ${path} ${header}`).toBeNull()
          }
        }
      }
    }
  })
})
