// Rounds: every server in its turn, again and again, so that a busy moment hits all of them alike.

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { LANES } from './given.ts'
import type { Job, Measured, Order, Pace, Pids, Report } from './job.ts'
import { startProgram } from './start.ts'

/** How long and how often. */
export type Plan = { rounds: number; seconds: number; warmUpSeconds: number }

/** What all rounds of a row said about a server. */
export type Summary = {
  name: string
  /** Answers in a second: the median, the least and the most. */
  perSecond: number
  least: number
  most: number
  /** Answers for each second that the server spent on a processor; the figure for a busy machine. */
  perCpuSecond?: number
  /** The same of its database server. */
  perDatabaseCpuSecond?: number
  /** The most memory that its processes had. */
  residentBytes?: number
  /** Milliseconds, medians of the rounds; absent when there was no answer in any. */
  p50?: number
  p99?: number
}

/** The load generator. */
export type Load = {
  define(name: string, job: Job, pids: Pids): Promise<void>
  run(name: string, pace: Pace): Promise<Measured>
  close(): void
}

const LOAD = fileURLToPath(new URL('./load/main.ts', import.meta.url))

/** Starts the load generator on the processor that no server has. */
export function openLoad(): Load {
  const child: ChildProcess = startProgram([LOAD], {
    place: 'load',
    cwd: process.cwd(),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const ask = async (order: Order): Promise<Report> => {
    child.send(order)
    const [report] = (await once(child, 'message')) as [Report]
    return report
  }
  return {
    define: async (name, job, pids) => void (await ask({ define: name, job, pids })),
    run: async (name, pace) => {
      const report = await ask({ run: name, pace })
      if ('measured' in report) return report.measured
      throw new Error(`${name}: ${'wrong' in report ? report.wrong : 'no answer'}`)
    },
    close: () => void child.kill(),
  }
}

/** The middle one of some figures. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((one, other) => one - other)
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

function summarize(name: string, rounds: readonly Measured[]): Summary {
  const perSecond = rounds.map(({ answers, seconds }) => answers / seconds)
  const perCpu = (name: 'cpuSeconds' | 'databaseCpuSeconds'): number[] =>
    rounds.flatMap(({ answers, [name]: spent }) => (spent ? [answers / spent] : []))
  // On a machine that is busy with something else a round may pass without an answer.
  const heard = rounds.filter(({ answers }) => answers > 0)
  const resident = rounds.flatMap(({ residentBytes }) => residentBytes ?? [])
  const perCpuSecond = perCpu('cpuSeconds')
  const perDatabaseCpuSecond = perCpu('databaseCpuSeconds')
  return {
    name,
    perSecond: median(perSecond),
    least: Math.min(...perSecond),
    most: Math.max(...perSecond),
    ...(perCpuSecond.length > 0 && { perCpuSecond: median(perCpuSecond) }),
    ...(perDatabaseCpuSecond.length > 0 && { perDatabaseCpuSecond: median(perDatabaseCpuSecond) }),
    ...(resident.length > 0 && { residentBytes: Math.max(...resident) }),
    ...(heard.length > 0 && {
      p50: median(heard.map(({ p50 }) => p50)),
      p99: median(heard.map(({ p99 }) => p99)),
    }),
  }
}

/** One of those that are measured beside each other. */
export type Entry = Pids & { name: string; job: Job }

/** Measures entries in turns. Throws an Error when an answer is wrong. */
export async function measure(
  load: Load,
  row: string,
  entries: readonly Entry[],
  plan: Plan,
): Promise<Summary[]> {
  const keyOf = ({ name }: Entry): string => `${row} at ${name}`
  for (const entry of entries) {
    const { job, pid, databasePid } = entry
    await load.define(keyOf(entry), job, { pid, ...(databasePid && { databasePid }) })
  }
  const measured = entries.map((): Measured[] => [])
  for (let round = 0; round < plan.rounds; round++) {
    // Before its first round a server has compiled nothing yet.
    const warmUpSeconds = round === 0 ? plan.warmUpSeconds : plan.warmUpSeconds / 4
    const pace = { lanes: LANES, warmUpSeconds, seconds: plan.seconds }
    for (const [at, entry] of entries.entries()) {
      measured[at]?.push(await load.run(keyOf(entry), pace))
    }
  }
  return entries.map(({ name }, at) => summarize(name, measured[at] ?? []))
}
