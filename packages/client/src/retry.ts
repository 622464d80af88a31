// Retry: when a call is sent again, and after how long.

import type { Retry } from './connection.ts'
import { type Failure, isFailure, Unreachable } from './errors.ts'

/** The schedule of repeated calls; times in milliseconds. */
export type Schedule = {
  /** Statuses after which a call is repeated. */
  statuses: readonly number[]
  initialMs: number
  longestMs: number
  factor: number
  /** From the first attempt on; after it the last failure is thrown. */
  withinMs: number
}

/** The schedule that the providers' own SDKs have. */
export const SCHEDULE: Schedule = {
  statuses: [429, 500, 502, 503, 504],
  initialMs: 500,
  longestMs: 60_000,
  factor: 1.5,
  withinMs: 3_600_000,
}

/** Grant types whose calls spend something: after a failure they must not simply be repeated. */
const SPENDING = ['authorization_code', 'refresh_token']

/** Statuses of a server that has done nothing yet: what it was asked may be asked again. */
const UNTOUCHED = [429, 503]

/**
 * Repeats failed calls as the providers' SDKs can, where that does nothing twice: for
 * `connect({ retry: retrying() })`. What is left out of the schedule is as theirs.
 */
export function retrying(given: Partial<Schedule> = {}): Retry {
  const schedule = { ...SCHEDULE, ...given }
  return async (attempt, { connection, operation, fields, signal }) => {
    const { now, log } = connection
    const isSafe = !SPENDING.includes(String(fields.grant_type)) && !operation.isCall
    const startedAt = now()
    for (let failed = 0; ; failed++) {
      try {
        return await attempt()
      } catch (error) {
        if (!isFailure(error) || !mayRepeat(schedule, error, isSafe)) throw error
        const milliseconds = pauseMs(schedule, failed, error)
        if ((now() - startedAt) * 1000 + milliseconds > schedule.withinMs) throw error
        const { dialect, operation, sent } = error
        log?.({ step: 'wait', dialect, operation, sent, milliseconds })
        await pause(milliseconds, signal)
      }
    }
  }
}

function mayRepeat({ statuses }: Schedule, error: Failure, isSafe: boolean): boolean {
  // No answer, or a failure in the middle: a code or a refresh token may have been spent.
  if (error instanceof Unreachable) return isSafe
  return statuses.includes(error.status) && (isSafe || UNTOUCHED.includes(error.status))
}

function pauseMs({ initialMs, longestMs, factor }: Schedule, failed: number, error: Failure) {
  const grown = Math.min(longestMs, initialMs * factor ** failed)
  const jittered = grown * (0.5 + Math.random() / 2)
  const asked = error instanceof Unreachable ? 0 : (error.retryAfter ?? 0)
  return Math.max(jittered, asked * 1000)
}

/** Waits; ends at once with the signal's reason when it is aborted. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, milliseconds)
    signal?.addEventListener('abort', stop, { once: true })
  })
}
