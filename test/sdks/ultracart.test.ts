// UltraCart's SDK against the server: every recorded call of a public client, and what it revokes.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Answer, answerOf, newPkce, openBrowser, type TestBrowser } from '../door/browser.ts'
import { PASSWORDS, SECRETS } from '../door/fixtures.ts'
import { sendRaw } from '../door/raw.ts'
import { checkLog, lastRequest } from '../door/rules.ts'
import { freePort, startServer, type TestServer } from '../door/server.ts'
import { introspect } from '../door/tokens.ts'
import { acceptUltracart, acceptUltracartRevoke, refuseUltracart, type Tokens } from './accepts.ts'
import { plus, readRecordings, recordingOf, replay, type Values } from './replay.ts'
import { codeOf, visit } from './walk.ts'

const RECORDINGS = readRecordings('ultracart')
const ID = '5e31ce86'
const REDIRECT = 'https://app.example/cb?x=1'
const SCOPE = 'item_read order_read'
const OTHER = { id: 'other', redirect: 'https://other.example/cb' }
const SECRET = { id: 'sheet', secret: 'sheet-secret-0123456789-0123456789' }
const STRICT = 'strict'

const CLIENT = {
  redirect_uris: [REDIRECT],
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'none',
  scope: SCOPE,
  dialects: ['ultracart'],
  legacy_public: true,
}

let server: TestServer
let browser: TestBrowser

const configurationAt = (issuer: string) => ({
  dialects: ['standard', 'ultracart'],
  resources: [],
  scopes: { item_read: 'Read items', order_read: 'Read orders' },
  clients: [
    { ...CLIENT, client_id: ID },
    { ...CLIENT, client_id: OTHER.id, redirect_uris: [OTHER.redirect] },
    { ...CLIENT, client_id: STRICT, legacy_public: false },
    {
      ...CLIENT,
      client_id: SECRET.id,
      client_secret: SECRET.secret,
      token_endpoint_auth_method: 'client_secret_post',
      legacy_public: false,
      require_pkce: false,
    },
    // Looks at tokens of others for the tests.
    {
      client_id: 'rs',
      client_secret: SECRETS.rs,
      grant_types: ['client_credentials'],
      scope: 'item_read',
      introspects: [issuer],
    },
  ],
  users: [{ username: 'alice', password: PASSWORDS.alice }],
})

beforeAll(async () => {
  const port = await freePort()
  const configuration = configurationAt(`http://127.0.0.1:${port}`)
  server = await startServer({ port, configuration })
})
afterAll(() => server.close())
beforeEach(() => {
  browser = openBrowser()
})
afterEach(() => checkLog(server, [SECRET.secret]))

const asked = (more: Record<string, string> = {}): Record<string, string> => ({
  response_type: 'code',
  client_id: ID,
  redirect_uri: REDIRECT,
  state: 'st/1&',
  ...more,
})

const newCode = async (more: Record<string, string> = {}, own = browser): Promise<string> =>
  codeOf(await visit(server, own, '/rest/v2/oauth/authorize', asked(more)))

const valuesOf = (more: Values): Values => ({ client_id: ID, ...more })

