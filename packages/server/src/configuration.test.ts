// Tests of the configuration: what is taken, what is refused, and in which words.

import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DIALECTS } from '@patois/core'
import { describe, expect, test } from 'vitest'
import { knownDialects } from './configuration/known.ts'
import { type Configuration, type ConfigurationParts, readConfiguration } from './configuration.ts'

const SECRET = 'a-secret-of-more-than-32-characters-1'
type Some = Partial<Omit<ConfigurationParts, 'text'>>

const read = (tree: unknown, parts: Some = {}) => {
  const text = typeof tree === 'string' ? tree : JSON.stringify(tree)
  return readConfiguration({ env: {}, dev: false, dialects: DIALECTS, ...parts, text })
}

const good = (tree: unknown, parts: Some = {}): Configuration => {
  const result = read(tree, parts)
  if (!result.ok) throw new Error(result.faults.join('\n'))
  return result.configuration
}

const faultsOf = (tree: unknown, parts: Some = {}): string[] => {
  const result = read(tree, parts)
  return result.ok ? [] : result.faults
}

const issuer = 'https://id.example'
const web = {
  client_id: 'web',
  client_secret: SECRET,
  redirect_uris: ['https://rp.example/cb'],
}
const app = {
  client_id: 'app',
  token_endpoint_auth_method: 'none',
  redirect_uris: ['https://rp.example/cb'],
}
const clientFaults = (members: object, base: object = web): string[] =>
  faultsOf({ issuer, clients: [{ ...base, ...members }] }).map((fault) =>
    fault.replace('clients[0].', ''),
  )

const EXAMPLE = `
issuer: http://127.0.0.1:9400
listen: { host: 127.0.0.1, port: 9400 }
database: sqlite:./patois.db
dialects: [standard, { dialect: bolt, at: /shop }]
scopes: { api.read: Read your data, api.write: { sentence: Change it, claims: [plan] } }
clients:
  - client_id: web
    client_secret: \${env:WEB_SECRET}
    client_name: Web shop
    redirect_uris: [https://rp.example/cb]
    grant_types: [authorization_code, refresh_token, client_credentials]
    token_endpoint_auth_method: client_secret_basic
    scope: openid profile email offline_access api.read
  - client_id: shop
    client_secret: \${env:SHOP_SECRET}
    redirect_uris: [https://shop.example/cb]
    grant_types: [authorization_code, refresh_token]
    token_endpoint_auth_method: client_secret_post
    scope: openid bolt.account.view bolt.account.manage
    dialects: [bolt]
    require_pkce: false
users:
  - username: alice
    password: correct horse
    claims: { name: Alice A, email: alice@example.org, email_verified: true }
resources:
  - { resource: https://api.example, scopes: [api.read], access_token: jwt, introspected_by: [web] }
`
const EXAMPLE_ENV = { WEB_SECRET: SECRET, SHOP_SECRET: `${SECRET}2` }

