// Reports: what the workers count, kept by their primary, so that no count falls when one ends.

import type { Worker } from 'node:cluster'
import type { Report } from '../metrics/open.ts'
import { ask } from './primary.ts'

/** What has been reported so far. */
export type Reports = {
  /** A report of each of these workers, and one of all that have ended. */
  of(workers: Iterable<Worker>): Promise<readonly Report[]>
  /** A worker has ended: what it had counted stays. */
  end(worker: Worker): void
}

const REPORT_MS = 1000

/** Opens the reports of workers that have counted nothing. */
export function openReports(): Reports {
  const latest = new Map<Worker, Report>()
  let ended: Promise<Report> = Promise.resolve([])
  return {
    of: async (workers) => {
      const asked = [...workers].map(async (worker) => {
        const report = await ask(worker, 'report', REPORT_MS)
        if (report && !worker.isDead()) latest.set(worker, report)
      })
      await Promise.all(asked)
      // One that is silent has counted at least as much as it last said.
      const living = [...latest.values()]
      return [...living, await ended]
    },
    end: (worker) => {
      const last = latest.get(worker)
      latest.delete(worker)
      if (last) ended = ended.then((before) => sumOf([before, last]))
    },
  }
}

async function sumOf(reports: readonly Report[]): Promise<Report> {
  const { sumOfEnded } = await import('../metrics/open.ts')
  return sumOfEnded(reports)
}
