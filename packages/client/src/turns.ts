// Turns: what happens under one name happens one after the other, within this process.

/** Runs `work` when all that was handed in before under the same name is over. */
export type Turns = <T>(name: string, work: () => Promise<T>) => Promise<T>

/** Turns of their own, with nobody in them yet. */
export function turns(): Turns {
  const last = new Map<string, Promise<void>>()
  return (name, work) => {
    const turn = (last.get(name) ?? Promise.resolve()).then(work)
    const tidy = () => {
      if (last.get(name) === over) last.delete(name)
    }
    const over = turn.then(tidy, tidy)
    last.set(name, over)
    return turn
  }
}
