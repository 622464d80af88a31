// Random dialects: each valid, each another choice out of the closed lists.

import type { Dialect, Operation } from '@patois/core'
import { checkDialect } from '@patois/core/check'
import fc from 'fast-check'

const camel = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
const STYLES: Readonly<Record<string, (name: string) => string>> = {
  same: (name) => name,
  camel,
  prefixed: (name) => `x_${name}`,
  capital: (name) => camel(`_${name}`),
}

/** What one random dialect is made of. */
type Choice = {
  style: keyof typeof STYLES
  body: 'form' | 'json'
  client: 'body' | 'basic' | 'basic-raw' | 'path and body' | 'path and header'
  code: 'body' | 'bearer token' | 'authorization token'
  formScope: 'space' | 'comma' | 'list' | 'loose' | 'array'
  jsonScope: 'space' | 'comma' | 'array' | 'loose'
  time: 'seconds' | 'numstr' | 'unix' | 'unix_ms' | 'iso'
  envelope: '' | 'data.' | 'data.result.'
  error: 'error' | 'error.code' | 'errors.first.name'
  status: 200 | 201
  goesOn: 302 | 303
  refused: number
  unauthorized: number
  renamed: boolean
  split: boolean
  redirect: boolean
}

const choice: fc.Arbitrary<Choice> = fc.record({
  style: fc.constantFrom(...Object.keys(STYLES)),
  body: fc.constantFrom('form', 'json'),
  client: fc.constantFrom('body', 'basic', 'basic-raw', 'path and body', 'path and header'),
  code: fc.constantFrom('body', 'bearer token', 'authorization token'),
  formScope: fc.constantFrom('space', 'comma', 'list', 'loose', 'array'),
  jsonScope: fc.constantFrom('space', 'comma', 'array', 'loose'),
  time: fc.constantFrom('seconds', 'numstr', 'unix', 'unix_ms', 'iso'),
  envelope: fc.constantFrom('', 'data.', 'data.result.'),
  error: fc.constantFrom('error', 'error.code', 'errors.first.name'),
  status: fc.constantFrom(200, 201),
  goesOn: fc.constantFrom(302, 303),
  refused: fc.integer({ min: 400, max: 499 }),
  unauthorized: fc.integer({ min: 400, max: 499 }),
  renamed: fc.boolean(),
  split: fc.boolean(),
  redirect: fc.boolean(),
})

const NO_STORE = { 'cache-control': 'no-store' }

const refusesOf = ({ error, refused, unauthorized, renamed }: Choice): Operation['refuses'] => ({
  facts: { error: `json ${error}`, error_description: 'json message', at: 'json time iso' },
  says: { success: false },
  otherwise: { status: refused, headers: NO_STORE },
  rows: {
    invalid_client: { status: unauthorized, ...(renamed && { error: 'who_are_you' }) },
    invalid_grant: { status: refused, says: { 'details.kind': 'grant' } },
    server_error: { status: 500 },
    temporarily_unavailable: { status: 503 },
  },
})

const clientOf = ({ client, body, style }: Choice): Operation['reads'] => {
  const name = STYLES[style] ?? camel
  const inBody = `${body} ${name('client_secret')}` as const
  if (client === 'basic' || client === 'basic-raw') {
    return { client_id: `${client} client_id`, client_secret: `${client} client_secret` }
  }
  if (client === 'body') {
    return { client_id: `${body} ${name('client_id')}`, client_secret: inBody }
  }
  const secret = client === 'path and body' ? inBody : ('header x-app-secret' as const)
  return { client_id: 'path app', client_secret: secret }
}

const authorizeOf = (made: Choice): Operation => {
  const name = STYLES[made.style] ?? camel
  const spot = (field: string) => `query ${name(field)}` as const
  return {
    does: 'authorize',
    methods: ['GET'],
    path: '/v1/connect',
    reads: {
      client_id: spot('client_id'),
      redirect_uri: spot('redirect_uri'),
      response_type: spot('response_type'),
      state: spot('state'),
      code_challenge: spot('code_challenge'),
      code_challenge_method: spot('code_challenge_method'),
      scope: `${spot('scope')} ${made.formScope}`,
    },
    answers: {
      status: made.goesOn,
      facts: { code: 'query code', state: 'query state', error: 'query error', iss: 'query iss' },
      headers: NO_STORE,
    },
    refuses: refusesOf(made),
  }
}

const tokenOf = (made: Choice, grants: readonly string[]): Operation => {
  const { body, client, code, envelope } = made
  const name = STYLES[made.style] ?? camel
  const spot = (field: string) => `${body} ${name(field)}` as const
  const isFree = !client.startsWith('basic')
  const isSplit = grants.length === 1
  return {
    does: 'token',
    methods: ['POST'],
    path: `${client.startsWith('path') ? '/v1/apps/{app}' : '/v1'}/${isSplit ? grants[0] : 'token'}`,
    grants,
    ...(isSplit && { means: { grant_type: grants[0] ?? '' } }),
    reads: {
      ...clientOf(made),
      ...(!isSplit && { grant_type: spot('grant_type') }),
      ...(grants.includes('authorization_code') && {
        code: code === 'body' || !isFree ? spot('code') : code,
        code_verifier: spot('code_verifier'),
        ...(made.redirect && { redirect_uri: spot('redirect_uri') }),
      }),
      ...(grants.includes('refresh_token') && { refresh_token: spot('refresh_token') }),
      scope: `${spot('scope')} ${body === 'form' ? made.formScope : made.jsonScope}`,
    },
    answers: {
      status: made.status,
      headers: NO_STORE,
      facts: {
        access_token: `json ${envelope}${name('access_token')}`,
        access_expires_at: `json ${envelope}${name('expires')} ${made.time}`,
        refresh_token: `json ${envelope}${name('refresh_token')}`,
        scope: `json ${envelope}${name('scope')} ${made.jsonScope}`,
      },
      says: { success: true, version: 2, 'meta.kind': 'token' },
    },
    refuses: refusesOf(made),
  }
}

const dialectOf = (made: Choice): Dialect => {
  const grants = ['authorization_code', 'refresh_token']
  const spot = `${made.body} ${STYLES[made.style]?.('token') ?? 'token'}` as const
  const exchange = made.split
    ? { exchange: tokenOf(made, ['authorization_code']), refresh: tokenOf(made, ['refresh_token']) }
    : { token: tokenOf(made, grants) }
  const revoke: Operation = {
    does: 'revoke',
    methods: ['POST'],
    path: made.client.startsWith('path') ? '/v1/apps/{app}/revoke' : '/v1/revoke',
    reads: { ...clientOf(made), token: spot },
    answers: { status: made.status, facts: {}, says: { success: true }, headers: NO_STORE },
    refuses: refusesOf(made),
  }
  return {
    name: 'random',
    title: 'Random',
    policy: {},
    operations: { authorize: authorizeOf(made), ...exchange, revoke },
  }
}

/** Any valid dialect. Throws when the checker does not think so. */
export const anyDialect: fc.Arbitrary<Dialect> = choice.map((made) => {
  const checked = checkDialect(JSON.parse(JSON.stringify(dialectOf(made))))
  if (!checked.ok) throw new Error(checked.faults.join('\n'))
  return checked.dialect
})
