// Renew: one refresh for all who ask, and no token that is lost on the way.

import { Refused, Unreachable } from './errors.ts'
import {
  ended,
  insist,
  isAlive,
  isFresh,
  type Keeping,
  type Note,
  noteOf,
  openNote,
  type Place,
  readNote,
  writeNote,
} from './note.ts'
import { callToken, operationOf } from './operations.ts'
import type { Entry, TokenStore } from './store.ts'
import type { Tokens } from './tokens.ts'

/** What renewing takes, and what this process knows. */
export type Keeper = Keeping & {
  store: TokenStore
  obtain: (() => Promise<Tokens>) | undefined
  /** Seconds. */
  cooldown: number
  /** What this process has seen last. */
  known: Note | undefined
  failure: { error: unknown; until: number } | undefined
  /** The one renewal that goes on, and the access token that it is to replace. */
  flight: { renewal: Promise<Note>; refused: string | undefined } | undefined
}

/** However long a server asks for, it is tried again after an hour. */
const LONGEST_REST = 3600

/** Kept tokens that are fresh, and not the access token that an API has just refused. */
export async function fresh(keeper: Keeper, refused?: string): Promise<Note> {
  for (;;) {
    const { known } = keeper
    if (known && isFresh(keeper, known, refused)) return known
    keeper.flight ??= { refused, renewal: renew(keeper, refused) }
    const { flight } = keeper
    try {
      const note = await flight.renewal
      // Who joined one that was for another reason looks again; else it is the best there is.
      if (flight.refused === refused || isFresh(keeper, note, refused)) return note
    } catch (error) {
      // A token that is still good is better than none, and nothing was lost.
      const best = keeper.known
      if (best && isAlive(keeper, best, refused)) return best
      throw error
    }
  }
}

async function renew(keeper: Keeper, refused: string | undefined): Promise<Note> {
  try {
    return await keeper.store.transaction(keeper.name, (entry) => settle(keeper, entry, refused))
  } finally {
    keeper.flight = undefined
  }
}

async function settle(keeper: Keeper, entry: Entry, refused: string | undefined): Promise<Note> {
  const place: Place = { entry, text: undefined }
  const kept = await readNote(keeper, place)
  keeper.known = kept
  if (kept && isFresh(keeper, kept, refused)) return kept
  const { obtain } = keeper
  if (kept && kept.dead === undefined && kept.tokens.refreshToken !== undefined) {
    try {
      return await guarded(keeper, () => refreshed(keeper, place, kept, refused))
    } catch (error) {
      if (!isDead(error)) throw error
      keeper.known = undefined
      keeper.failure = undefined
      // Somebody else has changed it since: theirs is another story.
      if (!(await bury(keeper, place, error))) return settle(keeper, entry, refused)
      if (!obtain) throw error
    }
  } else if (!obtain) throw ended(keeper, kept)
  return guarded(keeper, async () => written(keeper, place, noteOf(keeper, await obtain())))
}

// Only what was tried is dead: over anything that came since nothing is written.
async function bury(keeper: Keeper, place: Place, { code }: Refused): Promise<boolean> {
  const tried = await openNote(keeper, place)
  return tried !== undefined && writeNote(keeper, place, { ...tried, dead: code })
}

// Before anybody has them: what is not written down would be lost with this process.
async function written(keeper: Keeper, place: Place, note: Note, spent?: string): Promise<Note> {
  let stands: Note | undefined = note
  while (!(await insist(keeper, place, note))) {
    stands = await readNote(keeper, place)
    // Others took the lock over, and what they have kept or forgotten stands. But who only tried
    // the token that was spent here knows less, whatever they made of it.
    if (spent === undefined || stands?.tokens.refreshToken !== spent) break
    stands = note
  }
  keeper.known = stands
  if (!stands || stands.dead !== undefined) throw ended(keeper, stands)
  keeper.failure = undefined
  return stands
}

// After a failure, callers get what there is, and the server some rest.
async function guarded<T>(keeper: Keeper, work: () => Promise<T>): Promise<T> {
  const { connection, failure, cooldown } = keeper
  if (failure && connection.now() < failure.until) throw failure.error
  try {
    return await work()
  } catch (error) {
    const asked = error instanceof Refused ? (error.retryAfter ?? 0) : 0
    const rest = Math.max(cooldown, Math.min(asked, LONGEST_REST))
    keeper.failure = { error, until: connection.now() + rest }
    throw error
  }
}

function isDead(error: unknown): error is Refused {
  return error instanceof Refused && error.meaning === 'dead'
}

/**
 * Asks for new tokens. When no answer came, or a no that somebody else's refresh explains, the store
 * is read once more and what stands there then is tried: the same token within the server's window
 * for repeated refreshes, or another one.
 */
async function refreshed(
  keeper: Keeper,
  place: Place,
  kept: Note,
  refused: string | undefined,
): Promise<Note> {
  let tried = kept
  let tokens: Tokens
  try {
    tokens = await refresh(keeper, tried)
  } catch (error) {
    const isLost = error instanceof Unreachable
    if (!isLost && !isDead(error)) throw error
    const now = await readNote(keeper, place)
    if (now && isFresh(keeper, now, refused)) {
      keeper.known = now
      return now
    }
    const isOther = now?.tokens.refreshToken !== kept.tokens.refreshToken
    if (!now || now.dead !== undefined || !(isLost || isOther)) throw error
    tried = now
    tokens = await refresh(keeper, tried)
  }
  return written(keeper, place, noteOf(keeper, tokens), tried.tokens.refreshToken)
}

// Nothing is repeated in here on a schedule: everybody waits outside.
async function refresh({ connection }: Keeper, { tokens }: Note): Promise<Tokens> {
  const { refreshToken = '', refreshExpiresAt, idToken } = tokens
  const { operation } = operationOf(connection.dialect, 'token', 'refresh_token')
  const scope = connection.scope ?? tokens.scope
  const needs = operation.needs?.includes('scope') ? { scope } : {}
  const once = { ...connection, retry: undefined }
  const got = await callToken(once, 'refresh_token', { refreshToken, ...needs })
  const isSame = (got.refreshToken ?? refreshToken) === refreshToken
  // What an answer leaves out has not changed (RFC 6749 §5.1, §6).
  return {
    refreshToken,
    ...(isSame && refreshExpiresAt !== undefined && { refreshExpiresAt }),
    ...(idToken && { idToken }),
    ...got,
    scope: got.scope.length > 0 ? got.scope : tokens.scope,
  }
}
