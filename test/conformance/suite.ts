// A relying party that judges every answer as the OpenID conformance suite does.

import { createHash, randomBytes } from 'node:crypto'
import {
  createLocalJWKSet,
  decodeProtectedHeader,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose'
import { expect } from 'vitest'
import {
  type Answer,
  answerOf,
  call,
  openBrowser,
  type Page,
  type TestBrowser,
  walkFrom,
} from '../door/browser.ts'
import { CLIENTS, PASSWORDS, PK_PRIVATE, PK2_PRIVATE, RU, USERS } from '../door/fixtures.ts'
import { checkAnswer, checkPage } from '../door/rules.ts'
import { type ServerOptions, startServer, type TestServer } from '../door/server.ts'

/** The second redirect URI of every client: its own parameters must survive. */
export const RU_WITH_QUERY = `${RU}?dummy1=lorem&dummy2=ipsum`

/** Where a logout may lead. */
export const BYE = 'https://rp.test/bye'

/** The claims of alice that each scope releases (OIDC Core §5.4). */
export const CLAIMS = {
  profile: {
    name: 'Alice A',
    given_name: 'Alice',
    family_name: 'Aster',
    middle_name: 'B',
    nickname: 'Ali',
    preferred_username: 'alice',
    profile: 'https://alice.test/',
    picture: 'https://alice.test/me.png',
    website: 'https://alice.test/blog',
    gender: 'female',
    birthdate: '1990-02-28',
    zoneinfo: 'Europe/Berlin',
    locale: 'de-DE',
    updated_at: 1_700_000_000,
  },
  email: { email: 'alice@example.org', email_verified: true },
  address: {
    address: { street_address: 'Weg 1', locality: 'Ulm', postal_code: '89073', country: 'DE' },
  },
  phone: { phone_number: '+49 731 1', phone_number_verified: false },
}

const EVERYTHING = 'openid profile email address phone offline_access api.read'
const TOKEN = /^[\x20-\x7e]{22,}$/
/** How old an ID token may be when it arrives, in seconds. */
const FRESH = 300

/** A running server, and what a relying party found out about it. */
export type Suite = {
  server: TestServer
  metadata: Record<string, unknown>
  keys: JSONWebKeySet
}

/** Parameters of a request; those without a value are not sent. */
export type Params = Record<string, string | undefined>

/** What a sign-in is to be like; `silent` when nobody may be asked anything. */
export type Wanted = { client?: string; browser?: TestBrowser; silent?: boolean }

/** A sign-in that went well. */
export type SignedIn = {
  browser: TestBrowser
  /** The authorization request. */
  asked: Record<string, string>
  code: string
  tokens: Record<string, unknown> & { access_token: string; id_token: string }
  claims: JWTPayload
  userinfo: Record<string, unknown>
}

/** What the clients of the suite are besides what the fixtures say of them. */
const OWN: Record<string, Record<string, unknown>> = {
  // The suite signs in without PKCE, save where PKCE is what it is about.
  cc: { require_pkce: false, post_logout_redirect_uris: [BYE] },
  cp: { require_pkce: false },
  cc2: { require_pkce: false },
  pk: { id_token_signed_response_alg: 'ES256' },
  pk2: {
    id_token_signed_response_alg: 'ES256',
    grant_types: ['authorization_code', 'refresh_token'],
  },
}

const clients = CLIENTS.map((client) => {
  const own = OWN[String(client.client_id)]
  return own ? { ...client, scope: EVERYTHING, redirect_uris: [RU, RU_WITH_QUERY], ...own } : client
})

const users = [
  {
    username: 'alice',
    password: PASSWORDS.alice,
    claims: Object.assign({}, ...Object.values(CLAIMS)),
  },
  ...USERS.slice(1),
]

/** Starts a server and reads its metadata and keys as any relying party does. */
export const openSuite = async (options: ServerOptions = {}): Promise<Suite> => {
  const configuration = { clients, users, ...options.configuration }
  const server = await startServer({ ...options, configuration })
  const get = async (path: string) => (await fetch(server.url(path))).json()
  const metadata = (await get('/.well-known/openid-configuration')) as Record<string, unknown>
  return { server, metadata, keys: (await get('/jwks')) as JSONWebKeySet }
}

/** A value that nobody guesses, `length` characters long. */
export const random = (length = 10): string => randomBytes(length).toString('hex').slice(0, length)

/** An authorization request as the suite makes it: `openid`, a state and a nonce. */
export const request = (params: Params = {}, client = 'cc'): Record<string, string> => {
  const plain: Params = {
    client_id: client,
    response_type: 'code',
    redirect_uri: RU,
    scope: 'openid',
    state: random(),
    nonce: random(),
    ...params,
  }
  const sent = Object.entries(plain).filter(([, value]) => value !== undefined)
  return Object.fromEntries(sent) as Record<string, string>
}

/** The address of the authorization endpoint with a request. */
export const authorizeUrl = ({ metadata }: Suite, asked: Record<string, string>): string =>
  `${metadata.authorization_endpoint}?${new URLSearchParams(asked)}`

/** What the server shows or answers at first, before anybody does anything. */
export const firstPage = (
  suite: Suite,
  asked: Record<string, string>,
  browser = openBrowser(),
): Promise<Page> => browser.get(authorizeUrl(suite, asked))

/** Whether a page asks for a password. */
export const asksLogin = ({ text }: Page): boolean => text.includes('name="password"')

/** Checks an authorization response, and answers its code. */
export const checkCallback = (
  { server }: Suite,
  page: Page,
  asked: Record<string, string>,
): string => {
  checkPage(page, { status: 303 })
  const [place, query] = (asked.redirect_uri ?? '').split('?')
  expect(page.location?.split('?')[0]).toBe(place)
  const answer = answerOf(page)
  expect(Object.fromEntries(answer)).toEqual({
    ...Object.fromEntries(new URLSearchParams(query)),
    code: expect.stringMatching(/^[\x21-\x7e]{20,}$/),
    iss: server.issuer,
    ...(asked.state !== undefined && { state: asked.state }),
  })
  // Nothing may come twice.
  expect([...answer.keys()].length).toBe(new Set(answer.keys()).size)
  return answer.get('code') ?? ''
}

/** What an assertion is to be like; a claim without a value is left out. */
export type AssertionWanted = { signer?: string; claims?: Record<string, unknown> }

/** A client's proof by its key (RFC 7523), as fields of a request. */
export const prove = async (
  { server }: Suite,
  client: string,
  { signer = client, claims = {} }: AssertionWanted = {},
): Promise<Record<string, string>> => {
  const now = server.clock.now()
  const plain = { iss: client, sub: client, aud: server.issuer, jti: random(), iat: now }
  const key = signer === 'pk' ? PK_PRIVATE : PK2_PRIVATE[0]
  if (!key) throw new Error(`${signer} has no key`)
  const client_assertion = await new SignJWT({ ...plain, exp: now + 60, ...claims })
    .setProtectedHeader({ alg: 'ES256' })
    .sign(key)
  const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
  return { client_assertion, client_assertion_type }
}

/** Exchanges a code at the token endpoint, as its client when `fields` name no other. */
export const exchange = (
  { server }: Suite,
  { asked, code }: { asked: Record<string, string>; code: string },
  fields: Record<string, string> = {},
): Promise<Answer> =>
  call(server, '/token', fields.client_id ?? asked.client_id, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: asked.redirect_uri ?? '',
    ...fields,
  })

