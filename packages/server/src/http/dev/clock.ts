// Clock: the emulator's time over HTTP.

import type { ClockReading } from '../../clock.ts'
import { EmulatorFault } from '../../emulator/fault.ts'
import type { Duration, Moment } from '../../emulator/time.ts'
import type { DevSite } from '../site.ts'
import type { Asked, DevRoute, Schema } from './route.ts'

const reading: Schema = {
  now: { type: 'integer', description: 'Seconds since 1970.' },
  frozen: { type: 'boolean' },
  offsetSeconds: { type: 'integer', description: "How far it is ahead of the machine's clock." },
}

/** Reading and moving the time. */
export const clockRoutes: readonly DevRoute[] = [
  {
    method: 'GET',
    path: '/clock',
    says: 'What time it is',
    answers: reading,
    handle: ({ emulator }) => emulator.clock.read(),
  },
  {
    method: 'POST',
    path: '/clock',
    says: 'Move the time: tokens, sessions and keys follow',
    takes: {
      advance: { type: ['integer', 'string'], description: 'Seconds, or 90s, 15m, 1h, 30d.' },
      set: { type: ['integer', 'string'], description: 'Seconds since 1970, or a date.' },
      freeze: { type: 'boolean', description: 'True: it stands. False: it goes on.' },
    },
    answers: reading,
    handle: move,
  },
]

async function move({ emulator }: DevSite, { body }: Asked): Promise<ClockReading> {
  const { advance, set, freeze, ...others } = body
  const [other] = Object.keys(others)
  if (other !== undefined) throw new EmulatorFault(`${other}: is no member of this`)
  if (freeze !== undefined && typeof freeze !== 'boolean')
    throw new EmulatorFault('freeze: must be true or false')
  const { clock } = emulator
  if (freeze !== undefined) clock.freeze(freeze)
  if (set !== undefined) await clock.set(set as Moment)
  if (advance !== undefined) await clock.advance(advance as Duration)
  return clock.read()
}
