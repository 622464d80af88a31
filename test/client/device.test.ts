// A sign-in on another device, at servers that keep one waiting, forget, lie or go away.

import { connect, Refused, Unreachable, Unreadable } from '@patois/client'
import { deviceFlow } from '@patois/client/device'
import { discovered } from '@patois/client/discover'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Line, type Script, startScript, TOKENS } from '../door/script.ts'

const START = {
  device_code: 'device-secret',
  user_code: 'ABCD',
  verification_uri: 'https://as.test/device',
  expires_in: 600,
  interval: 0,
}
const WAITING: Line = { status: 400, body: { error: 'authorization_pending' } }

let server: Script
let now = 1_800_000_000
beforeAll(async () => {
  server = await startScript()
})
afterEach(() => {
  vi.restoreAllMocks()
})
afterAll(() => server.close())

const start = () => {
  const found = discovered({
    issuer: server.origin,
    token_endpoint: `${server.origin}/token`,
    device_authorization_endpoint: `${server.origin}/device`,
  })
  const client = connect({ ...found, clientId: 'tv', now: () => now, timeoutMs: 300 })
  return deviceFlow(client, found, { scope: ['a', 'b'] })
}

/** Plays the start, and then these to whoever polls. */
const play = (more: object, ...lines: readonly Line[]) =>
  server.play({ body: { ...START, ...more } }, ...lines)

const thrown = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => expect.unreachable('nothing was thrown'),
    (error: unknown) => error,
  )

describe('a device', () => {
  test('says what it wants, shows the code and asks until there are tokens', async () => {
    play({ verification_uri_complete: 'https://as.test/device?c=ABCD' }, WAITING, WAITING, TOKENS)
    const flow = await start()
    expect(flow).toMatchObject({
      userCode: 'ABCD',
      verificationUri: 'https://as.test/device',
      verificationUriComplete: 'https://as.test/device?c=ABCD',
    })
    expect(JSON.stringify(flow)).not.toContain('device-secret')
    expect((await flow.tokens()).accessToken).toBe('at-secret')
    expect(server.calls).toHaveLength(4)
    const sent = server.calls.map(({ body }) => Object.fromEntries(new URLSearchParams(body)))
    expect(sent[0]).toEqual({ client_id: 'tv', scope: 'a b' })
    expect(sent[3]).toEqual({
      client_id: 'tv',
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: 'device-secret',
    })
  })

  test('counts the end on its own clock, whatever the server’s says', async () => {
    const date = new Date((now - 5000) * 1000).toUTCString()
    server.play({ body: START, headers: { date } })
    expect((await start()).expiresAt).toBe(now + 600)
  })

  test('reads the older name of the address', async () => {
    play({ verification_uri: undefined, verification_url: 'https://google.test/device' })
    expect((await start()).verificationUri).toBe('https://google.test/device')
  })

  for (const wrong of [
    { device_code: undefined },
    { user_code: 7 },
    { expires_in: 'soon' },
    { verification_uri: 'javascript:alert(1)' },
    { verification_uri: 'file:///etc/passwd' },
    { verification_uri: '/device' },
  ]) {
    test(`shows nobody ${JSON.stringify(wrong)}`, async () => {
      play(wrong)
      expect(await thrown(start())).toBeInstanceOf(Unreadable)
    })
  }

  for (const error of ['access_denied', 'expired_token', 'invalid_client']) {
    test(`stops at ${error}`, async () => {
      play({}, WAITING, { status: 400, body: { error } }, TOKENS)
      const flow = await start()
      expect(await thrown(flow.tokens())).toMatchObject({ code: error })
      expect(server.calls).toHaveLength(3)
    })
  }

  for (const [name, line] of [
    ['slow_down', { status: 400, body: { error: 'slow_down' } }],
    ['a 503', { status: 503 }],
    ['a page instead of an answer', { status: 502, body: '<html>' }],
    ['a reset', 'reset'],
  ] as const) {
    test(`asks less often after ${name}, and goes on`, async () => {
      play({}, line, TOKENS)
      const flow = await start()
      const real = globalThis.setTimeout
      const pauses: unknown[] = []
      // The longer pause is noted, and not waited for.
      vi.spyOn(globalThis, 'setTimeout').mockImplementation(((...given: [() => void, number]) => {
        pauses.push(given[1])
        return given[1] === 5000 ? real(given[0], 0) : real(...given)
      }) as typeof setTimeout)
      expect((await flow.tokens()).accessToken).toBe('at-secret')
      expect(pauses).toContain(5000)
    })
  }

  test('does not wait for ever for a code that has ended', async () => {
    play({}, WAITING)
    const flow = await start()
    now += 601
    const error = await thrown(flow.tokens())
    expect(error).toBeInstanceOf(Refused)
    expect(error).toMatchObject({ code: 'expired_token', meaning: 'dead' })
    play({}, 'reset')
    const other = await start()
    now += 601
    expect(await thrown(other.tokens())).toBeInstanceOf(Unreachable)
  })

  test('stops when it is told to', async () => {
    play({}, WAITING)
    const flow = await start()
    const reason = new Error('enough')
    expect(await thrown(flow.tokens(AbortSignal.abort(reason)))).toBe(reason)
    expect(server.calls).toHaveLength(1)
  })
})
