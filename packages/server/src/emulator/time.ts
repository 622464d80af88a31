// Time: the emulator's clock as tests and people move it, with the housekeeping that follows.

import type { ClockReading, MovableClock } from '../clock.ts'
import { secondsOf } from '../configuration/duration.ts'
import { EmulatorFault } from './fault.ts'

/** A duration: seconds, or text such as 90s, 15m, 12h, 30d. */
export type Duration = number | string

/** A moment: seconds since 1970, or a date as ISO 8601 has it. */
export type Moment = number | string

/** The clock of an emulator; each move answers when keys and rows have followed. */
export type EmulatorClock = {
  /** Seconds since 1970. */
  now(): number
  read(): ClockReading
  /** Throws an EmulatorFault for what is no duration. */
  advance(by: Duration): Promise<ClockReading>
  /** Also to a past moment. Throws an EmulatorFault for what is no moment. */
  set(to: Moment): Promise<ClockReading>
  /** Lets it stand, or go on. */
  freeze(frozen?: boolean): ClockReading
}

/** Opens the clock; `follow` sweeps and changes keys, `ahead` is how early keys are published. */
export function openEmulatorClock(
  clock: MovableClock,
  ahead: number,
  follow: () => Promise<void>,
): EmulatorClock {
  let moving: Promise<unknown> = Promise.resolve()
  const move = (to: () => number) => {
    const moved = moving.then(async () => {
      const target = to()
      // Keys that would have been published on the way were: they sign when we arrive.
      if (target - ahead > clock.now()) {
        clock.set(target - ahead)
        await follow()
      }
      clock.set(target)
      await follow()
      return clock.read()
    })
    moving = moved.catch(() => {})
    return moved
  }
  return {
    now: clock.now,
    read: clock.read,
    async advance(by) {
      const seconds = secondsOf(by)
      if (seconds === undefined)
        throw new EmulatorFault(
          'advance: must be seconds, or a duration such as 90s, 15m, 1h, 30d; back goes set alone',
        )
      return move(() => clock.now() + seconds)
    },
    async set(to) {
      const moment = momentOf(to)
      return move(() => moment)
    },
    freeze(frozen = true) {
      clock.freeze(frozen)
      return clock.read()
    },
  }
}

/** A moment in seconds. Throws an EmulatorFault for what is none. */
export function momentOf(to: Moment): number {
  const moment = typeof to === 'number' ? to : Date.parse(to) / 1000
  if (Number.isFinite(moment) && moment >= 0) return Math.floor(moment)
  throw new EmulatorFault('set: must be seconds since 1970, or a date such as 2030-01-31T12:00:00Z')
}