const send = (
  path: 'token' | 'revoke',
  fields: Record<string, string | undefined>,
  headers: Record<string, string> = {},
): Promise<Answer> => {
  const body = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${plus(value)}`],
  )
  const type = { 'Content-Type': 'application/x-www-form-urlencoded' }
  const all = { ...type, ...headers }
  return sendRaw(server, `/rest/v2/oauth/${path}`, { headers: all, body: body.join('&') })
}

type More = Record<string, string | undefined>

const exchange = (code: string, more: More = {}, headers = {}): Promise<Answer> => {
  const fields = { code, redirect_uri: REDIRECT, client_id: ID, grant_type: 'authorization_code' }
  return send('token', { ...fields, ...more }, headers)
}

const refresh = (refresh_token: string, more: More = {}): Promise<Answer> =>
  send('token', { refresh_token, client_id: ID, grant_type: 'refresh_token', ...more })

const revoke = (token: string, more: More = {}): Promise<Answer> =>
  send('revoke', { client_id: ID, token, ...more })

const newTokens = async (own = browser): Promise<Tokens> =>
  acceptUltracart(await exchange(await newCode({}, own)))

const isActive = async (token: string): Promise<unknown> =>
  (await introspect(server, token, 'rs')).body.active

describe('a recorded code exchange', () => {
  const calls = RECORDINGS.filter(({ body }) => body.includes('=authorization_code'))

  test('is there with all the keys that the SDK may send', () => {
    expect(calls.length).toBe(4)
  })

  for (const call of calls) {
    test(call.name, async () => {
      const answer = await replay(server, call, valuesOf({ code: await newCode() }))
      acceptUltracart(answer)
      expect(answer.body.expires_in).toBe('3600')
      expect(answer.body.scope).toBe(SCOPE)
    })

    test(`${call.name}, as another client or with what nobody minted`, async () => {
      const code = await newCode()
      const other = { client_id: OTHER.id, code }
      refuseUltracart(await replay(server, call, other), 'invalid_grant')
      const unknown = { client_id: 'nobody', code }
      refuseUltracart(await replay(server, call, unknown), 'invalid_client')
      const made = valuesOf({ code: 'CODE/1+=&' })
      refuseUltracart(await replay(server, call, made), 'invalid_grant')
      acceptUltracart(await replay(server, call, valuesOf({ code })))
    })
  }
})

describe('a recorded refresh', () => {
  const call = recordingOf(RECORDINGS, ': refresh_token')

  test(call.name, async () => {
    const { refresh_token } = await newTokens()
    const next = acceptUltracart(await replay(server, call, valuesOf({ refresh_token })))
    expect(next.refresh_token).not.toBe(refresh_token)
    acceptUltracart(await refresh(next.refresh_token))
  })

  test(`${call.name}, as another client or with what nobody minted`, async () => {
    const { refresh_token } = await newTokens()
    const other = { client_id: OTHER.id, refresh_token }
    refuseUltracart(await replay(server, call, other), 'invalid_grant')
    const made = valuesOf({ refresh_token: 'RT-1' })
    refuseUltracart(await replay(server, call, made), 'invalid_grant')
    acceptUltracart(await refresh(refresh_token))
  })
})

describe('a recorded revocation', () => {
  const call = recordingOf(RECORDINGS, ': revoke')

  test(`${call.name} ends the whole grant`, async () => {
    const [first, second] = [await newTokens(), await newTokens(openBrowser())]
    const stranger = { client_id: OTHER.id, redirect_uri: OTHER.redirect }
    const elsewhere = acceptUltracart(await exchange(await newCode(stranger), stranger))
    const unused = await newCode()
    acceptUltracartRevoke(await replay(server, call, valuesOf({ token: first.access_token })))
    for (const { access_token, refresh_token } of [first, second]) {
      expect(await isActive(access_token)).toBe(false)
      refuseUltracart(await refresh(refresh_token), 'invalid_grant')
    }
    refuseUltracart(await exchange(unused), 'invalid_grant')
    expect(await isActive(elsewhere.access_token)).toBe(true)
    acceptUltracart(await refresh(elsewhere.refresh_token, { client_id: OTHER.id }))
    // Whoever allows it again starts anew.
    await newTokens()
  })

  test(`${call.name}, of a token that nobody knows`, async () => {
    acceptUltracartRevoke(await replay(server, call, valuesOf({ token: 'AT/1+=' })))
  })

  test(`${call.name}, of another client's token`, async () => {
    const tokens = await newTokens()
    for (const token of [tokens.access_token, tokens.refresh_token]) {
      const answer = await replay(server, call, { client_id: OTHER.id, token })
      refuseUltracart(answer, 'invalid_grant')
    }
    expect(await isActive(tokens.access_token)).toBe(true)
    acceptUltracart(await refresh(tokens.refresh_token))
  })
})

