// Sessions: a browser that somebody signed in at, known by an opaque secret.

import { base64url } from 'jose'
import type { SignedIn } from './authorize.ts'
import { type Call, eventOf } from './call.ts'
import type { Parts } from './parts.ts'
import type { Session, User } from './records.ts'
import { mintSecret, readSecret } from './secret.ts'
import type { Change } from './store.ts'

const SID_BYTES = 16
/** Use is noted in steps, so that not every request writes: five minutes, in seconds. */
const LONGEST_STEP = 300

/**
 * Opens a session for a user who has just proved itself. The same user at the same browser goes
 * on with its session under a new secret; another user's session there is ended.
 */
export async function openSession(
  parts: Parts,
  call: Call,
  user: User,
  before: SignedIn | undefined,
): Promise<{ secret: string; session: Session }> {
  const same = before?.user.id === user.id ? before.session : undefined
  const id = same?.id ?? parts.store.newId()
  const { secret, hash } = mintSecret(parts, 'session', id)
  const { lifetimes } = parts.policy
  const session: Session = {
    id,
    hash,
    sid: same?.sid ?? base64url.encode(parts.crypto.random(SID_BYTES)),
    userId: user.id,
    authenticatedAt: call.now,
    expiresAt: call.now + Math.min(lifetimes.session, lifetimes.session_idle),
  }
  call.about.userId = user.id
  const changes: Change[] = [{ put: 'session', session }]
  if (before && !same) changes.push(...endings(before.session, call.now))
  const events = [eventOf(call, 'sign_in', 'allowed', 'password')]
  await parts.store.commit({ changes, events })
  return { secret, session }
}

/** Notes that a session is in use at `now` (seconds), unless that was noted a moment ago. */
export async function keepSession(
  { policy: { lifetimes }, store }: Parts,
  { session: { id, authenticatedAt, expiresAt } }: SignedIn,
  now: number,
): Promise<void> {
  const end = authenticatedAt + lifetimes.session
  const until = Math.min(now + lifetimes.session_idle, end)
  const step = Math.min(LONGEST_STEP, lifetimes.session_idle / 10)
  const isNoted = until <= expiresAt || (until < end && until - expiresAt < step)
  if (isNoted) return
  await store.commit({ changes: [{ extend: 'session', id, until }], events: [] })
}

/** What ends a session, and with it what was not given offline_access. */
export function endings({ id }: Session, at: number): Change[] {
  return [
    { end: 'session', id, at },
    { end: 'session_families', sessionId: id, at, reason: 'logout' },
  ]
}

/** Who a session secret stands for; undefined when it is unknown, over, or its user is disabled. */
export async function findSignedIn(
  parts: Parts,
  secret: string,
  now: number,
): Promise<SignedIn | undefined> {
  const read = readSecret(parts, 'session', secret)
  const found = read && (await parts.store.findSession(read.id))
  if (!found || !parts.crypto.equal(read.hash, found.session.hash)) return undefined
  const { session, user } = found
  const over = session.endedAt !== undefined || session.expiresAt <= now
  const gone = user.disabledAt !== undefined || session.authenticatedAt < user.tokensFrom
  return over || gone ? undefined : found
}
