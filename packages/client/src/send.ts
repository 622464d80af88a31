// Sends one request and takes what comes, within its time and without following anybody elsewhere.

import type { Connection, Outgoing } from './connection.ts'
import { type CallFacts, type Heard, Unreachable } from './errors.ts'

/** An answer, and how far the server's clock is ahead of ours, in seconds: 0 if it never said. */
export type Came = Heard & { skewSeconds: number }

/** What a caller can say about one call beside its parameters. */
export type CallOptions = {
  /** Headers on top of the dialect's; of the same name, these are sent. */
  headers?: Readonly<Record<string, string>>
  /** Fields that the dialect does not know, for where its other fields stand: form, JSON or query. */
  fields?: Readonly<Record<string, string>>
  signal?: AbortSignal | undefined
  /** For each attempt, in milliseconds. */
  timeoutMs?: number
}

/** What sending needs of a connection. */
export type Line = Pick<Connection, 'fetch' | 'now' | 'timeoutMs' | 'clock'>

/** Clocks of two machines that differ by less are taken for the same. */
const SAME_SECONDS = 5

/**
 * Sends a request; a redirect is an answer like any other. Throws Unreachable when no whole answer
 * came, and the signal's reason when it is aborted.
 */
export async function send(
  { fetch, now, timeoutMs, clock }: Line,
  { method, url, headers, body }: Outgoing,
  options: Pick<CallOptions, 'signal' | 'timeoutMs'>,
  facts: CallFacts,
): Promise<Came> {
  const late = new AbortController()
  // AbortSignal.timeout goes on when the answer is there, and so does its timer: 35 µs of a call.
  const timer = setTimeout(() => late.abort(), options.timeoutMs ?? timeoutMs)
  try {
    const response = await fetch(url, {
      method,
      headers,
      signal: options.signal ? AbortSignal.any([options.signal, late.signal]) : late.signal,
      // A secret is for the address that it was meant for, and for no other.
      redirect: 'manual',
      body: body.length > 0 ? (body as BodyInit) : null,
    })
    const heard = Object.fromEntries(response.headers)
    clock.ahead = skewOf(heard.date, now()) ?? clock.ahead
    return {
      status: response.status,
      headers: heard,
      body: await response.text(),
      skewSeconds: clock.ahead ?? 0,
    }
  } catch (cause) {
    options.signal?.throwIfAborted()
    throw new Unreachable(cause, late.signal.aborted, facts)
  } finally {
    clearTimeout(timer)
  }
}

function skewOf(date: string | undefined, now: number): number | undefined {
  const skew = Math.round(Date.parse(date ?? '') / 1000 - now)
  if (!Number.isFinite(skew)) return undefined
  return Math.abs(skew) > SAME_SECONDS ? skew : 0
}

/** Seconds to wait, out of a Retry-After header: a number of them or a date (RFC 9110 §10.2.3). */
export function retryAfterOf({ headers }: Pick<Came, 'headers'>, now: number): number | undefined {
  const value = headers['retry-after']
  if (value === undefined) return undefined
  const seconds = /^\d+$/.test(value) ? Number(value) : Math.ceil(Date.parse(value) / 1000 - now)
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined
}
