// Life: what people do with an application in a month, and how long what it wrote is kept.

import { SETTINGS } from '../../packages/server/src/settings.ts'
import type { CallName } from './measure.ts'

const HOUR = 3600
const DAY = 24 * HOUR

function lifetime(name: string): number {
  const found = SETTINGS.find((setting) => setting.name === `lifetimes.${name}`)
  if (typeof found?.default !== 'number') throw new Error(`There is no lifetime ${name}.`)
  return found.default
}

/** What one person who uses an application does in a month, on average. */
export const MONTH: Readonly<Record<Exclude<CallName, 'credentials'>, number>> = {
  first: 0.1,
  password: 1,
  session: 3,
  // An application in use asks for a new access token every hour, on two devices.
  refresh: 120,
  introspection: 600,
}

/** Days of a month. */
export const MONTH_DAYS = 30

/** Of all calls of a day, the part that comes in each hour of it; adds up to 1. */
export const HOURS: readonly number[] = [
  1, 0.6, 0.4, 0.3, 0.3, 0.5, 1, 2, 4, 6, 7, 7, 6.5, 6, 6, 6, 6, 6.5, 7, 7.5, 7, 5.5, 3.5, 2,
].map((share, _, all) => share / all.reduce((sum, one) => sum + one))

/** Seconds for which a row is kept, by table; what is not named stays while the account does. */
export const KEPT: Readonly<Record<string, number>> = {
  sessions: lifetime('session_idle') + DAY,
  refresh_tokens: lifetime('refresh_token_idle'),
  // An expired opaque token is answered as expired for a day.
  access_tokens: lifetime('access_token') + DAY,
  events: lifetime('event_retention'),
  replay_cells: lifetime('replay_window'),
}

// A family is refreshed until somebody signs in at the same device again.
const DEVICES = 2
const IN_USE = (DEVICES * MONTH_DAYS * DAY) / (MONTH.first + MONTH.password + MONTH.session)

/** Seconds after sign-in when a family ends: when it was idle too long, or was as old as it may be. */
export const LONGEST = Math.min(lifetime('refresh_token'), IN_USE + lifetime('refresh_token_idle'))
