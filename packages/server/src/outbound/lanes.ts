// Lanes: so many tasks of one name at once, so that a slow one holds up nobody but its own.

/** Runs a task in a lane of its name, as soon as one is free. */
export type Lanes = {
  run<T>(name: string, task: () => Promise<T>): Promise<T>
  /** How many tasks of this name wait. */
  waiting(name: string): number
}

type Road = { busy: number; waiting: (() => void)[] }

/** Opens `lanes` lanes for each name. */
export function openLanes(lanes: number): Lanes {
  const roads = new Map<string, Road>()
  return {
    waiting: (name) => roads.get(name)?.waiting.length ?? 0,
    async run(name, task) {
      const road = roads.get(name) ?? { busy: 0, waiting: [] }
      roads.set(name, road)
      if (road.busy < lanes) road.busy++
      else await new Promise<void>((go) => road.waiting.push(go))
      try {
        return await task()
      } finally {
        // Whoever waits takes over the lane, which stays busy.
        const next = road.waiting.shift()
        if (next) next()
        else if (--road.busy === 0) roads.delete(name)
      }
    },
  }
}
