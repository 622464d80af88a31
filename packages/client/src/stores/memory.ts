// Memory: keeps tokens in this process, as long as it lives.

import type { TokenStore } from '../store.ts'
import { turns } from '../turns.ts'

/** A store for one process, which forgets everything at its end. */
export function memoryStore(): TokenStore {
  const values = new Map<string, string>()
  const inTurn = turns()
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
      return inTurn(name, () => work(entry))
    },
  }
}
