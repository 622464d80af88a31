// What holds for every answer, page and log line, whatever a case is about.

import { availableParallelism, loadavg } from 'node:os'
import { expect } from 'vitest'
import type { Answer, Page } from './browser.ts'
import { RU } from './fixtures.ts'
import type { SeenAnswer, TestServer } from './server.ts'

/** What an answer must say; what is left out is not looked at. */
export type Expected = { status?: number; error?: string }

/** Longest time that any answer may take, in milliseconds, where not more runs than can. */
const LONGEST_MS = 2000

/** The same on a machine where all wait for each other. */
const longestHere = (): number =>
  LONGEST_MS * Math.max(1, (2 * (loadavg()[0] ?? 0)) / availableParallelism())

/** RFC 6749 §5.2: what an error_description may consist of. */
const DESCRIPTION = /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/

/** Codes, tokens, session secrets and JWTs, whoever made them. */
const MINTED = /p[acrs]_[A-Za-z0-9_-]{43}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/

/** What only somebody who debugs may see. */
export const INNARDS =
  /node_modules|node:internal|\.[jt]s:\d+|\n\s+at |SQLITE_|\bSELECT |\bINSERT INTO /

const ERRORS = [
  'access_denied',
  'consent_required',
  'insufficient_scope',
  'interaction_required',
  'invalid_client',
  'invalid_grant',
  'invalid_request',
  'invalid_scope',
  'invalid_target',
  'invalid_token',
  'login_required',
  'registration_not_supported',
  'request_not_supported',
  'request_uri_not_supported',
  'temporarily_unavailable',
  'unauthorized_client',
  'unmet_authentication_requirements',
  'unsupported_grant_type',
  'unsupported_response_type',
]

/** What the one log line of a request says. */
export type LoggedRequest = {
  msg: string
  requestId: string
  dialect: string
  operation: string
  decision: 'allowed' | 'refused'
  reason: string
  status: number
  network: string
  clientId?: string
  userId?: number
  grantId?: number
  familyId?: number
}

/** Checks an answer of the token, revocation, introspection or userinfo endpoint. */
export const checkAnswer = (answer: Answer, expected: Expected = {}): void => {
  const { status, headers, body } = answer
  const what = JSON.stringify(body)
  if (expected.status !== undefined) expect(status, what).toBe(expected.status)
  if (expected.error !== undefined) expect(body.error, what).toBe(expected.error)
  checkStatus(status, headers)
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('location')).toBeNull()
  if (status < 400) expect(body.error, what).toBeUndefined()
  else checkErrorBody(body)
}

const checkStatus = (status: number, headers: Headers): void => {
  if (status === 429 || status === 503) expect(headers.get('retry-after')).toMatch(/^\d+$/)
  else expect(status).toBeLessThan(500)
}

const checkErrorBody = (body: Record<string, unknown>): void => {
  // RFC 6750 §3.1: a call without any token is told the scheme and nothing else.
  if (Object.keys(body).length === 0) return
  const { error, error_description, error_uri, ...others } = body
  expect(others).toEqual({})
  expect(ERRORS).toContain(error)
  expect(error_description).toMatch(DESCRIPTION)
  if (error_uri !== undefined) expect(error_uri).toMatch(/^https?:\/\//)
}

/** Checks what a browser got: a page of ours, or a redirect. */
export const checkPage = (page: Page, expected: { status?: number } = {}): void => {
  const { status, headers, text, location } = page
  if (expected.status !== undefined) expect(status, location ?? text).toBe(expected.status)
  checkStatus(status, headers)
  expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
  expect(headers.get('x-frame-options')).toBe('DENY')
  expect(headers.get('referrer-policy')).toBe('no-referrer')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('cache-control')).toBe('no-store')
  expect(text).not.toMatch(INNARDS)
  if (location === undefined) expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
  else expect(status).toBe(303)
}

/** Checks that a request ended on an error page of ours, which leads nowhere. */
export const checkErrorPage = (page: Page, status = 400): void => {
  checkPage(page, { status })
  expect(page.location).toBeUndefined()
  expect(page.headers.get('refresh')).toBeNull()
  expect(page.text).not.toMatch(/<form|<script|http-equiv="refresh"/i)
}

