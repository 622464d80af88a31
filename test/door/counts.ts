// How many rounds a promise is tried: few in every run, all that was promised with `npm run promises`.

/** Which part of it: 1 in a full run, less where that shall be shorter, 0 in every other run. */
const part = Number(process.env.PATOIS_FULL || 0)

/** True in a run that tries every promise as often as it was given, or nearly. */
export const isFull = part > 0

/** How often to try: `gate` times in every run, `full` times with `npm run promises`. */
export const times = (gate: number, full: number): number => {
  if (!isFull) return gate
  return full < gate ? full : Math.max(gate, Math.round(full * part))
}
