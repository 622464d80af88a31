// Cal.com's platform OAuth: what its Python SDK and @calcom/sdk send, and what they make of it.

import { Cal } from '@calcom/sdk'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Answer, getCode, logIn, newPkce, openBrowser } from '../door/browser.ts'
import { sendRaw } from '../door/raw.ts'
import { lastRequest } from '../door/rules.ts'
import { startServer, type TestServer } from '../door/server.ts'
import { readRecordings, recordingOf, replay } from './replay.ts'

const ID = 'clxyz0123 abc'
const SECRET = 'sec"ret of at least thirty-two characters'
const TARGET = 'https://app.test/cb?x=1'
const HOUR = 3600
const DAY = 24 * HOUR

const client = (client_id: string, more: Record<string, unknown> = {}) => ({
  client_id,
  client_secret: SECRET,
  client_name: client_id,
  redirect_uris: [TARGET],
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'client_secret_post',
  scope: 'profile email',
  dialects: ['cal'],
  require_pkce: false,
  consent: 'implicit',
  ...more,
})

let server: TestServer
let cookie: string
beforeAll(async () => {
  server = await startServer({
    configuration: {
      dialects: ['standard', 'cal'],
      resources: [],
      clients: [
        client(ID),
        client('plain'),
        client('asks', { consent: 'ask' }),
        client('pkce', { require_pkce: true }),
        client('elsewhere', { dialects: ['standard'] }),
      ],
    },
  })
})
afterAll(() => server.close())
beforeEach(async () => {
  const browser = openBrowser()
  await logIn(server, browser, await browser.get(server.url('/login')))
  cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  // Whatever code an earlier case left is over.
  server.clock.advance(601)
})

/** The headers of every call, in the SDK's order. */
const SDK = {
  'Accept-Encoding': 'identity',
  'Content-Type': 'application/json',
  'User-Agent': 'OpenAPI-Generator/1.0.0/python',
}

const path = (operation: string, id = ID): string =>
  `/v2/oauth/${encodeURIComponent(id)}/${operation}`

const authorize = (more: Record<string, string> = { Cookie: cookie }, id = ID, to = TARGET) =>
  sendRaw(server, path('authorize', id), {
    headers: { ...SDK, ...more },
    body: JSON.stringify({ redirectUri: to }),
  })

const codeOf = ({ headers }: Answer): string =>
  new URL(headers.get('location') ?? 'x:').searchParams.get('code') ?? ''

const exchange = (
  authorization: string | undefined,
  body: object = { clientSecret: SECRET },
  id = ID,
) =>
  sendRaw(server, path('exchange', id), {
    headers: {
      Accept: 'application/json',
      ...(authorization && { Authorization: authorization }),
      ...SDK,
    },
    body: JSON.stringify(body),
  })

const refresh = (refreshToken: string, secret: string | undefined = SECRET, id = ID) =>
  sendRaw(server, path('refresh', id), {
    headers: { Accept: 'application/json', ...(secret && { 'x-cal-secret-key': secret }), ...SDK },
    body: JSON.stringify({ refreshToken }),
  })

const me = (token: string) =>
  sendRaw(server, '/v2/me', { method: 'GET', headers: { Authorization: `Bearer ${token}` } })

/** What pydantic takes for a success: the envelope, texts, and a number. */
const checkTokens = ({ status, body }: Answer) => {
  expect(status).toBe(200)
  expect(body.status).toBe('success')
  const data = body.data as Record<string, string | number>
  expect(data).toEqual({
    accessToken: expect.any(String),
    refreshToken: expect.any(String),
    accessTokenExpiresAt: expect.any(Number),
    refreshTokenExpiresAt: expect.any(Number),
  })
  return data as {
    accessToken: string
    refreshToken: string
    accessTokenExpiresAt: number
    refreshTokenExpiresAt: number
  }
}

const EXCEPTIONS: Readonly<Record<number, [string, string]>> = {
  400: ['BadRequestException', 'Bad Request'],
  401: ['UnauthorizedException', 'Unauthorized'],
  403: ['ForbiddenException', 'Forbidden'],
  498: ['TokenExpiredException', ''],
}

