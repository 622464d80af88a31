// How many rounds a promise is tried: few in every run, all that was promised with `npm run promises`.

/** True in a run that tries every promise as often as it was given. */
export const isFull = process.env.PATOIS_FULL === '1'

/** How often to try: `gate` times in every run, `full` times with `npm run promises`. */
export const times = (gate: number, full: number): number => (isFull ? full : gate)
