// APIMatic's SDK against the server: every recorded call, raw Basic headers, and grants at both paths.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Answer, answerOf, newPkce, openBrowser, type TestBrowser } from '../door/browser.ts'
import { PASSWORDS } from '../door/fixtures.ts'
import { sendRaw } from '../door/raw.ts'
import { checkLog, lastRequest } from '../door/rules.ts'
import { startServer, type TestServer } from '../door/server.ts'
import { acceptApimatic, refuseApimatic, type Tokens } from './accepts.ts'
import { plus, type Recording, readRecordings, replay, type Values } from './replay.ts'
import { codeOf, visit } from './walk.ts'

const RECORDINGS = readRecordings('apimatic')
// As recorded; the manager's calls carry them in a header that nothing is swapped in.
const ID = 'cid'
const SECRET = '1:sec ret/+=&é'
const REDIRECT = 'https://app.example/cb?x=1'
const PERSON = { username: 'bo b&', password: 'p@ss wörd&' }
const SCOPE = 'file_requests.read read write'

const OTHER = { id: 'other', secret: 'other-secret-0123456789-0123456789' }
const PUBLIC = 'public'

const CONFIGURATION = {
  dialects: ['apimatic'],
  resources: [],
  scopes: {
    'file_requests.read': 'Read request for files',
    read: 'Read',
    write: 'Write',
  },
  clients: [
    {
      client_id: ID,
      client_secret: SECRET,
      redirect_uris: [REDIRECT],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials', 'password'],
      scope: SCOPE,
      dialects: ['apimatic'],
      require_pkce: false,
    },
    {
      client_id: OTHER.id,
      client_secret: OTHER.secret,
      redirect_uris: ['https://other.example/cb'],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: SCOPE,
      dialects: ['apimatic'],
    },
    {
      client_id: PUBLIC,
      redirect_uris: ['https://public.example/cb'],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'none',
      scope: SCOPE,
      dialects: ['apimatic'],
    },
  ],
  users: [
    { username: 'alice', password: PASSWORDS.alice },
    { username: PERSON.username, password: PERSON.password },
  ],
}

const AUTH_PATH = '/oauth2/auth-server/request_token'
const TOKEN_PATH = '/oauth2/non-auth-server/token'

const basic = (id: string, secret: string): string =>
  Buffer.from(`${id}:${secret}`).toString('base64')

let server: TestServer
let browser: TestBrowser

beforeAll(async () => {
  // Only dev mode takes a secret this short.
  server = await startServer({ dev: true, configuration: CONFIGURATION })
})
afterAll(() => server.close())
beforeEach(() => {
  browser = openBrowser()
})
afterEach(() => checkLog(server, [SECRET, PERSON.password, OTHER.secret]))

const newCode = async (more: Record<string, string> = {}): Promise<string> => {
  const asked = { client_id: ID, redirect_uri: REDIRECT, response_type: 'code', scope: SCOPE }
  return codeOf(await visit(server, browser, '/oauth/authorize', { ...asked, ...more }))
}

const valuesOf = (more: Values = {}): Values => ({
  basic: basic(ID, SECRET),
  ...PERSON,
  ...more,
})

type Sending = { path?: string; authorization?: string | undefined }

const send = (fields: Record<string, string>, sending: Sending = {}): Promise<Answer> => {
  const { path = TOKEN_PATH } = sending
  const authorization =
    'authorization' in sending ? sending.authorization : `Basic ${basic(ID, SECRET)}`
  const body = Object.entries(fields).map(([name, value]) => `${name}=${plus(value)}`)
  const headers = {
    accessToken: '',
    ...(authorization !== undefined && { Authorization: authorization }),
    'content-type': 'application/x-www-form-urlencoded',
  }
  return sendRaw(server, path, { headers, body: body.join('&') })
}

const exchange = (code: string, sending?: Sending, more: Record<string, string> = {}) =>
  send({ grant_type: 'authorization_code', code, redirect_uri: REDIRECT, ...more }, sending)

const newTokens = async (): Promise<Tokens> => acceptApimatic(await exchange(await newCode()))

const passwordFields = { grant_type: 'password', ...PERSON }

const grantIn = ({ body }: Recording): string => new URLSearchParams(body).get('grant_type') ?? ''

/** What a recording needs: a code or a refresh token of its own. */
const freshValues = async (call: Recording): Promise<Values> => {
  const grant = grantIn(call)
  if (grant === 'authorization_code') return valuesOf({ code: await newCode() })
  if (grant !== 'refresh_token') return valuesOf()
  const { refresh_token } = call.name.includes('ropcg')
    ? acceptApimatic(await send(passwordFields))
    : await newTokens()
  return valuesOf({ refresh_token })
}

