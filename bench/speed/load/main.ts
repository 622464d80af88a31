// The load as a process of its own: it is told jobs and rounds, and answers what it measured.

import type { Order, Report } from '../job.ts'
import { type KnownJob, openJob } from './round.ts'

const jobs = new Map<string, KnownJob>()

async function follow(order: Order): Promise<Report> {
  if ('define' in order) {
    jobs.set(order.define, openJob(order.job, order.pids))
    return { defined: true }
  }
  const job = jobs.get(order.run)
  if (!job) return { wrong: `nobody has told of ${order.run}` }
  try {
    return { measured: await job.run(order.pace) }
  } catch (error) {
    return { wrong: String(error) }
  }
}

process.on('message', async (order: Order) => process.send?.(await follow(order)))
