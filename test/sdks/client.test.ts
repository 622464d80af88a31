// Our client beside the providers' own SDKs: it sends what they sent, and hears what they hear.

import { connect, Refused, type Tokens } from '@patois/client'
import { type Dialect, type Fields, type Message, type Operation, readRequest } from '@patois/core'
import { apimatic } from '@patois/core/dialects/apimatic'
import { bolt } from '@patois/core/dialects/bolt'
import { cal } from '@patois/core/dialects/cal'
import { ultracart } from '@patois/core/dialects/ultracart'
import { describe, expect, test } from 'vitest'
import { encodingOf, fill, type Recording, readRecordings } from './replay.ts'

const NOW = 1_800_000_000
const ORIGIN = 'https://api.test'
const VALUES = {
  basic: btoa('cid:1:secret'),
  client_id: 'pk.id.1',
  client_secret: 'sec ret/+=&',
  code: 'c/1',
  cookie: 'session=1',
  host: 'api.test',
  length: '0',
  password: 'pass word+&',
  redirect_uri: 'https://app.test/cb?x=1',
  refresh_token: 'r.t-1',
  token: 't-1',
  username: 'ali ce',
}

/** The operation that a path belongs to, and what stands in the path's places. */
const operationAt = (dialect: Dialect, path: string): [Operation, Message['params']] => {
  for (const operation of Object.values(dialect.operations)) {
    const names: string[] = []
    const pattern = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => {
      names.push(name)
      return '([^/]+)'
    })
    const found = new RegExp(`^${pattern}$`).exec(path)
    if (!found || !operation.methods.includes('POST')) continue
    const values = names.map((name, at) => [name, decodeURIComponent(found[at + 1] ?? '')])
    return [operation, Object.fromEntries(values)]
  }
  throw new Error(`nothing at ${path}`)
}

type Sent = { headers: Record<string, string>; fields: Fields; body: string; operation: Operation }

const heard = (
  dialect: Dialect,
  path: string,
  headers: Record<string, string>,
  body: string,
): Sent => {
  const [operation, params] = operationAt(dialect, path)
  const bytes = new TextEncoder().encode(body)
  const message = { method: 'POST', path, query: '', params, headers, body: bytes }
  return { headers, body, operation, fields: readRequest(operation, message).fields }
}

const recorded = (dialect: Dialect, { path, headers, body, ...rest }: Recording): Sent => {
  const encode = encodingOf({ path, headers, body, ...rest })
  const filled = headers.map(([name, value]) => [name.toLowerCase(), fill(value, VALUES, String)])
  return heard(dialect, path, Object.fromEntries(filled), fill(body, VALUES, encode))
}

/** The headers that carry none of the dialect's fields, and are sent along all the same. */
const alongside = ({ headers, operation }: Sent): [string, string][] => {
  const spots = Object.values(operation.reads).flat().map(String)
  const reads = (pattern: RegExp) => spots.some((spot) => pattern.test(spot))
  return Object.entries(headers).filter(([name, value]) => {
    if (name !== 'authorization')
      return /^(x-|cookie)/.test(name) && !spots.includes(`header ${name}`)
    return value.startsWith('Basic ') ? !reads(/^basic/) : !reads(/^(bearer|authorization)/)
  })
}

const camel = (name: string): string =>
  name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())