describe('a revocation', () => {
  test('takes a refresh token too', async () => {
    const { access_token, refresh_token } = await newTokens()
    acceptUltracartRevoke(await revoke(refresh_token))
    expect(await isActive(access_token)).toBe(false)
    acceptUltracartRevoke(await revoke(refresh_token))
    acceptUltracartRevoke(await revoke(access_token))
  })

  test('needs a client and a token', async () => {
    const { access_token } = await newTokens()
    refuseUltracart(await revoke(access_token, { client_id: undefined }), 'invalid_client')
    refuseUltracart(await revoke(access_token, { client_id: 'nobody' }), 'invalid_client')
    refuseUltracart(await send('revoke', { client_id: ID }), 'invalid_request')
    refuseUltracart(await send('revoke', {}), 'invalid_client')
    expect(await isActive(access_token)).toBe(true)
  })
})

describe('authorize', () => {
  const path = '/rest/v2/oauth/authorize'

  test('needs a state', async () => {
    const { state: _, ...stateless } = asked()
    for (const params of [stateless, asked({ state: '' })]) {
      const answer = answerOf(await visit(server, browser, path, params))
      expect(answer.get('error')).toBe('invalid_request')
      expect(answer.get('error_description')).toContain('state')
      expect(answer.get('code')).toBeNull()
    }
  })

  test('answers code and state, behind what the redirect URI has', async () => {
    const page = await visit(server, browser, path, asked())
    expect(page.status).toBe(302)
    expect(page.location?.startsWith(`${REDIRECT}&code=`)).toBe(true)
    const { code: _, ...facts } = Object.fromEntries(answerOf(page))
    expect(facts).toEqual({ x: '1', state: 'st/1&', iss: server.issuer })
  })

  test('reads no scope: the client has what it is registered for', async () => {
    const code = await newCode({ scope: 'item_read' })
    const answer = await exchange(code)
    acceptUltracart(answer)
    expect(answer.body.scope).toBe(SCOPE)
  })

  test('asks every time who poses as this client', async () => {
    await newTokens()
    const page = await browser.get(server.url(`${path}?${new URLSearchParams(asked())}`))
    expect(page.text).toContain('value="allow"')
    const quiet = asked({ prompt: 'none' })
    const answer = answerOf(await visit(server, browser, path, quiet))
    expect(answer.get('error')).toBe('consent_required')
  })

  test('may be asked for with the only registered redirect URI unsaid', async () => {
    const { redirect_uri: _, ...short } = asked()
    const code = codeOf(await visit(server, browser, path, short))
    acceptUltracart(await exchange(code, { redirect_uri: undefined }))
  })
})

describe('a code', () => {
  test('needs the redirect URI that it was asked for with', async () => {
    const code = await newCode()
    for (const redirect_uri of [undefined, '', 'https://app.example/cb', `${REDIRECT}#`]) {
      refuseUltracart(await exchange(code, { redirect_uri }), 'invalid_grant')
    }
    acceptUltracart(await exchange(code))
  })

  test('lives a minute, and is used once', async () => {
    const [first, second] = [await newCode(), await newCode()]
    server.clock.advance(59)
    const { refresh_token } = acceptUltracart(await exchange(first))
    refuseUltracart(await exchange(first), 'invalid_grant')
    refuseUltracart(await refresh(refresh_token), 'invalid_grant')
    server.clock.advance(1)
    refuseUltracart(await exchange(second), 'invalid_grant')
    expect(lastRequest(server).reason).toBe('code_expired')
  })

  test('with a challenge needs its verifier, and still its redirect URI', async () => {
    const { verifier, challenge } = newPkce()
    const pkce = { code_challenge: challenge, code_challenge_method: 'S256' }
    for (const client_id of [ID, STRICT]) {
      const code = await newCode({ client_id, ...pkce })
      const code_verifier = verifier
      refuseUltracart(await exchange(code, { client_id }), 'invalid_grant')
      const wrong = { client_id, code_verifier: newPkce().verifier }
      refuseUltracart(await exchange(code, wrong), 'invalid_grant')
      const bare = { client_id, code_verifier, redirect_uri: undefined }
      refuseUltracart(await exchange(code, bare), 'invalid_grant')
      acceptUltracart(await exchange(code, { client_id, code_verifier }))
    }
  })

  test('without a challenge is only for clients that are registered so', async () => {
    const page = await visit(
      server,
      browser,
      '/rest/v2/oauth/authorize',
      asked({ client_id: STRICT }),
    )
    expect(answerOf(page).get('error')).toBe('invalid_request')
    expect(lastRequest(server).reason).toBe('challenge_missing')
  })
})

