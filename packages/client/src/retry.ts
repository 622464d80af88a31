// Retry: when a call is sent again, and after how long.

/** The schedule of repeated calls; times in milliseconds. */
export type Retry = {
  /** Statuses after which a call is repeated. */
  statuses: readonly number[]
  initialMs: number
  longestMs: number
  factor: number
  /** From the first attempt on; after it the last failure is thrown. */
  withinMs: number
}

/** The schedule that the providers' own SDKs have. */
export const RETRY: Retry = {
  statuses: [429, 500, 502, 503, 504],
  initialMs: 500,
  longestMs: 60_000,
  factor: 1.5,
  withinMs: 3_600_000,
}

/** Statuses of a server that has done nothing yet: what it was asked may be asked again. */
const UNTOUCHED = [429, 503]

/** True when a failed attempt may be repeated without doing anything twice. */
export function mayRepeat(retry: Retry, status: number | undefined, isSafe: boolean): boolean {
  // No answer, or a failure in the middle: a code or a refresh token may have been spent.
  if (status === undefined) return isSafe
  return retry.statuses.includes(status) && (isSafe || UNTOUCHED.includes(status))
}

/** How long to wait before attempt `attempt` + 1, in milliseconds; `spread` is from 0 to 1. */
export function pauseMs(
  retry: Retry,
  attempt: number,
  retryAfterSeconds: number | undefined,
  spread: number,
): number {
  const grown = Math.min(retry.longestMs, retry.initialMs * retry.factor ** attempt)
  const jittered = grown * (0.5 + spread / 2)
  return Math.max(jittered, (retryAfterSeconds ?? 0) * 1000)
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
