// The time in whole seconds: the system's, one that tests move by hand, or one that goes and is moved.

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

/** Where a movable clock stands; in seconds. */
export type ClockReading = { now: number; frozen: boolean; offsetSeconds: number }

/** A clock that goes as another does, and is moved besides. */
export type MovableClock = Clock & {
  /** Moves the time to a moment, also a past one. */
  set(now: number): void
  /** Lets it stand, or go on from where it stands. */
  freeze(frozen: boolean): void
  /** Goes with the other clock again, as at its start. */
  restart(): void
  read(): ClockReading
}

/** A clock that goes as `base` does until it is moved. */
export function movableClock(base: Clock): MovableClock {
  let offset = 0
  let stands: number | undefined
  const now = () => stands ?? base.now() + offset
  return {
    now,
    set(to) {
      offset = to - base.now()
      if (stands !== undefined) stands = to
    },
    freeze(frozen) {
      const at = now()
      offset = at - base.now()
      stands = frozen ? at : undefined
    },
    restart() {
      offset = 0
      stands = undefined
    },
    read: () => ({ now: now(), frozen: stands !== undefined, offsetSeconds: now() - base.now() }),
  }
}