describe('a secret', () => {
  const named = { client_id: SECRET.id }

  test('is checked where a client has one', async () => {
    const code = await newCode(named)
    for (const client_secret of [undefined, '', 'wrong']) {
      refuseUltracart(await exchange(code, { ...named, client_secret }), 'invalid_client')
    }
    const right = { ...named, client_secret: SECRET.secret }
    const { refresh_token, access_token } = acceptUltracart(await exchange(code, right))
    refuseUltracart(await refresh(refresh_token, named), 'invalid_client')
    refuseUltracart(await revoke(access_token, named), 'invalid_client')
    expect(await isActive(access_token)).toBe(true)
    acceptUltracart(await refresh(refresh_token, right))
    acceptUltracartRevoke(await revoke(access_token, right))
  })

  test('of a client that has none is refused', async () => {
    const code = await newCode()
    refuseUltracart(await exchange(code, { client_secret: SECRET.secret }), 'invalid_client')
    acceptUltracart(await exchange(code))
  })
})

describe('other headers', () => {
  const stray: Record<string, string>[] = [
    { Authorization: 'Bearer ' },
    { Authorization: 'Bearer T' },
    { Authorization: 'T' },
    { Authorization: `Basic ${btoa(`${SECRET.id}:${SECRET.secret}`)}` },
    { 'x-ultracart-simple-key': 'S', 'x-ultracart-browser-key': 'B' },
    { 'x-ultracart-simple-key': '' },
    { Accept: '*/*', 'Content-Type': 'application/x-www-form-urlencoded;charset=UTF-8' },
  ]

  for (const headers of stray) {
    test(`change nothing: ${Object.entries(headers)[0]}`, async () => {
      acceptUltracart(await exchange(await newCode(), {}, headers))
      expect(lastRequest(server).clientId).toBe(ID)
    })
  }
})

describe('what must be sent', () => {
  test('a client, a grant type of the two, and what that needs', async () => {
    const code = await newCode()
    refuseUltracart(await exchange(code, { client_id: undefined }), 'invalid_client')
    refuseUltracart(await exchange(code, { grant_type: undefined }), 'invalid_request')
    refuseUltracart(await exchange(code, { grant_type: 'password' }), 'unsupported_grant_type')
    refuseUltracart(await exchange(code, { code: undefined }), 'invalid_request')
    refuseUltracart(await refresh('', {}), 'invalid_request')
    refuseUltracart(await send('token', {}), 'invalid_request')
    acceptUltracart(await exchange(code))
  })

  test('a form', async () => {
    const body = JSON.stringify({ client_id: ID, grant_type: 'refresh_token' })
    const headers = { 'Content-Type': 'application/json' }
    const answer = await sendRaw(server, '/rest/v2/oauth/token', { headers, body })
    expect(answer.status).toBe(415)
    expect(answer.body).toMatchObject({ success: false, error: { error_code: 'invalid_request' } })
  })
})
