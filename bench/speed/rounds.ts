// Rounds: every server in its turn, again and again, so that a busy moment hits all of them alike.

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Contestant } from './contestants.ts'
import type { Job, Measured, Order, Pace, Report } from './job.ts'
import type { Row } from './rows.ts'
import { startNode } from './start.ts'

/** How long and how often. */
export type Plan = { rounds: number; seconds: number; warmUpSeconds: number; lanes: number }

/** What all rounds of a row said about a server. */
export type Summary = {
  name: string
  /** Answers in a second: the median, the least and the most. */
  perSecond: number
  least: number
  most: number
  /** Answers for each second that the server spent on a processor; the figure for a busy machine. */
  perCpuSecond?: number
  /** Milliseconds, medians of the rounds. */
  p50: number
  p99: number
}

/** The load generator. */
export type Load = {
  define(name: string, job: Job, pid: number): Promise<void>
  run(name: string, pace: Pace): Promise<Measured>
  close(): void
}

const LOAD = fileURLToPath(new URL('./load/main.ts', import.meta.url))

/** Starts the load generator on the processor that no server has. */
export function openLoad(): Load {
  const child: ChildProcess = startNode([LOAD], {
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
    define: async (name, job, pid) => void (await ask({ define: name, job, pid })),
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
  const perCpuSecond = rounds.flatMap(({ answers, cpuSeconds }) =>
    cpuSeconds === undefined ? [] : [answers / cpuSeconds],
  )
  return {
    name,
    perSecond: median(perSecond),
    least: Math.min(...perSecond),
    most: Math.max(...perSecond),
    ...(perCpuSecond.length > 0 && { perCpuSecond: median(perCpuSecond) }),
    p50: median(rounds.map(({ p50 }) => p50)),
    p99: median(rounds.map(({ p99 }) => p99)),
  }
}

/** Measures a row at all servers. Throws an Error when an answer is wrong. */
export async function measureRow(
  load: Load,
  row: Row,
  contestants: readonly Contestant[],
  plan: Plan,
): Promise<Summary[]> {
  const measured = new Map<string, Measured[]>()
  for (const contestant of contestants) {
    await load.define(keyOf(row, contestant), row.job(contestant), contestant.pid)
    measured.set(contestant.name, [])
  }
  for (let round = 0; round < plan.rounds; round++) {
    for (const contestant of contestants) {
      // Before its first round a server has compiled nothing yet.
      const warmUpSeconds = round === 0 ? plan.warmUpSeconds : plan.warmUpSeconds / 4
      const pace = { lanes: plan.lanes, warmUpSeconds, seconds: plan.seconds }
      measured.get(contestant.name)?.push(await load.run(keyOf(row, contestant), pace))
    }
  }
  return contestants.map(({ name }) => summarize(name, measured.get(name) ?? []))
}

function keyOf(row: Row, { name }: Contestant): string {
  return `${row.name} at ${name}`
}
