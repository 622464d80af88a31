// Measure: counts the requests at each station, and times them where somebody reads the meter.

import type { Call, Operation } from '@patois/core'
import type { FastifyInstance } from 'fastify'
import type { Count, Meter, Spread } from '../metrics/meter.ts'

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

/** Takes the time of each request, which the server does not do by itself. */
export function timeRequests(app: FastifyInstance, meter: Meter): void {
  const known = new WeakMap<Operation, Spread>()
  app.addHook('onRequest', ({ routeOptions }, { raw }, done) => {
    const { station } = routeOptions.config
    if (!station) return done()
    const { operation, mount } = station
    const spread =
      known.get(operation) ??
      meter.spread('patois_request_duration_seconds', mount.dialect.name, operation.does)
    known.set(operation, spread)
    const from = performance.now()
    // Those count, too, who had waited long enough and have gone.
    raw.once('close', () => spread.observe((performance.now() - from) / 1000))
    done()
  })
}
