// The client in every dialect of the catalogue: at our own server, and at providers made up of
// what their documents say.

import { connect, keep, memoryStore, Refused, type Tokens } from '@patois/client'
import type { Dialect } from '@patois/core'
import { CATALOGUE } from '@patois/core/catalogue'
import { amazonAds } from '@patois/core/catalogue/amazon-ads'
import { dingtalk } from '@patois/core/catalogue/dingtalk'
import { facebook } from '@patois/core/catalogue/facebook'
import { figma } from '@patois/core/catalogue/figma'
import { github } from '@patois/core/catalogue/github'
import { google } from '@patois/core/catalogue/google'
import { hubspot } from '@patois/core/catalogue/hubspot'
import { instagram } from '@patois/core/catalogue/instagram'
import { mailchimp } from '@patois/core/catalogue/mailchimp'
import { microsoft } from '@patois/core/catalogue/microsoft'
import { monday } from '@patois/core/catalogue/monday'
import { naver } from '@patois/core/catalogue/naver'
import { notion } from '@patois/core/catalogue/notion'
import { paypal } from '@patois/core/catalogue/paypal'
import { quickbooks } from '@patois/core/catalogue/quickbooks'
import { reddit } from '@patois/core/catalogue/reddit'
import { salesforce } from '@patois/core/catalogue/salesforce'
import { shopify } from '@patois/core/catalogue/shopify'
import { slack } from '@patois/core/catalogue/slack'
import { square } from '@patois/core/catalogue/square'
import { squarespace } from '@patois/core/catalogue/squarespace'
import { strava } from '@patois/core/catalogue/strava'
import { stripe } from '@patois/core/catalogue/stripe'
import { twitch } from '@patois/core/catalogue/twitch'
import { wechat } from '@patois/core/catalogue/wechat'
import { zoho } from '@patois/core/catalogue/zoho'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser, walkFrom } from '../door/browser.ts'
import { RU } from '../door/fixtures.ts'
import { checkLog } from '../door/rules.ts'
import { startServer, type TestServer } from '../door/server.ts'

const SECRET = '1:sec ret/+=&é and thirty-two characters'
const WRONG = '2:sec ret/+=&é and thirty-two characters'
const NOW = 1_800_000_000
const SERVED = CATALOGUE.filter(({ serve }) => serve !== false)

/** The methods that a dialect may have, when only running it tells which. */
type Any = {
  authorizeUrl(params?: object, options?: object): Promise<{ url: string; state: string }>
  callback(url: string): Promise<Tokens>
} & Record<
  'exchange' | 'refresh' | 'revoke' | 'userinfo' | 'introspect',
  (params: object) => Promise<Tokens & Record<string, unknown>>
>

const variablesOf = ({ variables = {} }: Dialect) =>
  Object.fromEntries(Object.keys(variables).map((name) => [name, 'acme']))

