// Bolt's Python SDKs and shop plugins against the server: every recorded call, and what they rely on.

import { type Store, Unavailable } from '@patois/core'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Answer, answerOf, newPkce, openBrowser, type TestBrowser } from '../door/browser.ts'
import { PASSWORDS } from '../door/fixtures.ts'
import { sendRaw } from '../door/raw.ts'
import { checkLog, lastRequest } from '../door/rules.ts'
import { type ServerOptions, startServer, type TestServer } from '../door/server.ts'
import { acceptBolt, refuseBolt, type Tokens } from './accepts.ts'
import { plus, type Recording, readRecordings, recordingOf, replay, type Values } from './replay.ts'
import { codeOf, visit } from './walk.ts'

const RECORDINGS = readRecordings('bolt')
const REDIRECT = 'https://shop.test/oauth'
const ID = 'pk.id.1'
const SECRET = 'sec ret/+=&é-0123456789-0123456789'
const OTHER = { id: 'pk.id.2', secret: 'other-secret-0123456789-0123456789' }
const ALL = 'openid bolt.account.view bolt.account.manage'
const STATE = 'st&1'
const YEAR = 365 * 86_400

const CLIENT = {
  redirect_uris: [REDIRECT],
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'client_secret_post',
  scope: ALL,
  dialects: ['bolt'],
  require_pkce: false,
}
const CONFIGURATION = {
  resources: [],
  dialects: ['bolt'],
  clients: [
    { ...CLIENT, client_id: ID, client_secret: SECRET },
    { ...CLIENT, client_id: OTHER.id, client_secret: OTHER.secret },
  ],
  users: [
    {
      username: 'alice',
      password: PASSWORDS.alice,
      claims: {
        name: 'Alice A',
        given_name: 'Alice',
        family_name: 'A',
        email: 'alice@example.org',
        email_verified: true,
      },
    },
  ],
}

const start = (options: ServerOptions = {}): Promise<TestServer> => {
  const configuration = { ...CONFIGURATION, ...options.configuration }
  return startServer({ ...options, configuration })
}

let server: TestServer
let browser: TestBrowser

const asked = (more: Record<string, string> = {}): Record<string, string> => ({
  client_id: ID,
  redirect_uri: REDIRECT,
  response_type: 'code',
  scope: ALL,
  state: STATE,
  ...more,
})

const newCode = async (more: Record<string, string> = {}, at = '', own = server) =>
  codeOf(await visit(own, browser, `${at}/v1/oauth/authorize`, asked(more)))

const valuesOf = (more: Values): Values => ({
  client_id: ID,
  client_secret: SECRET,
  ...more,
})

type Sending = { at?: string; own?: TestServer; headers?: Record<string, string> }

const post = (body: string, { at = '', own = server, headers = {} }: Sending = {}) => {
  const type = { 'Content-Type': 'application/x-www-form-urlencoded' }
  return sendRaw(own, `${at}/v1/oauth/token`, { headers: { ...type, ...headers }, body })
}

const send = (fields: Record<string, string | undefined>, sending?: Sending): Promise<Answer> => {
  const all = { client_id: ID, client_secret: SECRET, ...fields }
  const sent = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${plus(value)}`],
  )
  return post(sent.join('&'), sending)
}

const exchange = (
  code: string,
  more: Record<string, string | undefined> = {},
  sending?: Sending,
): Promise<Answer> =>
  send({ grant_type: 'authorization_code', code, scope: 'openid', ...more }, sending)

const refresh = (
  refresh_token: string,
  more: Record<string, string | undefined> = {},
): Promise<Answer> =>
  send({ grant_type: 'refresh_token', refresh_token, scope: 'bolt.account.view', ...more })

const newTokens = async (scope = ALL): Promise<Tokens> =>
  acceptBolt(await exchange(await newCode(), { scope }))

const scopesIn = ({ body }: Answer): string[] => String(body.scope).split(' ').sort()

beforeAll(async () => {
  server = await start()
})
afterAll(() => server.close())
beforeEach(() => {
  browser = openBrowser()
})
afterEach(() => checkLog(server, [SECRET, OTHER.secret]))

const scopeIn = ({ body }: Recording): string[] =>
  (new URLSearchParams(body).get('scope') ?? '').split(/[ +]/)

describe('a recorded code exchange', () => {
  const calls = RECORDINGS.filter(({ body }) => body.includes('=authorization_code'))

  test('is there for both SDKs', () => {
    expect(calls.length).toBe(13)
  })

  for (const call of calls) {
    test(call.name, async () => {
      const answer = await replay(server, call, valuesOf({ code: await newCode() }))
      const tokens = acceptBolt(answer)
      expect(answer.body.expires_in).toBe(3600)
      expect(scopesIn(answer)).toEqual(scopeIn(call).sort())
      const wantsIdToken = scopeIn(call).includes('openid')
      expect(tokens.id_token === undefined).toBe(!wantsIdToken)
    })
  }

  for (const call of calls) {
    test(`${call.name}, with another client's secret`, async () => {
      const code = await newCode()
      const wrong = valuesOf({ code, client_secret: OTHER.secret })
      refuseBolt(await replay(server, call, wrong), 403, 'request_forbidden')
      acceptBolt(await replay(server, call, valuesOf({ code })))
    })
  }

  test('of a code that nobody minted', async () => {
    for (const call of calls) {
      const answer = await replay(server, call, valuesOf({ code: '7GSj_zv.-DUX' }))
      refuseBolt(answer, 422, 'invalid_grant')
    }
  })
})

