// Round: many lanes send the requests of one job for a while, and every answer is looked at.

import type { Job, Measured, Pace, Pids } from '../job.ts'
import { cpuSecondsOf, familyOf, residentBytesOf } from '../processes.ts'
import { checkJwts, openCheck } from './check.ts'
import { type Heard, type Lane, openLane } from './lane.ts'
import { type NextRequest, openRequests } from './requests.ts'

/** A job with what its rounds remember: where each chain stands, which tokens were seen. */
export type KnownJob = { run(pace: Pace): Promise<Measured> }

/** Seconds after which a request without an answer is one that gets none. */
const PATIENCE = 30
/** JWTs of a round that are verified. */
const VERIFIED = 8

/** The lanes of a round while it lasts. */
type Track = {
  /** Settles when no lane has anything to do any more. */
  over: Promise<void>
  /** When answers count, in milliseconds of `performance.now()`. */
  window: { from: number; to: number }
  /** Milliseconds that each answer took that counts, and when the last one came. */
  taken: number[]
  last: number
  running: number
  wrong: string | undefined
  lastBodies: string[]
  next(lane: number, heard: Heard | undefined): string | undefined
  fail(why: string): void
}

type Parts = {
  job: Job
  pids: Pids
  check: (heard: Heard) => string | undefined
  requestOf: NextRequest
}

/** Makes a job known. */
export function openJob(job: Job, pids: Pids): KnownJob {
  const parts = { job, pids, check: openCheck(job.expected), requestOf: openRequests(job) }
  return { run: (pace) => runRound(parts, pace) }
}

function openTrack({ check, requestOf }: Parts, lanes: number): Track {
  const { promise, resolve } = Promise.withResolvers<void>()
  const sentAt = new Float64Array(lanes)
  const count = (lane: number, heard: Heard, now: number): void => {
    const fault = check(heard)
    if (fault !== undefined) track.fail(fault)
    track.lastBodies[lane] = heard.body
    if (now < track.window.from || now > track.window.to) return
    track.taken.push(now - (sentAt[lane] ?? 0))
    track.last = now
  }
  const track: Track = {
    over: promise,
    window: { from: Number.POSITIVE_INFINITY, to: Number.POSITIVE_INFINITY },
    taken: [],
    last: 0,
    running: lanes,
    wrong: undefined,
    lastBodies: [],
    // A lane whose time is over still hears its last answer: a chain goes on from there.
    next: (lane, heard) => {
      const now = performance.now()
      if (heard) count(lane, heard, now)
      const request = track.wrong === undefined ? requestOf(lane, heard) : undefined
      if (request === undefined || now > track.window.to) {
        track.running--
        if (track.running === 0) resolve()
        return undefined
      }
      sentAt[lane] = now
      return request
    },
    fail: (why) => {
      track.wrong ??= why
      resolve()
    },
  }
  return track
}

async function runRound(
  parts: Parts,
  { warmUpSeconds, seconds, ...pace }: Pace,
): Promise<Measured> {
  const { port, lanes = pace.lanes } = parts.job
  const track = openTrack(parts, lanes)
  const { window, over, fail } = track
  const open: Lane[] = []
  for (let lane = 0; lane < lanes; lane++) {
    open.push(await openLane({ port, next: (heard) => track.next(lane, heard), broke: fail }))
  }
  for (const lane of open) lane.begin()
  await Promise.race([over, wait(warmUpSeconds)])
  const spent = openMeter(parts.pids)
  window.from = performance.now()
  await Promise.race([over, wait(seconds)])
  // What ran out of requests was busy until its last answer and no longer.
  const end = track.running === 0 ? track.last : performance.now()
  window.to = performance.now()
  const processors = spent()
  await Promise.race([over, wait(PATIENCE)])
  for (const lane of open) lane.close()
  if (track.running > 0) fail(`${track.running} requests have no answer`)
  if (track.wrong !== undefined) throw new Error(track.wrong)
  await checkJwts(parts.job, track.lastBodies.filter(Boolean).slice(0, VERIFIED))
  return {
    answers: track.taken.length,
    seconds: (end - window.from) / 1000,
    ...processors,
    ...percentiles(track.taken),
  }
}

/** Answers what the processes of a server and its database spent since now, and have then. */
function openMeter({ pid, databasePid }: Pids) {
  const server = familyOf(pid)
  const database = databasePid === undefined ? [] : familyOf(databasePid)
  const read = () => [cpuSecondsOf(server), cpuSecondsOf(database)] as const
  const before = read()
  return (): Pick<Measured, 'cpuSeconds' | 'databaseCpuSeconds' | 'residentBytes'> => {
    const residentBytes = residentBytesOf(server)
    const [cpuSeconds, databaseCpuSeconds] = read().map((now, at) => {
      const then = before[at]
      return now === undefined || then === undefined ? undefined : now - then
    })
    return {
      ...(cpuSeconds !== undefined && { cpuSeconds }),
      ...(databaseCpuSeconds !== undefined && { databaseCpuSeconds }),
      ...(residentBytes !== undefined && { residentBytes }),
    }
  }
}

function percentiles(taken: readonly number[]): Pick<Measured, 'p50' | 'p99'> {
  const sorted = taken.toSorted((one, other) => one - other)
  const at = (part: number): number => sorted[Math.floor(sorted.length * part)] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99) }
}

function wait(seconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, seconds * 1000).unref())
}
