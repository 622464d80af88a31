// The clients, users, scopes and resources that tests share.

import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import type { AppParts } from 'patois'

/** The redirect URI of every web client here. */
export const RU = 'https://rp.test/cb'

/** A resource that `rs` guards and may introspect; `opaque.test` hands out opaque tokens. */
export const RESOURCE = 'https://api.test/'
export const OTHER_RESOURCE = 'https://other.test/'

/** Secrets of confidential clients, by client id. */
export const SECRETS: Readonly<Record<string, string>> = {
  cc: 'cc-secret-0123456789-0123456789-0123456789',
  cp: 'cp-secret-0123456789-0123456789-0123456789',
  cc2: 'cc2-secret-0123456789-0123456789-0123456789',
  rs: 'rs-secret-0123456789-0123456789-0123456789',
  jwt: 'jwt-secret-0123456789-0123456789-0123456789',
  es: 'es-secret-0123456789-0123456789-0123456789',
  web: 'web-secret-0123456789-0123456789-0123456789',
  ropc: 'ropc-secret-0123456789-0123456789-0123456789',
  quiet: 'quiet-secret-0123456789-0123456789-0123456789',
}

/** Passwords by username. */
export const PASSWORDS: Readonly<Record<string, string>> = {
  alice: 'alice-password-1',
  bob: 'bob-password-2',
}

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** The private key of client `pk`. */
export const PK_PRIVATE = pair.privateKey
const PK_JWK = {
  ...pair.publicKey.export({ format: 'jwk' }),
  kid: 'pk-1',
  alg: 'ES256',
  use: 'sig',
}

const CODE = ['authorization_code', 'refresh_token']
const ALL = 'openid profile email offline_access api.read api.write'

export const SCOPES = { 'api.read': 'Read your data', 'api.write': 'Change your data' }

export const RESOURCES = [
  { resource: RESOURCE, access_token: 'jwt', introspected_by: ['rs'] },
  { resource: OTHER_RESOURCE, access_token: 'opaque' },
]

/** Both private keys of client `pk2`, whose keys have no names. */
export const PK2_PRIVATE = [1, 2].map(
  () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
)
const PK2_JWKS = PK2_PRIVATE.map((key) => {
  const { kty, crv, x, y } = key.export({ format: 'jwk' })
  return { kty, crv, x, y }
})

/** Clients as a configuration file writes them. */
export const CLIENTS: Record<string, unknown>[] = [
  {
    client_id: 'cc',
    client_secret: SECRETS.cc,
    client_name: 'Confidential',
    redirect_uris: [RU],
    post_logout_redirect_uris: ['https://rp.test/bye'],
    grant_types: [...CODE, 'client_credentials'],
    scope: ALL,
  },
  {
    client_id: 'cp',
    client_secret: SECRETS.cp,
    client_name: 'Post',
    redirect_uris: [RU],
    grant_types: [...CODE, 'client_credentials'],
    token_endpoint_auth_method: 'client_secret_post',
    scope: ALL,
    require_pkce: false,
  },
  {
    client_id: 'cc2',
    client_secret: SECRETS.cc2,
    client_name: 'Confidential of another owner',
    redirect_uris: ['https://rp2.test/cb'],
    grant_types: [...CODE, 'client_credentials'],
    scope: ALL,
  },
  {
    client_id: 'pk',
    client_name: 'Private key',
    redirect_uris: [RU],
    grant_types: [...CODE, 'client_credentials'],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [PK_JWK] },
    scope: ALL,
  },
  {
    client_id: 'pk2',
    client_name: 'Two private keys',
    grant_types: ['client_credentials'],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: PK2_JWKS },
    scope: 'api.read',
  },
  {
    client_id: 'pub',
    client_name: 'Public',
    redirect_uris: [RU],
    grant_types: CODE,
    token_endpoint_auth_method: 'none',
    scope: ALL,
  },
  {
    client_id: 'nat',
    client_name: 'Native',
    redirect_uris: ['http://127.0.0.1/cb', 'com.example.app:/cb'],
    grant_types: CODE,
    token_endpoint_auth_method: 'none',
    scope: ALL,
  },
  {
    client_id: 'rs',
    client_secret: SECRETS.rs,
    client_name: 'Resource server',
    grant_types: ['client_credentials'],
    scope: 'api.read',
  },
  {
    client_id: 'jwt',
    client_secret: SECRETS.jwt,
    client_name: 'JWT access tokens',
    redirect_uris: [RU],
    grant_types: [...CODE, 'client_credentials'],
    scope: ALL,
    access_token: 'jwt',
  },
  {
    client_id: 'es',
    client_secret: SECRETS.es,
    client_name: 'ES256 ID tokens',
    redirect_uris: [RU],
    grant_types: CODE,
    scope: ALL,
    id_token_signed_response_alg: 'ES256',
  },
  {
    client_id: 'ed',
    client_name: 'EdDSA ID tokens',
    redirect_uris: [RU],
    grant_types: CODE,
    token_endpoint_auth_method: 'none',
    scope: ALL,
    id_token_signed_response_alg: 'EdDSA',
  },
  {
    client_id: 'ropc',
    client_secret: SECRETS.ropc,
    client_name: 'Passwords',
    grant_types: ['password', 'refresh_token'],
    scope: ALL,
  },
  {
    client_id: 'quiet',
    client_secret: SECRETS.quiet,
    client_name: 'Own application',
    redirect_uris: [RU],
    grant_types: CODE,
    scope: ALL,
    consent: 'implicit',
  },
]

/** Users as a configuration file writes them. */
export const USERS: Record<string, unknown>[] = [
  {
    username: 'alice',
    password: PASSWORDS.alice,
    claims: { name: 'Alice A', email: 'alice@example.org', email_verified: true },
  },
  { username: 'bob', password: PASSWORDS.bob, claims: { name: 'Bob B' } },
]

/** Client `cc` and alice as dev mode's own, for the pages that show them. */
export const DEMO = (issuer: string): NonNullable<AppParts['demo']> => {
  const verifier = randomBytes(32).toString('base64url')
  return {
    clientId: 'cc',
    clientSecret: SECRETS.cc ?? '',
    username: 'alice',
    password: PASSWORDS.alice ?? '',
    redirectUri: `${issuer}/dev/callback`,
    verifier,
    challenge: createHash('sha256').update(verifier).digest('base64url'),
  }
}
