// The model that @node-oauth/oauth2-server asks for, on the records of a peer.

import { randomBytes } from 'node:crypto'
import type { Client, RefreshToken, Token } from '@node-oauth/oauth2-server'
import {
  CLIENTS,
  type GivenClient,
  LIFETIMES,
  OPAQUE,
  REDIRECT_URI,
  SCOPE,
  USER,
} from '../given.ts'
import type { Rows } from './rows.ts'

/** The clients by id. */
export const KNOWN: ReadonlyMap<string, Client & { secret: string }> = new Map(
  CLIENTS.map(({ id, secret }: GivenClient) => {
    const grants = ['authorization_code', 'refresh_token', 'client_credentials']
    return [id, { id, secret, grants, redirectUris: [REDIRECT_URI] }]
  }),
)

/** Seconds of a time. */
export function secondsOf(at: Date | undefined): number {
  return Math.floor(Number(at) / 1000)
}

// Dates of a record that went through JSON.
function revived<T extends object>(record: T): T {
  const entries = Object.entries(record).map(([name, value]) => [
    name,
    name.endsWith('ExpiresAt') ? new Date(value) : value,
  ])
  return Object.fromEntries(entries)
}

/** The model, as its documentation describes one. */
export function modelOn(rows: Rows) {
  const find = async (kind: string, id: string) => {
    const record = await rows.get(kind, id)
    return record ? (revived(record) as Token & RefreshToken) : false
  }
  return {
    getClient: async (id: string, secret: string | null) => {
      const client = KNOWN.get(id)
      return client && (secret === null || client.secret === secret) ? client : false
    },
    getUserFromClient: async ({ id }: Client) => ({ id }),
    saveToken: async (token: Token, { id, grants }: Client, user: object) => {
      const kept = { ...token, client: { id, grants }, user }
      const { accessToken, accessTokenExpiresAt, refreshToken, refreshTokenExpiresAt } = token
      const expiresAt = secondsOf(accessTokenExpiresAt)
      await rows.put('access', accessToken, { value: kept, expiresAt })
      if (refreshToken) {
        const until = secondsOf(refreshTokenExpiresAt)
        await rows.put('refresh', refreshToken, { value: kept, expiresAt: until })
      }
      return kept
    },
    getAccessToken: (token: string) => find('access', token),
    getRefreshToken: (token: string) => find('refresh', token),
    revokeToken: ({ refreshToken }: RefreshToken) => rows.drop('refresh', refreshToken),
    validateScope: async (_: object, __: object, scope?: string[]) => scope ?? ['api.read'],
  }
}

/** One of them. */
export type Model = ReturnType<typeof modelOn>

/** Keeps a token of the user, as if they had signed in. */
export async function save(model: Model): Promise<{ accessToken: string; refreshToken: string }> {
  const client = KNOWN.get(OPAQUE.id)
  if (!client) throw new Error('There is no client.')
  const user = { id: USER.name }
  const until = new Date(Date.now() + LIFETIMES.refresh * 1000)
  const secrets = {
    accessToken: randomBytes(32).toString('hex'),
    refreshToken: randomBytes(32).toString('hex'),
  }
  const scope = SCOPE.tokens.split(' ')
  const times = { accessTokenExpiresAt: until, refreshTokenExpiresAt: until }
  await model.saveToken({ ...secrets, ...times, scope, client, user }, client, user)
  return secrets
}