/** Checks that a request ended in an error at the client: its code, the state and our issuer. */
export const checkErrorRedirect = (
  server: TestServer,
  page: Page,
  error: string,
  { to = RU, state = 'state-1' }: { to?: string; state?: string | null } = {},
): void => {
  checkPage(page, { status: 303 })
  const location = page.location ?? ''
  expect(location.startsWith(to + (to.includes('?') ? '&' : '?')), location).toBe(true)
  const { error_description, ...facts } = Object.fromEntries(
    new URLSearchParams(location.slice(to.length + 1)),
  )
  const expected = { error, iss: server.issuer, ...(state !== null && { state }) }
  expect(facts, location).toEqual(expected)
  expect(ERRORS).toContain(error)
  expect(error_description).toMatch(DESCRIPTION)
}

/** The log lines of the requests so far, in their order. */
export const loggedRequests = (server: TestServer): LoggedRequest[] =>
  server.log.map((line) => JSON.parse(line) as LoggedRequest).filter(({ msg }) => msg === 'request')

/** The log line of the latest request. */
export const lastRequest = (server: TestServer): LoggedRequest => {
  const last = loggedRequests(server).at(-1)
  if (!last) throw new Error('no request was logged')
  return last
}

/**
 * Checks everything that the server has said so far: one complete log line for each request that
 * reached an operation; no failure and no delay; and in log, refusals and redirects nothing of the
 * configuration's secrets, of whatever the server minted, and of the `secrets` that a test made up.
 */
export const checkLog = (server: TestServer, secrets: readonly string[] = []): void => {
  const planted = server.secrets
  const canaries = [...planted, ...secrets.filter((one) => one !== '')]
  const longest = longestHere()
  checkLines(server)
  expect(leaksIn(server.log.join('\n'), canaries)).toEqual([])
  for (const answer of server.answers) {
    const { method, path, status, milliseconds, location = '', body } = answer
    const what = `${method} ${path}`
    expect(milliseconds, what).toBeLessThan(longest)
    if (status >= 500) expect([503], what).toContain(status)
    expect(leaksIn(location, planted, false), what).toEqual([])
    if (!isRefusal(answer)) continue
    expect(leaksIn(location + body, canaries), what).toEqual([])
    expect(body, what).not.toMatch(INNARDS)
  }
}

const isRefusal = ({ status, location = '' }: SeenAnswer): boolean =>
  status >= 400 || /[?&]error=/.test(location)

const checkLines = (server: TestServer): void => {
  const lines = loggedRequests(server)
  const logged = lines.map(({ requestId }) => requestId)
  expect(new Set(logged).size).toBe(lines.length)
  const answered = new Set(server.answers.map(({ requestId }) => requestId))
  expect(logged.filter((id) => !answered.has(id))).toEqual([])
  const known = new Set(logged)
  const silent = server.answers.filter((one) => one.reached && !known.has(one.requestId))
  expect(silent.map(({ method, path, status }) => `${method} ${path} ${status}`)).toEqual([])
  for (const line of lines) {
    const { dialect, operation, decision, reason, status } = line
    const what = JSON.stringify(line)
    for (const word of [operation, reason]) expect(word, what).toMatch(/^[a-z0-9_]+$/)
    expect(dialect, what).toMatch(/^[a-z][a-z0-9-]*$/)
    expect(['allowed', 'refused'], what).toContain(decision)
    expect(status, what).toBeTypeOf('number')
    if (decision === 'refused') expect(reason, what).not.toBe('ok')
    expect(reason, what).not.toBe('bug')
  }
}

const leaksIn = (text: string, canaries: readonly string[], minted = true): string[] => {
  const found = canaries.filter((one) => text.includes(one) || text.includes(encoded(one)))
  const ours = minted ? MINTED.exec(text)?.[0] : undefined
  return ours === undefined ? found : [...found, ours]
}

const encoded = (text: string): string => encodeURIComponent(text)
