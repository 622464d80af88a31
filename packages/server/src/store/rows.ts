// How records lie in rows: one table of members per kind, and the only place that turns one into the other.

import type {
  AccessToken,
  AuditEvent,
  Client,
  ClientProof,
  ClientSecret,
  Code,
  Family,
  Grant,
  Key,
  RefreshToken,
  SealedSecret,
  Session,
  User,
} from '@patois/core'

/** A value as databases know it. */
export type Value = null | number | string | Uint8Array

/** A row in the order of its columns. */
export type Row = readonly Value[]

/** A kind of record: its table, its columns, and the way in and out. */
export type Shape<T> = {
  table: string
  columns: readonly string[]
  /** Reads a record whose first column stands at `at`. */
  read(row: Row, at: number): T
  /** Answers the values of its columns, behind those that are given. */
  write(record: T, values?: Value[]): Value[]
}

type Codec = { read(value: Value): unknown; write(value: unknown): Value }

type KindOf<V> = V extends boolean
  ? 'flag'
  : V extends number | string | Uint8Array
    ? 'plain'
    : 'json' | 'proof'

// Every member of the record must be named, so a new one cannot be forgotten here.
type Kinds<T> = { readonly [M in keyof Required<T>]: KindOf<Required<T>[M]> }

type SecretRow = { hash: string; expiresAt?: number }

function readProof(value: Value): ClientProof {
  const { secrets, ...proof } = JSON.parse(String(value))
  return secrets === undefined ? proof : { ...proof, secrets: secrets.map(readSecret) }
}

function readSecret({ hash, ...rest }: SecretRow): ClientSecret {
  return { ...rest, hash: new Uint8Array(Buffer.from(hash, 'hex')) }
}

function writeProof(value: unknown): string {
  const proof = value as ClientProof
  return JSON.stringify(
    'secrets' in proof ? { ...proof, secrets: proof.secrets.map(writeSecret) } : proof,
  )
}

function writeSecret({ hash, ...rest }: ClientSecret): SecretRow {
  return { ...rest, hash: Buffer.from(hash).toString('hex') }
}

const LISTS_KNOWN = 1000
const lists = new Map<string, readonly unknown[]>()

// The same few lists (scopes, resources, audiences) lie in most rows, four of them behind each
// token: 1 µs less for a refresh. Records are never written to, so that all may share them.
function readJson(value: Value): unknown {
  const text = value as string
  if (!text.startsWith('[')) return JSON.parse(text)
  const known = lists.get(text)
  if (known) return known
  const list = Object.freeze(JSON.parse(text)) as readonly unknown[]
  if (lists.size >= LISTS_KNOWN) lists.clear()
  lists.set(text, list)
  return list
}

const codecs: Readonly<Record<'plain' | 'flag' | 'json' | 'proof', Codec>> = {
  plain: { read: (value) => value, write: (value) => value as Value },
  flag: { read: (value) => value === 1, write: (value) => (value ? 1 : 0) },
  json: { read: readJson, write: (value) => JSON.stringify(value) },
  proof: { read: readProof, write: writeProof },
}