describe('at one server that speaks all that can be served', () => {
  let server: TestServer
  const browser = openBrowser()
  beforeAll(async () => {
    server = await startServer({
      configuration: {
        dialects: ['standard', ...SERVED.map(({ name }) => ({ dialect: name, at: `/${name}` }))],
        resources: [],
        clients: SERVED.map(({ name, pkce }) => ({
          client_id: `app.${name}`,
          client_secret: SECRET,
          redirect_uris: [RU],
          grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
          scope: 'openid profile email offline_access api.read',
          consent: 'implicit',
          dialects: [name],
          // Whose provider knows no PKCE, its callers cannot send any.
          require_pkce: pkce !== false,
        })),
      },
    })
  })
  afterAll(() => server.close())

  const clientOf = (dialect: Dialect, clientSecret = SECRET): Any =>
    connect({
      dialect,
      url: server.url(`/${dialect.name}`),
      variables: variablesOf(dialect),
      clientId: `app.${dialect.name}`,
      clientSecret,
      redirectUri: RU,
      scope: 'openid profile email api.read',
      now: () => server.clock.now(),
    }) as unknown as Any

  const has = ({ operations }: Dialect, does: string, grant?: string) =>
    Object.values(operations).some(
      (one) => one.does === does && (grant === undefined || one.grants?.includes(grant)),
    )

  test.each(SERVED.map((one) => [one.name, one] as const))('in %s', async (_, dialect) => {
    const client = clientOf(dialect)
    const extra = { fields: { of_no_dialect: 'x' } }
    const { url, state } = await client.authorizeUrl({}, extra)
    expect(url).toContain('of_no_dialect=x')
    expect(url.includes('code_challenge=')).toBe(dialect.pkce !== false)
    const { location = '' } = await walkFrom(server, browser, url)
    expect(location).toContain(`state=${state}`)

    const tokens = await client.callback(location)
    expect(tokens.accessToken).toMatch(/^pa_|^eyJ/)
    const [token] = Object.values(dialect.operations).filter(({ does }) => does === 'token')
    const facts = token?.answers.facts as Record<string, string>
    const ends = 'access_expires_at' in facts
    expect(tokens.expiresAt).toBe(ends ? server.clock.now() + 3600 : undefined)
    const asksScope = 'scope' in (dialect.operations.authorize?.reads ?? {})
    if (asksScope) expect(tokens.scope).toContain('api.read')
    await expect(client.callback(location)).rejects.toThrow('state')

    if (has(dialect, 'userinfo')) {
      const person = await client.userinfo({ accessToken: tokens.accessToken })
      expect(person.sub).toMatch(/\w/)
    }
    if (has(dialect, 'introspect')) {
      expect(await client.introspect({ token: tokens.accessToken })).toMatchObject({ active: true })
    }
    let latest = tokens
    if (has(dialect, 'token', 'refresh_token')) {
      latest = await client.refresh({ refreshToken: tokens.refreshToken })
      expect(latest.accessToken).not.toBe(tokens.accessToken)
      const wrong = clientOf(dialect, WRONG).refresh({ refreshToken: latest.refreshToken })
      const refused = await wrong.catch((error: unknown) => error as Refused)
      expect(refused).toBeInstanceOf(Refused)
      expect((refused as Refused).code).toBe('invalid_client')
      expect((refused as Refused).meaning).toBe('configuration')
      // A wrong secret harms nothing.
      latest = await client.refresh({ refreshToken: latest.refreshToken })
    }
    if (has(dialect, 'revoke')) {
      await client.revoke({ token: latest.refreshToken })
      const dead = client.refresh({ refreshToken: latest.refreshToken })
      await expect(dead).rejects.toMatchObject({ code: 'invalid_grant', meaning: 'dead' })
    }
    const unknown = client.exchange({ code: 'pc_of-nobody', redirectUri: RU })
    await expect(unknown).rejects.toMatchObject({ code: 'invalid_grant', meaning: 'dead' })
  })

  test('who has to sign in first comes back to the page of the tenant', async () => {
    const client = clientOf(microsoft)
    const { url } = await client.authorizeUrl()
    expect(url).toContain('/microsoft/acme/oauth2/v2.0/authorize')
    const page = await walkFrom(server, openBrowser(), url)
    expect(await client.callback(page.location ?? '')).toHaveProperty('accessToken')
  })

  test('no secret is in its log', () => checkLog(server, [SECRET, WRONG]))
})

type Call = { method: string; url: URL; headers: Headers; body: string }

/** A provider that answers what it is told to, and what it was asked. */
const provider = (status: number, body: unknown) => {
  const calls: Call[] = []
  const answer: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    const { method, url, headers } = request
    calls.push({ method, url: new URL(url), headers, body: await request.text() })
    return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status })
  }
  return { calls, fetch: answer }
}

const account = (fetch: typeof globalThis.fetch) => ({
  clientId: 'ID',
  clientSecret: 'SECRET',
  redirectUri: RU,
  now: () => NOW,
  fetch,
})

const asked = ({ url }: Call) => `${url.origin}${url.pathname}`
const query = ({ url }: Call) => Object.fromEntries(url.searchParams)

