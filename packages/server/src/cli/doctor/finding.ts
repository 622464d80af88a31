// Finding: what the doctor says about one thing, and what to do where it is wrong.

/** `fault` is wrong, `warning` will be or may be, `good` is as it should be. */
export type Finding = {
  about: string
  state: 'good' | 'warning' | 'fault'
  says: string
  /** What to do about it; with everything that is not good. */
  fix?: string
}

/** Something that is as it should be. */
export function good(about: string, says: string): Finding {
  return { about, state: 'good', says }
}

/** Something that will be wrong, or that cannot be told from here. */
export function warning(about: string, says: string, fix: string): Finding {
  return { about, state: 'warning', says, fix }
}

/** Something that is wrong. */
export function fault(about: string, says: string, fix: string): Finding {
  return { about, state: 'fault', says, fix }
}
