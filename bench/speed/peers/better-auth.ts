// The peer better-auth with its OAuth provider, on its own adapters and its own handler for Node.

import { createHash, randomBytes } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { oauthProvider } from '@better-auth/oauth-provider'
import { type BetterAuthOptions, type BetterAuthPlugin, betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { jwt } from 'better-auth/plugins/jwt'
import {
  CHALLENGE,
  CLIENTS,
  LIFETIMES,
  OPAQUE,
  REDIRECT_URI,
  SCOPE,
  type SeedSizes,
  type Seeds,
  USER,
} from '../given.ts'
import { NO_PATHS, type Peer, type PeerParts, runPeer, times } from './peer.ts'

const PRAGMAS = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA temp_store = MEMORY;
  PRAGMA cache_size = -32000;
`

const ROWS = ['client credentials, opaque', 'refresh rotation, opaque', 'introspection, opaque']
// In memory it would copy all codes that there are for each that is exchanged.
const CODES = 'code exchange, ES256 ID token'

/** How it keeps secrets and tokens. */
function hashed(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

function later(seconds: number): Date {
  return new Date(Date.now() + seconds * 1000)
}

// Without a database it takes its own adapter for memory.
function optionsFor(issuer: string, database: DatabaseSync | undefined) {
  return {
    baseURL: issuer,
    secret: randomBytes(32).toString('hex'),
    ...(database && { database }),
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
    plugins: [
      jwt({ jwks: { keyPairConfig: { alg: 'ES256' } }, disableSettingJwtHeader: true }),
      oauthProvider({
        loginPage: '/login',
        consentPage: '/consent',
        scopes: ['openid', 'offline_access', 'api.read'],
        accessTokenExpiresIn: LIFETIMES.access,
        refreshTokenExpiresIn: LIFETIMES.refresh,
        silenceWarnings: { oauthAuthServerConfig: true, openidConfig: true },
        // Its own types do not let it in under exactOptionalPropertyTypes.
      }) as unknown as BetterAuthPlugin,
    ],
  } satisfies BetterAuthOptions
}

type Adapter = {
  create(given: { model: string; data: Record<string, unknown> }): Promise<{ id: string }>
}

/** The clients, the user and their session; answers what is bound to them. */
async function seedPeople(adapter: Adapter) {
  const now = new Date()
  const times = { createdAt: now, updatedAt: now }
  for (const { id, secret } of CLIENTS) {
    const data = {
      clientId: id,
      clientSecret: hashed(secret),
      disabled: false,
      scopes: SCOPE.codes.split(' '),
      clientCredentialsScopes: ['api.read'],
      redirectUris: [REDIRECT_URI],
      tokenEndpointAuthMethod: 'client_secret_basic',
      grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
      ...times,
    }
    await adapter.create({ model: 'oauthClient', data })
  }
  const person = { name: USER.name, email: USER.email, emailVerified: true, ...times }
  const { id: userId } = await adapter.create({ model: 'user', data: person })
  const expiresAt = later(LIFETIMES.refresh)
  const session = { userId, token: randomBytes(16).toString('hex'), expiresAt, ...times }
  const { id: sessionId } = await adapter.create({ model: 'session', data: session })
  return { userId, sessionId, expiresAt, now }
}

async function seedOn(adapter: Adapter, { families, codes }: SeedSizes): Promise<Seeds> {
  const { userId, sessionId, expiresAt, now } = await seedPeople(adapter)
  const put = async (model: string, data: Record<string, unknown>): Promise<void> =>
    void (await adapter.create({ model, data: { ...data, createdAt: now, expiresAt } }))

  const token = (model: string, scope: string) => async (): Promise<string> => {
    const secret = randomBytes(24).toString('hex')
    const bound = { clientId: OPAQUE.id, userId, sessionId, authTime: now }
    await put(model, { token: hashed(secret), ...bound, scopes: scope.split(' ') })
    return secret
  }
  const code = async (): Promise<string> => {
    const secret = randomBytes(24).toString('hex')
    const query = {
      client_id: OPAQUE.id,
      redirect_uri: REDIRECT_URI,
      response_type: 'code',
      scope: SCOPE.codes,
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
    }
    const value = { type: 'authorization_code', query, userId, sessionId, authTime: +now }
    const kept = { identifier: hashed(secret), value: JSON.stringify(value), updatedAt: now }
    await put('verification', kept)
    return secret
  }
  return {
    refreshOpaque: await times(families, token('oauthRefreshToken', SCOPE.tokens)),
    refreshJwt: [],
    access: await times(families, token('oauthAccessToken', SCOPE.codes)),
    codes: await times(codes, code),
  }
}

function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path)
  database.exec(PRAGMAS)
  return database
}

async function makePeer({ issuer, told }: PeerParts): Promise<Peer> {
  const database = told.database === undefined ? undefined : openDatabase(`${told.database}.own`)
  const options = optionsFor(issuer, database)
  if (database) await (await getMigrations(options)).runMigrations()
  const auth = betterAuth(options)
  const { adapter } = await auth.$context
  const listen = toNodeHandler(auth)
  const at = '/api/auth'
  return {
    paths: {
      ...NO_PATHS,
      token: `${at}/oauth2/token`,
      introspect: `${at}/oauth2/introspect`,
      userinfo: `${at}/oauth2/userinfo`,
      jwks: `${at}/jwks`,
    },
    rows: database ? [...ROWS, CODES] : ROWS,
    listen: (request, response) => void listen(request, response),
    seed: async (sizes) => {
      database?.exec('BEGIN')
      const codes = database ? sizes.codes : 0
      const seeds = await seedOn(adapter as unknown as Adapter, { ...sizes, codes })
      database?.exec('COMMIT')
      return seeds
    },
  }
}

await runPeer(makePeer)
