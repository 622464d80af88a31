// Emulate: a whole server in this process, in memory, with what steers it in hand.

import { randomBytes } from 'node:crypto'
import { type App, app } from '../app.ts'
import { type Clock, systemClock } from '../clock.ts'
import { knownDialects } from '../configuration/known.ts'
import { type Configuration, readConfiguration } from '../configuration.ts'
import { type Demo, demoNames, withDemo } from '../emulator/demo.ts'
import { type ConsentMode, consentMode, type Emulator } from '../emulator/emulator.ts'
import { staticKey } from '../emulator/static-keys.ts'
import { type Moment, momentOf } from '../emulator/time.ts'
import { type Log, openLog } from '../log.ts'
import { openStore } from '../store/index.ts'
// What others load when they need it is there when a test begins.
import '../http/dev/open.ts'
import '../store/sqlite.ts'
import { freePort } from '../ports.ts'
import { fetchInto } from './fetch.ts'
import {
  type ClientAsked,
  checkAsked,
  clientOf,
  demoOf,
  type EmulateOptions,
  type UserAsked,
  userOf,
} from './options.ts'
import { type Shortcuts, shortcuts } from './shortcuts.ts'

/** A server that a test has to itself. */
export type Emulated = Shortcuts & {
  /** The address that clients know it by, without a slash at its end. */
  issuer: string
  /** The same, for those who call it that. */
  url: string
  client: { id: string; secret: string; redirectUri: string }
  user: { username: string; password: string }
  /** Gets to the server, with or without a socket. */
  fetch: typeof fetch
  clock: Emulator['clock']
  faults: Emulator['faults']
  journal: Emulator['journal']
  /** Who decides about consent from now on. */
  consent(mode: ConsentMode): void
  /** Back to the start: no tokens, no faults, an empty journal. */
  reset(): Promise<void>
  /** Keeps the present state; what it answers is for `restore`. */
  snapshot(): string
  restore(id: string): Promise<void>
  close(): Promise<void>
}

const TRIES = 5
const NO_PORT = 9400

const hush = (): void => {}
/** Each log that is opened listens for the end of the process; a test file may have many servers. */
const QUIET: Log = { debug: hush, info: hush, warn: hush, error: hush, fatal: hush }

/**
 * Starts a server in memory, strict as any, for a test. Throws an Error with a sentence for each
 * thing that does not fit together.
 */
export async function emulate(options: EmulateOptions = {}): Promise<Emulated> {
  checkAsked(options)
  const { socket = true } = options
  const port = options.port || undefined
  if (!socket) return open(options, port ?? NO_PORT)
  for (let tries = 1; ; tries++) {
    try {
      return await open(options, port ?? (await freePort('127.0.0.1')))
    } catch (error) {
      // Another worker was given the same port a moment ago.
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
      if (isTaken && port !== undefined)
        throw new Error(`Port ${port} is in use: leave port out for a free one.`, { cause: error })
      if (!isTaken || tries === TRIES) throw error
    }
  }
}

async function open(options: EmulateOptions, port: number): Promise<Emulated> {
  const issuer = `http://127.0.0.1:${port}${options.path ?? ''}`
  const { socket = true } = options
  const { configuration, demo, named } = await configured(options, issuer)
  const store = await openStore(configuration.database, { issuer, dev: true })
  const log = options.log ? openLog(options.log) : QUIET
  const masterKeys = [randomBytes(32).toString('base64url')]
  const clock = clockFrom(options.now)
  const given = { configuration, store, clock, log, masterKeys, demo, firstKey: staticKey }
  try {
    const built = await app(given)
    if (socket) await built.http.listen({ host: '127.0.0.1', port })
    else await built.http.ready()
    return emulatedOf(built, { ...named, issuer, socket })
  } catch (error) {
    await store.close()
    throw error
  }
}

function clockFrom(now: Moment | undefined): Clock {
  const clock = systemClock()
  if (now === undefined) return clock
  const offset = momentOf(now) - clock.now()
  return { now: () => clock.now() + offset }
}

type Named = Pick<Emulated, 'client' | 'user'>

async function configured(
  options: EmulateOptions,
  issuer: string,
): Promise<{ configuration: Configuration; demo: Demo; named: Named }> {
  const { dialect = 'standard', scopes, resources, lifetimes } = options
  const dialects = options.dialects ?? [dialect]
  const names = dialects.map((one) => (typeof one === 'string' ? one : Object(one).dialect))
  const clients = (options.clients ?? []).map((one) => clientOf(one, names))
  const users = (options.users ?? []).map(userOf)
  const sections = { ...(scopes && { scopes }), ...(resources && { resources }) }
  const tree = { issuer, dialects, clients, users, ...sections, ...(lifetimes && { lifetimes }) }
  const text = JSON.stringify({ ...tree, database: 'sqlite::memory:' })
  const parts = { text, env: {}, dev: true }
  const read = readConfiguration({ ...parts, dialects: await knownDialects(parts) })
  if (!read.ok) throw new Error(read.faults.join('\n'))
  const demo = { ...demoOf(issuer), ...demoNames(read.configuration) }
  const configuration = withDemo(read.configuration, demo)
  return { configuration, demo, named: namedOf(demo, clients, users) }
}

function namedOf(
  demo: Demo,
  [client]: readonly ClientAsked[],
  [user]: readonly UserAsked[],
): Named {
  const [redirectUri = demo.redirectUri] = (client?.redirect_uris ?? []) as string[]
  const own = { id: demo.clientId, secret: demo.clientSecret, redirectUri }
  const { username, password } = demo
  return {
    client: client
      ? { id: client.client_id, secret: client.client_secret ?? '', redirectUri }
      : own,
    user: user
      ? { username: user.username, password: user.password ?? '' }
      : { username, password },
  }
}

function emulatedOf(built: App, about: Named & { issuer: string; socket: boolean }): Emulated {
  const { issuer, socket, ...named } = about
  const { http, keys, site } = built
  const { emulator } = site
  if (!emulator) throw new Error('There is no emulator outside dev mode.')
  const direct = fetchInto(http, issuer)
  const { clock, faults, journal } = emulator
  return {
    issuer,
    url: issuer,
    ...named,
    fetch: socket ? fetch : direct,
    ...{ clock, faults, journal },
    ...shortcuts(issuer, direct, named),
    consent(mode) {
      emulator.consent = consentMode(mode)
    },
    reset: emulator.reset,
    snapshot: emulator.snapshot,
    restore: emulator.restore,
    async close() {
      await http.close()
      await keys.settled()
      await site.parts.store.close()
    },
  }
}
