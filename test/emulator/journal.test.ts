// The emulator's clock and journal over HTTP: what moved, what was asked, and what is kept back.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { JournalEntry } from '../../packages/server/src/emulator/journal.ts'
import { call, getTokens } from '../door/browser.ts'
import { runToEnd } from '../door/cli.ts'
import { drive, driven } from '../door/emulator.ts'
import { PASSWORDS, SECRETS } from '../door/fixtures.ts'
import { ROOT } from '../door/page.ts'
import { startServer, type TestServer } from '../door/server.ts'
import { isActive, refresh } from '../door/tokens.ts'

let server: TestServer

beforeAll(async () => {
  server = await startServer({ demo: true })
})
afterAll(() => server.close())

const journal = async (query = ''): Promise<JournalEntry[]> =>
  (await driven<{ entries: JournalEntry[] }>(server, 'GET', `/journal${query}`)).entries

describe('the clock', () => {
  test('is moved by a duration, and tokens expire', async () => {
    const { access_token } = await getTokens(server)
    expect(await isActive(server, String(access_token))).toBe(true)
    const before = await driven<{ now: number }>(server, 'GET', '/clock')
    const after = await driven(server, 'POST', '/clock', { advance: '1h' })
    expect(after).toEqual({ now: before.now + 3600, frozen: false, offsetSeconds: 3600 })
    expect(await isActive(server, String(access_token))).toBe(false)
  })

  test('stands, goes on, and is set to a date', async () => {
    const set = await driven(server, 'POST', '/clock', {
      set: '2030-01-31T12:00:00Z',
      freeze: true,
    })
    expect(set).toMatchObject({ now: 1_896_091_200, frozen: true })
    server.clock.advance(60)
    expect(await driven(server, 'GET', '/clock')).toMatchObject({ now: 1_896_091_200 })
    await driven(server, 'POST', '/clock', { freeze: false })
    server.clock.advance(60)
    expect(await driven(server, 'GET', '/clock')).toMatchObject({ now: 1_896_091_260 })
    const answer = await fetch(server.url('/jwks'))
    expect(answer.headers.get('date')).toBe('Thu, 31 Jan 2030 12:01:00 GMT')
  })

  test('a key that is due has been published, and signs when the clock arrives', async () => {
    const kids = async () => {
      const { keys } = (await (await fetch(server.url('/jwks'))).json()) as {
        keys: { kid: string; alg: string }[]
      }
      return keys.filter(({ alg }) => alg === 'ES256').map(({ kid }) => kid)
    }
    const signer = async () => {
      const { access_token } = await getTokens(server, 'jwt')
      const [head = ''] = String(access_token).split('.')
      return JSON.parse(Buffer.from(head, 'base64url').toString()).kid as string
    }
    const before = await kids()
    const first = await signer()
    expect(before.at(-1)).toBe(first)
    await driven(server, 'POST', '/clock', { advance: '91d' })
    const second = await signer()
    expect(before).not.toContain(second)
    expect(await kids()).toEqual([first, second])
  })

  test.each([
    [{ advance: 'soon' }, /^advance: must be seconds/],
    [{ set: 'soon' }, /^set: must be seconds/],
    [{ freeze: 'yes' }, /^freeze: must be true or false/],
    [{ forward: 1 }, /^forward: is no member/],
  ])('%j is refused in a sentence', async (asked, sentence) => {
    const { status, body } = await drive(server, 'POST', '/clock', asked)
    expect([status, body]).toEqual([400, { error: expect.stringMatching(sentence) }])
  })
})

