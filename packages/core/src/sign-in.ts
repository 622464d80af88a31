// Sign-in: a username and a password, with the throttle that the login page and the grant share.

import { type Call, eventOf } from './call.ts'
import type { Parts } from './parts.ts'
import type { User } from './records.ts'
import { Refusal } from './refusal.ts'
import { foldUsername } from './username.ts'

/** A browser that people signed in at before, and since when in seconds; it proved to be that one. */
export type Device = { id: string; users: readonly { id: number; at: number }[] }

/** What a person typed, and where. */
export type Credentials = { username: string; password: string; device?: Device | undefined }

const LONGEST = 1024

/**
 * The user with this name and password. Throws one Refusal for a wrong name, a wrong password and
 * a disabled user, another when the account, the device or the network failed too often, and
 * `Unavailable` when the queue of password hashes is full.
 */
export async function signIn(parts: Parts, call: Call, typed: Credentials): Promise<User> {
  const { username: written, password } = typed
  const long = written.length > LONGEST || password.length > LONGEST
  // Folded before anything else: no other way of writing a name gives a guesser another try.
  const username = long ? written : foldUsername(written)
  const user = long ? undefined : await parts.store.findUserByName(username)
  const who = countedAs(call, { ...typed, username }, user)
  // Counted before it is tried, so that of many at once no more are tried than of many in a row.
  const retryAfter = await parts.throttle.take(who)
  if (retryAfter !== undefined) throw new Refusal('too_many_failures', { retryAfter })
  const right = !long && (await isRight(parts, user, password, who))
  if (!user || !right || user.disabledAt !== undefined) {
    await parts.throttle.keep(who)
    const events = [eventOf(call, 'sign_in', 'refused', 'password_wrong')]
    throw new Refusal('password_wrong', { plan: { changes: [], events } })
  }
  await parts.throttle.giveBack(who)
  call.about.userId = user.id
  return user
}

// Whoever signed in at this browser before is counted there alone: strangers cannot lock them out.
function countedAs(call: Call, { username, device }: Credentials, user?: User): string[] {
  const knows = device?.users.some(({ id, at }) => id === user?.id && at >= user.tokensFrom)
  if (device && user && knows) return [`device:${device.id} ${user.id}`]
  return [`account:${username}`, `network:${call.network}`]
}

async function isRight(
  { passwords, throttle }: Parts,
  user: User | undefined,
  password: string,
  who: readonly string[],
): Promise<boolean> {
  try {
    return await passwords.verify(user?.passwordHash, password)
  } catch (thrown) {
    await throttle.giveBack(who)
    throw thrown
  }
}