describe('a recorded call', () => {
  const isRight = ({ headers }: Recording) =>
    headers.every(([, value]) => value !== 'Authorization8')
  const calls = RECORDINGS.filter(isRight)

  test('is there for every operation', () => {
    expect(calls.length).toBe(14)
    expect(new Set(calls.map(grantIn)).size).toBe(4)
  })

  for (const call of calls) {
    test(call.name, async () => {
      const answer = await replay(server, call, await freshValues(call))
      const { refresh_token } = acceptApimatic(answer)
      expect(answer.body.token_type).toBe('Bearer')
      const asked = new URLSearchParams(call.body).get('scope')
      expect(answer.body.scope).toBe(asked ?? SCOPE)
      const isOwn = grantIn(call) === 'client_credentials'
      expect(refresh_token === undefined).toBe(isOwn)
      expect(answer.body.id_token).toBeUndefined()
    })
  }

  test('carries the manager client in a raw Basic header', () => {
    const header = ['Authorization', `Basic ${basic(ID, SECRET)}`]
    expect(
      calls.filter(({ headers }) => headers.some((one) => `${one}` === `${header}`)).length,
    ).toBe(1)
  })

  for (const call of calls) {
    test(`${call.name}, with a wrong secret`, async () => {
      const values = await freshValues(call)
      const headers = call.headers.map(([name, value]) =>
        name === 'Authorization' ? ([name, 'Basic {basic}'] as const) : ([name, value] as const),
      )
      const wrong = { ...values, basic: basic(ID, `${SECRET}x`) }
      refuseApimatic(await replay(server, { ...call, headers }, wrong), 'invalid_client')
      acceptApimatic(await replay(server, call, values))
    })
  }

  for (const call of calls.filter((one) => /code|refresh/.test(grantIn(one)))) {
    test(`${call.name}, with what nobody minted`, async () => {
      const made = valuesOf({ code: 'code8', refresh_token: 'refresh_token0' })
      refuseApimatic(await replay(server, call, made), 'invalid_grant')
    })
  }

  for (const call of RECORDINGS.filter((one) => !isRight(one))) {
    test(call.name, async () => {
      refuseApimatic(await replay(server, call, valuesOf()), 'invalid_client')
      expect(lastRequest(server).reason).toBe('client_missing')
    })
  }
})

describe('client authentication', () => {
  const grant = { grant_type: 'client_credentials' }
  const right = basic(ID, SECRET)

  test('reads a Basic header as it is, and no other way', async () => {
    const encoded = basic(encodeURIComponent(ID), encodeURIComponent(SECRET))
    const plusses = basic(ID, plus(SECRET))
    const latin = Buffer.from(`${ID}:${SECRET}`, 'latin1').toString('base64')
    for (const wrong of [encoded, plusses, latin, basic(ID, ''), basic(`${ID}:1`, SECRET)]) {
      const sending = { path: AUTH_PATH, authorization: `Basic ${wrong}` }
      refuseApimatic(await send(grant, sending), 'invalid_client')
    }
    for (const word of ['Basic', 'basic', 'BASIC']) {
      acceptApimatic(await send(grant, { path: AUTH_PATH, authorization: `${word} ${right}` }))
    }
  })

  test('takes nothing but a Basic header', async () => {
    const headers = [undefined, '', 'Basic', 'Basic ', 'Authorization8', `Bearer ${right}`, right]
    for (const authorization of headers) {
      refuseApimatic(await send(grant, { path: AUTH_PATH, authorization }), 'invalid_client')
    }
    const inForm = { ...grant, client_id: ID, client_secret: SECRET }
    const without = { path: AUTH_PATH, authorization: undefined }
    refuseApimatic(await send(inForm, without), 'invalid_client')
  })

  test('ignores fields that nobody asked for', async () => {
    const stray = { client_id: OTHER.id, client_secret: OTHER.secret, key0: 'x', expiry: '1' }
    const answer = await send({ ...grant, ...stray }, { path: AUTH_PATH })
    acceptApimatic(answer)
    expect(lastRequest(server).clientId).toBe(ID)
  })

  test('of a public client has no place here', async () => {
    const { verifier, challenge } = newPkce()
    const redirect_uri = 'https://public.example/cb'
    const pkce = { code_challenge: challenge, code_challenge_method: 'S256' }
    const code = await newCode({ client_id: PUBLIC, redirect_uri, ...pkce })
    const more = { code_verifier: verifier, redirect_uri, client_id: PUBLIC }
    for (const authorization of [undefined, `Basic ${basic(PUBLIC, 'x')}`]) {
      refuseApimatic(await exchange(code, { authorization }, more), 'invalid_client')
    }
  })
})

