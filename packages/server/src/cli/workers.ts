// Workers: processes that share one port; whoever dies is replaced, and all of them stop together.

import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Configuration } from '../configuration.ts'
import { type Log, openLog } from '../log.ts'
import { openMeter } from '../metrics/meter.ts'
import { ask, READY } from './primary.ts'
import { openReports, type Reports } from './reports.ts'
import { checkPort, openMetrics, STOP_WITHIN_MS, stopSignal, warnElsewhere } from './run.ts'

/** From a death to its replacement; it doubles with each death of one that did not live long. */
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 10_000
const LONG_LIFE_MS = 60_000

/** A worker that says nothing for so long hangs for good. */
const SILENT_MS = 30_000
const PULSE_MS = 5000

type Crew = {
  log: Log
  most: number
  /** Those that answer requests. */
  listening: Set<Worker>
  /** Resolved when all of them do for the first time. */
  whole: PromiseWithResolvers<void>
  stopped: AbortController
  starts: { value: number }
  reports: Reports
}

/** Runs as many workers as are configured until it is told to stop; `ready` when all answer. */
export async function runWorkers(configuration: Configuration, ready: () => void): Promise<void> {
  const { metrics, workers: most, drain } = configuration
  const log = openLog(configuration.logLevel)
  await checkPort(configuration.listen)
  const meter = openMeter()
  const starts = meter.count('patois_worker_starts_total')
  const whole = Promise.withResolvers<void>()
  const crew: Crew = {
    log,
    most,
    listening: new Set(),
    whole,
    stopped: new AbortController(),
    starts,
    reports: openReports(),
  }
  meter.gauge('patois_workers', () => crew.listening.size)
  const stopMetrics = await openMetrics(metrics, async () => [
    await meter.read(),
    ...(await crew.reports.of(crew.listening)),
  ])
  const told = stopSignal().then(() => crew.stopped.abort())
  const { ends } = await work(crew, told, () => {
    warnElsewhere(configuration, log)
    ready()
  })
  process.exitCode = await stopAll(ends, drain * 1000 + STOP_WITHIN_MS)
  await stopMetrics()
}

/** Answers when all shall stop, and how they end; a first one that cannot start ends all. */
async function work(
  crew: Crew,
  told: Promise<void>,
  ready: () => void,
): Promise<{ ends: Promise<number[]> }> {
  // The first one makes tables and keys, and says what is wrong once for all.
  const first = start(crew)
  const died = once(first, 'exit').then(() => true)
  const answers = new Promise<false>((resolve) => onReady(first, () => resolve(false)))
  if (await Promise.race([died, answers, told])) {
    return { ends: Promise.resolve([1]) }
  }
  const more = crew.stopped.signal.aborted ? 0 : crew.most - 1
  const all = [first, ...Array.from({ length: more }, () => start(crew))]
  const ends = Promise.all(all.map((worker) => keepPlace(crew, worker)))
  await Promise.race([crew.whole.promise.then(ready), told])
  await told
  return { ends }
}

function start({ log, listening, whole, most, stopped, starts, reports }: Crew): Worker {
  const worker = cluster.fork()
  starts.value++
  onReady(worker, () => {
    listening.add(worker)
    if (listening.size === most) whole.resolve()
  })
  worker.once('exit', () => {
    listening.delete(worker)
    reports.end(worker)
  })
  // What cannot be sent is heard of when it ends.
  worker.on('error', (err) => log.debug({ err, worker: worker.id }, 'a worker was not reached'))
  void watch(worker, log, stopped.signal)
  return worker
}

function onReady(worker: Worker, hear: () => void): void {
  worker.on('message', (said: unknown) => {
    if (said === READY) hear()
  })
}

/** Ends a worker that hangs: it holds its callers' connections and answers none of them. */
async function watch(worker: Worker, log: Log, signal: AbortSignal): Promise<void> {
  while (!worker.isDead() && (await pause(PULSE_MS, signal))) {
    const pulse = await ask(worker, 'pulse', SILENT_MS)
    if (pulse || worker.isDead() || signal.aborted) continue
    log.error({ worker: worker.id }, 'a worker hangs and is ended')
    worker.process.kill('SIGKILL')
    return
  }
}

/** Keeps a place filled until all stop; answers the exit code of the last one there. */
async function keepPlace({ log, stopped, ...crew }: Crew, first: Worker): Promise<number> {
  const { signal } = stopped
  let worker = first
  for (let deaths = 0; ; ) {
    const from = performance.now()
    const { process: ended } = worker
    if (!worker.isDead()) await once(worker, 'exit')
    const { exitCode: code, signalCode: killed } = ended
    // One that had only just begun cannot stop in any other way.
    if (signal.aborted) return killed === 'SIGTERM' ? 0 : (code ?? 1)
    deaths = performance.now() - from > LONG_LIFE_MS ? 0 : deaths + 1
    log.error({ worker: worker.id, code, signal: killed }, 'a worker died and is replaced')
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, deaths - 1))
    if (!(await pause(wait, signal))) return 0
    worker = start({ log, stopped, ...crew })
  }
}

async function stopAll(ends: Promise<number[]>, withinMs: number): Promise<number> {
  const living = () => Object.values(cluster.workers ?? {}).filter((one) => one !== undefined)
  for (const worker of living()) worker.process.kill('SIGTERM')
  const late = setTimeout(() => {
    for (const worker of living()) worker.process.kill('SIGKILL')
  }, withinMs)
  const codes = await ends
  clearTimeout(late)
  return codes.find((code) => code !== 0) ?? 0
}

async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal, ref: false }).catch(() => false)
}