describe('the example', () => {
  const configuration = good(EXAMPLE, { env: EXAMPLE_ENV })

  test('becomes clients with hashed secrets', () => {
    const [client, shop] = configuration.clients
    expect(client).toMatchObject({
      id: 'web',
      name: 'Web shop',
      owner: 'file',
      proof: { method: 'client_secret_basic' },
      scope: ['openid', 'profile', 'email', 'offline_access', 'api.read'],
      dialects: ['standard'],
      requirePkce: true,
      idTokenAlg: 'RS256',
      accessToken: 'opaque',
      consent: 'ask',
    })
    expect(JSON.stringify(configuration)).not.toContain(SECRET)
    expect(shop).toMatchObject({ requirePkce: false, dialects: ['bolt'] })
  })

  test('becomes users, policy and mounts', () => {
    expect(configuration.users).toEqual([
      {
        username: 'alice',
        password: 'correct horse',
        claims: { name: 'Alice A', email: 'alice@example.org', email_verified: true },
      },
    ])
    expect(configuration.policy.scopes).toEqual({
      'bolt.account.view': { sentence: expect.any(String), claims: [] },
      'bolt.account.manage': { sentence: expect.any(String), claims: [] },
      'api.read': { sentence: 'Read your data', claims: [] },
      'api.write': { sentence: 'Change it', claims: ['plan'] },
    })
    expect(configuration.policy.resources).toEqual([
      {
        resource: 'https://api.example',
        scopes: ['api.read'],
        access_token: 'jwt',
        introspected_by: ['web'],
      },
    ])
    expect(configuration.mounts).toEqual([
      { dialect: 'standard' },
      { dialect: 'bolt', at: '/shop' },
    ])
    expect(configuration.lifetimes.refresh_token_idle).toBe(30 * 86400)
  })

  test('is read from a file, and JSON as well as YAML', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'patois-')), 'patois.json')
    writeFileSync(file, JSON.stringify({ issuer, clients: [web] }))
    const result = readConfiguration({ file, env: {}, dev: false, dialects: DIALECTS })
    expect(result).toMatchObject({ ok: true, configuration: { issuer } })
  })

  test('a dialect for callers only is refused, out of a file and out of the catalogue', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'patois-'))
    const file = join(folder, 'patois.json')
    const only = { extends: 'standard', name: 'only', title: 'Only', serve: false, because: 'So.' }
    writeFileSync(join(folder, 'only.json'), JSON.stringify(only))
    writeFileSync(file, JSON.stringify({ issuer, dialects: ['./only.json', 'github', 'wechat'] }))
    const parts = { file, env: {}, dev: false }
    const dialects = await knownDialects(parts)
    const found = dialects.slice(DIALECTS.length).map(({ name }) => name)
    expect(found).toEqual(['github', 'wechat'])
    const result = readConfiguration({ ...parts, dialects })
    expect(result).toMatchObject({
      ok: false,
      faults: [
        'dialects[0] (./only.json): only is for callers only and cannot be served: So.',
        expect.stringMatching(/^dialects\[2\]: wechat is for callers only and cannot be served: /),
      ],
    })
    // What names none of the catalogue loads none of it; an unknown name is told where more are.
    expect(await knownDialects({ text: 'dialects: [standard]', env: {}, dev: false })).toBe(
      DIALECTS,
    )
    expect(faultsOf('dialects: [gitbub]').join()).toContain('patois dialect list has more')
  })
})

