// What the journal keeps back: in every dialect, wherever a secret stands, and when it is misplaced.

import { connect } from '@patois/client'
import { DIALECTS, type Dialect } from '@patois/core'
import { CATALOGUE } from '@patois/core/catalogue'
import { type Emulated, emulate } from 'patois/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const SECRET = 'sEcrEt/with+sIgns=& and-more'
const PASSWORD = 'pAsswOrd of ann'
const SERVED: readonly Dialect[] = [...DIALECTS, ...CATALOGUE].filter(
  ({ serve }) => serve !== false,
)

/** Every spelling in which a text may stand on the wire. */
const spellings = (text: string): string[] => [
  text,
  encodeURIComponent(text),
  new URLSearchParams({ a: text }).toString().slice(2),
  JSON.stringify(text).slice(1, -1),
  btoa(text),
]

const expectNone = (p: Emulated, secrets: readonly string[]): void => {
  const shown = JSON.stringify(p.journal.entries())
  for (const secret of secrets) {
    for (const spelling of spellings(secret)) expect(shown).not.toContain(spelling)
  }
  // Basic credentials as one piece, and any token that is longer than its beginning.
  expect(shown).not.toMatch(/Basic [A-Za-z0-9+/=]{20,}/)
  expect(shown).not.toMatch(/p[acrs]_[\w-]{12}|eyJ[\w-]{12}/)
}

describe.each(SERVED.map((dialect) => [dialect.name, dialect] as const))('%s', (name, dialect) => {
  test('shows no secret, code or token of a call', async () => {
    const clients = [
      { client_id: 'app', client_secret: SECRET, require_pkce: false, scope: scopeOf(dialect) },
    ]
    // Some have paths that are ours at the root.
    const p = await emulate({ dialects: [{ dialect: name, at: '/there' }], socket: false, clients })
    const client = connect({
      dialect: dialect as never,
      url: `${p.issuer}/there`,
      clientId: 'app',
      clientSecret: SECRET,
      redirectUri: p.client.redirectUri,
      fetch: p.fetch,
    }) as unknown as Record<string, (asked: object) => Promise<{ accessToken?: string }>>
    const bogus = { code: 'made-up-code-0123456789', refreshToken: 'made-up-refresh-0123456789' }
    const asked = { ...bogus, redirectUri: p.client.redirectUri, codeVerifier: 'v'.repeat(43) }
    for (const call of ['exchange', 'refresh', 'clientCredentials', 'revoke', 'introspect']) {
      await client[call]?.({ ...asked, token: bogus.refreshToken }).catch(() => {})
    }
    const made = JSON.stringify(await p.tokens<object>().catch(() => ({})))
    const own = made.match(/test_p[ar]_[\w-]{43}/g) ?? []
    for (const token of own) {
      await client.refresh?.({ refreshToken: token }).catch(() => {})
      await client.userinfo?.({ accessToken: token }).catch(() => {})
    }
    expect(p.journal.entries().length).toBeGreaterThan(0)
    expectNone(p, [SECRET, bogus.code, bogus.refreshToken, ...own])
    await p.close()
  })
})

test('a code that says what went wrong is shown, and one that signs in is not', async () => {
  const p = await emulate({ dialect: 'cal', socket: false })
  const url = `${p.issuer}/v2/oauth/demo/refresh`
  const headers = { 'content-type': 'application/json' }
  await p.fetch(url, { method: 'POST', headers, body: '{"code":"made-up-code-0123456789"}' })
  const { request, answer } = p.journal.last() ?? {}
  expect(answer?.body).toContain('"code":"UnauthorizedException"')
  expect(request?.body).toBe('{"code":"made-u…"}')
  await p.close()
})

const scopeOf = ({ scopes = {} }: Dialect): string =>
  ['openid offline_access', ...Object.keys(scopes)].join(' ')

describe('a secret that is misplaced', () => {
  let p: Emulated
  beforeAll(async () => {
    p = await emulate({
      socket: false,
      clients: [{ client_id: 'app', client_secret: SECRET }],
      users: [{ username: 'ann', password: PASSWORD }],
    })
  })
  afterAll(() => p.close())

  const post = (path: string, body: string, type = 'application/x-www-form-urlencoded') =>
    p.fetch(p.issuer + path, { method: 'POST', body, headers: { 'content-type': type } })

  test.each([
    [
      'in the query',
      () => p.fetch(`${p.issuer}/token?${new URLSearchParams({ client_secret: SECRET })}`),
    ],
    [
      'in JSON where a form is meant',
      () =>
        post(
          '/token',
          JSON.stringify({ client_secret: SECRET, clientSecret: SECRET }),
          'application/json',
        ),
    ],
    [
      'in JSON that does not close',
      () => post('/token', `{"client_secret":"${SECRET.replace('& ', '')}",`, 'application/json'),
    ],
    [
      'in a form that is called text',
      () => post('/token', new URLSearchParams({ client_secret: SECRET }).toString(), 'text/plain'),
    ],
    [
      'twice',
      () =>
        post(
          '/token',
          `client_secret=${encodeURIComponent(SECRET)}&client_secret=${encodeURIComponent(SECRET)}`,
        ),
    ],
    [
      'where nothing is',
      () =>
        post(
          '/oauth2/token',
          new URLSearchParams({ client_secret: SECRET, password: PASSWORD }).toString(),
        ),
    ],
    [
      'on the login page',
      () => post('/login', new URLSearchParams({ username: 'ann', password: PASSWORD }).toString()),
    ],
    [
      'in a cookie',
      () =>
        p.fetch(`${p.issuer}/login`, {
          headers: { cookie: `a=${encodeURIComponent(SECRET)}; b=c` },
        }),
    ],
  ])('%s is not shown', async (_, send) => {
    p.journal.clear()
    await send()
    expect(p.journal.entries()).toHaveLength(1)
    expectNone(p, [SECRET, SECRET.replace('& ', ''), PASSWORD])
  })
})
