// What the system says of a process and those that it started: the time it took, the memory it has.

import { readdirSync, readFileSync } from 'node:fs'

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map((id) => `/proc/${pid}/task/${id}`)
  } catch {
    return []
  }
}

/** A process, its children and theirs. */
export function familyOf(pid: number): number[] {
  const children = threadsOf(pid).flatMap((path) => read(`${path}/children`).split(' '))
  return [pid, ...children.filter(Boolean).map(Number).flatMap(familyOf)]
}

/** Seconds on a processor so far; undefined where the system does not say it. */
export function cpuSecondsOf(pids: readonly number[]): number | undefined {
  const spent = pids
    .flatMap(threadsOf)
    .map((path) => Number(read(`${path}/schedstat`).split(' ')[0]) / 1e9)
  return spent.length > 0 && spent.every(Number.isFinite)
    ? spent.reduce((sum, one) => sum + one, 0)
    : undefined
}

/** Resident memory in bytes; undefined where the system does not say it. */
export function residentBytesOf(pids: readonly number[]): number | undefined {
  const kilobytes = pids.map((pid) => /^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1])
  if (kilobytes.some((one) => one === undefined)) return undefined
  return kilobytes.reduce((sum, one) => sum + Number(one) * 1024, 0)
}
