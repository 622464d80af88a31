// Moves facts into answers as a dialect says: what went well, what was refused, where to go on.

import type { Constants, Operation, RefusalRow } from './dialects/dialect.ts'
import type { ErrorCode, Facts } from './oauth.ts'
import type { Reason } from './refusal.ts'
import { factSpots, saidSpots } from './spot.ts'
import { writeFact } from './value.ts'

/** An answer without its socket. */
export type Answer = { status: number; headers: Record<string, string>; body: string }

type Body = Record<string, unknown>

const JSON_TYPE = 'application/json'

// A number in a path is a place in a list.
function place(body: Body, path: readonly string[], value: unknown): void {
  const last = path.length - 1
  let inner = body
  for (let at = 0; at < last; at++) {
    const name = path[at] ?? ''
    if (!Object.hasOwn(inner, name)) inner[name] = /^\d+$/.test(path[at + 1] ?? '') ? [] : {}
    inner = inner[name] as Body
  }
  inner[path[last] ?? ''] = value
}

function say(body: Body, constants: Constants | undefined): void {
  if (constants) for (const { path, value } of saidSpots(constants)) place(body, path, value)
}

/** The answer that says `facts`; times become what the dialect counts them in from `now`. */
export function writeAnswer(operation: Operation, facts: Facts, now: number): Answer {
  const { status, facts: shape, says, headers } = operation.answers
  const body: Body = shape === 'as they are' ? { ...facts } : {}
  if (shape !== 'as they are') {
    for (const { fact, path, form } of factSpots(shape)) {
      const value = facts[fact] === undefined ? undefined : writeFact(form, facts[fact], now)
      if (value !== undefined) place(body, path, value)
    }
  }
  say(body, says)
  return { status, headers: { ...headers, 'content-type': JSON_TYPE }, body: JSON.stringify(body) }
}

/** What a refusal tells the caller: `at` in seconds, `path` as it was called. */
export type Told = {
  code: string
  sentence: string
  reason?: string | undefined
  status?: number | undefined
  uri?: string | undefined
  at?: number
  path?: string
  clientId?: string
  userId?: number | undefined
}

// Own properties only: what a caller sent must not find what every object has.
function rowOf({ refuses }: Operation, { code, reason = '', status }: Told): RefusalRow {
  const { rows, reasons = {}, otherwise } = refuses
  const exact = Object.hasOwn(reasons, reason) ? reasons[reason as Reason] : undefined
  if (exact) return exact
  const row = (Object.hasOwn(rows, code) && rows[code as ErrorCode]) || otherwise
  return status === undefined ? row : { ...row, status }
}

/** The answer that says no, in the operation's own shape. */
export function writeRefusal(operation: Operation, told: Told, issuer: string): Answer {
  const row = rowOf(operation, told)
  const [error = told.code] = [row.error ?? []].flat()
  const sentence = (row.sentence ?? told.sentence)
    .replaceAll('{client_id}', told.clientId ?? '')
    .replaceAll('{user_id}', String(told.userId ?? ''))
  const { status } = row
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(row.headers ?? {})) {
    headers[name] = value
      .replaceAll('{error}', error)
      .replaceAll('{description}', sentence)
      .replaceAll('{issuer}', issuer)
  }
  if (row.body === false) return { status, headers, body: '' }
  const said: Facts = {
    error,
    error_description: sentence,
    error_uri: told.uri,
    status,
    at: told.at,
    path: told.path,
  }
  const body: Body = {}
  for (const { fact, path, form } of factSpots(operation.refuses.facts)) {
    const value = said[fact]
    if (value !== undefined) place(body, path, writeFact(form, value, 0))
  }
  say(body, operation.refuses.says)
  say(body, row.says)
  return { status, headers: { ...headers, 'content-type': JSON_TYPE }, body: JSON.stringify(body) }
}

/** A redirect URI with parameters behind what it has already; what was registered stays as it was. */
export function withQuery(redirectUri: string, parameters: Facts): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) query.append(name, String(value))
  }
  if (query.size === 0) return redirectUri
  return redirectUri + (redirectUri.includes('?') ? '&' : '?') + query.toString()
}

/** The parameters that an authorization answer says at the redirect URI, as the dialect names them. */
export function redirectParameters(operation: Operation, facts: Facts): Facts {
  const { facts: shape } = operation.answers
  if (shape === 'as they are') return facts
  const spots = factSpots(shape).filter(({ fact }) => facts[fact] !== undefined)
  return Object.fromEntries(
    spots.map(({ fact, path, form }) => [path.join('.'), writeFact(form, facts[fact], 0)]),
  )
}