describe('callers alone', () => {
  test('facebook: by GET, a token is exchanged for a fresh one, refusals are numbers', async () => {
    const good = provider(200, { access_token: 'A', token_type: 'bearer', expires_in: 5_184_000 })
    const client = connect({ dialect: facebook, scope: 'email', ...account(good.fetch) })
    const { url, state } = await client.authorizeUrl()
    expect(url).toMatch(/^https:\/\/www\.facebook\.com\/v23\.0\/dialog\/oauth\?/)
    const tokens = await client.callback(`${RU}?code=C&state=${state}`)
    expect(tokens).toMatchObject({ accessToken: 'A', refreshToken: 'A', scope: ['email'] })
    expect(tokens.expiresAt).toBe(NOW + 5_184_000)
    await client.refresh({ refreshToken: 'A' })
    const [first, second] = good.calls as [Call, Call]
    expect(asked(first)).toBe('https://graph.facebook.com/v23.0/oauth/access_token')
    expect([first.method, first.body]).toEqual(['GET', ''])
    const own = { client_id: 'ID', client_secret: 'SECRET' }
    expect(query(first)).toEqual({ ...own, code: 'C', redirect_uri: RU })
    expect(query(second)).toEqual({
      ...own,
      grant_type: 'fb_exchange_token',
      fb_exchange_token: 'A',
    })
    const error = { message: 'Over', type: 'OAuthException', code: 190, fbtrace_id: 'T' }
    const dead = connect({ dialect: facebook, ...account(provider(400, { error }).fetch) })
    const refused = await dead.refresh({ refreshToken: 'A' }).catch((one: unknown) => one)
    expect(refused).toMatchObject({ code: 'invalid_grant', meaning: 'dead', description: 'Over' })
    expect(JSON.stringify(refused)).not.toMatch(/SECRET|fb_exchange_token=A/)
  })

  test('instagram: a long-lived token renews itself', async () => {
    const first = provider(200, { access_token: 'S', user_id: 17, permissions: 'a,b' })
    const tokens = await connect({ dialect: instagram, ...account(first.fetch) }).exchange({
      code: 'C',
    })
    expect(tokens).toMatchObject({ accessToken: 'S', scope: ['a', 'b'], extra: { user_id: 17 } })
    expect(first.calls[0]?.method).toBe('POST')
    const next = provider(200, { access_token: 'L2', token_type: 'bearer', expires_in: 60 })
    const fresh = await connect({ dialect: instagram, ...account(next.fetch) }).refresh({
      refreshToken: 'L1',
    })
    expect(fresh).toMatchObject({ accessToken: 'L2', refreshToken: 'L2', expiresAt: NOW + 60 })
    const [call] = next.calls as [Call]
    expect(asked(call)).toBe('https://graph.instagram.com/refresh_access_token')
    expect(query(call)).toEqual({ grant_type: 'ig_refresh_token', access_token: 'L1' })
  })

  test('wechat: own names by GET, numbers for refusals, JSON that is called text', async () => {
    const good = provider(200, {
      access_token: 'A',
      expires_in: 7200,
      refresh_token: 'R',
      openid: 'O',
      scope: 'snsapi_login,snsapi_userinfo',
    })
    const client = connect({ dialect: wechat, ...account(good.fetch) })
    const { url } = await client.authorizeUrl({ scope: 'snsapi_login' })
    expect(new URL(url).searchParams.get('appid')).toBe('ID')
    const tokens = await client.exchange({ code: 'C' })
    expect(tokens).toMatchObject({ refreshToken: 'R', extra: { openid: 'O' } })
    expect(tokens.scope).toEqual(['snsapi_login', 'snsapi_userinfo'])
    await client.refresh({ refreshToken: 'R' })
    await client.userinfo({ accessToken: 'A' }, { fields: { openid: 'O' } })
    const [first, second, third] = good.calls as [Call, Call, Call]
    expect(query(first)).toEqual({
      appid: 'ID',
      secret: 'SECRET',
      code: 'C',
      grant_type: 'authorization_code',
    })
    expect(query(second)).toEqual({ appid: 'ID', grant_type: 'refresh_token', refresh_token: 'R' })
    expect(query(third)).toEqual({ access_token: 'A', openid: 'O' })
    const bad = provider(200, { errcode: 40029, errmsg: 'invalid code' })
    const dead = connect({ dialect: wechat, ...account(bad.fetch) }).exchange({ code: 'C' })
    await expect(dead).rejects.toMatchObject({ code: 'invalid_grant', description: 'invalid code' })
  })

  test('stripe: only the secret says who calls', async () => {
    const good = provider(200, {
      access_token: 'A',
      refresh_token: 'R',
      token_type: 'bearer',
      scope: 'read_only',
      stripe_user_id: 'acct_1',
      livemode: false,
    })
    const tokens = await connect({ dialect: stripe, ...account(good.fetch) }).exchange({
      code: 'C',
    })
    expect(tokens.extra).toEqual({ stripe_user_id: 'acct_1', livemode: false })
    expect(tokens.expiresAt).toBeUndefined()
    expect(Object.fromEntries(new URLSearchParams(good.calls[0]?.body))).toEqual({
      grant_type: 'authorization_code',
      client_secret: 'SECRET',
      code: 'C',
    })
  })

  test.each(CATALOGUE.filter(({ serve }) => serve === false))(
    '$name is refused by a server, with its reason',
    async ({ name, because }) => {
      const started = startServer({ configuration: { dialects: ['standard', name] } })
      await expect(started).rejects.toThrow(`${name} is for callers only and cannot be served`)
      await expect(started).rejects.toThrow(because)
    },
  )
})

