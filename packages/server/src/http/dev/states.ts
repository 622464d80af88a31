// States: snapshots of the emulator, and the ways back, over HTTP.

import { EmulatorFault } from '../../emulator/fault.ts'
import { type DevRoute, readTexts, type Schema } from './route.ts'

const ID: Schema = { id: { type: 'string' } }

/** Keeping a state, and going back. */
export const stateRoutes: readonly DevRoute[] = [
  {
    method: 'POST',
    path: '/reset',
    says: 'Go back to the start: no tokens, no faults, an empty journal, the time as it is',
    answers: {},
    handle: async ({ emulator }) => {
      await emulator.reset()
      return {}
    },
  },
  {
    method: 'POST',
    path: '/snapshot',
    says: 'Keep the present state: everything in the database, and the time',
    answers: ID,
    handle: ({ emulator }) => ({ id: emulator.snapshot() }),
  },
  {
    method: 'POST',
    path: '/restore',
    says: 'Go back to a snapshot',
    takes: ID,
    answers: {},
    handle: async ({ emulator }, asked) => {
      const { id } = readTexts(asked, ['id'])
      if (!id) throw new EmulatorFault('id: is needed')
      await emulator.restore(id)
      return {}
    },
  },
]
