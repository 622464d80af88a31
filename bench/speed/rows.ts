// Rows: what is measured, as the job that each does at a server.

import type { Contestant } from './contestants.ts'
import {
  basic,
  type GivenClient,
  JWT,
  LANES,
  OPAQUE,
  REDIRECT_URI,
  USER,
  VERIFIER,
} from './given.ts'
import type { Bodies, Expected, Job } from './job.ts'

/** A row of the table. */
export type Row = {
  name: string
  /** Not in the quick run. */
  isFull?: true
  /** The floor has no part in it. */
  isAlone?: true
  job(contestant: Contestant): Job
}

const FORM = 'application/x-www-form-urlencoded'

function post(path: string, client: GivenClient, bodies: Bodies, expected: Expected) {
  const headers = { Authorization: basic(client), 'Content-Type': FORM }
  return { method: 'POST', path, headers, bodies, expected } as const
}

function get(path: string, has: readonly string[], headers: Record<string, string> = {}) {
  const expected = { status: 200, has }
  return { method: 'GET', path, headers, bodies: { same: '' }, expected } as const
}

function form(fields: Record<string, string>): string {
  return new URLSearchParams(fields).toString()
}

function fresh(has: readonly string[], jwt?: Expected['jwt']): Expected {
  return { status: 200, has, fresh: 'access_token', ...(jwt && { jwt }) }
}

function credentials({ paths, port }: Contestant, client: GivenClient): Job {
  const jwt =
    client.accessToken === 'jwt' ? { member: 'access_token', jwks: paths.jwks } : undefined
  const same = form({ grant_type: 'client_credentials', scope: 'api.read' })
  return { port, ...post(paths.token, client, { same }, fresh(['"expires_in":'], jwt)) }
}

function rotation({ paths, port, seeds }: Contestant, client: GivenClient): Job {
  const isJwt = client.accessToken === 'jwt'
  const jwt = isJwt ? { member: 'access_token', jwks: paths.jwks } : undefined
  const bodies = {
    chain: isJwt ? seeds.refreshJwt : seeds.refreshOpaque,
    lanes: LANES,
    member: 'refresh_token',
    before: 'grant_type=refresh_token&refresh_token=',
    after: '',
  }
  return { port, ...post(paths.token, client, bodies, fresh(['"refresh_token":"'], jwt)) }
}

function introspection({ paths, port, seeds }: Contestant): Job {
  const bodies = { turns: seeds.access.map((token) => form({ token })) }
  const expected = { status: 200, has: ['"active":true', '"scope":'] }
  return { port, ...post(paths.introspect, OPAQUE, bodies, expected) }
}

function exchange({ paths, port, seeds }: Contestant): Job {
  const fields = {
    grant_type: 'authorization_code',
    redirect_uri: REDIRECT_URI,
    code_verifier: VERIFIER,
  }
  const bodies = { once: seeds.codes.map((code) => form({ ...fields, code })) }
  const expected = fresh(['"refresh_token":"', '"id_token":"'], {
    member: 'id_token',
    jwks: paths.jwks,
  })
  return { port, ...post(paths.token, OPAQUE, bodies, expected) }
}

/** Every row, in the order of the table. */
export const ROWS: readonly Row[] = [
  { name: 'client credentials, opaque', job: (at) => credentials(at, OPAQUE) },
  { name: 'client credentials, ES256', job: (at) => credentials(at, JWT) },
  { name: 'refresh rotation, opaque', job: (at) => rotation(at, OPAQUE) },
  { name: 'refresh rotation, ES256', job: (at) => rotation(at, JWT) },
  { name: 'introspection, opaque', job: introspection },
  { name: 'code exchange, ES256 ID token', job: exchange },
  {
    name: 'userinfo',
    isFull: true,
    job: ({ port, paths, seeds }) => {
      const headers = { Authorization: `Bearer ${seeds.access[0]}` }
      return { port, ...get(paths.userinfo, ['"sub":'], headers) }
    },
  },
  {
    name: 'JWKS',
    isFull: true,
    job: ({ port, paths }) => ({ port, ...get(paths.jwks, ['"keys":', '"ES256"']) }),
  },
  {
    name: 'password login',
    isFull: true,
    isAlone: true,
    job: ({ port, paths }) => {
      const fields = { grant_type: 'password', scope: 'api.read' }
      const same = form({ ...fields, username: USER.name, password: USER.password })
      // More at once for one account are taken for somebody who guesses.
      return { port, lanes: 4, ...post(paths.token, OPAQUE, { same }, fresh(['"expires_in":'])) }
    },
  },
  {
    name: 'discovery',
    isFull: true,
    job: ({ port, paths }) => ({ port, ...get(paths.discovery, ['"token_endpoint":']) }),
  },
]

/** The row of this name. Throws an Error when there is none. */
export function rowOf(name: string): Row {
  const row = ROWS.find((one) => one.name === name)
  if (!row) throw new Error(`There is no row ${name}.`)
  return row
}