const std = (more: object) => ({ access_token: 'A', token_type: 'bearer', expires_in: 60, ...more })

describe('what a provider answers', () => {
  test.each<[string, Dialect, unknown, object]>([
    [
      'a form',
      github,
      'access_token=A&scope=repo%2Cgist&token_type=bearer',
      { scope: ['repo', 'gist'] },
    ],
    ['commas', github, std({ scope: 'repo,gist' }), { scope: ['repo', 'gist'] }],
    [
      'a list',
      twitch,
      std({ scope: ['chat:read', 'bits:read'] }),
      { scope: ['chat:read', 'bits:read'] },
    ],
    [
      'a person beside the bot',
      slack,
      { ok: true, access_token: 'A', token_type: 'bot', scope: 'a,b', authed_user: { id: 'U' } },
      { tokenType: 'bot', scope: ['a', 'b'], extra: { authed_user: { id: 'U' } } },
    ],
    [
      '0 seconds that mean for ever',
      mailchimp,
      std({ expires_in: 0, scope: null }),
      { expiresAt: undefined },
    ],
    ['seconds as text', naver, std({ expires_in: '3600' }), { expiresAt: NOW + 3600 }],
    ['a moment', strava, std({ expires_at: NOW + 9, athlete: { id: 1 } }), { expiresAt: NOW + 9 }],
    [
      'moments with fractions',
      squarespace,
      { access_token: 'A', access_token_expires_at: `${NOW + 9}.407`, refresh_token: 'R' },
      { expiresAt: NOW + 9, refreshToken: 'R' },
    ],
    [
      'a date',
      square,
      { access_token: 'A', expires_at: '2027-01-15T08:00:09Z', merchant_id: 'M' },
      { expiresAt: NOW + 9, extra: { merchant_id: 'M' } },
    ],
    [
      'the end of the refresh token',
      quickbooks,
      std({ refresh_token: 'R', x_refresh_token_expires_in: 100 }),
      { refreshExpiresAt: NOW + 100 },
    ],
    [
      'camel case',
      dingtalk,
      { accessToken: 'A', refreshToken: 'R', expireIn: 7200, corpId: 'C' },
      { refreshToken: 'R', expiresAt: NOW + 7200, extra: { corpId: 'C' } },
    ],
    [
      'where the API is',
      salesforce,
      { access_token: 'A', instance_url: 'https://acme.my.salesforce.com', issued_at: '1' },
      {
        expiresAt: undefined,
        extra: { instance_url: 'https://acme.my.salesforce.com', issued_at: '1' },
      },
    ],
    ['nothing of its end', notion, { access_token: 'A', bot_id: 'B' }, { extra: { bot_id: 'B' } }],
  ])('%s', async (_, dialect, body, wanted) => {
    const client = connect({ dialect, ...account(provider(200, body).fetch) }) as unknown as Any
    const tokens = { expiresAt: undefined, ...(await client.exchange({ code: 'C' })) }
    expect(tokens).toMatchObject({ accessToken: 'A', ...wanted })
  })

  test.each<[string, Dialect, number, unknown, string]>([
    [
      '200 with a code of its own',
      github,
      200,
      { error: 'bad_verification_code' },
      'invalid_grant',
    ],
    ['another one for refreshes', github, 200, { error: 'bad_refresh_token' }, 'invalid_grant'],
    ['a form', github, 200, 'error=incorrect_client_credentials', 'invalid_client'],
    ['not ok', slack, 200, { ok: false, error: 'code_already_used' }, 'invalid_grant'],
    [
      'not ok, and why is news',
      slack,
      200,
      { ok: false, error: 'org_login_required' },
      'org_login_required',
    ],
    [
      'a sentence alone',
      twitch,
      400,
      { status: 400, message: 'Invalid refresh token' },
      'invalid_grant',
    ],
    [
      'a forbidden sentence',
      twitch,
      403,
      { status: 403, message: 'invalid client secret' },
      'invalid_client',
    ],
    [
      'a status that is a word',
      hubspot,
      400,
      { status: 'BAD_REFRESH_TOKEN', message: 'x' },
      'invalid_grant',
    ],
    ['one word for all codes', zoho, 200, { error: 'invalid_code' }, 'invalid_grant'],
    ['a number', reddit, 401, { message: 'Unauthorized', error: 401 }, 'invalid_client'],
    [
      'a list',
      strava,
      400,
      {
        message: 'Bad Request',
        errors: [{ resource: 'RefreshToken', field: 'r', code: 'invalid' }],
      },
      'invalid_grant',
    ],
    [
      'a list of details',
      square,
      401,
      { errors: [{ category: 'AUTHENTICATION_ERROR', code: 'UNAUTHORIZED', detail: 'No.' }] },
      'invalid_client',
    ],
    [
      'no list where one should be',
      strava,
      400,
      { message: 'Bad Request', errors: {} },
      'invalid_request',
    ],
  ])('refusing: %s', async (_, dialect, status, body, code) => {
    const client = connect({ dialect, ...account(provider(status, body).fetch) }) as unknown as Any
    const refused = await client.exchange({ code: 'C' }).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(Refused)
    expect(refused).toMatchObject({ code, status })
  })
})

