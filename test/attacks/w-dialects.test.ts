// Attacks across dialects: what one of them minted or allows, tried at the doors of the others.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Answer, answerOf, newPkce, openBrowser, type TestBrowser } from '../door/browser.ts'
import { CLIENTS, RESOURCES, RU, SCOPES, SECRETS } from '../door/fixtures.ts'
import { sendRaw } from '../door/raw.ts'
import { checkErrorPage, checkLog, lastRequest } from '../door/rules.ts'
import { freePort, startServer, type TestServer } from '../door/server.ts'
import { introspect, userinfo } from '../door/tokens.ts'
import { refuseApimatic, refuseBolt, refuseUltracart } from '../sdks/accepts.ts'
import { codeOf, visit } from '../sdks/walk.ts'

const SECRET = 'every-secret-0123456789-0123456789'
const ID = 'every.every.every'
const PUBLIC = 'public'
const OTHER_PUBLIC = 'public2'
const STRICT = 'strict'
// Bolt refreshes to nothing else.
const SCOPE = 'bolt.account.view'

type Name = 'standard' | 'bolt' | 'apimatic' | 'ultracart'
type Where = { authorize: string; token: string; type: 'basic' | 'form'; scope?: string }

// The places of each dialect that has an authorize page and a form at its token path.
const PLACES: Record<Name, Where> = {
  standard: { authorize: '/authorize', token: '/token', type: 'basic' },
  bolt: {
    authorize: '/v1/oauth/authorize',
    token: '/v1/oauth/token',
    type: 'form',
    scope: SCOPE,
  },
  apimatic: {
    authorize: '/oauth/authorize',
    token: '/oauth2/non-auth-server/token',
    type: 'basic',
  },
  ultracart: {
    authorize: '/rest/v2/oauth/authorize',
    token: '/rest/v2/oauth/token',
    type: 'form',
  },
}
const NAMES = Object.keys(PLACES) as Name[]

const code = ['authorization_code', 'refresh_token']
const every = {
  client_secret: SECRET,
  redirect_uris: [RU],
  grant_types: [...code, 'client_credentials'],
  scope: SCOPE,
  require_pkce: false,
}
const bare = {
  redirect_uris: [RU],
  grant_types: code,
  scope: SCOPE,
  token_endpoint_auth_method: 'none',
}

const only = (name: Name): string => `only.${name}`

const clientsAt = (issuer: string) => [
  ...CLIENTS.filter(({ client_id }) => client_id !== 'rs'),
  { ...every, client_id: ID, dialects: NAMES },
  // One for each dialect that may use no other.
  ...NAMES.map((name) => ({ ...every, client_id: only(name), dialects: [name] })),
  { ...bare, client_id: PUBLIC, dialects: ['ultracart', 'standard'], legacy_public: true },
  { ...bare, client_id: OTHER_PUBLIC, dialects: ['ultracart'], legacy_public: true },
  { ...bare, client_id: STRICT, dialects: ['ultracart'] },
  {
    client_id: 'rs',
    client_secret: SECRETS.rs,
    grant_types: ['client_credentials'],
    scope: SCOPE,
    introspects: [issuer],
  },
]

let server: TestServer
let browser: TestBrowser

beforeAll(async () => {
  const port = await freePort()
  const clients = clientsAt(`http://127.0.0.1:${port}`)
  const configuration = { dialects: NAMES, clients, scopes: SCOPES, resources: RESOURCES }
  server = await startServer({ port, configuration })
})
afterAll(() => server.close())
beforeEach(() => {
  browser = openBrowser()
})
afterEach(() => checkLog(server, [SECRET]))

const newCode = async (
  name: Name,
  client_id = ID,
  more: Record<string, string> = {},
): Promise<string> => {
  const params = {
    client_id,
    redirect_uri: RU,
    response_type: 'code',
    scope: SCOPE,
    state: 's',
    ...more,
  }
  return codeOf(await visit(server, browser, PLACES[name].authorize, params))
}

type Fields = Record<string, string | undefined>

const form = (fields: Fields): URLSearchParams => {
  const sent = Object.entries(fields).filter((one): one is [string, string] => one[1] !== undefined)
  return new URLSearchParams(sent)
}

const FORM = 'application/x-www-form-urlencoded'

