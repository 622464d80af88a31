// The emulator: what dev mode can do besides serving — its clock, its faults, its journal.

import type { AuditEvent, Parts } from '@patois/core'
import type { MovableClock } from '../clock.ts'
import type { ServerLifetimes } from '../configuration.ts'
import type { KeyRing } from '../keys.ts'
import type { Log } from '../log.ts'
import { sweepNow } from '../sweep.ts'
import { type Ends, expire } from './expire.ts'
import { type Faults, openFaults } from './faults.ts'
import { type Forge, openForge } from './forge.ts'
import { type Journal, openJournal } from './journal.ts'
import { type EmulatorClock, openEmulatorClock } from './time.ts'

/** What the emulator is opened with; `ends` is what `expiringStore` reads. */
export type EmulatorParts = {
  parts: Parts
  clock: MovableClock
  keys: KeyRing
  lifetimes: ServerLifetimes
  log: Log
  ends: Ends
  /** What faults may be scripted for. */
  known: Parameters<typeof openFaults>[0]
}

/** What dev mode is steered by. */
export type Emulator = {
  clock: EmulatorClock
  journal: Journal
  faults: Faults
  forge: Forge
  /** What was decided about each request that is not in the journal yet, by its id. */
  decided: Map<string, AuditEvent>
  /** Ends a token now, as if its time were over. Throws an EmulatorFault for what is none. */
  expire(token: string): Promise<void>
}

/** Opens the emulator of a server. */
export function openEmulator(given: EmulatorParts): Emulator {
  const { clock, keys, lifetimes, log, parts, ends, known } = given
  const follow = () => sweepNow({ store: parts.store, lifetimes, clock, keys, log })
  return {
    clock: openEmulatorClock(clock, lifetimes.key_publish_ahead, follow),
    journal: openJournal(),
    faults: openFaults(known),
    forge: openForge(parts),
    decided: new Map(),
    expire: (token) => expire(parts, ends, token, clock.now()),
  }
}
