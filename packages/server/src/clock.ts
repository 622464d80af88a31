// The time in whole seconds: the system's, or one that tests move by hand.

/** Tells the time. */
export type Clock = {
  /** Seconds since 1970. */
  now(): number
}

/** A clock for tests, which moves only when told to. */
export type FixedClock = Clock & {
  /** Moves the time by so many seconds. */
  advance(seconds: number): void
}

/** The system's time; it may stand still, but never runs backwards in one process. */
export function systemClock(read: () => number = Date.now): Clock {
  let latest = 0
  return {
    now() {
      latest = Math.max(latest, Math.floor(read() / 1000))
      return latest
    },
  }
}

/** A clock that stands at `start` (seconds) until it is advanced. */
export function fixedClock(start: number): FixedClock {
  let now = start
  return {
    now: () => now,
    advance(seconds) {
      now += seconds
    },
  }
}