/** A token call as a client of the dialect makes it; fields that are undefined are left out. */
const send = (
  name: Name,
  fields: Fields,
  { client = ID, secret = SECRET, headers = {} as Record<string, string | string[]> } = {},
): Promise<Answer> => {
  const { token, type, scope } = PLACES[name]
  const pair = type === 'form' && { client_id: client, ...(secret && { client_secret: secret }) }
  const basic = type === 'basic' && { authorization: `Basic ${btoa(`${client}:${secret}`)}` }
  const body = form({ ...(scope && { scope }), ...pair, ...fields }).toString()
  return sendRaw(server, token, { headers: { 'content-type': FORM, ...basic, ...headers }, body })
}

type As = NonNullable<Parameters<typeof send>[2]>

const exchange = (name: Name, value: string, as?: As, more: Fields = {}): Promise<Answer> => {
  const redirect_uri = name === 'bolt' ? undefined : RU
  return send(name, { grant_type: 'authorization_code', code: value, redirect_uri, ...more }, as)
}

const refresh = (name: Name, refresh_token: string, as?: As): Promise<Answer> =>
  send(name, { grant_type: 'refresh_token', refresh_token }, as)

const tokensOf = (answer: Answer): { access_token: string; refresh_token: string } => {
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  return answer.body as { access_token: string; refresh_token: string }
}

const newTokens = async (name: Name, client = ID) =>
  tokensOf(await exchange(name, await newCode(name, client), { client }))

/** Checks a refusal in the dialect's own words: the wire's code for each of the protocol's. */
const expectRefused = (name: Name, answer: Answer, error: string): void => {
  if (name === 'ultracart') refuseUltracart(answer, error)
  else if (name === 'apimatic') refuseApimatic(answer, error)
  else if (name === 'bolt') {
    if (error === 'invalid_grant') refuseBolt(answer, 422, error)
    else if (error === 'invalid_request') refuseBolt(answer, 400, error)
    else refuseBolt(answer, 403, 'request_forbidden')
  } else {
    expect(answer.status).toBe(error === 'invalid_client' ? 401 : 400)
    expect(answer.body.error).toBe(error)
  }
}

const codeIn = (name: Name, { body }: Answer): unknown =>
  name === 'ultracart' ? (body.error as Record<string, unknown>).error_code : body.error

const isActive = async (token: string): Promise<unknown> =>
  (await introspect(server, token, 'rs')).body.active

const pairs = NAMES.flatMap((a) => NAMES.filter((b) => b !== a).map((b) => [a, b] as const))

describe('W1: a code or refresh token of one dialect at another', () => {
  for (const [a, b] of pairs) {
    test(`of ${a} at ${b}, by a client of both`, async () => {
      const value = await newCode(a)
      expectRefused(b, await exchange(b, value), 'invalid_grant')
      expect(lastRequest(server).reason).toBe('code_other_dialect')
      const { refresh_token, access_token } = tokensOf(await exchange(a, value))
      expectRefused(b, await refresh(b, refresh_token), 'invalid_grant')
      expect(lastRequest(server).reason).toBe('refresh_other_dialect')
      // A code that was exchanged is no more to the other dialect than one that was not.
      expectRefused(b, await exchange(b, value), 'invalid_grant')
      expect(await isActive(access_token)).toBe(true)
      tokensOf(await refresh(a, refresh_token))
    })

    test(`of ${a} at ${b}, by a client of ${a} alone`, async () => {
      const as = { client: only(a) }
      const value = await newCode(a, as.client)
      expectRefused(b, await exchange(b, value, as), 'unauthorized_client')
      expect(lastRequest(server).reason).toBe('client_not_in_dialect')
      const { refresh_token } = tokensOf(await exchange(a, value, as))
      expectRefused(b, await refresh(b, refresh_token, as), 'unauthorized_client')
      tokensOf(await refresh(a, refresh_token, as))
    })
  }
})