describe('where providers are', () => {
  const none = provider(200, std({}))
  const me = account(none.fetch)

  test('a part of the address is the caller’s, with a usual value or without', async () => {
    const urlOf = async (client: { authorizeUrl(): Promise<{ url: string }> }) =>
      (await client.authorizeUrl()).url.split('?')[0]
    const entra = connect({ dialect: microsoft, ...me })
    expect(await urlOf(entra)).toBe(
      'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
    )
    const own = connect({ dialect: microsoft, variables: { tenant: 'contoso.com' }, ...me })
    expect(await urlOf(own)).toContain('/contoso.com/oauth2/')
    await expect(connect({ dialect: shopify, ...me }).authorizeUrl()).rejects.toThrow('say shop')
    const shop = connect({ dialect: shopify, variables: { shop: 'acme' }, ...me })
    expect(await urlOf(shop)).toBe('https://acme.myshopify.com/admin/oauth/authorize')
    const evil = connect({ dialect: shopify, variables: { shop: 'evil.test/' }, ...me })
    expect(
      new URL((await evil.authorizeUrl().catch(() => ({ url: 'https://x.myshopify.com' }))).url)
        .hostname,
    ).toMatch(/\.myshopify\.com$/)
    const sandbox = connect({ dialect: paypal, variables: { domain: 'sandbox.paypal.com' }, ...me })
    expect(await urlOf(sandbox)).toBe('https://www.sandbox.paypal.com/signin/authorize')
  })

  test('an added parameter goes with every request, and a caller may say another', async () => {
    const client = connect({ dialect: google, scope: 'openid', ...me })
    const plain = new URL((await client.authorizeUrl()).url).searchParams
    expect([plain.get('access_type'), plain.has('nonce')]).toEqual(['offline', true])
    const fields = { access_type: 'online', hd: 'example.com' }
    const said = new URL((await client.authorizeUrl({}, { fields })).url).searchParams
    expect([said.getAll('access_type'), said.get('hd')]).toEqual([['online'], 'example.com'])
  })

  test('what only the redirect says is kept: a company, a code by another name, a scope', async () => {
    const company = connect({ dialect: quickbooks, ...me })
    const one = await company.authorizeUrl()
    const tokens = await company.callback(`${RU}?code=C&state=${one.state}&realmId=9`)
    expect(tokens.extra).toEqual({ realmId: '9' })

    const answer = provider(200, { accessToken: 'A' })
    const renamed = connect({ dialect: dingtalk, ...account(answer.fetch) })
    const two = await renamed.authorizeUrl()
    await renamed.callback(`${RU}?authCode=C&state=${two.state}`)
    expect(JSON.parse(answer.calls[0]?.body ?? '')).toMatchObject({
      clientId: 'ID',
      clientSecret: 'SECRET',
      code: 'C',
      grantType: 'authorization_code',
    })

    const ride = connect({ dialect: strava, scope: 'read activity:read', ...me })
    const three = await ride.authorizeUrl()
    const granted = await ride.callback(`${RU}?code=C&state=${three.state}&scope=read`)
    expect(granted.scope).toEqual(['read'])
  })

  test('a state goes with the code, a refresh to its own address', async () => {
    const { fetch, calls } = provider(200, std({}))
    const korean = connect({ dialect: naver, ...account(fetch) })
    const { state } = await korean.authorizeUrl()
    await korean.callback(`${RU}?code=C&state=${state}`)
    expect(new URLSearchParams(calls[0]?.body).get('state')).toBe(state)
    await connect({ dialect: figma, ...account(fetch) }).refresh({ refreshToken: 'R' })
    const [, call] = calls as [Call, Call]
    expect([asked(call), call.body]).toEqual([
      'https://api.figma.com/v1/oauth/refresh',
      'refresh_token=R',
    ])
    expect(call.headers.get('authorization')).toBe(`Basic ${btoa('ID:SECRET')}`)
  })

  test('a shop that has no refresh tokens has no such method', () => {
    const client = connect({ dialect: shopify, ...me })
    // @ts-expect-error: the dialect has no refresh tokens
    expect(client.refresh).toBeTypeOf('function')
    // @ts-expect-error: a code is needed
    const call = () => client.exchange({})
    expect(call).toBeTypeOf('function')
  })
})

