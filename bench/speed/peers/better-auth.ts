// The peer better-auth with its OAuth provider, on its own adapter for the SQLite of Node.

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
import { NO_PATHS, type Peer, runPeer, times } from './peer.ts'

const PRAGMAS = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA temp_store = MEMORY;
  PRAGMA cache_size = -32000;
`
const [store = ''] = process.argv.slice(2)

/** How it keeps secrets and tokens. */
function hashed(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

function later(seconds: number): Date {
  return new Date(Date.now() + seconds * 1000)
}

function optionsFor(issuer: string, database: DatabaseSync) {
  return {
    baseURL: issuer,
    secret: randomBytes(32).toString('hex'),
    database,
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

async function seedOn(adapter: Adapter, { families, codes }: SeedSizes): Promise<Seeds> {
  const now = new Date()
  const put = (model: string, data: Record<string, unknown>) => adapter.create({ model, data })
  for (const { id, secret } of CLIENTS) {
    await put('oauthClient', {
      clientId: id,
      clientSecret: hashed(secret),
      disabled: false,
      scopes: SCOPE.codes.split(' '),
      clientCredentialsScopes: ['api.read'],
      redirectUris: [REDIRECT_URI],
      tokenEndpointAuthMethod: 'client_secret_basic',
      grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
      createdAt: now,
      updatedAt: now,
    })
  }
  const times2 = { createdAt: now, updatedAt: now }
  const person = { name: USER.name, email: USER.email, emailVerified: true, ...times2 }
  const { id: userId } = await put('user', person)
  const expiresAt = later(LIFETIMES.refresh)
  const token = randomBytes(16).toString('hex')
  const { id: sessionId } = await put('session', { userId, token, expiresAt, ...times2 })
  const bound = { clientId: OPAQUE.id, userId, sessionId, createdAt: now, expiresAt }
  const made = (model: string, scope: string) => async (): Promise<string> => {
    const secret = randomBytes(24).toString('hex')
    const more = { authTime: now, scopes: scope.split(' ') }
    await put(model, { token: hashed(secret), ...bound, ...more })
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
    const kept = { identifier: hashed(secret), value: JSON.stringify(value), expiresAt, ...times2 }
    await put('verification', kept)
    return secret
  }
  return {
    refreshOpaque: await times(families, made('oauthRefreshToken', SCOPE.tokens)),
    refreshJwt: [],
    access: await times(families, made('oauthAccessToken', SCOPE.codes)),
    codes: await times(codes, code),
  }
}

async function makePeer(issuer: string): Promise<Peer> {
  const database = new DatabaseSync(`${store}.own`)
  database.exec(PRAGMAS)
  const options = optionsFor(issuer, database)
  await (await getMigrations(options)).runMigrations()
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
    rows: [
      'client credentials, opaque',
      'refresh rotation, opaque',
      'introspection, opaque',
      'code exchange, ES256 ID token',
    ],
    listen: (request, response) => void listen(request, response),
    seed: async (sizes) => {
      database.exec('BEGIN')
      const seeds = await seedOn(adapter as unknown as Adapter, sizes)
      database.exec('COMMIT')
      return seeds
    },
  }
}

await runPeer(makePeer)