describe('W2: a dialect that a client is not registered for', () => {
  for (const [a, b] of pairs) {
    test(`${only(a)} at ${b}`, async () => {
      const as = { client: only(a) }
      const asked = { response_type: 'code', redirect_uri: RU, state: 's', client_id: only(a) }
      checkErrorPage(
        await browser.get(server.url(`${PLACES[b].authorize}?${new URLSearchParams(asked)}`)),
      )
      for (const grant_type of code) {
        const fields = { grant_type, code: 'x', refresh_token: 'x', redirect_uri: RU }
        const answer = await send(b, fields, as)
        expectRefused(b, answer, 'unauthorized_client')
        // Nobody learns from it who is registered: a wrong secret comes first.
        const wrong = await send(b, fields, { ...as, secret: `${SECRET}x` })
        expectRefused(b, wrong, 'invalid_client')
      }
    })
  }

  test('its revocation and introspection are closed as well', async () => {
    const { access_token } = await newTokens('bolt', only('bolt'))
    const fields = { token: access_token, client_id: only('bolt'), client_secret: SECRET }
    const headers = { 'content-type': FORM }
    const body = form(fields).toString()
    const answer = await sendRaw(server, '/rest/v2/oauth/revoke', { headers, body })
    refuseUltracart(answer, 'unauthorized_client')
    const authorization = `Basic ${btoa(`${only('bolt')}:${SECRET}`)}`
    for (const path of ['/revoke', '/introspect']) {
      const own = { headers: { ...headers, authorization }, body: form({ token: access_token }) }
      const refused = await sendRaw(server, path, { ...own, body: own.body.toString() })
      expect(refused.status).toBe(400)
      expect(refused.body.error).toBe('unauthorized_client')
    }
    expect(await isActive(access_token)).toBe(true)
  })

  test('a client that names no dialect has the standard one alone', async () => {
    for (const name of NAMES.filter((one) => one !== 'standard')) {
      const as = { client: 'cc', secret: SECRETS.cc ?? '' }
      expectRefused(name, await exchange(name, 'x', as), 'unauthorized_client')
    }
  })
})

describe('W4: a secret of one kind in the place of another', () => {
  for (const name of NAMES) {
    test(name, async () => {
      const value = await newCode(name)
      const { access_token, refresh_token } = await newTokens(name)
      for (const wrong of [access_token, refresh_token]) {
        expectRefused(name, await exchange(name, wrong), 'invalid_grant')
      }
      for (const wrong of [access_token, value]) {
        expectRefused(name, await refresh(name, wrong), 'invalid_grant')
      }
      for (const wrong of [value, refresh_token]) {
        expect((await userinfo(server, wrong)).status).toBe(401)
      }
      expect((await introspect(server, value, 'rs')).body).toEqual({ active: false })
      tokensOf(await exchange(name, value))
      tokensOf(await refresh(name, refresh_token))
    })
  }
})

describe('W6: two values for one meaning', () => {
  for (const name of NAMES) {
    test(name, async () => {
      const value = await newCode(name)
      const { token, type, scope } = PLACES[name]
      const redirect = name === 'bolt' ? '' : `&redirect_uri=${encodeURIComponent(RU)}`
      const pair = type === 'form' ? `&client_id=${ID}&client_secret=${SECRET}` : ''
      const right = `grant_type=authorization_code&code=${value}${redirect}${pair}${scope ? `&scope=${scope}` : ''}`
      const authorization = `Basic ${btoa(`${ID}:${SECRET}`)}`
      const headers = { 'content-type': FORM, ...(type === 'basic' && { authorization }) }
      const names = [...new URLSearchParams(right).keys()]
      for (const again of names) {
        for (const other of [new URLSearchParams(right).get(again) ?? '', 'other']) {
          const body = `${right}&${again}=${encodeURIComponent(other)}`
          const answer = await sendRaw(server, token, { headers, body })
          expectRefused(name, answer, 'invalid_request')
        }
      }
      // Names are case-sensitive; what nobody asked for is left alone.
      const stray =
        '&clientId=x&CLIENT_ID=x&Client_Secret=x&codeVerifier=x&__proto__=x&constructor=x'
      tokensOf(await sendRaw(server, token, { headers, body: right + stray }))
    })
  }
})

