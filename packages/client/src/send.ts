// Sends one request and takes what comes, within its time and without following anybody elsewhere.

import type { Connection, Outgoing } from './connection.ts'

/** An answer, read to its end. */
export type Came = {
  status: number
  headers: Readonly<Record<string, string>>
  body: string
  /** How far the server's clock is ahead of ours, in seconds; 0 when it did not say. */
  skewSeconds: number
}

/** What a caller can say about one call beside its parameters. */
export type CallOptions = {
  /** Headers on top of the dialect's; of the same name, these are sent. */
  headers?: Readonly<Record<string, string>>
  /** Fields that the dialect does not know, for where its other fields stand: form, JSON or query. */
  fields?: Readonly<Record<string, string>>
  signal?: AbortSignal
  /** For each attempt, in milliseconds. */
  timeoutMs?: number
}

/** Clocks of two machines that differ by less are taken for the same. */
const SAME_SECONDS = 5

/** Sends a request. Throws whatever `fetch` throws; a redirect is an answer like any other. */
export async function send(
  { fetch, now, timeoutMs, clock }: Connection,
  { method, url, headers, body }: Outgoing,
  options: CallOptions,
): Promise<Came> {
  const time = AbortSignal.timeout(options.timeoutMs ?? timeoutMs)
  const response = await fetch(url, {
    method,
    headers,
    signal: options.signal ? AbortSignal.any([options.signal, time]) : time,
    // A secret is for the address that it was meant for, and for no other.
    redirect: 'manual',
    ...(body.length > 0 && { body: body as BodyInit }),
  })
  clock.ahead = skewOf(response.headers.get('date'), now()) ?? clock.ahead
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
    skewSeconds: clock.ahead ?? 0,
  }
}

function skewOf(date: string | null, now: number): number | undefined {
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
