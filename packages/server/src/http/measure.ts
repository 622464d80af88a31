// Measure: counts the requests at each station, and keeps how long they took.

import type { Call, Operation } from '@patois/core'
import type { Count, Meter, Spread } from '../metrics/meter.ts'
import type { Station } from './site.ts'

/** Counts a call by what was decided about it. */
export type CountRequest = (call: Call, status: number, reason: string) => void

/** Opens the counting of requests: each kind is named once and from then on found by its parts. */
export function openRequestCounts(meter: Meter): CountRequest {
  const known = new WeakMap<Operation, Map<string, Map<number, Count>>>()
  return ({ dialect, operation }, status, reason) => {
    const reasons = known.get(operation) ?? new Map<string, Map<number, Count>>()
    const statuses = reasons.get(reason) ?? new Map<number, Count>()
    const before = statuses.get(status)
    if (before) {
      before.value++
      return
    }
    const labels = [dialect.name, operation.does, String(status), reason]
    const count = meter.count('patois_requests_total', ...labels)
    count.value++
    known.set(operation, reasons.set(reason, statuses.set(status, count)))
  }
}

/** Notes how many milliseconds passed until the answer to a request at a station had left. */
export type TimeRequest = (station: Station, milliseconds: number) => void

/** Opens the timing of requests. */
export function openRequestTimes(meter: Meter): TimeRequest {
  const known = new WeakMap<Operation, Spread>()
  return ({ operation, mount }, milliseconds) => {
    const spread =
      known.get(operation) ??
      meter.spread('patois_request_duration_seconds', mount.dialect.name, operation.does)
    known.set(operation, spread)
    spread.observe(milliseconds / 1000)
  }
}
