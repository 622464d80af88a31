// Traces: spans for whoever preloads an OpenTelemetry SDK; for everybody else nothing is loaded.

import type { Attributes, Span } from '@opentelemetry/api'
import type { Parts } from '@patois/core'

/** Runs work in a span of its own, below the one of the request. */
export type Within = <T>(
  name: string,
  work: () => Promise<T>,
  attributes?: Attributes,
) => Promise<T>

/** Where the log leads to: the names that other programs give these fields. */
export type TraceIds = { trace_id: string; span_id: string }

/** The traces of a process with an SDK. */
export type Traces = {
  within: Within
  /** Opens the span of a request, below the one that its `traceparent` names. */
  open(id: string, name: string, headers: object, attributes: Attributes): void
  /** Runs `next` and whatever follows from it in the span of that request. */
  follow(id: string, next: () => void): void
  /** Says of a request what was decided. */
  decided(id: string, attributes: Attributes): TraceIds | undefined
  /** Ends the span of a request; without a status when nothing was answered. */
  close(id: string, status: number | undefined): void
}

/** Work without a span. */
export const untraced: Within = (_, work) => work()

const REGISTERED = Symbol.for('opentelemetry.js.api.1')

/** Opens the traces when somebody has registered an SDK, which is done before a program starts. */
export async function openTraces(): Promise<Traces | undefined> {
  if (!(REGISTERED in globalThis)) return undefined
  const api = await import('@opentelemetry/api')
  const { trace, context, propagation, SpanKind, SpanStatusCode } = api
  const provider = trace.getTracerProvider()
  const isProxy = provider instanceof api.ProxyTracerProvider
  const tracer = isProxy ? provider.getDelegateTracer('patois') : provider.getTracer('patois')
  if (!tracer) return undefined
  const spans = new Map<string, Span>()
  return {
    within: (name, work, attributes = {}) =>
      tracer.startActiveSpan(name, { attributes }, async (span) => {
        try {
          return await work()
        } catch (error) {
          // Its message may quote what somebody sent.
          const message = error instanceof Error ? error.name : ''
          span.setStatus({ code: SpanStatusCode.ERROR, message })
          throw error
        } finally {
          span.end()
        }
      }),
    open(id, name, headers, attributes) {
      const active = context.active()
      const parent = trace.getSpan(active) ? active : propagation.extract(active, headers)
      spans.set(id, tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent))
    },
    follow(id, next) {
      const span = spans.get(id)
      if (span) context.with(trace.setSpan(context.active(), span), next)
      else next()
    },
    decided(id, attributes) {
      spans.get(id)?.setAttributes(attributes)
      // Of a caller who has gone meanwhile the span has ended, and the line is still about it.
      const span = spans.get(id) ?? trace.getActiveSpan()
      if (!span) return undefined
      const { traceId: trace_id, spanId: span_id } = span.spanContext()
      return { trace_id, span_id }
    },
    close(id, status) {
      const span = spans.get(id)
      if (status !== undefined) span?.setAttribute('http.response.status_code', status)
      if (status !== undefined && status >= 500) span?.setStatus({ code: SpanStatusCode.ERROR })
      span?.end()
      spans.delete(id)
    },
  }
}

/** The parts of a server, whose slow work is seen in spans. */
export function traceParts(parts: Parts, within: Within): Parts {
  const { store, passwords } = parts
  return {
    ...parts,
    store: { ...store, commit: (plan) => within('store commit', () => store.commit(plan)) },
    passwords: {
      verify: (...given) => within('password verify', () => passwords.verify(...given)),
    },
  }
}
