// Demo: dev mode's own client and user, with secrets random per database.

import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Configuration, readConfiguration } from '../configuration.ts'

/** The demo client and user of dev mode, and the lines that get a token with them. */
export type Demo = {
  clientId: string
  clientSecret: string
  username: string
  password: string
  redirectUri: string
  verifier: string
  challenge: string
}

type Kept = { clientSecret: string; password: string; verifier: string }

const PRIVATE = 0o600
const SECRET_BYTES = 32
const PASSWORD_BYTES = 9

/** The demo client and user, kept at `path` beside the database: made with it, ever the same. */
export function openDemo(path: string | undefined, main: Configuration): Demo {
  const kept = path === undefined ? make() : existsSync(path) ? readKept(path) : makeKept(path)
  const challenge = createHash('sha256').update(kept.verifier).digest('base64url')
  return {
    ...demoNames(main),
    redirectUri: `${main.issuer.replace(/\/$/, '')}/dev/callback`,
    ...kept,
    challenge,
  }
}

/** What the demo client and user are called: a file's own of that name is the file's. */
export function demoNames({ clients, users }: Configuration): Pick<Demo, 'clientId' | 'username'> {
  return {
    clientId: freeName(
      'demo',
      clients.map(({ id }) => id),
    ),
    username: freeName(
      'alice',
      users.map(({ username }) => username),
    ),
  }
}

function freeName(name: string, taken: readonly string[]): string {
  return taken.includes(name) ? freeName(`${name}-dev`, taken) : name
}

function readKept(path: string): Kept {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Kept
  } catch {
    throw new Error(`${path} cannot be read: remove it together with its database.`)
  }
}

function make(): Kept {
  const random = (bytes: number): string => randomBytes(bytes).toString('base64url')
  return {
    clientSecret: random(SECRET_BYTES),
    password: random(PASSWORD_BYTES),
    verifier: random(SECRET_BYTES),
  }
}

function makeKept(path: string): Kept {
  const kept = make()
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(path, JSON.stringify(kept), { mode: PRIVATE })
  return kept
}

/** A configuration with the demo client and user beside its own. */
export function withDemo(configuration: Configuration, demo: Demo): Configuration {
  const own = demoConfiguration(demo, configuration)
  const { clients, users, policy } = configuration
  return {
    ...configuration,
    clients: [...clients, ...own.clients],
    users: [...users, ...own.users],
    policy: { ...policy, scopes: { ...own.policy.scopes, ...policy.scopes } },
  }
}

// Read like anybody's file.
function demoConfiguration(demo: Demo, main: Configuration): Configuration {
  const standard = 'openid profile email offline_access'
  const brought = main.dialects.flatMap(({ scopes = {} }) => Object.keys(scopes))
  const tree = {
    issuer: main.issuer,
    // Whatever was allowed to the main one is the demo's, too.
    listen: { exposed: true },
    dialects: main.mounts,
    scopes: { 'demo.read': 'Read the demo data' },
    clients: [
      {
        client_id: demo.clientId,
        client_secret: demo.clientSecret,
        client_name: 'Demo',
        redirect_uris: [demo.redirectUri],
        post_logout_redirect_uris: [main.issuer],
        grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
        scope: [standard, ...brought, 'demo.read'].join(' '),
        dialects: main.mounts.map(({ dialect }) => dialect),
      },
    ],
    users: [
      {
        username: demo.username,
        password: demo.password,
        claims: { name: 'Alice Adams', email: 'alice@example.org', email_verified: true },
      },
    ],
  }
  const text = JSON.stringify(tree)
  const read = readConfiguration({ text, env: {}, dev: true, dialects: main.dialects })
  if (!read.ok) throw new Error(read.faults.join('\n'))
  return read.configuration
}