describe('reading', () => {
  test('nothing at all is enough in dev mode', () => {
    expect(good('', { dev: true })).toMatchObject({
      issuer: 'http://127.0.0.1:9400',
      database: 'sqlite:./.patois/9400/patois.db',
      mounts: DIALECTS.map(({ name }) => ({ dialect: name })),
      clients: [],
    })
  })

  test('outside dev mode the issuer must be said', () => {
    expect(faultsOf('')).toEqual([
      'issuer: is needed outside dev mode (in the --config file, or --issuer)',
    ])
  })

  test('flags win over the environment, that over the file, that over the default', () => {
    const tree = { issuer, listen: { port: 1 }, log: { level: 'warn' } }
    const env = { PATOIS_PORT: '2', PATOIS_HOST: '::1' }
    const { listen, logLevel } = good(tree, { env, flags: { port: '3' } })
    expect(listen).toEqual({ host: '::1', port: 3 })
    expect(logLevel).toBe('warn')
    expect(good(tree, { env }).listen.port).toBe(2)
    expect(good(tree, { env: { PATOIS_PORT: '' } }).listen.port).toBe(1)
  })

  test('a wrong value is reported wherever it stands, also where another wins', () => {
    const parts = { env: { PATOIS_PORT: 'tcp://10.0.0.1:9400' }, flags: { logLevel: 'loud' } }
    const faults = faultsOf({ issuer, listen: { port: 99999 } }, parts)
    expect(faults).toEqual([
      'PATOIS_PORT: is a service link of Kubernetes, not a port: set enableServiceLinks: false',
      'listen.port: must be a port from 0 to 65535',
      '--log-level: must be one of: trace, debug, info, warn, error, fatal, silent',
    ])
  })

  test('durations are seconds or have a unit, and stay within bounds', () => {
    const lifetimes = { code: '5m', session: 60, refresh_token: '30d', replay_window: 0 }
    expect(good({ issuer, lifetimes }).lifetimes).toMatchObject({
      code: 300,
      session: 60,
      refresh_token: 30 * 86400,
      replay_window: 0,
    })
    expect(faultsOf({ issuer, lifetimes: { code: 601, session: '1w', id_token: -1 } })).toEqual([
      'lifetimes.code: must be from 1 to 600 seconds',
      'lifetimes.id_token: must be whole seconds, or a duration such as 60s, 15m, 12h, 30d',
      'lifetimes.session: must be whole seconds, or a duration such as 60s, 15m, 12h, 30d',
    ])
  })

  test('variables are put in once, anywhere in a text', () => {
    const env = { HOST: 'id.example', A: '$' + '{env:B}', B: 'never' }
    const tree = { issuer: 'https://${env:HOST}/auth', scopes: { one: '${env:A}' } }
    const { issuer: made, policy } = good(tree, { env })
    expect(made).toBe('https://id.example/auth')
    expect(policy.scopes.one?.sentence).toBe('${env:B}')
  })

  test('a missing variable is a fault', () => {
    expect(faultsOf({ issuer, clients: [{ ...web, client_secret: '${env:NO}' }] })).toEqual([
      'clients[0].client_secret: the environment has no variable NO',
    ])
  })

  test('every fault of the whole file is reported at once, with its path', () => {
    const tree = {
      isuer: 'x',
      listen: { prot: 1, host: 'a b' },
      trusted_proxies: ['10.0.0.0/8', '10.0.0.0/33', 'proxy'],
      clients: [
        { ...web, client_secret: 'short', redirect_uri: 'x', require_pkce: 'no' },
        { ...app, require_pkce: false, grant_types: ['client_credentials', 'implicit'] },
        { ...web, redirect_uris: ['https://rp.example/cb', 'https://rp.example/#f'] },
        'web',
      ],
      users: [{ username: 'alice', claims: { sub: 'x', name: 1 } }],
      resources: [{ resource: 'api', introspected_by: ['nobody'] }],
    }
    expect(faultsOf(tree).toSorted()).toEqual(
      [
        'isuer: is not a known key',
        'listen.prot: is not a known key',
        'listen.host: must be an IP address or a host name',
        'trusted_proxies[1]: must be an address or a CIDR range',
        'trusted_proxies[2]: must be an address or a CIDR range',
        'issuer: is needed outside dev mode (in the --config file, or --issuer)',
        'clients[0].client_secret: must have at least 32 characters outside dev mode',
        'clients[0].redirect_uri: is not a known key',
        'clients[0].require_pkce: must be true or false',
        'clients[1].require_pkce: false is only for confidential clients',
        'clients[1].grant_types[1]: must be one of: authorization_code, refresh_token, client_credentials, password',
        'clients[2].client_id: is used twice: web',
        'clients[2].redirect_uris[1]: has a fragment',
        'clients[3]: must be a set of names with values: { name: value }',
        'users[0].claims.name: must be text (put it in quotes)',
        'users[0].claims.sub: is a claim of the server itself',
        'users[0]: needs password_hash or password',
        'resources[0].resource: must be an absolute URI without a fragment',
      ].toSorted(),
    )
  })

  test('no fault repeats a value that may be secret', () => {
    const client_secret = 'oh-no\u0007'
    const faults = clientFaults({
      client_secret,
      client_secret_hash: client_secret,
      jwks: client_secret,
    })
    expect(faults.join()).not.toContain('oh-no')
  })

  test('YAML that cannot be read is reported by line, and a missing file by name', () => {
    expect(faultsOf('issuer: x\nissuer: y')).toEqual([
      'the configuration, line 2, column 1: this name stands there twice',
    ])
    expect(faultsOf('[1]')).toEqual(['the configuration must hold names with values'])
    const missing = { file: '/nowhere/patois.yaml', env: {}, dev: false, dialects: DIALECTS }
    expect(readConfiguration(missing)).toMatchObject({
      faults: ['/nowhere/patois.yaml cannot be read: there is no such file'],
    })
  })

  test.each([
    [
      'a: sqlite::memory:',
      '1, column 4',
      'a value with a colon and a space in it, or a colon at its end, needs quotes',
    ],
    ['a: @b', '1, column 4', 'a value that begins with this sign needs quotes'],
    ['a: !b c', '1, column 4', 'a value that begins with this sign needs quotes'],
    ['a: "b\\q"', '1, column 6', 'a text with a backslash in it needs single quotes'],
    ['a: b\n---\nc: d', '2, column 1', 'a second document begins here'],
  ])('in %j the fault is named', (text, line, fault) => {
    expect(faultsOf(text)).toEqual([`the configuration, line ${line}: ${fault}`])
  })

  test('YAML that cannot be read is told once, and nothing of it is repeated', () => {
    const faults = faultsOf(
      `issuer: https://id.example\nclients: [{ client_secret: "${SECRET}" }}]\n`,
    )
    expect(faults).toHaveLength(1)
    expect(faults[0]).toMatch(/^the configuration, line 2, column \d+: /)
    expect(faults[0]).not.toContain(SECRET)
  })

  test('a name of JavaScript itself is not a known key', () => {
    expect(faultsOf('issuer: https://id.example\n__proto__: { dev: true }')).not.toEqual([])
    expect(faultsOf('issuer: https://id.example\nconstructor: 1')).toEqual([
      'constructor: is not a known key',
    ])
  })
})

