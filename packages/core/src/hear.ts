// Hears answers: facts and refusals out of what a server of a dialect said, the way back of answer.ts.

import type { Answer } from './answer.ts'
import type { AnswerShape, Constants, Operation, RefusalRow } from './dialects/dialect.ts'
import type { ErrorCode, Facts } from './oauth.ts'
import type { Reason } from './refusal.ts'
import { type FactTable, factSpots } from './spot.ts'
import { readFact } from './value.ts'

/** A refusal as it was heard; `code` is the protocol's where the dialect knows it, else the wire's. */
export type HeardRefusal = {
  kind: 'refused'
  code: string
  sentence?: string | undefined
  uri?: string | undefined
  reason?: Reason | undefined
  status: number
}

/**
 * What an answer turned out to say: facts, and in `extra` whatever else stood there; a refusal; or
 * something `unreadable`, which fits the dialect in no way.
 */
export type Heard =
  | { kind: 'facts'; facts: Facts; extra: Facts; status: number }
  | HeardRefusal
  | { kind: 'unreadable'; status: number }

/** An answer as it came; without its headers nothing is heard in them. */
export type Said = Pick<Answer, 'status' | 'body'> & Partial<Pick<Answer, 'headers'>>

type Body = Readonly<Record<string, unknown>>

function isNested(value: unknown): value is Body {
  return typeof value === 'object' && value !== null
}

function isBody(value: unknown): value is Body {
  return isNested(value) && !Array.isArray(value)
}

function valueAt(body: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) => (isNested(value) && Object.hasOwn(value, name) ? value[name] : undefined),
    body,
  )
}

// Some providers number their refusals.
function textOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && text !== '' ? text : undefined
}

function textAt(body: unknown, ...paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const value = valueAt(body, path.split('.'))
    if (typeof value === 'string' && value !== '') return value
  }
  return undefined
}

function factsIn(body: unknown, table: FactTable, now: number): Record<string, unknown> {
  const facts: Record<string, unknown> = {}
  for (const { fact, path, form } of factSpots(table)) {
    const value = valueAt(body, path)
    if (value !== undefined && value !== null && !Object.hasOwn(facts, fact)) {
      facts[fact] = readFact(form, value, now)
    }
  }
  return facts
}

// Liberal in what is accepted: the type that a server calls its answer is often another one's.
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return /^[\w.-]+=[^<\s]*$/.test(text)
      ? Object.fromEntries(new URLSearchParams(text))
      : undefined
  }
}

/**
 * What an answer to a call of this operation says; moments become absolute seconds, counted from
 * `now`. Where success and refusal say different things under one name, that name alone decides.
 */
export function hearAnswer(operation: Operation, said: Said, now: number): Heard {
  const { status } = said
  const body = parse(said.body)
  const verdict = verdictOf(operation, body)
  const isGood = verdict ?? (status >= 200 && status < 300)
  if (!isGood) return hearRefusal(operation, said, body)
  // RFC 7009 §2.2: to revoke, the status alone is an answer.
  if (operation.does === 'revoke' && said.body === '') {
    return { kind: 'facts', status, facts: {}, extra: {} }
  }
  const heard = isBody(body) ? hearFacts(operation, body, now) : undefined
  // An error where the tokens should be is one, whatever the status says.
  if (verdict === undefined && lacks(operation, heard?.facts)) {
    const refusal = hearRefusal(operation, said, body)
    if (refusal.kind === 'refused') return refusal
  }
  return heard ? { kind: 'facts', status, ...heard } : { kind: 'unreadable', status }
}

function lacks({ answers }: Operation, facts: Facts | undefined): boolean {
  const says = answers.facts === 'as they are' || Object.keys(answers.facts).length > 0
  return facts === undefined || (says && Object.keys(facts).length === 0)
}

function verdictOf({ answers, refuses }: Operation, body: unknown): boolean | undefined {
  const theirs: Constants = refuses.says ?? {}
  for (const name of tellingNames(answers, theirs)) {
    const value = valueAt(body, name.split('.'))
    if (value !== undefined) return value !== theirs[name]
  }
  return undefined
}

function tellingNames({ says = {} }: AnswerShape, theirs: Constants = {}): string[] {
  return Object.keys(theirs).filter((name) => theirs[name] !== says[name])
}

