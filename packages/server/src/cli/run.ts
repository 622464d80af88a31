// Run: a server from its configuration to its end, for every command that starts one.

import { type App, type AppParts, app } from '../app.ts'
import type { Configuration } from '../configuration.ts'
import { prepareStop } from '../http/stop.ts'
import { type Log, openLog } from '../log.ts'
import { type OpenMeter, openMeter } from '../metrics/meter.ts'
import type { Report } from '../metrics/open.ts'
import { freePort, probe } from '../ports.ts'
import { redact } from '../redact.ts'
import { openSharedClock, type SharedClock } from '../shared-clock.ts'
import { openStore } from '../store/index.ts'
import { startSweeper } from '../sweep.ts'
import { answerPrimary, READY, workerId } from './primary.ts'

/** What a server is run with. */
export type RunParts = {
  configuration: Configuration
  /** Called when the database is known to be ours: only then are files put beside it. */
  prepare: () => Pick<AppParts, 'configuration' | 'masterKeys' | 'demo' | 'firstKey'>
  /** Called when it answers. */
  ready: (app: App) => void
}

/** A fault of whoever started us, said in sentences; no stack helps with it. */
export class StartFault extends Error {}

const ELSEWHERE =
  'nobody listens at the port of the issuer unless something else leads from there to here'
/** However much is under way, a stop takes no longer; milliseconds. */
export const STOP_WITHIN_MS = 10_000

/** Runs a server until it is told to stop. Throws a StartFault when it cannot start. */
export async function run({ configuration, prepare, ready }: RunParts): Promise<void> {
  const worker = workerId()
  const log = openLog(configuration.logLevel, undefined, worker)
  tellCrashes(log)
  const { issuer, dev, listen, drain, database, lifetimes } = configuration
  if (worker === undefined) await checkPort(listen)
  if (worker === undefined) await checkMetrics(configuration.metrics)
  const meter = configuration.metrics && openMeter()
  const measured = { ...(meter && { meter }) }
  const store = await inSentences(() => openStore(database, { issuer, dev, ...measured }))
  let keys: App['keys'] | undefined
  let shared: SharedClock | undefined
  try {
    shared = await inSentences(() => openSharedClock(store))
    const given = { ...prepare(), store, clock: shared.clock, log, ...measured }
    const built = await inSentences(() => app(given))
    keys = built.keys
    const stop = prepareStop(built.http, built.health)
    const stopMetrics = await report(configuration.metrics, meter)
    await bind(built, listen)
    if (worker === undefined) warnElsewhere(configuration, log)
    else process.send?.(READY)
    const swept = { store, clock: built.site.clock, keys, lifetimes, log }
    const stopSweeper = startSweeper({ ...swept, ...measured })
    // Whoever waits for the sentence that we are ready may stop us at once.
    const told = stopSignal()
    ready(built)
    await told
    setTimeout(() => process.exit(1), drain * 1000 + STOP_WITHIN_MS).unref()
    await stop(drain)
    await stopSweeper()
    await stopMetrics()
  } finally {
    shared?.stop()
    // A key that is still being made is kept before the store closes.
    await keys?.settled()
    await store.close()
  }
}

// Node would print it as it is, and an error may quote what a caller sent. Nobody knows what was
// left undone, so a new process begins anew.
function tellCrashes(log: Log): void {
  process.once('uncaughtException', (err) => {
    log.fatal({ err }, 'crashed')
    process.exit(1)
  })
}

async function inSentences<T>(start: () => Promise<T>): Promise<T> {
  try {
    return await start()
  } catch (error) {
    throw error instanceof Error ? new StartFault(error.message, { cause: error }) : error
  }
}

// The metrics of a worker are asked for by its primary, which sums those of all.
async function report(at: Configuration['metrics'], meter: OpenMeter | undefined) {
  const own = meter && (await import('../metrics/open.ts')).openReport(meter)
  if (workerId() === undefined) return openMetrics(at, async () => (own ? [await own()] : []))
  answerPrimary(own ?? (async () => []))
  return async () => {}
}

