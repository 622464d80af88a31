// Open: makes a server that is being built into one of dev mode.

import type { AuditEvent, Store } from '@patois/core'
import type { FastifyInstance } from 'fastify'
import { type Clock, movableClock } from '../../clock.ts'
import type { Configuration } from '../../configuration.ts'
import type { Demo } from '../../emulator/demo.ts'
import { openEmulator } from '../../emulator/emulator.ts'
import { type Ends, expiringStore } from '../../emulator/expire.ts'
import type { KeyRing } from '../../keys.ts'
import type { DevSite, Site } from '../site.ts'
import { openRefusals } from '../why.ts'
import { addDevRoutes } from './routes.ts'
import { standIn } from './stand-in.ts'

/** What of a server's parts dev mode has a hand in. */
type Given = { clock: Clock; store: Store; configuration: Configuration }

/** A server of dev mode on its way: its parts, then its site, then its routes. */
export type DevMode<T> = {
  given: T
  site(site: Site, keys: KeyRing): DevSite
  addRoutes(app: FastifyInstance, site: DevSite): void
}

/** Opens dev mode for a server of these parts: it gets a clock that can be moved. */
export function openDev<T extends Given>(said: T, demo: Demo): DevMode<T> {
  const clock = movableClock(said.clock)
  const ends: Ends = new Map()
  const { lifetimes } = said.configuration
  return {
    given: { ...said, clock, store: expiringStore(said.store, ends) },
    site(site, keys) {
      const { parts, log, on } = site
      const known = knownOf(site)
      const emulator = openEmulator({ parts, clock, keys, lifetimes, log, ends, known })
      const hear = (event: AuditEvent) => {
        emulator.decided.set(event.requestId, event)
        on?.(event)
      }
      const devSite: DevSite = { ...site, demo, refusals: openRefusals(), emulator, on: hear }
      devSite.standIn = (request, call, signedIn) => standIn(devSite, request, call, signedIn)
      return devSite
    },
    addRoutes: addDevRoutes,
  }
}

const PAGES = ['home', 'login', 'consent', 'logout']

function knownOf({ stations }: Site) {
  const deeds = stations.map(({ operation }) => operation.does)
  const dialects = stations.map(({ mount }) => mount.dialect.name)
  return { operations: [...new Set([...deeds, ...PAGES])], dialects: [...new Set(dialects)] }
}