/** Makes our client do what a recording did, and answers what it sent. */
const sentByOurs = async (dialect: Dialect, their: Sent): Promise<Sent> => {
  const { operation, fields } = their
  const { client_id: clientId = 'none', client_secret: clientSecret, grant_type, ...rest } = fields
  let ours: Sent | undefined
  const fetch = async (input: string | URL | Request, init: RequestInit = {}) => {
    const { headers, body } = init as { headers: Record<string, string>; body: Uint8Array }
    ours = heard(dialect, new URL(String(input)).pathname, headers, new TextDecoder().decode(body))
    return new Response(null, { status: 500 })
  }
  const client = connect({ dialect, url: ORIGIN, clientId, clientSecret, fetch })
  const names = Object.entries(operation.names ?? {})
  const [name = '', grant] = names.find(([, one]) => one === grant_type || one === 'any') ?? []
  const params = Object.entries(rest).map(([field, value]) => [camel(field), value])
  const call = (client as unknown as Record<string, (...of: object[]) => Promise<unknown>>)[name]
  const isToken = operation.does === 'token' && grant === 'any'
  const form = new URLSearchParams(their.body)
  const extra = form.has('key0') ? { fields: { key0: form.get('key0') ?? '' } } : {}
  await call?.(
    { ...Object.fromEntries(params), ...(isToken && { grantType: grant_type }) },
    { headers: Object.fromEntries(alongside(their)), ...extra },
  ).catch(() => {})
  if (!ours) throw new Error(`${name} sent nothing`)
  return ours
}

const DIALECTS: readonly Dialect[] = [bolt, apimatic, cal, ultracart]

describe.each(DIALECTS.map((dialect) => [dialect.name, dialect] as const))(
  '%s',
  (name, dialect) => {
    const all = readRecordings(name)
    const whole = all.filter(({ headers, body }) => body !== '' && headers.length > 0)

    test('all recordings but those without a body are here', () => {
      const left = all.filter((one) => !whole.includes(one)).map((one) => one.name)
      expect(left.every((one) => one.includes('no request body'))).toBe(true)
      expect(whole.length).toBeGreaterThan(3)
    })

    test.each(whole.map((one) => [one.name, one] as const))('%s', async (_, recording) => {
      const their = recorded(dialect, recording)
      const ours = await sentByOurs(dialect, their)
      expect(ours.fields).toEqual(their.fields)
      for (const [header, value] of alongside(their)) {
        expect(ours.headers[header], header).toBe(value)
      }
      expect(ours.headers['content-type']).toBe(their.headers['content-type']?.split(';')[0])
      expect(ours.body.includes('key0')).toBe(their.body.includes('key0'))
    })
  },
)

type Answered = {
  dialect: Dialect
  what: string
  status?: number
  headers?: Record<string, string>
  body: unknown
  hears: Partial<Tokens> | { code: string; status?: number; description?: string }
}

const CAL_ERROR = (code: string, message: string, statusCode: number, error: string) => ({
  status: 'error',
  timestamp: '2024-10-01T10:00:00.000Z',
  path: '/v2/oauth/c/exchange',
  error: { code, message, details: { message, error, statusCode } },
})

const ULTRACART_ERROR = {
  success: false,
  error: {
    developer_message: 'The code is unknown.',
    error_code: 'invalid_grant',
    more_info: '',
    user_message: 'Please connect again.',
  },
  metadata: { payload_name: 'error', result_set: null },
}

