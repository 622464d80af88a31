// What must fit together in a client of the configuration file, one row a rule.

import type { ClientEntry } from './client.ts'

type Member = keyof ClientEntry

/** What must fit together; a rule is not asked when a member that it reads has a fault itself. */
type Rule = {
  reads: readonly Member[]
  broken: (client: ClientEntry) => boolean
  sentence: string
}

const SECRETS = ['client_secret', 'client_secret_hash', 'client_secrets'] as const
const KEYS = ['jwks', 'jwks_uri'] as const

const countOf = (client: ClientEntry, members: readonly Member[]): number =>
  members.filter((member) => client[member] !== undefined).length
const isPublic = (client: ClientEntry): boolean => client.token_endpoint_auth_method === 'none'
const usesKey = (client: ClientEntry): boolean =>
  client.token_endpoint_auth_method === 'private_key_jwt'
const usesSecret = (client: ClientEntry): boolean => !isPublic(client) && !usesKey(client)

// What may be registered is https, loopback or a private scheme: all but https is native.
const isNative = (uri: string): boolean => !uri.startsWith('https:')

// The first member that a rule reads is where its fault is shown.
const RULES: readonly Rule[] = [
  {
    reads: SECRETS,
    broken: (client) => countOf(client, SECRETS) > 1,
    sentence: 'only one of client_secret, client_secret_hash and client_secrets can be given',
  },
  {
    reads: [...SECRETS, 'token_endpoint_auth_method'],
    broken: (client) => usesSecret(client) && countOf(client, SECRETS) === 0,
    sentence:
      'is needed (or client_secret_hash or client_secrets) for the token_endpoint_auth_method client_secret_*',
  },
  {
    reads: ['token_endpoint_auth_method', ...SECRETS],
    broken: (client) => !usesSecret(client) && countOf(client, SECRETS) > 0,
    sentence: 'none and private_key_jwt go without a client_secret',
  },
  {
    reads: KEYS,
    broken: (client) => countOf(client, KEYS) > 1,
    sentence: 'and jwks_uri cannot both be given',
  },
  {
    reads: [...KEYS, 'token_endpoint_auth_method'],
    broken: (client) => usesKey(client) && countOf(client, KEYS) === 0,
    sentence: 'is needed (or jwks_uri) for the token_endpoint_auth_method private_key_jwt',
  },
  {
    reads: [...KEYS, 'token_endpoint_auth_method'],
    broken: (client) => !usesKey(client) && countOf(client, KEYS) > 0,
    sentence: 'or jwks_uri is only for the token_endpoint_auth_method private_key_jwt',
  },
  {
    reads: ['jwks'],
    broken: ({ jwks }) => repeats(jwks?.keys.flatMap(({ kid }) => (kid ? [kid] : [])) ?? []),
    sentence: 'has two keys with the same kid',
  },
  {
    reads: ['redirect_uris', 'grant_types'],
    broken: (client) =>
      client.grant_types.includes('authorization_code') && client.redirect_uris.length === 0,
    sentence: 'needs at least one entry for the grant type authorization_code',
  },
  {
    reads: ['grant_types', 'token_endpoint_auth_method'],
    broken: (client) => isPublic(client) && client.grant_types.includes('client_credentials'),
    sentence: 'client_credentials is only for confidential clients',
  },
  {
    reads: ['grant_types', 'token_endpoint_auth_method'],
    broken: (client) => isPublic(client) && client.grant_types.includes('password'),
    sentence: 'password is only for confidential clients',
  },
  {
    reads: ['require_pkce', 'token_endpoint_auth_method'],
    broken: (client) => isPublic(client) && !client.require_pkce,
    sentence: 'false is only for confidential clients',
  },
  {
    reads: ['legacy_public', 'token_endpoint_auth_method'],
    broken: (client) => client.legacy_public && !isPublic(client),
    sentence: 'is only for the token_endpoint_auth_method none',
  },
  {
    reads: ['legacy_public', 'redirect_uris'],
    broken: (client) => client.legacy_public && client.redirect_uris.some(isNative),
    sentence: 'cannot be combined with loopback or private-scheme redirect URIs',
  },
]

/** What does not fit together, as member and sentence; `bad` members are left out of account. */
export function clientFaults(client: ClientEntry, bad: ReadonlySet<string>): [Member, string][] {
  return RULES.filter((rule) => !rule.reads.some((member) => bad.has(member)))
    .filter((rule) => rule.broken(client))
    .map((rule) => [rule.reads[0] ?? 'client_id', rule.sentence])
}

function repeats(values: readonly unknown[]): boolean {
  return new Set(values).size < values.length
}