describe('W7: JSON where a form is read', () => {
  for (const name of NAMES) {
    test(name, async () => {
      const { token, type, scope } = PLACES[name]
      const value = await newCode(name)
      const redirect_uri = name === 'bolt' ? undefined : RU
      const pair = type === 'form' && { client_id: ID, client_secret: SECRET }
      const fields = { grant_type: 'authorization_code', code: value, redirect_uri, scope, ...pair }
      const authorization = `Basic ${btoa(`${ID}:${SECRET}`)}`
      const headers = type === 'basic' ? { authorization } : {}
      const bodies = [
        ['application/json', JSON.stringify(fields)],
        ['application/json; charset=utf-8', JSON.stringify(fields)],
        // A form all the same, under the name of something else; and the other way round.
        ['application/json', form(fields).toString()],
        ['text/plain', form(fields).toString()],
        ['application/x-www-form-urlencoded+json', form(fields).toString()],
        ['', form(fields).toString()],
      ] as const
      for (const [contentType, body] of bodies) {
        const typed = contentType === '' ? {} : { 'content-type': contentType }
        const answer = await sendRaw(server, token, { headers: { ...headers, ...typed }, body })
        expect(answer.status, contentType).toBe(name === 'bolt' ? 400 : 415)
        expect(lastRequest(server).reason).toBe('body_type_wrong')
      }
      const json = { headers: { ...headers, 'content-type': FORM }, body: JSON.stringify(fields) }
      expect((await sendRaw(server, token, json)).status).toBe(400)
      tokensOf(await exchange(name, value))
    })
  }
})

describe('W8: a token call without secret and verifier', () => {
  const bareCall = (client: string, value: string) =>
    exchange('ultracart', value, { client, secret: '' })

  test('is refused to a confidential client', async () => {
    const value = await newCode('ultracart')
    refuseUltracart(await bareCall(ID, value), 'invalid_client')
    const { refresh_token } = tokensOf(await exchange('ultracart', value))
    const again = refresh('ultracart', refresh_token, { client: ID, secret: '' })
    refuseUltracart(await again, 'invalid_client')
  })

  test('is refused to a public client that must use a challenge', async () => {
    const asked = { client_id: STRICT, redirect_uri: RU, response_type: 'code', state: 's' }
    const { authorize } = PLACES.ultracart
    const page = await visit(server, browser, authorize, asked)
    expect(answerOf(page).get('error')).toBe('invalid_request')
    const { challenge } = newPkce()
    const pkce = { code_challenge: challenge, code_challenge_method: 'S256' }
    refuseUltracart(
      await bareCall(STRICT, await newCode('ultracart', STRICT, pkce)),
      'invalid_grant',
    )
  })

  test('is allowed to a client that is registered so', async () => {
    tokensOf(await bareCall(PUBLIC, await newCode('ultracart', PUBLIC)))
  })

  test('redeems no code of another client', async () => {
    refuseUltracart(await bareCall(PUBLIC, await newCode('ultracart')), 'invalid_grant')
  })
})

describe('W9: revocation by somebody else', () => {
  const revoke = (client_id: string, token: string, client_secret?: string) => {
    const body = form({ client_id, token, client_secret }).toString()
    return sendRaw(server, '/rest/v2/oauth/revoke', { headers: { 'content-type': FORM }, body })
  }

  test('is refused, and revokes nothing', async () => {
    const owners: [Name, string][] = [
      ['ultracart', PUBLIC],
      ['ultracart', ID],
      ['standard', ID],
      ['bolt', ID],
      ['apimatic', ID],
    ]
    for (const [name, client] of owners) {
      const as = { client, secret: client === ID ? SECRET : '' }
      const tokens = tokensOf(await exchange(name, await newCode(name, client), as))
      for (const token of [tokens.access_token, tokens.refresh_token]) {
        refuseUltracart(await revoke(OTHER_PUBLIC, token), 'invalid_grant')
        expect(lastRequest(server).reason).toBe('token_other_client')
      }
      expect(await isActive(tokens.access_token)).toBe(true)
      tokensOf(await refresh(name, tokens.refresh_token, as))
    }
  })

  test('is refused to whoever only knows the name of a client with a secret', async () => {
    const { access_token } = await newTokens('ultracart')
    for (const secret of [undefined, 'wrong']) {
      refuseUltracart(await revoke(ID, access_token, secret), 'invalid_client')
    }
    expect(await isActive(access_token)).toBe(true)
  })
})

test('W10: passwords in production — only for clients that are registered for them', async () => {
  const fields = { grant_type: 'password', username: 'alice', password: 'alice-password-1' }
  refuseApimatic(await send('apimatic', fields), 'unauthorized_client')
  for (const name of ['standard', 'ultracart', 'bolt'] as const) {
    expect((await send(name, fields)).status).toBeGreaterThanOrEqual(400)
  }
})