function snake(member: string): string {
  return member.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

function shape<T extends object>(table: string, kinds: Kinds<T>): Shape<T> {
  const fields = Object.entries<keyof typeof codecs>(kinds).map(([member, kind]) => ({
    member,
    ...codecs[kind],
  }))
  return {
    table,
    columns: fields.map(({ member }) => snake(member)),
    read: (row, at) => {
      const record: Record<string, unknown> = {}
      let column = at
      for (const field of fields) {
        const value = row[column++]
        if (value !== null && value !== undefined) record[field.member] = field.read(value)
      }
      return record as T
    },
    write: (record, values = []) => {
      for (const { member, write } of fields) {
        const value = (record as Record<string, unknown>)[member]
        values.push(value === undefined ? null : write(value))
      }
      return values
    },
  }
}

/** Applications. */
export const clients = shape<Client>('clients', {
  id: 'plain',
  name: 'plain',
  owner: 'plain',
  proof: 'proof',
  redirectUris: 'json',
  postLogoutRedirectUris: 'json',
  origins: 'json',
  grantTypes: 'json',
  scope: 'json',
  dialects: 'json',
  requirePkce: 'flag',
  legacyPublic: 'flag',
  consent: 'plain',
  accessToken: 'plain',
  idTokenAlg: 'plain',
  about: 'json',
  introspects: 'json',
  disabledAt: 'plain',
  tokensFrom: 'plain',
})

/** People. */
export const users = shape<User>('users', {
  id: 'plain',
  sub: 'plain',
  username: 'plain',
  owner: 'plain',
  passwordHash: 'plain',
  claims: 'json',
  disabledAt: 'plain',
  tokensFrom: 'plain',
})

/** Signed-in browsers. */
export const sessions = shape<Session>('sessions', {
  id: 'plain',
  hash: 'plain',
  sid: 'plain',
  userId: 'plain',
  authenticatedAt: 'plain',
  expiresAt: 'plain',
  endedAt: 'plain',
})

/** What users let clients do. */
export const grants = shape<Grant>('grants', {
  id: 'plain',
  origin: 'plain',
  userId: 'plain',
  clientId: 'plain',
  scope: 'json',
  resources: 'json',
  createdAt: 'plain',
  address: 'plain',
  userAgent: 'plain',
  endedAt: 'plain',
})

/** All tokens of one sign-in. */
export const families = shape<Family>('families', {
  id: 'plain',
  grantId: 'plain',
  userId: 'plain',
  clientId: 'plain',
  sessionId: 'plain',
  dialect: 'plain',
  scope: 'json',
  resources: 'json',
  claims: 'json',
  authenticatedAt: 'plain',
  createdAt: 'plain',
  expiresAt: 'plain',
  endedAt: 'plain',
})

/** Authorization codes. */
export const codes = shape<Code>('codes', {
  id: 'plain',
  hash: 'plain',
  grantId: 'plain',
  userId: 'plain',
  clientId: 'plain',
  sessionId: 'plain',
  dialect: 'plain',
  redirectUri: 'plain',
  redirectSent: 'flag',
  challenge: 'plain',
  state: 'plain',
  nonce: 'plain',
  claims: 'json',
  scope: 'json',
  resources: 'json',
  authenticatedAt: 'plain',
  createdAt: 'plain',
  expiresAt: 'plain',
  wrongVerifiers: 'plain',
  spentAt: 'plain',
  familyId: 'plain',
})

/** The replay cell lies in a table of its own, under its token's id. */
export const cells = shape<Required<Pick<RefreshToken, 'id' | 'familyId' | 'cell' | 'cellUntil'>>>(
  'replay_cells',
  { id: 'plain', familyId: 'plain', cell: 'plain', cellUntil: 'plain' },
)

/** Refresh tokens without their cells: the busiest rows, so nothing else lies here. */
export const refreshTokens = shape<Omit<RefreshToken, 'cell' | 'cellUntil'>>('refresh_tokens', {
  id: 'plain',
  hash: 'plain',
  familyId: 'plain',
  createdAt: 'plain',
  expiresAt: 'plain',
  spentAt: 'plain',
  childId: 'plain',
})

/** Opaque access tokens. */
export const accessTokens = shape<AccessToken>('access_tokens', {
  id: 'plain',
  hash: 'plain',
  clientId: 'plain',
  familyId: 'plain',
  scope: 'json',
  audience: 'json',
  createdAt: 'plain',
  expiresAt: 'plain',
  keptUntil: 'plain',
  revokedAt: 'plain',
})

/** Signing keys. */
export const keys = shape<Key>('keys', {
  kid: 'plain',
  kind: 'plain',
  publicJwk: 'json',
  sealed: 'plain',
  createdAt: 'plain',
  signsFrom: 'plain',
})

/** Sealed secrets of the database. */
export const secrets = shape<SealedSecret>('secrets', { name: 'plain', sealed: 'plain' })

/** The audit table, in the order of its own row ids. */
export const events = shape<AuditEvent>('events', {
  at: 'plain',
  requestId: 'plain',
  type: 'plain',
  decision: 'plain',
  reason: 'plain',
  dialect: 'plain',
  operation: 'plain',
  clientId: 'plain',
  userId: 'plain',
  grantId: 'plain',
  familyId: 'plain',
})