describe('an API wants its token', () => {
  test.each<[string, Dialect, Record<string, string>]>([
    ['as Bearer', google, { authorization: 'Bearer A' }],
    ['with the client’s id', twitch, { authorization: 'Bearer A', 'client-id': 'ID' }],
    ['with the client’s id', amazonAds, { 'amazon-advertising-api-clientid': 'ID' }],
    ['with a version', notion, { authorization: 'Bearer A', 'notion-version': '2022-06-28' }],
    ['with another word', zoho, { authorization: 'Zoho-oauthtoken A' }],
    ['with another word', mailchimp, { authorization: 'OAuth A' }],
    ['without a word', monday, { authorization: 'A' }],
    ['in its own header', shopify, { 'x-shopify-access-token': 'A' }],
    ['in its own header', dingtalk, { 'x-acs-dingtalk-access-token': 'A' }],
  ])('%s: $1.name', async (_, dialect, wanted) => {
    const { fetch, calls } = provider(200, {})
    const client = connect({ dialect, ...account(fetch) })
    const kept = keep({ client, store: memoryStore(), name: 'one' })
    await kept.save({ accessToken: 'A', tokenType: 'Bearer', scope: [], extra: {} })
    await kept.fetch('https://api.test/things')
    expect(Object.fromEntries(calls[0]?.headers ?? [])).toMatchObject(wanted)
    expect(calls[0]?.headers.has('authorization')).toBe(
      !('x-' in wanted) && dialect.presents?.header === undefined,
    )
  })
})
