// Sign-in: a username and a password, with the throttle that the login page and the grant share.

import { type Call, eventOf } from './call.ts'
import type { Parts } from './parts.ts'
import type { User } from './records.ts'
import { Refusal } from './refusal.ts'

/** What a person typed. */
export type Credentials = { username: string; password: string }

const LONGEST = 1024

/**
 * The user with this name and password. Throws one Refusal for a wrong name, a wrong password and
 * a disabled user, another when the account or the network failed too often, and `Unavailable`
 * when the queue of password hashes is full.
 */
export async function signIn(
  parts: Parts,
  call: Call,
  { username, password }: Credentials,
): Promise<User> {
  const who = [`account:${username}`, `network:${call.network}`]
  const waiting = await parts.throttle.waiting(who)
  if (waiting !== undefined) throw new Refusal('too_many_failures', { retryAfter: waiting })
  const long = username.length > LONGEST || password.length > LONGEST
  const user = long ? undefined : await parts.store.findUserByName(username)
  const right = !long && (await parts.passwords.verify(user?.passwordHash, password))
  if (user && right && user.disabledAt === undefined) {
    call.about.userId = user.id
    return user
  }
  const retryAfter = await parts.throttle.failed(who)
  const events = [eventOf(call, 'sign_in', 'refused', 'password_wrong')]
  const plan = { changes: [], events }
  if (retryAfter !== undefined) throw new Refusal('too_many_failures', { retryAfter, plan })
  throw new Refusal('password_wrong', { plan })
}