describe('the issuer', () => {
  test.each([
    'https://id.example',
    'https://id.example/',
    'https://id.example/auth',
    'http://localhost:1',
    'http://[::1]:9400',
  ])('%s is kept as it is given', (given) => expect(good({ issuer: given }).issuer).toBe(given))

  test.each([
    'http://id.example',
    'https://id.example?x',
    'https://id.example/#',
    'https://a@id.example',
    'HTTPS://id.example',
    'https://id.example:443',
    'https://id.example/a/../b',
    'id.example',
    'https://id.example/ ',
    'http://127.0.0.1.evil.example',
  ])('%s is refused', (given) => expect(faultsOf({ issuer: given })).toHaveLength(1))

  test('is derived from host and port in dev mode, which listens on loopback only', () => {
    const parts = { dev: true, flags: { host: '::1', port: 9401 } }
    expect(good('', parts).issuer).toBe('http://[::1]:9401')
    expect(faultsOf('', { dev: true, flags: { host: '0.0.0.0' } })).toContain(
      'listen.host: must be loopback in dev mode, unless exposed is true',
    )
  })
})

describe('a client', () => {
  test('may have a short secret in dev mode only', () => {
    const tree = { issuer, clients: [{ ...web, client_secret: '1:sec ret/+=&é' }] }
    expect(faultsOf(tree, { dev: true })).toEqual([])
    expect(faultsOf(tree)).toHaveLength(1)
  })

  test('may have the hash of its secret instead', () => {
    const { client_secret: _, ...rest } = web
    const hash = 'ab'.repeat(32)
    const tree = { issuer, clients: [{ ...rest, client_secret_hash: `sha256:${hash}` }] }
    const proof = good(tree).clients[0]?.proof
    expect(proof).toEqual({
      method: 'client_secret_basic',
      secrets: [{ hash: new Uint8Array(Buffer.from(hash, 'hex')) }],
    })
  })

  test('may have two secrets while one replaces the other', () => {
    const { client_secret, ...rest } = web
    const hash = 'ab'.repeat(32)
    const old = { client_secret_hash: `sha256:${hash}`, expires_at: '2030-01-31T12:00:00+01:00' }
    const tree = { issuer, clients: [{ ...rest, client_secrets: [{ client_secret }, old] }] }
    expect(good(tree).clients[0]?.proof).toMatchObject({
      secrets: [
        { hash: expect.any(Uint8Array) },
        {
          hash: new Uint8Array(Buffer.from(hash, 'hex')),
          expiresAt: Date.parse('2030-01-31T11:00:00Z') / 1000,
        },
      ],
    })
  })

  test.each<[string, object, object?]>([
    [
      'client_secrets[0].expires_at: must be a time such as 2030-01-31T12:00:00Z',
      {
        client_secret: undefined,
        client_secrets: [{ client_secret: web.client_secret, expires_at: '2030-01-31' }],
      },
    ],
    [
      'client_secrets[0]: must have either client_secret or client_secret_hash',
      { client_secret: undefined, client_secrets: [{}] },
    ],
    [
      'client_secrets: must be 2 at the most: the new one and the old one',
      {
        client_secret: undefined,
        client_secrets: Array(3).fill({ client_secret: web.client_secret }),
      },
    ],
    ['client_id: must have no colon: HTTP Basic splits at the first one', { client_id: 'a:b' }],
    ['client_id: must be 1 to 255 printable ASCII characters', { client_id: 'a\nb' }],
    [
      'client_secret: only one of client_secret, client_secret_hash and client_secrets can be given',
      { client_secret_hash: `sha256:${'0'.repeat(64)}` },
    ],
    [
      'client_secret: is needed (or client_secret_hash or client_secrets) for the token_endpoint_auth_method client_secret_*',
      { client_secret: undefined },
    ],
    [
      'token_endpoint_auth_method: none and private_key_jwt go without a client_secret',
      { token_endpoint_auth_method: 'none' },
    ],
    [
      'jwks: is needed (or jwks_uri) for the token_endpoint_auth_method private_key_jwt',
      { token_endpoint_auth_method: 'private_key_jwt' },
      app,
    ],
    [
      'redirect_uris: needs at least one entry for the grant type authorization_code',
      { redirect_uris: [] },
    ],
    [
      'grant_types: password is only for confidential clients',
      { grant_types: ['authorization_code', 'password'] },
      app,
    ],
    ['require_pkce: false is only for confidential clients', { require_pkce: false }, app],
    ['legacy_public: is only for the token_endpoint_auth_method none', { legacy_public: true }],
    [
      'legacy_public: cannot be combined with loopback or private-scheme redirect URIs',
      { legacy_public: true, redirect_uris: ['http://127.0.0.1/cb'] },
      app,
    ],
    [
      'legacy_public: cannot be combined with loopback or private-scheme redirect URIs',
      { legacy_public: true, redirect_uris: ['com.example.app:/cb'] },
      app,
    ],
    [
      'id_token_signed_response_alg: must be one of: RS256, ES256, EdDSA',
      { id_token_signed_response_alg: 'none' },
    ],
    ['scope: names api.write, which is not in scopes', { scope: 'openid api.write' }],
    ['scope: must be one text, not a list', { scope: ['openid', 'email'] }],
    [
      'redirect_uris: must be a list: [a, b], or lines that begin with a dash',
      { redirect_uris: 'https://rp.example/cb' },
    ],
    [
      'client_secret: is a hash, which is called client_secret_hash',
      { client_secret: `sha256:${'0a'.repeat(32)}` },
    ],
    ['client_secret: a variable is written ${env:WEB_SECRET}', { client_secret: '${WEB_SECRET}' }],
    ['scope: must be scopes with one space between them', { scope: 'openid  email' }],
    ['dialects[0]: names bolt, which is not in dialects', { dialects: ['bolt'] }],
    [
      'introspects[0]: names https://api.example, which is not in resources',
      { introspects: ['https://api.example'] },
    ],
    ['origins[0]: must be an origin: https://host[:port]', { origins: ['https://rp.example/'] }],
    ['response_types[0]: must be one of: code', { response_types: ['token'] }],
  ])('%s', (fault, members, base) => expect(clientFaults(members, base)).toEqual([fault]))

  test.each([
    'javascript:alert(1)//',
    'JaVaScRiPt:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'file:///cb',
    'blob:https://rp.example/x',
    'about:blank',
    ' https://rp.example/cb',
    'http://rp.example/cb',
    'http://localhost.evil.example/cb',
    'http://127.0.0.1.evil.example/cb',
    'http://localhost@evil.example/cb',
    'https://user@rp.example/cb',
    '/cb',
    'https:///cb',
    'https://rp.example/cb#',
    'https://rp.example/cb?code=x',
    'https://rp.example/cb?a=1&state=x',
    'https://rp.example/cb?iss=x',
    'myapp:/cb',
    `https://rp.example/${'x'.repeat(8192)}`,
    'https://rp.example/é',
  ])('cannot register the redirect URI %s', (uri) => {
    expect(clientFaults({ redirect_uris: [uri] })).toHaveLength(1)
    expect(clientFaults({ post_logout_redirect_uris: [uri] })).toHaveLength(1)
  })

  test('without a secret and without PKCE is kept as such', () => {
    const tree = { issuer, clients: [{ ...app, legacy_public: true }] }
    expect(good(tree).clients[0]).toMatchObject({
      proof: { method: 'none' },
      requirePkce: false,
      legacyPublic: true,
    })
  })

  test('may introspect the tokens that are the issuer’s own', () => {
    expect(clientFaults({ introspects: [issuer] })).toEqual([])
  })
})

