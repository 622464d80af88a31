// Many requests of a kind, so many at once that a server is busy and no queue of it overflows.

/** Runs `one` for each index below `length`, so many at a time; answers in their order. */
export const inBatches = async <T>(
  length: number,
  one: (index: number) => Promise<T>,
  atOnce = 50,
): Promise<T[]> => {
  const all: T[] = []
  while (all.length < length) {
    const size = Math.min(atOnce, length - all.length)
    all.push(...(await Promise.all(Array.from({ length: size }, (_, i) => one(all.length + i)))))
  }
  return all
}