describe('a recorded refresh', () => {
  const calls = RECORDINGS.filter(({ body }) => body.includes('=refresh_token'))

  for (const call of calls) {
    test(call.name, async () => {
      const { refresh_token } = await newTokens()
      const answer = await replay(server, call, valuesOf({ refresh_token }))
      const next = acceptBolt(answer)
      expect(answer.body.scope).toBe('bolt.account.view')
      expect(next.id_token).toBeUndefined()
      expect(next.refresh_token).not.toBe(refresh_token)
    })

    test(`${call.name}, of a token that nobody minted`, async () => {
      const answer = await replay(server, call, valuesOf({ refresh_token: 'RT-1' }))
      refuseBolt(answer, 422, 'invalid_grant')
    })
  }
})

describe('a recorded call without a body', () => {
  for (const call of RECORDINGS.filter(({ body }) => body === '')) {
    test(call.name, async () => {
      refuseBolt(await replay(server, call, valuesOf({})), 400, 'invalid_request')
    })
  }
})

describe('what must be sent', () => {
  test('a scope, at both grants', async () => {
    const code = await newCode()
    refuseBolt(await exchange(code, { scope: undefined }), 400, 'invalid_request')
    refuseBolt(await exchange(code, { scope: '' }), 400, 'invalid_request')
    const { refresh_token } = acceptBolt(await exchange(code))
    refuseBolt(await refresh(refresh_token, { scope: undefined }), 400, 'invalid_request')
    expect(lastRequest(server).reason).toBe('field_missing')
    acceptBolt(await refresh(refresh_token))
  })

  test('a grant type, of the two that there are', async () => {
    refuseBolt(await exchange(await newCode(), { grant_type: undefined }), 400, 'invalid_request')
    for (const grant_type of ['password', 'client_credentials', 'implicit']) {
      refuseBolt(await exchange('x', { grant_type }), 403, 'unsupported_grant_type')
    }
  })

  test('a code, a refresh token, a client and its secret', async () => {
    refuseBolt(await send({ grant_type: 'refresh_token', scope: 'x' }), 400, 'invalid_request')
    refuseBolt(await send({ grant_type: 'authorization_code', scope: 'x' }), 400, 'invalid_request')
    const code = await newCode()
    refuseBolt(await exchange(code, { client_id: undefined }), 403, 'request_forbidden')
    refuseBolt(await exchange(code, { client_secret: undefined }), 403, 'request_forbidden')
    refuseBolt(await exchange(code, { client_secret: '' }), 403, 'request_forbidden')
    refuseBolt(await exchange(code, { client_id: 'nobody' }), 403, 'request_forbidden')
    acceptBolt(await exchange(code))
  })

  test('a form', async () => {
    const body = JSON.stringify({ grant_type: 'authorization_code', client_id: ID })
    for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=x']) {
      refuseBolt(await post(body, { headers: { 'Content-Type': type } }), 400, 'invalid_request')
    }
    const latin = { 'Content-Type': 'application/x-www-form-urlencoded; charset=iso-8859-1' }
    refuseBolt(await post('grant_type=x', { headers: latin }), 400, 'invalid_request')
    const utf8 = { 'Content-Type': 'application/x-www-form-urlencoded;charset=UTF-8' }
    acceptBolt(await exchange(await newCode(), {}, { headers: utf8 }))
  })
})