describe('the journal', () => {
  let tokens: Record<string, unknown>
  beforeEach(async () => {
    await driven(server, 'DELETE', '/journal')
    tokens = await getTokens(server)
  })

  test('tells the story of a sign-in in order', async () => {
    const told = (await journal()).map(({ operation, from, client, user, reason }) => [
      operation,
      from,
      client,
      user,
      reason,
    ])
    expect(told).toEqual([
      ['authorize', 'browser', 'cc', undefined, 'ok'],
      ['login', 'browser', undefined, 'alice', 'ok'],
      ['authorize', 'browser', 'cc', 'alice', 'ok'],
      ['token', 'client', 'cc', 'alice', 'ok'],
    ])
  })

  test('shows no secret, and of tokens their beginnings', async () => {
    await refresh(server, String(tokens.refresh_token))
    const {
      access_token = '',
      refresh_token = '',
      id_token = '',
    } = tokens as Record<string, string>
    const text = JSON.stringify(await journal())
    for (const secret of [SECRETS.cc, PASSWORDS.alice, access_token, refresh_token, id_token]) {
      expect(text).not.toContain(secret)
      expect(text).not.toContain(encodeURIComponent(String(secret)))
    }
    expect(text).not.toMatch(/p[acrs]_[\w-]{12}/)
    const last = (await journal('?operation=token')).at(-1)
    expect(last).toMatchObject({ grant_type: 'refresh_token', client: 'cc' })
    expect(last?.request.body).toContain(`refresh_token=${refresh_token.slice(0, 14)}…`)
    expect(last?.request.headers.authorization).toBe('Basic cc:[secret]')
  })

  test('knows what a token came from', async () => {
    const again = await refresh(server, String(tokens.refresh_token))
    await refresh(server, String(again.body.refresh_token))
    const [exchange, first, second] = await journal('?operation=token')
    const kindsOf = (entry?: JournalEntry) => entry?.lineage?.map(({ kind }) => kind)
    expect(kindsOf(exchange)).toEqual(['code', 'access_token', 'refresh_token'])
    const [sent, , made] = first?.lineage ?? []
    expect(made).toMatchObject({ kind: 'refresh_token', parent: sent?.id, family: sent?.family })
    expect(second?.lineage?.[0]?.id).toBe(made?.id)
    expect(exchange?.lineage?.[2]?.id).toBe(sent?.id)
  })

  test('says why a call was refused', async () => {
    await call(server, '/token', 'cc', { grant_type: 'refresh_token', refresh_token: 'bogus' })
    expect((await journal()).at(-1)).toMatchObject({
      reason: 'refresh_unknown',
      answer: { status: 400 },
    })
    await fetch(server.url('/oauth2/v1/token'), { method: 'POST' })
    expect((await journal()).at(-1)).toMatchObject({
      operation: 'nothing',
      reason: 'not_found',
      answer: { status: 404 },
    })
  })

  test('is heard as it grows, and goes on where a listener was cut off', async () => {
    const { seq } = (await journal()).at(-1) as JournalEntry
    const listen = async (headers: Record<string, string>, count: number) => {
      const abort = new AbortController()
      const url = server.url('/dev/journal/stream?operation=introspect')
      const stream = await fetch(url, { headers, signal: abort.signal })
      expect(stream.headers.get('content-type')).toBe('text/event-stream')
      const heard: JournalEntry[] = []
      const reading = (async () => {
        let text = ''
        for await (const chunk of stream.body ?? []) {
          text += Buffer.from(chunk).toString()
          const events = text.split('\n\n')
          text = events.pop() ?? ''
          for (const event of events) {
            const data = /^data: (.*)$/m.exec(event)?.[1]
            if (data) heard.push(JSON.parse(data) as JournalEntry)
          }
          if (heard.length >= count) break
        }
        abort.abort()
        return heard
      })()
      return () => reading
    }
    const first = await listen({ 'last-event-id': String(seq) }, 1)
    await isActive(server, String(tokens.access_token))
    await isActive(server, String(tokens.access_token))
    const heard = await first()
    expect(heard[0]).toMatchObject({ operation: 'introspect', client: 'cc' })
    const second = await listen({ 'last-event-id': String(heard[0]?.seq) }, 1)
    expect((await second())[0]?.seq).toBe((heard[0]?.seq ?? 0) + 1)
  })
})

describe('the command', () => {
  const clock = (...args: string[]) => runToEnd(['clock', ...args], { cwd: ROOT })

  test('moves the time, and says what time it is then', async () => {
    await driven(server, 'POST', '/reset', {})
    const moved = await clock('advance', '2h', '--url', server.issuer)
    expect([moved.code, moved.err]).toEqual([0, ''])
    expect(moved.out).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, 2h ahead\n$/)
    const set = await clock('set', '2031-01-31T12:00:00Z', '--url', server.issuer)
    expect(set.out).toMatch(/^2031-01-31T12:00:00Z, \d+[dhs] ahead\n$/)
    expect((await clock('freeze', '--url', server.issuer)).out).toContain(', standing still\n')
    const { frozen } = await driven(server, 'GET', '/clock')
    expect(frozen).toBe(true)
  })

  test('says in one sentence what is wrong', async () => {
    const wrong = await clock('advance', 'soon', '--url', server.issuer)
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringMatching(/^advance: must be .*\n$/)])
    const nobody = await clock('now', '--url', 'http://127.0.0.1:1')
    expect(nobody.err).toBe(
      'Nobody answers at http://127.0.0.1:1: start patois dev, or say --url.\n',
    )
  })
})

test('any language finds every call in an OpenAPI document', async () => {
  const { paths, servers } = await driven<{ paths: Record<string, object>; servers: object[] }>(
    server,
    'GET',
    '/openapi.json',
  )
  expect(servers).toEqual([{ url: `${server.issuer}/dev` }])
  const calls = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const own = server.routes
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`)
    .filter((route) => /^(GET|POST|DELETE) \/dev\//.test(route))
    .map((route) => route.replace('/dev', ''))
  expect(own).toEqual(expect.arrayContaining(calls))
  expect(calls).toContain('POST /faults')
  expect(paths['/faults']).toHaveProperty(
    [
      'post',
      'requestBody',
      'content',
      'application/json',
      'schema',
      'properties',
      'fault',
      'oneOf',
      'length',
    ],
    10,
  )
})