describe('a grant', () => {
  test('at the wrong path is not supported there', async () => {
    const code = await newCode()
    const { refresh_token } = await newTokens()
    const elsewhere: [Record<string, string>, string][] = [
      [{ grant_type: 'client_credentials' }, TOKEN_PATH],
      [{ grant_type: 'authorization_code', code, redirect_uri: REDIRECT }, AUTH_PATH],
      [{ grant_type: 'refresh_token', refresh_token }, AUTH_PATH],
      [passwordFields, AUTH_PATH],
      [{ grant_type: 'implicit' }, TOKEN_PATH],
    ]
    for (const [fields, path] of elsewhere) {
      refuseApimatic(await send(fields, { path }), 'unsupported_grant_type')
    }
    acceptApimatic(await exchange(code))
    acceptApimatic(await send({ grant_type: 'refresh_token', refresh_token }))
  })

  test('must be named', async () => {
    for (const path of [AUTH_PATH, TOKEN_PATH]) {
      refuseApimatic(await send({}, { path }), 'invalid_request')
      refuseApimatic(await send({ scope: 'read' }, { path }), 'invalid_request')
    }
  })

  test('of a password is only for clients that are registered for it', async () => {
    const authorization = `Basic ${basic(OTHER.id, OTHER.secret)}`
    refuseApimatic(await send(passwordFields, { authorization }), 'unauthorized_client')
    refuseApimatic(
      await send({ grant_type: 'client_credentials' }, { path: AUTH_PATH, authorization }),
      'unauthorized_client',
    )
  })

  test('of a password has one answer for a wrong name and a wrong password', async () => {
    const wrong = [
      { ...passwordFields, password: 'wrong' },
      { ...passwordFields, username: 'nobody' },
    ]
    const answers = []
    for (const fields of wrong) {
      const answer = await send(fields)
      refuseApimatic(answer, 'invalid_grant')
      answers.push(answer.body)
    }
    expect(answers[0]).toEqual(answers[1])
  })

  test('needs its fields', async () => {
    const lacking = [
      { grant_type: 'password', username: PERSON.username },
      { grant_type: 'password', password: PERSON.password },
      { grant_type: 'authorization_code', redirect_uri: REDIRECT },
      { grant_type: 'refresh_token' },
    ]
    for (const fields of lacking) refuseApimatic(await send(fields), 'invalid_request')
  })

  test('needs the redirect URI that the code was asked for with', async () => {
    const code = await newCode()
    const fields = { grant_type: 'authorization_code', code }
    refuseApimatic(await send(fields), 'invalid_grant')
    const wrong = { ...fields, redirect_uri: 'https://app.example/cb' }
    refuseApimatic(await send(wrong), 'invalid_grant')
    acceptApimatic(await exchange(code))
  })

  test('is no wider than the client', async () => {
    const fields = { grant_type: 'client_credentials', scope: 'unknown' }
    refuseApimatic(await send(fields, { path: AUTH_PATH }), 'invalid_scope')
    const answer = await send({ ...fields, scope: 'read unknown' }, { path: AUTH_PATH })
    acceptApimatic(answer)
    expect(answer.body.scope).toBe('read')
  })

  test('is refreshed no wider than it was', async () => {
    const code = await newCode({ scope: 'read' })
    const { refresh_token } = acceptApimatic(await exchange(code))
    const fields = { grant_type: 'refresh_token', refresh_token }
    refuseApimatic(await send({ ...fields, scope: 'read write' }), 'invalid_scope')
    acceptApimatic(await send({ ...fields, scope: 'read' }))
  })

  test('takes a verifier among the additional fields, and demands it', async () => {
    const { verifier, challenge } = newPkce()
    const code = await newCode({ code_challenge: challenge, code_challenge_method: 'S256' })
    refuseApimatic(await exchange(code), 'invalid_grant')
    acceptApimatic(await exchange(code, {}, { code_verifier: verifier, key0: 'x' }))
  })

  test('in JSON is not read', async () => {
    const body = JSON.stringify({ grant_type: 'client_credentials' })
    const headers = {
      Authorization: `Basic ${basic(ID, SECRET)}`,
      'content-type': 'application/json',
    }
    const answer = await sendRaw(server, AUTH_PATH, { headers, body })
    expect(answer.status).toBe(415)
    expect(answer.body.error).toBe('invalid_request')
  })
})

describe('the redirect', () => {
  test('joins what the redirect URI has already', async () => {
    const asked = { client_id: ID, redirect_uri: REDIRECT, response_type: 'code', state: 's&1' }
    const page = await visit(server, browser, '/oauth/authorize', asked)
    expect(page.status).toBe(302)
    expect(page.location?.startsWith(`${REDIRECT}&code=`)).toBe(true)
    const { x, state, iss } = Object.fromEntries(answerOf(page))
    expect({ x, state, iss }).toEqual({ x: '1', state: 's&1', iss: server.issuer })
  })
})

test('outside dev mode a secret that short stops the start', async () => {
  await expect(startServer({ configuration: CONFIGURATION })).rejects.toThrow(/at least 32/)
})