/** Answers as each provider's SDK models and documentation have them. */
const ANSWERS: readonly Answered[] = [
  {
    dialect: bolt,
    what: 'tokens of a code',
    body: {
      access_token: 'KCq_lp.CzOF7Q',
      expires_in: 3600,
      id_token: 'e.y.J',
      refresh_token: 'r.1',
      refresh_token_scope: 'bolt.account.view',
      scope: 'bolt.account.manage openid',
      token_type: 'bearer',
    },
    hears: {
      accessToken: 'KCq_lp.CzOF7Q',
      tokenType: 'bearer',
      expiresAt: NOW + 3600,
      refreshToken: 'r.1',
      scope: ['bolt.account.manage', 'openid'],
      idToken: 'e.y.J',
      extra: { refresh_token_scope: 'bolt.account.view' },
    },
  },
  {
    dialect: bolt,
    what: 'a code that has ended',
    status: 422,
    body: { error: 'invalid_grant', error_description: 'The provided grant is invalid.' },
    hears: { code: 'invalid_grant', status: 422, description: 'The provided grant is invalid.' },
  },
  {
    dialect: bolt,
    what: 'a wrong secret',
    status: 403,
    body: { error: 'request_forbidden', error_description: 'The request is forbidden.' },
    hears: { code: 'invalid_client', status: 403 },
  },
  {
    dialect: bolt,
    what: 'a scope that there is not',
    status: 400,
    body: { error: 'invalid_scope', error_description: 'The request scope is invalid.' },
    hears: { code: 'invalid_scope', status: 400 },
  },
  {
    dialect: apimatic,
    what: 'tokens with an end of their own',
    body: {
      access_token: 'at',
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'read write',
      expiry: NOW + 3600,
      refresh_token: 'rt',
    },
    hears: {
      accessToken: 'at',
      expiresAt: NOW + 3600,
      refreshToken: 'rt',
      scope: ['read', 'write'],
      extra: { expiry: NOW + 3600 },
    },
  },
  {
    dialect: apimatic,
    what: 'a wrong secret',
    status: 401,
    headers: { 'www-authenticate': 'Bearer realm="x"' },
    body: { error: 'invalid_client', error_description: 'no', error_uri: 'https://x.test/' },
    hears: { code: 'invalid_client', status: 401, description: 'no' },
  },
  {
    dialect: apimatic,
    what: 'a refresh token that has ended',
    status: 400,
    body: { error: 'invalid_grant' },
    hears: { code: 'invalid_grant', status: 400 },
  },
  {
    dialect: cal,
    what: 'tokens in an envelope',
    body: {
      status: 'success',
      data: {
        accessToken: 'at',
        refreshToken: 'rt',
        accessTokenExpiresAt: (NOW + 3600) * 1000,
        refreshTokenExpiresAt: (NOW + 86_400) * 1000,
      },
    },
    hears: {
      accessToken: 'at',
      refreshToken: 'rt',
      expiresAt: NOW + 3600,
      refreshExpiresAt: NOW + 86_400,
      extra: {},
    },
  },
  {
    dialect: cal,
    what: 'a code or a secret that is wrong',
    status: 400,
    body: CAL_ERROR('BadRequestException', 'Invalid OAuth Client.', 400, 'Bad Request'),
    hears: { code: 'invalid_client', status: 400, description: 'Invalid OAuth Client.' },
  },
  {
    dialect: cal,
    what: 'a failure of theirs',
    status: 500,
    body: CAL_ERROR('InternalServerErrorException', 'Internal server error', 500, ''),
    hears: { code: 'server_error', status: 500 },
  },
  {
    dialect: ultracart,
    what: 'tokens with a number as text',
    body: {
      access_token: 'at',
      expires_in: '3600',
      refresh_token: 'rt',
      scope: 'item_read order_read',
      token_type: 'bearer',
    },
    hears: {
      accessToken: 'at',
      expiresAt: NOW + 3600,
      refreshToken: 'rt',
      scope: ['item_read', 'order_read'],
    },
  },
  {
    dialect: ultracart,
    what: 'a refusal in the model of a success',
    status: 400,
    body: { error: 'invalid_grant', error_description: 'The code is unknown.' },
    hears: { code: 'invalid_grant', status: 400, description: 'The code is unknown.' },
  },
  {
    dialect: ultracart,
    what: 'a refusal of the API as a whole',
    status: 400,
    headers: { 'uc-rest-error': 'The code is unknown.' },
    body: ULTRACART_ERROR,
    hears: { code: 'invalid_grant', status: 400 },
  },
]

describe('an answer of the provider', () => {
  test.each(ANSWERS.map((one) => [`${one.dialect.name}: ${one.what}`, one] as const))(
    '%s',
    async (_, { dialect, status = 200, headers = {}, body, hears }) => {
      const fetch = () => Promise.resolve(Response.json(body, { status, headers }))
      const client = connect({ dialect, url: ORIGIN, clientId: 'c', fetch, now: () => NOW })
      const call = client.exchange({ code: 'c', scope: 'openid' } as { code: string })
      if (!('code' in hears)) return expect(await call).toMatchObject(hears)
      const error = await call.catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(Refused)
      return expect(error).toMatchObject(hears)
    },
  )
})