/** Checks what the token endpoint answered to an exchange or a refresh. */
export const checkTokens = (answer: Answer): SignedIn['tokens'] => {
  checkAnswer(answer, { status: 200 })
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
  const { access_token, token_type, expires_in, refresh_token } = answer.body
  expect(access_token).toMatch(TOKEN)
  expect(String(token_type).toLowerCase()).toBe('bearer')
  expect(Number.isInteger(expires_in)).toBe(true)
  expect(expires_in).toBeGreaterThan(0)
  if (refresh_token !== undefined) expect(refresh_token).toMatch(TOKEN)
  return answer.body as SignedIn['tokens']
}

/** Checks an ID token (OIDC Core §3.1.3.7), and answers its claims. */
export const checkIdToken = async (
  suite: Suite,
  { tokens, asked }: Pick<SignedIn, 'tokens' | 'asked'>,
): Promise<JWTPayload> => {
  const now = suite.server.clock.now()
  const header = decodeProtectedHeader(tokens.id_token)
  const named = suite.keys.keys.filter(({ kid }) => kid === header.kid)
  expect(named).toMatchObject([{ alg: header.alg, use: 'sig' }])
  const { payload } = await jwtVerify(tokens.id_token, createLocalJWKSet(suite.keys), {
    issuer: suite.server.issuer,
    audience: asked.client_id ?? '',
    algorithms: [String(OWN[asked.client_id ?? '']?.id_token_signed_response_alg ?? 'RS256')],
    requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat'],
    currentDate: new Date(now * 1000),
    maxTokenAge: FRESH,
  })
  expect([payload.aud].flat()).toEqual([asked.client_id])
  if (payload.azp !== undefined) expect(payload.azp).toBe(asked.client_id)
  expect(payload.sub).toMatch(/^[\x20-\x7e]{1,255}$/)
  expect(payload.nonce).toBe(asked.nonce)
  if (payload.at_hash !== undefined) expect(payload.at_hash).toBe(atHash(tokens.access_token))
  if (payload.auth_time !== undefined) expect(Number(payload.auth_time)).toBeLessThanOrEqual(now)
  else expect(asked.max_age).toBeUndefined()
  checkClaims(payload)
  return payload
}

