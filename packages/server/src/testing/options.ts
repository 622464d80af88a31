// Options: what a test says of its server, as the sections of a configuration file.

import { createHash } from 'node:crypto'
import type { Demo } from '../emulator/demo.ts'
import type { Moment } from '../emulator/time.ts'

/** A client as a configuration file has it; what is left out is made up. */
export type ClientAsked = { client_id: string; client_secret?: string } & Record<string, unknown>

/** A user as a configuration file has it; the password is `<username>-password` when left out. */
export type UserAsked = { username: string; password?: string } & Record<string, unknown>

/** What a test may say of its server; nothing needs to be said. */
export type EmulateOptions = {
  /** The dialect that it speaks; `standard` when nothing is said. */
  dialect?: string
  /** Several dialects, as the configuration file names them. */
  dialects?: readonly unknown[]
  /** The first is `p.client`; a name alone is a client with that id. */
  clients?: readonly (string | ClientAsked)[]
  /** The first is `p.user`; a name alone is a user of that name. */
  users?: readonly (string | UserAsked)[]
  /** Where it listens; a free port when nothing is said. */
  port?: number
  /** False: it listens nowhere, and `p.fetch` alone gets to it. */
  socket?: boolean
  /** Path of the issuer, as in http://127.0.0.1:1234/auth. */
  path?: string
  /** Where its clock stands at the start; it goes on from there. */
  now?: Moment
  scopes?: Readonly<Record<string, unknown>>
  resources?: readonly unknown[]
  lifetimes?: Readonly<Record<string, number | string>>
  /** What of the log is written to standard output; nothing when left out. */
  log?: 'debug' | 'info' | 'warn' | 'error'
}

const VERIFIER = 'the-verifier-of-the-demo-client-is-no-secret'

/** The client and user that nobody has to name; their secrets are no secrets. */
export function demoOf(issuer: string): Demo {
  return {
    clientId: 'demo',
    clientSecret: 'demo-secret',
    username: 'alice',
    password: 'alice-password',
    redirectUri: `${issuer}/dev/callback`,
    verifier: VERIFIER,
    challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
  }
}

const REDIRECT = 'http://127.0.0.1/callback'

const OPTIONS: readonly string[] = [
  ...['dialect', 'dialects', 'clients', 'users', 'scopes', 'resources', 'lifetimes'],
  ...['port', 'socket', 'path', 'now', 'log'],
]
const LEVELS: readonly unknown[] = [undefined, 'debug', 'info', 'warn', 'error']

/** Throws an Error for an option that is none. */
export function checkOptions(asked: object, known: readonly string[]): void {
  const other = Object.keys(asked).find((name) => !known.includes(name))
  if (other !== undefined)
    throw new Error(`${other}: is no option here; there are ${known.join(', ')}`)
}

/** Throws an Error for what a configuration file does not have, and so does not check. */
export function checkAsked(options: EmulateOptions): void {
  checkOptions(Object(options), OPTIONS)
  const { dialect, dialects, port = 0, path = '', socket = true, log } = options
  const faults: [boolean, string][] = [
    [Boolean(dialect && dialects), 'dialect: is one, and dialects are several: name either'],
    [!(Number.isInteger(port) && port >= 0 && port < 65_536), 'port: must be from 0 to 65535'],
    [!/^(\/.*[^/])?$/.test(path), 'path: must begin with / and not end with it'],
    [typeof socket !== 'boolean', 'socket: must be true or false'],
    [!LEVELS.includes(log), 'log: must be debug, info, warn or error'],
  ]
  const [fault] = faults.filter(([isOne]) => isOne)
  if (fault) throw new Error(fault[1])
}

/** A client as it is configured. */
export function clientOf(asked: string | ClientAsked, dialects: readonly string[]): ClientAsked {
  const given = typeof asked === 'string' ? { client_id: asked } : asked
  const isPublic = given.token_endpoint_auth_method === 'none'
  const proves = isPublic || given.token_endpoint_auth_method === 'private_key_jwt'
  const secrets = ['client_secret', 'client_secrets', 'client_secret_hash']
  const named = secrets.some((name) => name in given)
  const secret = proves || named ? {} : { client_secret: `${given.client_id}-secret` }
  const grants = [
    'authorization_code',
    'refresh_token',
    ...(isPublic ? [] : ['client_credentials']),
  ]
  return {
    redirect_uris: [REDIRECT],
    grant_types: grants,
    scope: 'openid profile email offline_access',
    dialects,
    ...secret,
    ...given,
  }
}

/** A user as it is configured. */
export function userOf(asked: string | UserAsked): UserAsked {
  const given = typeof asked === 'string' ? { username: asked } : asked
  const named = 'password_hash' in given || given.password !== undefined
  return named ? given : { ...given, password: `${given.username}-password` }
}
