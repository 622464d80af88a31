// Primary: what the process that started the workers and each of them say to each other.

import cluster, { type Worker } from 'node:cluster'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Report } from '../metrics/open.ts'

type Asked = { ask: number; what: 'report' | 'pulse' }
type Answered = { answer: number; report: Report }

let asked = 0

/** Asks a worker; undefined when it has not answered in time, or is gone. */
export function ask(
  worker: Worker,
  what: Asked['what'],
  withinMs: number,
): Promise<Report | undefined> {
  const id = ++asked
  const stopped = new AbortController()
  const answered = new Promise<Report>((resolve) => {
    const hear = (said: Answered): void => {
      if (said.answer === id) resolve(said.report)
    }
    worker.on('message', hear)
    stopped.signal.addEventListener('abort', () => worker.off('message', hear))
    // Whether it still hears us, its silence tells.
    if (worker.isConnected()) worker.send({ ask: id, what } satisfies Asked, () => {})
  })
  const late = sleep(withinMs, undefined, { signal: stopped.signal, ref: false }).catch(() => {})
  return Promise.race([answered, late.then(() => undefined)]).finally(() => stopped.abort())
}

/** What a worker says when it answers requests. */
export const READY = 'ready'

/** Answers the primary from inside a worker. */
export function answerPrimary(report: () => Promise<Report>): void {
  process.on('message', async ({ ask: answer, what }: Asked) => {
    const said: Answered = { answer, report: what === 'report' ? await report() : [] }
    if (process.connected) process.send?.(said)
  })
}

/** The number of the worker that this process is; undefined when it is none. */
export function workerId(): number | undefined {
  return cluster.worker?.id
}