/** What the exception filter writes, whole. */
const checkError = (answer: Answer, status: number, message: unknown, called = 'exchange') => {
  const [code, error] = EXCEPTIONS[status] ?? []
  expect(answer.status).toBe(status)
  expect(answer.body).toEqual({
    status: 'error',
    timestamp: new Date(server.clock.now() * 1000).toISOString(),
    path: called.startsWith('/') ? called : expect.stringContaining(called),
    error: { code, message, details: { message, error, statusCode: status } },
  })
}

const newCode = async (): Promise<string> => codeOf(await authorize())

describe('authorize', () => {
  test('answers 302 with the code behind what the redirect URI has', async () => {
    const answer = await authorize()
    expect(answer.status).toBe(302)
    const location = answer.headers.get('location') ?? ''
    expect(location.startsWith(`${TARGET}&code=`)).toBe(true)
    expect(new URL(location).searchParams.get('iss')).toBe(server.issuer)
  })

  test('without a session is 401, whatever cookie of another system came', async () => {
    const message = 'NextAuthStrategy - Authentication token is missing or invalid.'
    checkError(await authorize({}), 401, message, 'authorize')
    checkError(
      await authorize({ Cookie: 'next-auth.session-token=eyJ' }),
      401,
      message,
      'authorize',
    )
  })

  test('without consent is 403, and with it a code', async () => {
    checkError(await authorize(undefined, 'asks'), 403, expect.any(String), 'authorize')
    expect(lastRequest(server).reason).toBe('consent_needed')
  })

  test('of an unknown client, or of one that does not speak this, names it', async () => {
    for (const id of ['nobody', 'elsewhere']) {
      const message = `OAuth client with ID '${id}' not found`
      checkError(await authorize(undefined, id), 400, message, 'authorize')
    }
  })

  test('compares the redirect URI byte for byte', async () => {
    for (const to of ['https://app.test/cb', `${TARGET}&y`, 'https://app.test/*']) {
      const answer = await authorize(undefined, ID, to)
      checkError(answer, 400, "Invalid 'redirect_uri' value.", 'authorize')
    }
  })

  test('gives one code at a time, to parallel calls too', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => authorize()))
    expect(answers.filter(({ status }) => status === 302)).toHaveLength(1)
    const refused = answers.filter(({ status }) => status === 400)
    expect(refused).toHaveLength(19)
    const message = /^User with id=\d+ has already authorized client with id=clxyz0123 abc\.$/
    for (const one of refused) checkError(one, 400, expect.stringMatching(message), 'authorize')
  })

  test('gives the next one when the first was exchanged, or is over', async () => {
    checkTokens(await exchange(`Bearer ${await newCode()}`))
    expect((await authorize()).status).toBe(302)
    server.clock.advance(600)
    expect((await authorize()).status).toBe(302)
  })

  test('is for our own origin alone', async () => {
    for (const more of [
      { Origin: 'https://evil.test' },
      { Origin: 'null' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
    ]) {
      checkError(await authorize({ Cookie: cookie, ...more }), 403, expect.any(String), 'authorize')
    }
    const own = { Origin: server.origin, 'Sec-Fetch-Site': 'same-origin' }
    expect((await authorize({ Cookie: cookie, ...own })).status).toBe(302)
    const asked = await fetch(server.url(path('authorize')), {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.test', 'access-control-request-method': 'POST' },
    })
    expect(asked.status).toBe(405)
    expect(asked.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('E11: reads JSON and nothing else', async () => {
    const body = new URLSearchParams({ redirectUri: TARGET }).toString()
    const type = 'application/x-www-form-urlencoded'
    const form = await sendRaw(server, path('authorize'), {
      headers: { 'Content-Type': type, Cookie: cookie },
      body,
    })
    expect(form.status).toBe(415)
    for (const text of [
      '{',
      '[]',
      '"x"',
      `{"redirectUri":"${TARGET}","redirectUri":"${TARGET}"}`,
      '{"redirectUri":1}',
    ]) {
      const answer = await sendRaw(server, path('authorize'), {
        headers: { ...SDK, Cookie: cookie },
        body: text,
      })
      checkError(answer, 400, expect.any(String), 'authorize')
    }
  })

  test('keeps to PKCE where the client is held to it, and wherever a challenge came', async () => {
    expect((await authorize(undefined, 'pkce')).status).toBe(400)
    expect(lastRequest(server).reason).toBe('challenge_missing')
    const { verifier, challenge } = newPkce()
    for (const id of ['pkce', ID]) {
      const asked = await sendRaw(server, path('authorize', id), {
        headers: { ...SDK, Cookie: cookie },
        body: JSON.stringify({
          redirectUri: TARGET,
          code_challenge: challenge,
          code_challenge_method: 'S256',
        }),
      })
      const header = `Bearer ${codeOf(asked)}`
      checkError(await exchange(header, { clientSecret: SECRET }, id), 400, 'Invalid OAuth Client.')
      expect(lastRequest(server).reason).toBe('verifier_missing')
      checkTokens(await exchange(header, { clientSecret: SECRET, code_verifier: verifier }, id))
    }
  })
})

describe('the recorded calls of the Python SDK', () => {
  const recordings = readRecordings('cal')
  const values = { client_secret: SECRET, redirect_uri: TARGET }
  const send = (end: string, more: Record<string, string> = {}) =>
    replay(server, recordingOf(recordings, end), { ...values, ...more })

  test('get through the whole flow', async () => {
    const asked = await send('with a session cookie', { cookie })
    expect(asked.status).toBe(302)
    const { refreshToken } = checkTokens(await send('exchange', { code: codeOf(asked) }))
    checkTokens(await send('refresh', { refresh_token: refreshToken }))
  })

  test('raise the exception of their status', async () => {
    const unauthorized = await send('no cookie configured')
    checkError(unauthorized, 401, expect.any(String), 'authorize')
    checkError(await send('exchange', { code: 'clcode' }), 400, 'Invalid OAuth Client.')
    const wrong = { code: await newCode(), client_secret: 'sec"ret' }
    checkError(await send('exchange', wrong), 400, 'Invalid OAuth Client.')
    const token = { refresh_token: 'eyJ.r.t' }
    checkError(await send('refresh', token), 400, 'Invalid refresh token', 'refresh')
    const other = { ...token, client_secret: 'sec ret' }
    checkError(await send('refresh', other), 401, 'Invalid client secret', 'refresh')
  })
})

describe('exchange', () => {
  test('takes the code with or without the word Bearer', async () => {
    const { accessTokenExpiresAt, refreshTokenExpiresAt } = checkTokens(
      await exchange(`Bearer ${await newCode()}`),
    )
    const now = server.clock.now()
    expect(accessTokenExpiresAt).toBe((now + HOUR - ((now + HOUR) % 60)) * 1000)
    const year = now + 365 * DAY
    expect(refreshTokenExpiresAt).toBe((year - (year % DAY)) * 1000)
    checkTokens(await exchange(await newCode()))
  })

  test('W5: says one thing for a wrong id, secret and code', async () => {
    const code = await newCode()
    const wrong = [
      await exchange('Bearer clcode'),
      await exchange(`Bearer ${code}`, { clientSecret: 'wrong' }),
      await exchange(`Bearer ${code}`, {}),
      await exchange(`Bearer ${code}`, { clientSecret: SECRET }, 'nobody'),
      await exchange(`Bearer ${code}`, { clientSecret: SECRET }, 'asks'),
      await exchange(`Bearer ${code}`, { clientSecret: SECRET }, 'elsewhere'),
    ]
    for (const one of wrong) checkError(one, 400, 'Invalid OAuth Client.')
    checkTokens(await exchange(`Bearer ${code}`))
    checkError(await exchange(`Bearer ${code}`), 400, 'Invalid OAuth Client.')
    expect(lastRequest(server).reason).toBe('code_reused')
  })

  test('W3: the path alone says which client it is, and only once decoded', async () => {
    const code = await newCode()
    const headers = { Authorization: `Bearer ${code}`, ...SDK }
    const body = JSON.stringify({ clientSecret: SECRET, clientId: 'asks', client_id: 'asks' })
    for (const id of [
      'clxyz0123%2520abc',
      'clxyz0123',
      'clxyz0123%20abc%2F',
      '..%2Fclxyz0123%20abc',
    ]) {
      const answer = await sendRaw(server, `/v2/oauth/${id}/exchange`, { headers, body })
      expect(answer.status, id).toBe(400)
    }
    const right = '/v2/oauth/clxyz0123%20abc/exchange'
    checkTokens(await sendRaw(server, right, { headers, body }))
  })

  test('without the header says which one is missing', async () => {
    for (const header of [undefined, 'Bearer ', 'Bearer']) {
      checkError(await exchange(header), 400, "Missing 'Bearer' Authorization header.")
    }
  })

  test('drops fields that it does not know, also those of other dialects', async () => {
    const body = {
      clientSecret: SECRET,
      client_id: 'asks',
      clientId: 'asks',
      __proto__: {},
      more: [1],
    }
    checkTokens(await exchange(`Bearer ${await newCode()}`, body))
  })

  test('takes no code of the standard dialect, which stays good there', async () => {
    const { code } = await getCode(
      server,
      'elsewhere',
      { redirect_uri: TARGET, scope: 'profile' },
      openBrowser(),
    )
    checkError(await exchange(`Bearer ${code}`), 400, 'Invalid OAuth Client.')
  })

  test('is what @calcom/sdk completes, and what it throws at', async () => {
    const code = codeOf(await authorize(undefined, 'plain'))
    const open = (secret: string) =>
      new Cal('plain', { clientSecret: secret }, { baseUrl: `${server.issuer}/` })
    const wrong = open('wrong').oauth.exchange({ authorizationCode: code })
    await expect(wrong).rejects.toThrow()
    const tokens = await open(SECRET).oauth.exchange({ authorizationCode: code })
    expect((await me(tokens.accessToken)).status).toBe(200)
    expect(tokens).toMatchObject({ refreshToken: expect.stringMatching(/^pr_/) })
  })
})

describe('refresh', () => {
  test('gives a new pair, and the old one only within the window', async () => {
    const first = checkTokens(await exchange(`Bearer ${await newCode()}`))
    const second = checkTokens(await refresh(first.refreshToken))
    expect(second.refreshToken).not.toBe(first.refreshToken)
    expect(checkTokens(await refresh(first.refreshToken))).toEqual(second)
    checkTokens(await refresh(second.refreshToken))
    checkError(await refresh(first.refreshToken), 400, 'Invalid refresh token', 'refresh')
  })

  test('says one thing for an unknown client, a wrong secret and none', async () => {
    const { refreshToken } = checkTokens(await exchange(`Bearer ${await newCode()}`))
    for (const one of [
      await refresh(refreshToken, 'wrong'),
      await refresh(refreshToken, ''),
      await refresh(refreshToken, SECRET, 'nobody'),
    ]) {
      checkError(one, 401, 'Invalid client secret', 'refresh')
    }
    checkError(await refresh('eyJ.r.t'), 400, 'Invalid refresh token', 'refresh')
    checkTokens(await refresh(refreshToken))
  })
})

describe('me', () => {
  test('answers the user, 498 when the token has expired and 401 for any other', async () => {
    const { accessToken, refreshToken } = checkTokens(await exchange(`Bearer ${await newCode()}`))
    const answer = await me(accessToken)
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      status: 'success',
      data: { id: expect.any(String), name: 'Alice A', email: 'alice@example.org' },
    })
    for (const token of ['nothing', refreshToken]) {
      checkError(await me(token), 401, 'Invalid Access Token.', '/v2/me')
    }
    server.clock.advance(HOUR)
    checkError(await me(accessToken), 498, 'ACCESS_TOKEN_IS_EXPIRED', '/v2/me')
    // As long as its family lives, however long ago it expired.
    server.clock.advance(200 * DAY)
    await server.store.sweep(server.clock.now(), 100)
    checkError(await me(accessToken), 498, 'ACCESS_TOKEN_IS_EXPIRED', '/v2/me')
  })
})
