// The emulator: what dev mode can do besides serving — its clock, its faults, its journal.

import type { AuditEvent, Parts } from '@patois/core'
import type { MovableClock } from '../clock.ts'
import type { ServerLifetimes } from '../configuration.ts'
import type { KeyRing } from '../keys.ts'
import type { Log } from '../log.ts'
import { sweepNow } from '../sweep.ts'
import { openThrottle } from '../throttle.ts'
import { type Ends, expire } from './expire.ts'
import { EmulatorFault } from './fault.ts'
import { type Faults, openFaults } from './faults.ts'
import { type Forge, openForge } from './forge.ts'
import { type Journal, openJournal } from './journal.ts'
import { openStates } from './states.ts'
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

/** How consent is decided: by whoever sits at the browser, or at once. */
export const CONSENT_MODES = ['ask', 'allow', 'deny'] as const

/** One of `CONSENT_MODES`. */
export type ConsentMode = (typeof CONSENT_MODES)[number]

/** A mode by its name. Throws an EmulatorFault for what is none. */
export function consentMode(name: unknown): ConsentMode {
  const found = CONSENT_MODES.find((one) => one === name)
  if (!found) throw new EmulatorFault(`mode: must be one of ${CONSENT_MODES.join(', ')}`)
  return found
}

/** What dev mode is steered by. */
export type Emulator = {
  clock: EmulatorClock
  journal: Journal
  faults: Faults
  forge: Forge
  /** What was decided about each request that is not in the journal yet, by its id. */
  decided: Map<string, AuditEvent>
  /** Who answers the consent page: a person, or the emulator. */
  consent: ConsentMode
  /** Names the present state: rows, clock, early ends. */
  snapshot(): string
  /** Goes back to a state. Throws an EmulatorFault for a name of nothing. */
  restore(id: string): Promise<void>
  /** Goes back to the start: no fault, no journal, no token. */
  reset(): Promise<void>
  /** Ends a token now, as if its time were over. Throws an EmulatorFault for what is none. */
  expire(token: string): Promise<void>
}

/** Opens the emulator of a server. */
export function openEmulator(given: EmulatorParts): Emulator {
  const { clock, keys, lifetimes, log, parts, ends, known } = given
  const follow = () => sweepNow({ store: parts.store, lifetimes, clock, keys, log })
  const states = openStates(parts.store, clock, ends)
  const first = states.canKeep ? states.keep() : undefined
  const restore = async (id: string): Promise<void> => {
    states.restore(id)
    // Failures are counted by time, and that has gone back.
    parts.throttle = openThrottle({ clock })
    await keys.tick(clock.now())
  }
  const emulator: Emulator = {
    clock: openEmulatorClock(clock, lifetimes.key_publish_ahead, follow),
    journal: openJournal([...known.operations, 'nothing']),
    faults: openFaults(known),
    forge: openForge(parts),
    decided: new Map(),
    consent: 'ask',
    snapshot: states.keep,
    restore,
    async reset() {
      emulator.faults.clear()
      emulator.journal.clear()
      emulator.consent = 'ask'
      await restore(first ?? states.keep())
      clock.restart()
    },
    expire: (token) => expire(parts, ends, token, clock.now()),
  }
  return emulator
}