describe('a scope', () => {
  const both = ['bolt.account.manage', 'openid']
  const spellings = {
    'separated by spaces': 'bolt.account.manage+openid',
    'separated by encoded spaces': 'bolt.account.manage%20openid',
    'with an encoded plus': 'bolt.account.manage%2Bopenid',
    'with unencoded spaces': 'bolt.account.manage openid',
    'as unescaped JSON text': '["bolt.account.manage","openid"]',
    'as JSON text, encoded': plus('["bolt.account.manage","openid"]'),
    'as JSON text with a space': plus('["bolt.account.manage", "openid"]'),
  }

  for (const [name, text] of Object.entries(spellings)) {
    test(name, async () => {
      const client = `client_id=${ID}&client_secret=${plus(SECRET)}`
      const grant = `grant_type=authorization_code&code=${await newCode()}`
      const answer = await post(`${grant}&scope=${text}&${client}`)
      acceptBolt(answer)
      expect(scopesIn(answer)).toEqual(both)
    })
  }

  test('in a body that is not encoded at all', async () => {
    const code = await newCode({ client_id: OTHER.id })
    const answer = await post(
      `grant_type=authorization_code&code=${code}&scope=bolt.account.manage+openid` +
        `&client_id=${OTHER.id}&client_secret=${OTHER.secret}`,
    )
    acceptBolt(answer)
    expect(scopesIn(answer)).toEqual(both)
  })

  test('narrows what one exchange answers', async () => {
    const answer = await exchange(await newCode(), { scope: 'bolt.account.view' })
    const { refresh_token } = acceptBolt(answer)
    expect(answer.body.scope).toBe('bolt.account.view')
    // The grant is as wide as it was: what is refreshed may name any of it.
    acceptBolt(await refresh(refresh_token, { scope: 'bolt.account.manage openid' }))
  })

  test('that is wider than the code is refused, and the code unharmed', async () => {
    const code = await newCode({ scope: 'bolt.account.view' })
    for (const scope of ['openid', 'bolt.account.view bolt.account.manage', 'unknown', '["a b"]']) {
      refuseBolt(await exchange(code, { scope }), 400, 'invalid_scope')
    }
    acceptBolt(await exchange(code, { scope: 'bolt.account.view' }))
  })

  test('that is wider than the grant is refused at a refresh, and the token unharmed', async () => {
    const code = await newCode({ scope: 'bolt.account.view' })
    const { refresh_token } = acceptBolt(await exchange(code, { scope: 'bolt.account.view' }))
    refuseBolt(await refresh(refresh_token, { scope: 'openid' }), 400, 'invalid_scope')
    acceptBolt(await refresh(refresh_token))
  })

  test('that contains viewing refreshes to viewing', async () => {
    const code = await newCode({ scope: 'bolt.account.manage' })
    const { refresh_token } = acceptBolt(await exchange(code, { scope: 'bolt.account.manage' }))
    for (const scope of ['bolt.account.manage', 'bolt.account.view']) {
      const answer = await refresh(refresh_token, { scope })
      // The second is answered with what the first got, or not at all: never with more.
      if (answer.status === 200) expect(answer.body.scope).toBe('bolt.account.view')
      else refuseBolt(answer, 422, 'invalid_grant')
    }
  })
})

describe('an ID token', () => {
  const places: [string, ServerOptions['configuration'], string, string][] = [
    ['alone', {}, '', '/v1/oauth/jwks.json'],
    [
      'at a prefix, alone',
      { dialects: [{ dialect: 'bolt', at: '/shop' }] },
      '/shop',
      '/shop/v1/oauth/jwks.json',
    ],
    [
      'at a prefix, beside the standard',
      { dialects: ['standard', { dialect: 'bolt', at: '/shop' }] },
      '/shop',
      '/shop/v1/oauth/jwks.json',
    ],
    ['at the root, beside the standard', { dialects: ['standard', 'bolt'] }, '', '/jwks'],
  ]

  for (const [name, configuration, at, jwks] of places) {
    test(`where Bolt is mounted ${name}`, async () => {
      const own = await start({ configuration: configuration ?? {} })
      try {
        const code = await newCode({ nonce: 'n-1' }, at, own)
        const { id_token } = acceptBolt(await exchange(code, {}, { at, own }))
        const keys = await (await fetch(own.url(jwks))).json()
        const { kid, alg } = decodeProtectedHeader(id_token)
        expect(alg).toBe('RS256')
        const key = keys.keys.find((one: { kid: string }) => one.kid === kid)
        expect(Buffer.from(key.n, 'base64url').length * 8).toBe(4096)
        expect(key).toMatchObject({ kty: 'RSA', e: 'AQAB', alg: 'RS256', use: 'sig' })
        expect(key).not.toHaveProperty('d')
        const { payload } = await jwtVerify(id_token, createLocalJWKSet(keys), {
          currentDate: new Date(own.clock.now() * 1000),
        })
        expect(payload).toMatchObject({
          iss: own.issuer,
          aud: [ID],
          nonce: 'n-1',
          sub: expect.any(String),
          first_name: 'Alice',
          last_name: 'A',
          email: 'alice@example.org',
          email_verified: true,
        })
        checkLog(own, [SECRET])
      } finally {
        await own.close()
      }
    })
  }

  test('comes only with openid, asked for at both calls', async () => {
    const granted = acceptBolt(await exchange(await newCode(), { scope: 'bolt.account.view' }))
    expect(granted.id_token).toBeUndefined()
    const code = await newCode({ scope: 'bolt.account.view' })
    refuseBolt(await exchange(code), 400, 'invalid_scope')
  })

  test('has its keys named by the metadata', async () => {
    const metadata = await (await fetch(server.url('/.well-known/openid-configuration'))).json()
    expect(metadata).toMatchObject({
      issuer: server.issuer,
      authorization_endpoint: server.url('/v1/oauth/authorize'),
      token_endpoint: server.url('/v1/oauth/token'),
      jwks_uri: server.url('/v1/oauth/jwks.json'),
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
    })
    expect(metadata.id_token_signing_alg_values_supported).toEqual(['RS256'])
    expect(metadata.scopes_supported).toEqual(expect.arrayContaining(ALL.split(' ')))
  })
})