/** Answers metrics at an address, if there is one; the answer ends it. Throws a StartFault. */
export async function openMetrics(
  at: Configuration['metrics'],
  reports: () => Promise<readonly Report[]>,
): Promise<() => Promise<void>> {
  if (!at) return async () => {}
  const { serveMetrics } = await import('../metrics/open.ts')
  try {
    return await serveMetrics(at, reports)
  } catch (error) {
    throw metricsFault(error, at)
  }
}

// As with the port of callers: before anything is written.
async function checkMetrics(at: Configuration['metrics']): Promise<void> {
  if (!at) return
  try {
    await probe(at)
  } catch (error) {
    throw metricsFault(error, at)
  }
}

function metricsFault(error: unknown, { host, port }: Configuration['listen']): StartFault {
  const { message } = error as Error
  return new StartFault(
    `Metrics cannot be answered on ${host}:${port}: ${message}. Set metrics.listen to another address.`,
  )
}

async function bind({ http }: App, listen: Configuration['listen']): Promise<void> {
  try {
    // Of workers each has a queue of connections of its own: what one that dies has not accepted is
    // reset at once, where the primary would hold it open for ever.
    const reusePort = workerId() !== undefined && process.platform === 'linux'
    await http.listen({ ...listen, ...(reusePort && { reusePort }) })
  } catch (error) {
    throw await listenFault(error, listen)
  }
}

/** In front of https there is a proxy; plain http is called where it listens. */
export function warnElsewhere({ issuer, listen }: Configuration, log: Log): void {
  const { protocol, port } = new URL(issuer)
  if (protocol !== 'http:' || Number(port || 80) === listen.port) return
  log.warn({ issuer, listen }, ELSEWHERE)
}

/**
 * Checks that the port is free, before anything is written: a database is bound to its issuer for
 * good. Throws a StartFault.
 */
export async function checkPort(listen: Configuration['listen']): Promise<void> {
  try {
    await probe(listen)
  } catch (error) {
    throw await listenFault(error, listen)
  }
}

async function listenFault(error: unknown, { host, port }: Configuration['listen']) {
  const { code, message } = error as NodeJS.ErrnoException
  if (code !== 'EADDRINUSE') return new StartFault(`Cannot listen on ${host}:${port}: ${message}`)
  const flag = process.env.npm_lifecycle_event === 'start' ? 'npm start -- --port' : '--port'
  return new StartFault(
    `Port ${port} is in use: stop what listens there, or start with ${flag} ${await nextPort(host, port)}.`,
  )
}

/** The first port after this one that nobody listens on. */
async function nextPort(host: string, port: number): Promise<number> {
  for (let next = port + 1; next < port + 100; next++) {
    if (await probe({ host, port: next }).catch(() => false)) return next
  }
  return freePort(host)
}

/** Resolves when we are told to stop; who is told twice ends at once. */
export function stopSignal(): Promise<void> {
  // A worker hears it from the terminal or systemd, and from its primary, too.
  const listen = workerId() === undefined ? 'once' : 'on'
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process[listen](signal, () => resolve())
  })
}

const LONGEST_STACK = 8000

/** Runs a command; a StartFault is told in its sentences alone, a bug with its stack. */
export async function command(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const text = error instanceof StartFault ? error.message : stackOf(error)
    process.stderr.write(`${text}\n`)
    process.exitCode = 1
  }
}

function stackOf(error: unknown): string {
  return redact(error instanceof Error ? String(error.stack) : String(error), LONGEST_STACK)
}

/** Throws a StartFault that lists every fault of a configuration. */
export function refuseFaults(faults: readonly string[]): never {
  const count = faults.length === 1 ? 'one fault' : `${faults.length} faults`
  throw new StartFault(
    `The configuration has ${count}:\n${faults.map((one) => `  ${one}`).join('\n')}`,
  )
}
