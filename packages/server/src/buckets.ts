// Buckets: how many tries each name has failed lately, in bounded memory; they leak as time goes by.

/** A full bucket holds `tries` and leaks until it is empty after `seconds`, in whole seconds each. */
export type Limit = { tries: number; seconds: number }

/** The buckets of one kind of names; `now` in seconds. */
export type Buckets = {
  /** How long until one more try fits, in seconds; undefined when it fits now. */
  wait(name: string, now: number): number | undefined
  /** Puts one try in. */
  add(name: string, now: number): void
  /** How many tries are in it. */
  level(name: string, now: number): number
  /** Fills it until `emptyAt`, where somebody else knows of more. */
  raise(name: string, now: number, emptyAt: number): void
  /** Takes one try out again. */
  remove(name: string, now: number): void
  /** How many names are remembered. */
  size(): number
}

/** Of a full memory, one part in so many is forgotten at a time. */
const PART = 4

/** Opens buckets that remember `most` names at the most. */
export function openBuckets({ tries, seconds }: Limit, most: number): Buckets {
  // All that is known of a bucket is when it will be empty.
  const emptyAt = new Map<string, number>()
  const each = seconds / tries
  const levelOf = (name: string, now: number) => Math.max(emptyAt.get(name) ?? now, now)
  const keep = (name: string, now: number, at: number): void => {
    if (at <= now) emptyAt.delete(name)
    else emptyAt.set(name, at)
  }
  const fill = (name: string, now: number, at: number): void => {
    if (emptyAt.size >= most && !emptyAt.has(name)) forget(emptyAt, Math.ceil(most / PART), now)
    keep(name, now, at)
  }
  return {
    wait(name, now) {
      const over = levelOf(name, now) + each - (now + seconds)
      return over > 0 ? Math.ceil(over) : undefined
    },
    add: (name, now) => fill(name, now, levelOf(name, now) + each),
    level: (name, now) => Math.ceil((levelOf(name, now) - now) / each),
    raise: (name, now, at) => fill(name, now, Math.max(levelOf(name, now), at)),
    remove(name, now) {
      keep(name, now, levelOf(name, now) - each)
    },
    size: () => emptyAt.size,
  }
}

// Those that would be empty soonest go first, not those of longest ago: whoever wants a full bucket
// forgotten would have to fill as many others as there are places.
function forget(emptyAt: Map<string, number>, atLeast: number, now: number): void {
  const soonest = Float64Array.from(emptyAt.values()).sort()
  const bound = soonest[atLeast - 1] ?? now
  let left = atLeast
  for (const [name, at] of emptyAt) {
    const isEmpty = at <= now
    if (!isEmpty && (at > bound || left <= 0)) continue
    emptyAt.delete(name)
    left--
  }
}