describe('the redirect', () => {
  test('carries code, scope and state', async () => {
    const page = await visit(server, browser, '/v1/oauth/authorize', asked())
    expect(page.status).toBe(302)
    expect(page.location?.startsWith(`${REDIRECT}?`)).toBe(true)
    const { code, scope, ...others } = Object.fromEntries(answerOf(page))
    expect(code).toMatch(/.{20}/)
    expect(scope?.split(' ').sort()).toEqual(ALL.split(' ').sort())
    expect(others).toEqual({ state: STATE, iss: server.issuer })
  })

  test('says the scope that there is, not the one that was asked for', async () => {
    const scope = 'bolt.account.view made.up'
    const page = await visit(server, browser, '/v1/oauth/authorize', asked({ scope }))
    expect(answerOf(page).get('scope')).toBe('bolt.account.view')
  })

  test('carries an error as well', async () => {
    const params = asked({ response_type: 'token' })
    const answer = answerOf(await visit(server, browser, '/v1/oauth/authorize', params))
    expect(answer.get('error')).toBe('unsupported_response_type')
    expect(answer.get('state')).toBe(STATE)
  })

  test('goes nowhere but to a registered address', async () => {
    const params = asked({ redirect_uri: 'https://evil.test/' })
    const page = await visit(server, browser, '/v1/oauth/authorize', params)
    expect(page.status).toBe(400)
    expect(page.location).toBeUndefined()
  })
})

describe('a client', () => {
  test('is named by its whole key or the last section of it', async () => {
    for (const client_id of [ID, '1']) {
      const code = await newCode({ client_id })
      for (const named of [ID, '1'])
        refuseBolt(await exchange(code, { client_id: named, state: 'x' }), 400, 'invalid_request')
      acceptBolt(await exchange(code, { client_id: client_id === ID ? '1' : ID }))
      expect(lastRequest(server).clientId).toBe(ID)
    }
  })

  test('is not named by any other part of its key', async () => {
    const code = await newCode()
    for (const client_id of ['id.1', 'pk', 'id', '.1', 'PK.ID.1', '__proto__', 'constructor']) {
      refuseBolt(await exchange(code, { client_id }), 403, 'request_forbidden')
    }
  })

  test('that shares its last section with another stops the start', async () => {
    const clients = [
      ...CONFIGURATION.clients,
      { ...CONFIGURATION.clients[0], client_id: 'qk.id.1' },
    ]
    await expect(start({ configuration: { clients } })).rejects.toThrow(/one name in bolt: 1/)
  })

  test('gets no second use out of a code, and its first tokens end', async () => {
    const code = await newCode()
    const { refresh_token } = acceptBolt(await exchange(code))
    refuseBolt(await exchange(code), 422, 'invalid_grant')
    refuseBolt(await refresh(refresh_token), 422, 'invalid_grant')
  })

  test("gets nothing out of another client's code or refresh token", async () => {
    const code = await newCode()
    const thief = { client_id: OTHER.id, client_secret: OTHER.secret }
    refuseBolt(await exchange(code, thief), 422, 'invalid_grant')
    const { refresh_token } = acceptBolt(await exchange(code))
    refuseBolt(await refresh(refresh_token, thief), 422, 'invalid_grant')
    acceptBolt(await refresh(refresh_token))
  })
})

