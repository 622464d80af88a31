// The shapes in which token endpoints answer: what each of them sends, and what it means.

import type { Dialect } from '@patois/core/caller'
import { cal } from '@patois/core/dialects/cal'
import { standard } from '@patois/core/dialects/standard'
import type { Line } from '../door/script.ts'

/** What a token answer means; what was not said is absent. */
export type Meant = { accessToken: string; refreshToken?: string; expiresIn?: number }

/** One shape: its answer, and tokens or the code of a refusal; `failed` where it has no code. */
export type Shape = {
  name: string
  answer: () => Line
  means: Meant | { refused: string } | 'failed'
  /** The dialect in which it is described, where it is not the standard one. */
  dialect?: Dialect
}

const ALL = { access_token: 'at-1', token_type: 'Bearer', expires_in: 3600, refresh_token: 'rt-1' }
const MEANT: Meant = { accessToken: 'at-1', refreshToken: 'rt-1', expiresIn: 3600 }
const REFUSED = { refused: 'invalid_grant' }
const REFUSAL = { error: 'invalid_grant', error_description: 'The code has ended.' }

const answered =
  (body: object, status = 200) =>
  (): Line => ({ status, body })

/** The standard dialect with its facts elsewhere: all that has to be said of such a provider. */
const withFacts = (
  name: string,
  facts:
    | (typeof standard.operations.token)['answers']['facts']
    | Readonly<Record<string, `json ${string}`>>,
): Dialect => {
  const { token } = standard.operations
  return {
    ...standard,
    name,
    operations: { token: { ...token, answers: { ...token.answers, facts } } },
  }
}

const CAMEL = withFacts('camel', {
  access_token: 'json accessToken',
  token_type: 'json tokenType',
  access_expires_at: 'json expiresIn seconds',
  refresh_token: 'json refreshToken',
})

const ENVELOPE = withFacts('envelope', {
  access_token: 'json data.access_token',
  token_type: 'json data.token_type',
  access_expires_at: 'json data.expires_in seconds',
  refresh_token: 'json data.refresh_token',
})

/** Every shape, in the order of the published table. */
export const SHAPES: readonly Shape[] = [
  { name: 'the standard answer', answer: answered(ALL), means: MEANT },
  {
    name: '`expires_in` as text',
    answer: answered({ ...ALL, expires_in: '3600' }),
    means: MEANT,
  },
  {
    name: 'no `token_type`',
    answer: answered({ ...ALL, token_type: undefined }),
    means: MEANT,
  },
  { name: 'status 201', answer: answered(ALL, 201), means: MEANT },
  {
    name: 'JSON as `text/plain`',
    answer: () => ({ headers: { 'content-type': 'text/plain' }, body: JSON.stringify(ALL) }),
    means: MEANT,
  },
  {
    name: 'a form-encoded body',
    answer: () => ({
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: String(new URLSearchParams({ ...ALL, expires_in: '3600' })),
    }),
    means: MEANT,
  },
  {
    name: '`scope` as a list',
    answer: answered({ ...ALL, scope: ['a', 'b'] }),
    means: MEANT,
  },
  {
    name: '`null` for what there is not',
    answer: answered({ ...ALL, refresh_token: null, scope: null, id_token: null }),
    means: { accessToken: 'at-1', expiresIn: 3600 },
  },
  {
    name: 'names in camel case',
    answer: answered({
      accessToken: 'at-1',
      tokenType: 'Bearer',
      expiresIn: 3600,
      refreshToken: 'rt-1',
    }),
    means: MEANT,
    dialect: CAMEL,
  },
  { name: 'a `data` envelope', answer: answered({ data: ALL }), means: MEANT, dialect: ENVELOPE },
  {
    name: 'Cal.com’s envelope, ends in milliseconds since 1970',
    answer: () => ({
      body: {
        status: 'success',
        data: {
          accessToken: 'at-1',
          refreshToken: 'rt-1',
          accessTokenExpiresAt: Date.now() + 3_600_000,
          refreshTokenExpiresAt: Date.now() + 86_400_000,
        },
      },
    }),
    means: MEANT,
    dialect: cal,
  },
  { name: '400 and the standard refusal', answer: answered(REFUSAL, 400), means: REFUSED },
  { name: '200 and `{error}`', answer: answered(REFUSAL), means: REFUSED },
  {
    name: '200 and `{ok: false, error}`',
    answer: answered({ ok: false, error: 'invalid_grant' }),
    means: REFUSED,
  },
  { name: '422 and `{error}`', answer: answered(REFUSAL, 422), means: REFUSED },
  {
    name: '400 and `{error: {code, message}}`',
    answer: answered({ error: { code: 'invalid_grant', message: 'The code has ended.' } }, 400),
    means: REFUSED,
  },
  {
    name: '500 and a page',
    answer: () => ({
      status: 500,
      headers: { 'content-type': 'text/html' },
      body: '<!doctype html><title>Sorry</title>',
    }),
    means: 'failed',
  },
]
