// What each dialect's client can do, seen by the compiler.

import type { Dialect, Operation } from '@patois/core/caller'
import { apimatic } from '@patois/core/dialects/apimatic'
import { bolt } from '@patois/core/dialects/bolt'
import { cal } from '@patois/core/dialects/cal'
import { standard } from '@patois/core/dialects/standard'
import { ultracart } from '@patois/core/dialects/ultracart'
import { describe, expectTypeOf, test } from 'vitest'
import { type Client, connect } from './connect.ts'
import type { Tokens } from './tokens.ts'

const me = { clientId: 'c', clientSecret: 's' }

describe('the methods of a dialect', () => {
  test('bolt: a code exchange needs its scope', () => {
    const client = connect({ dialect: bolt, environment: 'sandbox', ...me })
    expectTypeOf(client.exchange).parameter(0).toEqualTypeOf<{
      code: string
      scope: string | readonly string[]
      codeVerifier?: string | undefined
      state?: string | undefined
    }>()
    expectTypeOf(client).not.toHaveProperty('clientCredentials')
    expectTypeOf(client).not.toHaveProperty('revoke')
    // @ts-expect-error there is no such environment
    connect({ dialect: bolt, environment: 'live', ...me })
    type Given = Parameters<typeof client.oAuthToken>[0]
    expectTypeOf<{
      grantType: 'refresh_token'
      refreshToken: 'r'
      scope: 'openid'
    }>().toExtend<Given>()
    expectTypeOf<{ grantType: 'refresh_token'; refreshToken: 'r' }>().not.toExtend<Given>()
    expectTypeOf(client.oAuthToken).returns.resolves.toEqualTypeOf<Tokens>()
  })

  test('apimatic: three calls under five names', () => {
    const client = connect({ dialect: apimatic, url: 'https://api.test', ...me })
    expectTypeOf(client.clientCredentials).toBeCallableWith({ scope: ['a'] })
    expectTypeOf(client.password).parameter(0).toExtend<{ username: string; password: string }>()
    expectTypeOf(client.requestTokenOAuthAcg).parameter(0).toExtend<{ code: string }>()
    expectTypeOf(client.requestTokenOAuthRopcg).parameter(0).toExtend<{ username: string }>()
    expectTypeOf(client.refreshTokenOAuthRopcg).parameter(0).toExtend<{ refreshToken: string }>()
    expectTypeOf(client).not.toHaveProperty('authorize')
  })

  test('cal: authorizing is a call that needs nothing but where to go', () => {
    const client = connect({ dialect: cal, ...me })
    expectTypeOf(client).not.toHaveProperty('authorizeUrl')
    expectTypeOf<{ redirectUri: string }>().toExtend<Parameters<typeof client.authorize>[0]>()
    expectTypeOf(client.exchange).parameter(0).toEqualTypeOf<{
      code: string
      codeVerifier?: string | undefined
    }>()
    expectTypeOf(client.oAuthFlowControllerExchange).parameter(0).toExtend<{ code: string }>()
    expectTypeOf(client.oAuthFlowControllerRefreshAccessToken)
      .parameter(0)
      .toEqualTypeOf<{ refreshToken: string }>()
  })

  test('ultracart: tokens and revocation', () => {
    const client = connect({ dialect: ultracart, clientId: 'c' })
    expectTypeOf(client.revoke).parameter(0).toEqualTypeOf<{ token: string }>()
    expectTypeOf(client.oauthRevoke).parameter(0).toEqualTypeOf<{ token: string }>()
    expectTypeOf(client).not.toHaveProperty('userinfo')
  })

  test('the standard has them all', () => {
    const client = connect({ dialect: standard, url: 'https://as.test', ...me })
    expectTypeOf(client).toHaveProperty('introspect')
    expectTypeOf(client.refresh).parameter(0).toExtend<{ refreshToken: string }>()
    expectTypeOf(client.clientCredentials).toBeCallableWith()
  })

  test('a dialect that is only known when it runs has every method', () => {
    expectTypeOf<Client>().toHaveProperty('exchange')
    expectTypeOf<Client>().toHaveProperty('revoke')
    expectTypeOf<Parameters<Client['exchange']>[0]>().toExtend<{ code: string }>()
  })
})

const refuses = {
  facts: { error: 'json error' },
  otherwise: { status: 400 },
  rows: {},
} as const satisfies Operation['refuses']

const token = {
  does: 'token',
  methods: ['POST'],
  path: '/token',
  grants: ['authorization_code'],
  needs: ['state'],
  names: { getToken: 'authorization_code' },
  headers: ['X-Shop'],
  reads: { client_id: 'form id', code: 'form code', state: 'form state' },
  answers: { status: 200, facts: { access_token: 'json token' } },
  refuses,
} as const satisfies Operation

describe('a dialect of one’s own', () => {
  test('is typed where it stands', () => {
    const client = connect({
      dialect: { name: 'shop', title: 'Shop', policy: {}, operations: { token } },
      url: 'https://shop.test',
      ...me,
    })
    expectTypeOf(client.exchange).parameter(0).toEqualTypeOf<{ code: string; state: string }>()
    expectTypeOf(client.exchange).returns.resolves.toEqualTypeOf<Tokens>()
    expectTypeOf(client.getToken).parameter(0).toEqualTypeOf<{ code: string; state: string }>()
    expectTypeOf(client.getToken)
      .parameter(1)
      .toExtend<{ headers?: { 'X-Shop'?: string } } | undefined>()
    expectTypeOf(client).not.toHaveProperty('refresh')
    expectTypeOf(client).not.toHaveProperty('authorizeUrl')
    // @ts-expect-error the state is missing
    expectTypeOf(client.exchange).toBeCallableWith({ code: 'c' })
    // @ts-expect-error nothing reads a verifier
    void (() => client.exchange({ code: 'c', state: 's', codeVerifier: 'v' }))
  })

  test('can be another one with changes', () => {
    const dialect = {
      ...bolt,
      name: 'shop',
      servers: { ours: 'https://shop.test' },
      operations: { ...bolt.operations, revoke: { ...ultracart.operations.revoke, path: '/end' } },
    } as const satisfies Dialect
    const client = connect({ dialect, environment: 'ours', ...me })
    expectTypeOf(client.exchange).parameter(0).toExtend<{ code: string; scope: unknown }>()
    expectTypeOf(client.revoke).parameter(0).toExtend<{ token: string }>()
    // @ts-expect-error its servers are others
    connect({ dialect, environment: 'sandbox', ...me })
  })

  test('with a mistake in it is none', () => {
    // @ts-expect-error there is no such deed
    expectTypeOf<{ does: 'tokens' }>().toExtend<Pick<Operation, 'does'>>()
    // @ts-expect-error there is no such place
    void ({ code: 'body code' } satisfies Operation['reads'])
    // @ts-expect-error there is no such field
    void ({ cod: 'form code' } satisfies Operation['reads'])
    // @ts-expect-error nothing needs it
    void ({ ...token, needs: ['shop'] } satisfies Operation)
    // @ts-expect-error a policy is of the list
    void ({ revokes: 'all' } satisfies Dialect['policy'])
    // @ts-expect-error without operations it says nothing
    void ({ name: 'shop', title: 'Shop', policy: {} } satisfies Dialect)
  })
})
