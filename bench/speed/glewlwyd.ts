// The peer glewlwyd, a server in C: on an SQLite file, set up through its own API, when it is installed.

import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { freePort } from '../../packages/server/src/ports.ts'
import { findProgram } from '../../test/door/program.ts'
import type { Contestant, Paths } from './contestants.ts'
import {
  basic,
  CLIENTS,
  type GivenClient,
  JWT,
  LIFETIMES,
  OPAQUE,
  REDIRECT_URI,
  type SeedSizes,
  type Seeds,
  USER,
} from './given.ts'
import { times } from './peers/peer.ts'
import { startServer } from './start.ts'

const NAME = 'glewlwyd'
/** Where Debian's package keeps the tables that it makes when it is set up for SQLite. */
const TABLES = '/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3'
const MODULES = '/usr/lib/glewlwyd'
/** Who may set it up, in a database that has just been made. */
const ADMIN = { username: 'admin', password: 'password' }
const SCOPE = 'api.read'
const PATHS: Paths = {
  token: '/api/oidc/token',
  introspect: '/api/oidc/introspect',
  userinfo: '',
  jwks: '/api/oidc/jwks',
  discovery: '/api/oidc/.well-known/openid-configuration',
}
/** Its access tokens are JWTs; to introspect one it looks it up all the same. */
const ROWS = [
  'client credentials, ES256',
  'refresh rotation, ES256',
  'introspection, opaque',
  'JWKS',
  'discovery',
]

/** Why it is not measured; undefined when it is there. */
export function whyNoGlewlwyd(): string | undefined {
  if (findProgram(NAME)) return undefined
  return 'glewlwyd is not installed and has no lines; Debian has it: apt-get install glewlwyd'
}

/** Its version as it is installed. */
export function versionOfGlewlwyd(): string {
  const { stdout } = spawnSync(findProgram(NAME) ?? NAME, ['--version'], { encoding: 'utf8' })
  return stdout.trim()
}

function configurationFor(port: number, database: string): string {
  const entries = {
    port,
    bind_address: '127.0.0.1',
    external_url: `http://127.0.0.1:${port}`,
    api_prefix: 'api',
    // One line for each token, as we write one for each request.
    log_mode: 'console',
    log_level: 'INFO',
    cookie_secure: 0,
    session_expiration: 3600,
    session_key: 'session',
    admin_scope: 'g_admin',
    profile_scope: 'g_profile',
    user_module_path: `${MODULES}/user`,
    user_middleware_module_path: `${MODULES}/user_middleware`,
    client_module_path: `${MODULES}/client`,
    user_auth_scheme_module_path: `${MODULES}/scheme`,
    plugin_module_path: `${MODULES}/plugin`,
    hash_algorithm: 'SHA256',
  }
  const lines = Object.entries(entries).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return [...lines, `database={ type="sqlite3" path="${database}" };`, ''].join('\n')
}

/** The plugin that speaks OAuth, as durable and as strict with refresh tokens as the others. */
function pluginFor(issuer: string) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = { ...privateKey.export({ format: 'jwk' }), kid: 'peer-1', alg: 'ES256' }
  const parameters = {
    iss: issuer,
    'jwks-private': JSON.stringify({ keys: [key] }),
    'default-kid': key.kid,
    'jwks-show': true,
    'jwt-type': 'ecdsa',
    'jwt-key-size': '256',
    'access-token-duration': LIFETIMES.access,
    'refresh-token-duration': LIFETIMES.refresh,
    'code-duration': LIFETIMES.access,
    'refresh-token-rolling': true,
    'refresh-token-one-use': 'always',
    'allow-non-oidc': true,
    'auth-type-client-enabled': true,
    'auth-type-password-enabled': true,
    'auth-type-refresh-enabled': true,
    'introspection-revocation-allowed': true,
    'introspection-revocation-allow-target-client': true,
    'subject-type': 'public',
  }
  return { module: 'oidc', name: 'oidc', display_name: 'oidc', order_rank: 0, parameters }
}

/** Sends JSON, and answers the cookie of the session that it opened. */
async function tell(url: string, body: object, cookie = ''): Promise<string> {
  const headers = { 'content-type': 'application/json', cookie }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  return answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
}

async function setUp(origin: string): Promise<void> {
  const cookie = await tell(`${origin}/api/auth/`, ADMIN)
  const put = (path: string, body: object) => tell(`${origin}/api/${path}`, body, cookie)
  const scope = { name: SCOPE, display_name: SCOPE, password_required: true, password_max_age: 0 }
  await put('scope', { ...scope, scheme: {} })
  const { name: username, password } = USER
  await put('user', { username, password, enabled: true, scope: [SCOPE] })
  for (const { id, secret } of CLIENTS) {
    await put('client', {
      client_id: id,
      client_secret: secret,
      token_endpoint_auth_method: ['client_secret_basic'],
      redirect_uri: [REDIRECT_URI],
      authorization_type: ['refresh_token', 'client_credentials', 'password'],
      scope: [SCOPE],
      enabled: true,
      confidential: true,
    })
  }
  await put('mod/plugin', pluginFor(origin))
}

type Tokens = { refresh_token: string; access_token: string }

/** Signs the user in at a client. */
async function signIn(origin: string, client: GivenClient): Promise<Tokens> {
  const { name: username, password } = USER
  const fields = { grant_type: 'password', scope: SCOPE, username, password }
  const answer = await fetch(`${origin}${PATHS.token}`, {
    method: 'POST',
    headers: { authorization: basic(client) },
    body: new URLSearchParams(fields),
  })
  return (await answer.json()) as Tokens
}

/** Signs them in as often as there are families; who introspects hears of its own tokens only. */
async function seed(origin: string, families: number): Promise<Seeds> {
  const refreshed = await times(families, () => signIn(origin, JWT))
  const introspected = await times(families, () => signIn(origin, OPAQUE))
  return {
    refreshOpaque: [],
    refreshJwt: refreshed.map(({ refresh_token }) => refresh_token),
    access: introspected.map(({ access_token }) => access_token),
    codes: [],
  }
}

/** Starts it with a database in the folder that it was set up in. */
export async function startGlewlwyd(folder: string, { families }: SeedSizes): Promise<Contestant> {
  const path = join(folder, 'glewlwyd.db')
  const database = new DatabaseSync(path)
  // The file remembers it; SQLite writes it as durably as it can unless it is told otherwise.
  database.exec('PRAGMA journal_mode = WAL')
  database.exec(readFileSync(TABLES, 'utf8'))
  database.close()
  const port = await freePort('127.0.0.1')
  const file = join(folder, 'glewlwyd.conf')
  writeFileSync(file, configurationFor(port, path))
  const running = await startServer([`--config-file=${file}`], {
    folder,
    program: findProgram(NAME) ?? NAME,
    ready: 'started on port',
  })
  const origin = `http://127.0.0.1:${port}`
  await setUp(origin)
  const seeds = await seed(origin, families)
  return { ...running, name: `${NAME} (C), on disk`, port, seeds, paths: PATHS, rows: ROWS }
}
