// Expiry on demand: a store that says of some tokens that they ended before their time.

import { type Parts, readSecret, type SecretKind, type Store } from '@patois/core'
import { EmulatorFault } from './fault.ts'

/** When codes, tokens and sessions ended early: seconds, by the ids of their rows. */
export type Ends = Map<number, number>

/** The same store; what has ended early ends then. */
export function expiringStore(store: Store, ends: Ends): Store {
  const ended = <T extends { id: number; expiresAt: number }>(row: T): T => {
    const at = ends.get(row.id)
    return at === undefined ? row : { ...row, expiresAt: Math.min(at, row.expiresAt) }
  }
  return {
    ...store,
    async findAccessToken(id) {
      const found = await store.findAccessToken(id)
      return found && { ...found, token: ended(found.token) }
    },
    async findRefreshToken(id) {
      const found = await store.findRefreshToken(id)
      return found && { ...found, token: ended(found.token) }
    },
    async findCode(id) {
      const found = await store.findCode(id)
      return found && { ...found, code: ended(found.code) }
    },
    async findSession(id) {
      const found = await store.findSession(id)
      return found && { ...found, session: ended(found.session) }
    },
  }
}

const KINDS: readonly SecretKind[] = ['access_token', 'refresh_token', 'code', 'session']

/** Ends one now. Throws an EmulatorFault for what is none of ours. */
export async function expire(parts: Parts, ends: Ends, text: string, now: number): Promise<void> {
  for (const kind of KINDS) {
    const read = readSecret(parts, kind, text)
    if (read) return void ends.set(read.id, now)
  }
  const isJwt = text.startsWith('eyJ')
  throw new EmulatorFault(
    isJwt
      ? 'A JWT carries its own end: advance the clock, or script a token fault for the next one.'
      : 'This is no code, token or session of this server.',
  )
}