describe('a user', () => {
  const userFaults = (user: object) => faultsOf({ issuer, users: [{ username: 'alice', ...user }] })
  const password_hash = '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$c29tZWhhc2hzb21laGFzaA'

  test('has a password or its hash, and not both', () => {
    expect(userFaults({ password_hash })).toEqual([])
    expect(userFaults({ password: 'x' })).toEqual([])
    expect(userFaults({ password: 'x', password_hash })).toHaveLength(1)
    expect(userFaults({})).toHaveLength(1)
  })

  test('has an argon2 hash and no other', () => {
    expect(userFaults({ password_hash: '$2b$12$abc' })).toHaveLength(1)
    expect(userFaults({ password: password_hash })).toEqual([
      'users[0].password: is a hash, which is called password_hash',
    ])
  })

  test('cannot claim what only the server may say', () => {
    for (const claim of ['sub', 'iss', 'aud', 'acr', 'nonce']) {
      expect(userFaults({ password: 'x', claims: { [claim]: 'x' } })).toHaveLength(1)
    }
    expect(userFaults({ password: 'x', claims: { department: { id: 1 } } })).toEqual([])
  })

  test('is named once', () => {
    const users = [
      { username: 'a', password: 'x' },
      { username: 'a', password: 'y' },
    ]
    expect(faultsOf({ issuer, users })).toEqual(['users[1].username: is used twice: a'])
  })
})