const atHash = (token: string): string =>
  createHash('sha256').update(token).digest().subarray(0, 16).toString('base64url')

/** Checks the types of standard claims (OIDC Core §5.1). */
const checkClaims = (claims: Record<string, unknown>): void => {
  for (const [name, value] of Object.entries(claims)) {
    const kind = KINDS[name] ?? 'string'
    expect(value, name).not.toBe('')
    if (kind !== 'any') expect(typeof value, name).toBe(kind)
  }
  if (claims.birthdate !== undefined) expect(claims.birthdate).toMatch(/^\d{4}(-\d\d-\d\d)?$/)
}

const KINDS: Record<string, string> = {
  aud: 'any',
  amr: 'any',
  exp: 'number',
  iat: 'number',
  auth_time: 'number',
  updated_at: 'number',
  email_verified: 'boolean',
  phone_number_verified: 'boolean',
  address: 'object',
}

/** Calls the userinfo endpoint with a token in the header, by GET when nothing else is said. */
export const callUserinfo = async (
  { metadata }: Suite,
  token: string,
  init: RequestInit = {},
): Promise<Response> =>
  fetch(String(metadata.userinfo_endpoint), {
    headers: { authorization: `Bearer ${token}` },
    ...init,
  })

/** Checks a userinfo answer, and answers its claims. */
export const checkUserinfo = async (
  response: Response,
  sub: string | undefined,
): Promise<Record<string, unknown>> => {
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  const claims = (await response.json()) as Record<string, unknown>
  expect(claims.sub).toBe(sub)
  checkClaims(claims)
  return claims
}

/** Goes through the code flow and checks all of it: callback, tokens, ID token and userinfo. */
export const signIn = async (
  suite: Suite,
  params: Params = {},
  { client = 'cc', browser = openBrowser(), silent = false }: Wanted = {},
): Promise<SignedIn> => {
  const asked = request(params, client)
  const url = authorizeUrl(suite, asked)
  const page = silent ? await browser.get(url) : await walkFrom(suite.server, browser, url)
  return finish(suite, page, { asked, browser })
}

/** Goes on from an authorization response: exchanges its code and checks what comes. */
export const finish = async (
  suite: Suite,
  page: Page,
  { asked, browser }: Pick<SignedIn, 'asked' | 'browser'>,
  fields: Record<string, string> = {},
): Promise<SignedIn> => {
  const code = checkCallback(suite, page, asked)
  const tokens = checkTokens(await exchange(suite, { asked, code }, fields))
  const claims = await checkIdToken(suite, { tokens, asked })
  const userinfo = await checkUserinfo(await callUserinfo(suite, tokens.access_token), claims.sub)
  return { browser, asked, code, tokens, claims, userinfo }
}
