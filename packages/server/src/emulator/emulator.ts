// The emulator: what dev mode can do besides serving — its clock, its journal, its switches.

import type { AuditEvent, Parts } from '@patois/core'
import type { MovableClock } from '../clock.ts'
import type { ServerLifetimes } from '../configuration.ts'
import type { KeyRing } from '../keys.ts'
import type { Log } from '../log.ts'
import { sweepNow } from '../sweep.ts'
import { type Journal, openJournal } from './journal.ts'
import { type EmulatorClock, openEmulatorClock } from './time.ts'

/** What the emulator is opened with. */
export type EmulatorParts = {
  parts: Parts
  clock: MovableClock
  keys: KeyRing
  lifetimes: ServerLifetimes
  log: Log
}

/** What dev mode is steered by. */
export type Emulator = {
  clock: EmulatorClock
  journal: Journal
  /** What was decided about each request that is not in the journal yet, by its id. */
  decided: Map<string, AuditEvent>
}

/** Opens the emulator of a server. */
export function openEmulator(given: EmulatorParts): Emulator {
  const { clock, keys, lifetimes, log, parts } = given
  const follow = () => sweepNow({ store: parts.store, lifetimes, clock, keys, log })
  return {
    clock: openEmulatorClock(clock, lifetimes.key_publish_ahead, follow),
    journal: openJournal(),
    decided: new Map(),
  }
}
