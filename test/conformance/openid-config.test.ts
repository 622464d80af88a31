// The module of the conformance suite's plan for the Config OP profile: what discovery says.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkLog } from '../door/rules.ts'
import { startServer, type TestServer } from '../door/server.ts'

const ISSUER = 'https://id.test'
const SYMMETRIC_OR_PRIVATE = ['k', 'd', 'p', 'q', 'dp', 'dq', 'qi', 'oth']

// Behind a proxy that ends TLS: what is published is the outer address.
let server: TestServer
beforeAll(async () => {
  server = await startServer({ configuration: { issuer: ISSUER } })
})
afterAll(() => server.close())

const get = (url: string): Promise<Response> => fetch(url.replace(ISSUER, server.origin))

/** Checks that members are lists of texts, each text once. */
const checkLists = (facts: Record<string, unknown>, ...names: string[]): void => {
  for (const name of names) {
    const values = facts[name] as string[]
    expect(Array.isArray(values), name).toBe(true)
    expect(values.length, name).toBeGreaterThan(0)
    expect(new Set(values).size, name).toBe(values.length)
    for (const value of values) expect(value, name).toMatch(/^[\x21-\x7e]+$/)
  }
}

/** Checks that published keys can be used, told apart, and by nobody else for signing. */
const checkKeys = (keys: Record<string, unknown>[]): void => {
  expect(keys.length).toBeGreaterThan(0)
  expect(new Set(keys.map(({ kid }) => kid)).size).toBe(keys.length)
  for (const key of keys) {
    expect(key).toMatchObject({ kid: expect.any(String), kty: expect.any(String), use: 'sig' })
    for (const name of SYMMETRIC_OR_PRIVATE) expect(key).not.toHaveProperty(name)
    for (const name of ['n', 'e', 'x', 'y']) {
      if (key[name] !== undefined) expect(key[name]).toMatch(/^[A-Za-z0-9_-]+$/)
    }
  }
}

test('oidcc-discovery-endpoint-verification', async () => {
  const response = await get(`${ISSUER}/.well-known/openid-configuration`)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  const facts = (await response.json()) as Record<string, unknown>

  expect(facts).toMatchObject({
    issuer: ISSUER,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    claims_parameter_supported: true,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
  })
  checkLists(
    facts,
    'response_types_supported',
    'response_modes_supported',
    'grant_types_supported',
    'scopes_supported',
    'claims_supported',
    'id_token_signing_alg_values_supported',
    'token_endpoint_auth_methods_supported',
    'code_challenge_methods_supported',
    'ui_locales_supported',
  )
  expect(facts.id_token_signing_alg_values_supported).toContain('RS256')
  expect(facts.grant_types_supported).toContain('authorization_code')
  expect(facts.scopes_supported).toContain('openid')
  expect(facts.claims_supported).toContain('sub')
  for (const tag of facts.ui_locales_supported as string[]) {
    expect(Intl.getCanonicalLocales(tag)).toEqual([tag])
  }
  // There is no dynamic registration, and what is not there must not be named.
  expect(facts).not.toHaveProperty('registration_endpoint')

  for (const [name, value] of Object.entries(facts)) {
    if (!/(_endpoint|_uri)$/.test(name)) continue
    expect(new URL(String(value)).protocol, name).toBe('https:')
    expect(value, name).not.toContain('#')
  }
  for (const name of ['authorization', 'token', 'userinfo'].map((one) => `${one}_endpoint`)) {
    const { status } = await get(String(facts[name]))
    expect([name, status]).not.toEqual([name, 404])
  }
  const keys = await get(String(facts.jwks_uri))
  expect(keys.status).toBe(200)
  checkKeys(((await keys.json()) as { keys: Record<string, unknown>[] }).keys)
})

test('what the server said meanwhile keeps the rules', () => checkLog(server))
