// Site: all that the rooms of the door share, put together once at start.

import type {
  AuditEvent,
  AuthorizeOutcome,
  Call,
  Dialect,
  Operation,
  Parts,
  SignedIn,
} from '@patois/core'
import type { FastifyRequest } from 'fastify'
import type { Clock } from '../clock.ts'
import type { Demo } from '../emulator/demo.ts'
import type { Emulator } from '../emulator/emulator.ts'
import type { Log } from '../log.ts'
import type { Traces } from '../traces.ts'
import type { ClientAddress } from './address.ts'
import type { Forms } from './forms.ts'
import type { CountRequest } from './measure.ts'
import type { Refusals } from './why.ts'

/** A dialect and where it stands: its prefix, and the host it answers on. */
export type Mount = { dialect: Dialect; at: string; host?: string }

/** One operation of a mounted dialect, at its full path below the origin. */
export type Station = { mount: Mount; operation: Operation; path: string }

/** What every handler is given. */
export type Site = {
  parts: Parts
  clock: Clock
  log: Log
  forms: Forms
  /** Seals what browsers keep about who signed in at them, 32 bytes. */
  deviceKey: Uint8Array
  address: ClientAddress
  /** Counts each request that was decided. */
  count: CountRequest
  stations: readonly Station[]
  /** The path of the issuer, without a slash at its end: '' at the root. */
  base: string
  /** Scheme and host of the issuer. */
  origin: string
  /** Hears the event of each request. */
  on?: (event: AuditEvent) => void
  /** Present where an SDK for traces is. */
  traces?: Traces
  /** Present in dev mode only, all of them. */
  demo?: Demo
  refusals?: Refusals
  emulator?: Emulator
  /** Answers an authorization for a person; undefined when a person is to answer it. */
  standIn?: (
    request: FastifyRequest,
    call: Call,
    signedIn: SignedIn | undefined,
  ) => Promise<AuthorizeOutcome | undefined>
}

/** What every handler of dev mode is given. */
export type DevSite = Site & { demo: Demo; refusals: Refusals; emulator: Emulator }

/** The absolute URL that a mounted dialect's paths stand below. */
export function baseOf(
  { origin, base }: Pick<Site, 'origin' | 'base'>,
  { at, host }: Mount,
): string {
  const own = host === undefined ? origin : `${new URL(origin).protocol}//${host}`
  return own + base + at
}
