// States: where the emulator was, and the way back there — rows, clock and early ends.

import type { Store } from '@patois/core'
import type { MovableClock } from '../clock.ts'
import type { SqliteStore } from '../store/sqlite.ts'
import type { Ends } from './expire.ts'
import { EmulatorFault } from './fault.ts'

/** States that can be gone back to. */
export type States = {
  /** False for a database that does not go back. */
  canKeep: boolean
  /** Answers the name of the present state. Throws an EmulatorFault where no state can be kept. */
  keep(): string
  /** Goes back. Throws an EmulatorFault for a name of nothing. */
  restore(id: string): void
}

type Kept = { number: number; now: number; frozen: boolean; ends: Ends }

/** Opens the states of a store, of a clock and of what ended early. */
export function openStates(store: Store, clock: MovableClock, ends: Ends): States {
  const { snapshots } = store as Partial<SqliteStore>
  const kept = new Map<string, Kept>()
  const needSnapshots = () => {
    if (snapshots) return snapshots
    throw new EmulatorFault(
      'Only a SQLite database goes back: start with --database sqlite::memory:',
    )
  }
  return {
    canKeep: snapshots !== undefined,
    keep() {
      const number = needSnapshots().take()
      const { now, frozen } = clock.read()
      kept.set(`s${number}`, { number, now, frozen, ends: new Map(ends) })
      return `s${number}`
    },
    restore(id) {
      const state = kept.get(id)
      if (!state) throw new EmulatorFault(`There is no snapshot ${id}.`, 404)
      needSnapshots().restore(state.number)
      clock.freeze(state.frozen)
      clock.set(state.now)
      ends.clear()
      for (const [row, at] of state.ends) ends.set(row, at)
    },
  }
}
