// Hears answers: facts and refusals out of what a server of a dialect said, the way back of answer.ts.

import type { Answer } from './answer.ts'
import type { AnswerShape, Constants, Operation, RefusalRow } from './dialects/dialect.ts'
import type { ErrorCode, Facts } from './oauth.ts'
import { REASONS, type Reason } from './refusal.ts'
import { type FactTable, factSpots } from './spot.ts'
import { readFact } from './value.ts'

/** What an answer turned out to say; `unreadable` is one that fits the dialect in no way. */
export type Heard =
  | { kind: 'facts'; facts: Facts }
  | { kind: 'refused'; code: string; sentence?: string; reason?: Reason; status: number }
  | { kind: 'unreadable'; status: number }

type Said = Pick<Answer, 'status' | 'body'>

function valueAt(body: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Record<string, unknown>)[name]
        : undefined,
    body,
  )
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

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * What an answer to a call of this operation says; moments become absolute seconds, counted from
 * `now`. Where success and refusal say different things under one name, that name alone decides.
 */
export function hearAnswer(operation: Operation, said: Said, now: number): Heard {
  const body = parse(said.body)
  const { answers } = operation
  if (isSuccess(operation, said, body)) {
    const isObject = typeof body === 'object' && body !== null && !Array.isArray(body)
    if (!isObject) return { kind: 'unreadable', status: said.status }
    const { facts } = answers
    return {
      kind: 'facts',
      facts: facts === 'as they are' ? (body as Facts) : factsOf(answers, body, now),
    }
  }
  return hearRefusal(operation, said, body)
}

function factsOf({ facts, says = {} }: AnswerShape, body: object, now: number): Facts {
  const heard = facts === 'as they are' ? {} : factsIn(body, facts, now)
  // What is always said is a fact as well, under the name that it has at the top.
  const constants = Object.entries(says).filter(([name]) => !name.includes('.'))
  return { ...Object.fromEntries(constants), ...heard }
}

function isSuccess({ answers, refuses }: Operation, { status }: Said, body: unknown): boolean {
  const ours: Constants = answers.says ?? {}
  const theirs: Constants = refuses.says ?? {}
  const telling = Object.keys(theirs).filter((name) => theirs[name] !== ours[name])
  for (const name of telling) {
    const value = valueAt(body, name.split('.'))
    if (value !== undefined) return value !== theirs[name]
  }
  return status >= 200 && status < 300
}

function hearRefusal({ refuses }: Operation, { status }: Said, body: unknown): Heard {
  const { error = '', error_description: sentence } = factsIn(body, refuses.facts, 0)
  if (typeof error !== 'string' || (error === '' && sentence === undefined && status < 400)) {
    return { kind: 'unreadable', status }
  }
  const told = typeof sentence === 'string' ? sentence : undefined
  const said = { status, ...(told !== undefined && { sentence: told }) }
  const fits = (row: RefusalRow | undefined, code: string): boolean =>
    row !== undefined && isRow(row, { status, error, sentence: told ?? '' }, code)
  // Only a sentence of its own tells a reason from its code.
  const reason = (Object.keys(refuses.reasons ?? {}) as Reason[]).find((name) => {
    const row = refuses.reasons?.[name]
    return row?.sentence !== undefined && fits(row, REASONS[name].code)
  })
  if (reason) return { kind: 'refused', code: REASONS[reason].code, reason, ...said }
  const row = Object.entries(refuses.rows).find(([code, one]) => fits(one, code))
  return { kind: 'refused', code: row?.[0] ?? (error || codeOf(status)), ...said }
}

// 429 and 503 are nobody's to rename, and mean the same everywhere.
function codeOf(status: number): ErrorCode {
  return status === 429 || status === 503 ? 'temporarily_unavailable' : 'invalid_request'
}

// A row fits when it writes this code where the wire has one, and else this status and sentence.
function isRow(
  row: RefusalRow,
  said: { status: number; error: string; sentence: string },
  code: string,
): boolean {
  const sameText = row.sentence === undefined || fitsSentence(row.sentence, said.sentence)
  if (said.error !== '') return (row.error ?? code) === said.error && sameText
  return row.status === said.status && sameText
}

/** A sentence with places to fill fits whatever they were filled with. */
function fitsSentence(pattern: string, sentence: string): boolean {
  const [first = '', ...rest] = pattern.split(/\{\w+\}/)
  if (!sentence.startsWith(first)) return false
  return rest.every((part) => sentence.includes(part)) && (rest.length > 0 || sentence === first)
}

/** The facts of an authorization answer, out of the URL that the browser came back to. */
export function hearRedirect(operation: Operation, url: string): Facts {
  const { facts } = operation.answers
  const query = new URL(url).searchParams
  const found = Object.fromEntries([...query].map(([name, value]) => [name, value]))
  return facts === 'as they are' ? found : factsIn(found, facts, 0)
}