describe('a state', () => {
  test('that differs is refused, and the code unharmed', async () => {
    const code = await newCode()
    for (const state of ['other', 'st', 'ST&1']) {
      refuseBolt(await exchange(code, { state }), 400, 'invalid_request')
      expect(lastRequest(server).reason).toBe('state_other')
    }
    acceptBolt(await exchange(code, { state: STATE }))
  })

  test('need not be sent', async () => {
    acceptBolt(await exchange(await newCode()))
  })
})

describe('other keys', () => {
  const stray: Record<string, string>[] = [
    { Authorization: 'Bearer <YOUR_ACCESS_TOKEN_HERE>' },
    { Authorization: 'rawtoken' },
    { Authorization: `Basic ${btoa('pk.id.2:other-secret-0123456789-0123456789')}` },
    { 'X-API-Key': OTHER.secret },
    { 'x-api-key': '' },
    { x_api_key: OTHER.secret },
    { 'X-Publishable-Key': OTHER.id },
  ]

  for (const headers of stray) {
    const [name = '', value] = Object.entries(headers)[0] ?? []
    test(`change nothing: ${name}: ${value}`, async () => {
      acceptBolt(await exchange(await newCode(), {}, { headers }))
      expect(lastRequest(server).clientId).toBe(ID)
    })
  }

  test('are no secret of the client', async () => {
    const code = await newCode()
    const own = [
      { 'X-API-Key': SECRET.replace('é', 'e') },
      { Authorization: `Bearer ${OTHER.secret}` },
      { Authorization: `Basic ${Buffer.from(`${ID}:${SECRET}`).toString('base64')}` },
    ]
    for (const headers of own) {
      const answer = await exchange(code, { client_secret: undefined }, { headers })
      refuseBolt(answer, 403, 'request_forbidden')
    }
  })
})

describe('lifetimes', () => {
  test('a code lives five minutes', async () => {
    const [first, second] = [await newCode(), await newCode()]
    server.clock.advance(299)
    acceptBolt(await exchange(first))
    server.clock.advance(1)
    refuseBolt(await exchange(second), 422, 'invalid_grant')
    expect(lastRequest(server).reason).toBe('code_expired')
  })

  test('a refresh token lives a year, and is used once', async () => {
    const own = await start()
    try {
      const { refresh_token } = acceptBolt(
        await exchange(
          await newCode({}, '', own),
          {
            scope: ALL,
          },
          { own },
        ),
      )
      const again = (token: string) =>
        send({ grant_type: 'refresh_token', refresh_token: token, scope: 'openid' }, { own })
      own.clock.advance(YEAR - 10)
      const next = acceptBolt(await again(refresh_token))
      own.clock.advance(60)
      refuseBolt(await again(refresh_token), 422, 'invalid_grant')
      refuseBolt(await again(next.refresh_token), 422, 'invalid_grant')
    } finally {
      await own.close()
    }
  })
})

describe('a failure of ours', () => {
  const failing = async (error: Error, status: number): Promise<void> => {
    let failures = 0
    const wrapStore = (store: Store): Store => ({
      ...store,
      commit: (plan) => {
        if (plan.spend?.what !== 'code' || failures > 0) return store.commit(plan)
        failures++
        throw error
      },
    })
    const own = await start({ wrapStore, ...(status === 500 && { unchecked: 'a bug is logged' }) })
    try {
      const call = (which: number) =>
        recordingOf(RECORDINGS, `retries configured: 503 then 200 (${which} of 2)`)
      const values = valuesOf({ code: await newCode({}, '', own) })
      const first = await replay(own, call(1), values)
      expect(first.status).toBe(status)
      expect(first.body.error).toBe(status === 503 ? 'temporarily_unavailable' : 'server_error')
      acceptBolt(await replay(own, call(2), values))
      expect(failures).toBe(1)
    } finally {
      await own.close()
    }
  }

  test('that is over soon spends no code', () => failing(new Unavailable('busy', 1), 503))

  test('that is a bug spends no code', () => failing(new Error('a bug of the test'), 500))
})

describe('a verifier', () => {
  test('is demanded by a code that was asked for with a challenge', async () => {
    const { verifier, challenge } = newPkce()
    const pkce = { code_challenge: challenge, code_challenge_method: 'S256' }
    const code = await newCode(pkce)
    refuseBolt(await exchange(code), 422, 'invalid_grant')
    refuseBolt(await exchange(code, { code_verifier: newPkce().verifier }), 422, 'invalid_grant')
    acceptBolt(await exchange(code, { code_verifier: verifier }))
  })
})
