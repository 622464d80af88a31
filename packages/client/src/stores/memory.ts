// Memory: keeps tokens in this process, as long as it lives.

import type { TokenStore } from '../store.ts'

/** A store for one process, which forgets everything at its end. */
export function memoryStore(): TokenStore {
  const values = new Map<string, string>()
  const last = new Map<string, Promise<unknown>>()
  return {
    leavesProcess: false,
    transaction: (name, work) => {
      const entry = {
        read: async () => values.get(name),
        write: async (value: string | undefined) => {
          if (value === undefined) values.delete(name)
          else values.set(name, value)
          return true
        },
      }
      const turn = (last.get(name) ?? Promise.resolve()).then(() => work(entry))
      const over = turn
        .catch(() => undefined)
        .then(() => {
          if (last.get(name) === over) last.delete(name)
        })
      last.set(name, over)
      return turn
    },
  }
}
