// A client of the configuration file: its members (RFC 7591 §2 and ours) and what must fit together.

import {
  type Client,
  type ClientAbout,
  type ClientProof,
  type ClientSecret,
  GRANT_TYPES,
  type Jwk,
  MOST_SECRETS,
  redirectFault,
  splitScope,
} from '@patois/core'
import { z } from 'zod'
import { nodeCrypto } from '../crypto.ts'
import { jwkFault } from './jwk.ts'

const METHODS = ['client_secret_basic', 'client_secret_post', 'none', 'private_key_jwt'] as const
const ALGS = ['RS256', 'ES256', 'EdDSA'] as const
const HASH = /^sha256:[0-9a-f]{64}$/i
const SCOPE = /^([\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*)?$/

function redirectShape(plain: boolean) {
  return z.string().superRefine((uri, context) => {
    const fault = redirectFault(uri, plain)
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
  })
}

const jwk = z.looseObject({ kty: z.string() }).superRefine((key, context) => {
  const fault = jwkFault(key)
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
})

const webAddress = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:\/\//.test(text), 'must be a web address')

const about = {
  client_uri: webAddress.optional(),
  logo_uri: webAddress.optional(),
  policy_uri: webAddress.optional(),
  tos_uri: webAddress.optional(),
  contacts: z.array(z.string()).optional(),
}

function secretMembers(dev: boolean) {
  const shortest = dev ? 1 : 32
  return {
    client_secret: z
      .string()
      .min(shortest, `must have at least ${shortest} characters${dev ? '' : ' outside dev mode'}`)
      .regex(/^\P{Cc}*$/u, 'must have no control characters')
      .refine((text) => !HASH.test(text), 'is a hash, which is called client_secret_hash')
      .optional(),
    client_secret_hash: z
      .string()
      .regex(HASH, 'must be sha256: and 64 hexadecimal digits')
      .optional(),
  }
}

const TOO_MANY = `must be ${MOST_SECRETS} at the most: the new one and the old one`

function secretShape(members: ReturnType<typeof secretMembers>) {
  return z
    .strictObject({
      ...members,
      expires_at: z.iso
        .datetime({ offset: true, error: 'must be a time such as 2030-01-31T12:00:00Z' })
        .optional(),
    })
    .refine(
      (one) => (one.client_secret === undefined) !== (one.client_secret_hash === undefined),
      'must have either client_secret or client_secret_hash',
    )
}

/** The members of a client; in dev mode short secrets are allowed, and http where it is exposed. */
export function clientShape(dev: boolean, exposed: boolean) {
  const secret = secretMembers(dev)
  const redirect = redirectShape(exposed)
  return z.strictObject({
    client_id: z
      .string()
      .regex(/^[\x20-\x7e]{1,255}$/, 'must be 1 to 255 printable ASCII characters')
      .regex(/^[^:]*$/, 'must have no colon: HTTP Basic splits at the first one'),
    ...secret,
    client_secrets: z.array(secretShape(secret)).min(1).max(MOST_SECRETS, TOO_MANY).optional(),
    client_name: z.string().min(1).max(200, 'must have at most 200 characters').optional(),
    ...about,
    redirect_uris: z.array(redirect).default([]),
    post_logout_redirect_uris: z.array(redirect).default([]),
    grant_types: z
      .array(z.enum(GRANT_TYPES.map(({ type }) => type)))
      .min(1)
      .default(['authorization_code']),
    response_types: z.array(z.literal('code')).default(['code']),
    token_endpoint_auth_method: z.enum(METHODS).default('client_secret_basic'),
    scope: z.string().regex(SCOPE, 'must be scopes with one space between them').default(''),
    jwks: z.strictObject({ keys: z.array(jwk).min(1) }).optional(),
    jwks_uri: z.string().optional(),
    id_token_signed_response_alg: z.enum(ALGS).default('RS256'),
    dialects: z.array(z.string()).min(1).default(['standard']),
    require_pkce: z.boolean().default(true),
    legacy_public: z.boolean().default(false),
    consent: z.enum(['ask', 'implicit']).default('ask'),
    access_token: z.enum(['jwt', 'opaque']).default('opaque'),
    introspects: z.array(z.string()).default([]),
    origins: z
      .array(z.string().refine(isOrigin, 'must be an origin: https://host[:port]'))
      .default([]),
  })
}

/** A client as the file has it, with its defaults. */
export type ClientEntry = z.output<ReturnType<typeof clientShape>>

/** The record of a client that has no faults; `tokensFrom` is for the one who keeps it. */
export function clientRecord(entry: ClientEntry): Client {
  return {
    id: entry.client_id,
    name: entry.client_name ?? entry.client_id,
    owner: 'file',
    proof: proofOf(entry),
    redirectUris: entry.redirect_uris,
    postLogoutRedirectUris: entry.post_logout_redirect_uris,
    origins: entry.origins,
    grantTypes: [...new Set(entry.grant_types)],
    scope: [...new Set(splitScope(entry.scope))],
    dialects: [...new Set(entry.dialects)],
    requirePkce: entry.require_pkce && !entry.legacy_public,
    legacyPublic: entry.legacy_public,
    consent: entry.consent,
    accessToken: entry.access_token,
    idTokenAlg: entry.id_token_signed_response_alg,
    about: aboutOf(entry),
    introspects: entry.introspects,
    tokensFrom: 0,
  }
}

function aboutOf({
  client_uri,
  logo_uri,
  policy_uri,
  tos_uri,
  contacts,
}: ClientEntry): ClientAbout {
  return {
    ...(client_uri !== undefined && { client_uri }),
    ...(logo_uri !== undefined && { logo_uri }),
    ...(policy_uri !== undefined && { policy_uri }),
    ...(tos_uri !== undefined && { tos_uri }),
    ...(contacts && { contacts }),
  }
}

function proofOf(entry: ClientEntry): ClientProof {
  const method = entry.token_endpoint_auth_method
  if (method === 'none') return { method }
  if (method === 'private_key_jwt') {
    return entry.jwks_uri === undefined
      ? { method, jwks: (entry.jwks?.keys ?? []) as Jwk[] }
      : { method, jwksUri: entry.jwks_uri }
  }
  return { method, secrets: (entry.client_secrets ?? [entry]).map(secretRecord) }
}

type SecretEntry = NonNullable<ClientEntry['client_secrets']>[number]

function secretRecord(entry: SecretEntry): ClientSecret {
  const hash = entry.client_secret_hash
    ? Buffer.from(entry.client_secret_hash.slice('sha256:'.length), 'hex')
    : nodeCrypto.sha256(entry.client_secret ?? '')
  const { expires_at: end } = entry
  return {
    hash: new Uint8Array(hash),
    ...(end !== undefined && { expiresAt: Math.floor(Date.parse(end) / 1000) }),
  }
}

function isOrigin(text: string): boolean {
  return (
    URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text
  )
}
