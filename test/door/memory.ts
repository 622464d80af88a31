// How much memory a process takes, as Linux counts it.

import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** The most that a process has taken until it ended, in MB; 0 where the system does not say. */
export const peakOf = async (pid: number, ended: Promise<unknown>): Promise<number> => {
  let isOver = false
  void ended.then(() => {
    isOver = true
  })
  let peak = 0
  while (!isOver) {
    peak = Math.max(peak, peakNow(pid))
    await sleep(50)
  }
  return peak
}

const peakNow = (pid: number): number => {
  try {
    const [, kilobytes = '0'] =
      /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Number(kilobytes) / 1024
  } catch {
    return 0
  }
}