function hearFacts(
  { answers, refuses }: Operation,
  body: Body,
  now: number,
): { facts: Facts; extra: Facts } {
  const { facts } = answers
  if (facts === 'as they are') {
    const { error } = body
    return typeof error === 'string' ? { facts: {}, extra: body } : { facts: body, extra: {} }
  }
  const heard = factsIn(body, facts, now)
  const spots = factSpots(facts).map(({ path }) => path.join('.'))
  const read = [...spots, ...tellingNames(answers, refuses.says)]
  return { facts: heard, extra: without(body, new Set(read), '') }
}

// What was read once is not said again: above all no token.
function without(body: Body, read: ReadonlySet<string>, path: string): Body {
  const rest = Object.entries(body).flatMap(([name, value]) => {
    const place = path + name
    if (read.has(place)) return []
    const goesOn = isNested(value) && [...read].some((one) => one.startsWith(`${place}.`))
    if (!goesOn) return [[name, value] as const]
    const inside = without(value, read, `${place}.`)
    return Object.keys(inside).length > 0 ? [[name, inside] as const] : []
  })
  return Object.fromEntries(rest)
}

function hearRefusal({ refuses }: Operation, said: Said, body: unknown): Heard {
  const { status } = said
  const own = factsIn(body, refuses.facts, 0)
  const isOwn = textOf(own.error) ?? textOf(own.error_description)
  const found = isOwn ? own : anyError(said, body)
  const error = textOf(found.error)
  const sentence = textOf(found.error_description)
  const told = { kind: 'refused', sentence, uri: textOf(found.error_uri), status } as const
  // Only a sentence of its own tells a reason from its code.
  for (const [reason, row] of Object.entries(refuses.reasons ?? {})) {
    const { code = 'invalid_request' } = row
    const isReason = row.sentence !== undefined && isRow(row, { status, error, sentence }, code)
    if (isReason) return { ...told, code, reason: reason as Reason }
  }
  const rows = Object.entries(refuses.rows)
  const known = rows.find(([code, row]) => isRow(row, { status, error, sentence }, code))
  const code = known?.[0] ?? error ?? codeOf(status, sentence)
  return code ? { ...told, code } : { kind: 'unreadable', status }
}

// Errors as half the world says them, for answers that are not of the dialect.
function anyError({ headers = {} }: Said, body: unknown): Facts {
  const challenge = headers['www-authenticate'] ?? ''
  const inHeader = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(challenge)?.[1]
  return {
    error:
      textAt(body, 'error', 'error.code', 'error.type', 'error.error', 'code', '.tag') ??
      inHeader('error'),
    error_description:
      textAt(body, 'error_description', 'error.message', 'error.error_description', 'message') ??
      inHeader('error_description'),
    error_uri: textAt(body, 'error_uri'),
  }
}

// Without a code of the wire's own, 429 and 503 still mean the same everywhere.
function codeOf(status: number, sentence: string | undefined): ErrorCode | undefined {
  if (status === 429 || status === 503) return 'temporarily_unavailable'
  return sentence && status >= 400 ? 'invalid_request' : undefined
}

type Found = { status: number; error: string | undefined; sentence: string | undefined }

// A row fits when it writes this code where the wire has one, and else this status and sentence;
// a row with a code of the wire's own only by that.
function isRow(row: RefusalRow, { status, error, sentence = '' }: Found, code: string): boolean {
  if (row.sentence !== undefined && !fitsSentence(row.sentence, sentence)) return false
  if (error) return [row.error ?? code].flat().includes(error)
  const isBare = sentence === '' && row.body !== false
  return row.error === undefined && row.status === status && !isBare
}

/** A sentence with places to fill fits whatever they were filled with. */
function fitsSentence(pattern: string, sentence: string): boolean {
  const [first = '', ...rest] = pattern.split(/\{\w+\}/)
  if (!sentence.startsWith(first)) return false
  return rest.every((part) => sentence.includes(part)) && (rest.length > 0 || sentence === first)
}

/** The facts of an authorization answer, out of the URL that the browser came back to. */
export function hearRedirect(operation: Operation, url: string): { facts: Facts; extra: Facts } {
  return hearFacts(operation, Object.fromEntries(new URL(url).searchParams), 0)
}