describe("W11: Bolt's keys", () => {
  const keys: Record<string, string | string[]>[] = [
    { 'X-API-Key': SECRET },
    { 'x-api-key': SECRET },
    { x_api_key: SECRET },
    { 'X-API-Key': [SECRET, 'other'] },
    { 'X-Publishable-Key': ID, 'X-API-Key': SECRET },
  ]

  for (const name of NAMES) {
    test(`are no proof at ${name}`, async () => {
      const value = await newCode(name)
      for (const headers of keys) {
        const fields = { client_id: ID, client_secret: undefined }
        const wrong = { authorization: `Basic ${btoa(`${ID}:wrong`)}` }
        const answer = await exchange(name, value, { headers: { ...headers, ...wrong } }, fields)
        expectRefused(name, answer, 'invalid_client')
      }
    })

    test(`change nothing for whoever has one at ${name}`, async () => {
      for (const headers of keys) {
        const wrong = JSON.parse(JSON.stringify(headers).replaceAll(SECRET, 'wrong'))
        tokensOf(await exchange(name, await newCode(name), { headers: wrong }))
      }
    })
  }
})

describe('W13: the same fault in every dialect', () => {
  const faults: [string, string, (name: Name) => Promise<Answer>][] = [
    ['an unknown client', 'client_unknown', (name) => exchange(name, 'x', { client: 'nobody' })],
    ['a wrong secret', 'client_secret_wrong', (name) => exchange(name, 'x', { secret: 'wrong' })],
    ['an unknown code', 'code_unknown', (name) => exchange(name, 'x')],
    ['an unknown refresh token', 'refresh_unknown', (name) => refresh(name, 'x')],
    ['no code', 'field_missing', (name) => exchange(name, '')],
    ['an unknown grant', 'grant_unknown', (name) => send(name, { grant_type: 'x' })],
  ]

  for (const [fault, reason, make] of faults) {
    test(`${fault} has one reason in the log`, async () => {
      for (const name of NAMES) {
        await make(name)
        expect([name, lastRequest(server)]).toMatchObject([name, { reason, decision: 'refused' }])
      }
    })
  }

  test('no dialect tells an unknown client from a wrong secret', async () => {
    for (const name of NAMES) {
      const unknown = await exchange(name, 'x', { client: 'nobody' })
      const wrong = await exchange(name, 'x', { secret: 'wrong' })
      expect(unknown.status).toBe(wrong.status)
      expect(unknown.body).toEqual(wrong.body)
    }
  })
})

describe("W13: a status that is not the dialect's to choose", () => {
  for (const name of NAMES) {
    test(`413 at ${name}, in its own words`, async () => {
      const answer = await send(name, { grant_type: 'x', code: 'x'.repeat(70_000) })
      expect(answer.status).toBe(413)
      expect(codeIn(name, answer)).toBe('invalid_request')
    })

    test(`429 at ${name}, in its own words, and never for the right secret`, async () => {
      const port = await freePort()
      const clients = clientsAt(`http://127.0.0.1:${port}`)
      const configuration = { dialects: NAMES, clients, scopes: SCOPES, resources: RESOURCES }
      const own = await startServer({ port, configuration })
      const usual = server
      server = own
      try {
        let answer = await exchange(name, 'x', { secret: 'wrong' })
        for (let times = 0; times < 200 && answer.status !== 429; times++) {
          answer = await exchange(name, 'x', { secret: 'wrong' })
        }
        expect(answer.status).toBe(429)
        expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
        expect(codeIn(name, answer)).toBe('temporarily_unavailable')
        tokensOf(await exchange(name, await newCode(name)))
        checkLog(own, [SECRET])
      } finally {
        server = usual
        await own.close()
      }
    })
  }
})

test('W17: no dialect opens its authorize page to scripts', async () => {
  for (const { authorize } of Object.values(PLACES)) {
    for (const method of ['GET', 'OPTIONS']) {
      const headers = { origin: 'https://evil.test', 'access-control-request-method': 'GET' }
      const response = await fetch(server.url(authorize), { method, headers })
      expect(response.headers.get('access-control-allow-origin')).toBeNull()
    }
  }
})
