// Spoils answers on their way out, as scripted faults say: a small interpreter, one entry a kind.

import { type Answer, type Operation, Refusal, redirectParameters, withQuery } from '@patois/core'
import type { Fault, FaultKind } from './fault-kinds.ts'
import { type Forge, readJwt } from './forge.ts'

/** What an answer belongs to. */
export type About = {
  operation: Operation
  now: number
  forge: Forge
  /** Ends an opaque access token, as if its time were over. */
  expire(token: string): Promise<void>
  /** The refusal in the dialect's own words. */
  refusal(fault: Extract<Fault, { kind: 'refuse' }>): Answer
}

type Spoiler<K extends FaultKind> = (
  answer: Answer,
  fault: Extract<Fault, { kind: K }>,
  about: About,
) => Answer | Promise<Answer>

const unchanged = (answer: Answer): Answer => answer

const SPOILERS: { [K in FaultKind]: Spoiler<K> } = {
  refuse: (answer, fault, about) =>
    isRedirect(answer) ? refusedRedirect(answer, fault, about) : about.refusal(fault),
  answer: (_, fault) => answerOf(fault),
  // Whoever holds the connection sees to these.
  delay: unchanged,
  drop: unchanged,
  body: (answer, { as }) => BODIES[as](answer),
  headers: (answer, { set }) => withHeaders(answer, set),
  members: (answer, fault, about) => withMembers(answer, fault, about),
  token: spoilToken,
  keys: spoilKeys,
  skew: spoilTimes,
}

/** The answer that a fault makes of one. */
export async function spoil(answer: Answer, fault: Fault, about: About): Promise<Answer> {
  const spoiler = SPOILERS[fault.kind] as Spoiler<FaultKind>
  return spoiler(answer, fault, about)
}

/** The answer that a fault gives whatever the request was. */
export function answerOf({ status, body, headers }: Extract<Fault, { kind: 'answer' }>): Answer {
  const isText = typeof body === 'string'
  const type = isText ? 'text/plain; charset=utf-8' : 'application/json'
  const text = body === undefined ? '' : isText ? body : JSON.stringify(body)
  return withHeaders({ status, headers: { 'content-type': type }, body: text }, headers ?? {})
}

/** What a refusal says; without a reason it is the fault's own. */
export function toldOf({ reason, error, retry_after }: Extract<Fault, { kind: 'refuse' }>) {
  const refusal = reason && new Refusal(reason)
  return {
    code: error ?? refusal?.code ?? 'invalid_request',
    sentence: refusal?.sentence ?? 'The emulator was told to refuse this.',
    status: refusal?.status,
    reason: reason ?? 'fault',
    ...(refusal && { refusal }),
    ...(retry_after !== undefined && { retryAfter: retry_after }),
  }
}

const BODIES: Record<Extract<Fault, { kind: 'body' }>['as'], (answer: Answer) => Answer> = {
  truncated: (answer) => ({ ...answer, body: answer.body.slice(0, answer.body.length / 2) }),
  malformed: (answer) => ({ ...answer, body: answer.body.replace(/[}\]]\s*$/, ',') }),
  empty: (answer) => ({ ...answer, body: '' }),
  html: (answer) =>
    withHeaders({ ...answer, body: 'A gateway says: try again.' }, { 'content-type': 'text/html' }),
}

function withHeaders(answer: Answer, set: Readonly<Record<string, string>>): Answer {
  const lower = Object.entries(set).map(([name, value]) => [name.toLowerCase(), value])
  return { ...answer, headers: { ...answer.headers, ...Object.fromEntries(lower) } }
}

function isRedirect({ headers }: Answer): boolean {
  return headers.location !== undefined
}

// What leads back to the client leads there with an error, and never with the code.
function refusedRedirect(
  answer: Answer,
  fault: Extract<Fault, { kind: 'refuse' }>,
  { operation }: About,
): Answer {
  const { location = '' } = answer.headers
  const { code: error, sentence: error_description } = toldOf(fault)
  const { code: _, ...kept } = readRedirect(location)
  const names = redirectParameters(operation, { error, error_description })
  return {
    ...answer,
    headers: { ...answer.headers, location: writeRedirect(location, { ...kept, ...names }) },
  }
}

function readRedirect(location: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(location.split('?')[1] ?? ''))
}

function writeRedirect(location: string, parameters: Record<string, unknown>): string {
  return withQuery(location.split('?')[0] ?? '', parameters)
}

function withMembers(
  answer: Answer,
  { set = {}, drop = [] }: { set?: Readonly<Record<string, unknown>>; drop?: readonly string[] },
  { operation }: About,
): Answer {
  if (isRedirect(answer)) {
    const { location = '' } = answer.headers
    const members = readRedirect(location)
    for (const name of drop) delete members[name]
    return withHeaders(answer, { location: writeRedirect(location, { ...members, ...set }) })
  }
  const body = readBody(answer)
  if (!body) return answer
  for (const name of drop) for (const path of pathsOf(operation, name)) remove(body, path)
  for (const [name, value] of Object.entries(set)) {
    for (const path of pathsOf(operation, name)) place(body, path, value)
  }
  return { ...answer, body: JSON.stringify(body) }
}

type Body = Record<string, unknown>

function readBody({ body }: Answer): Body | undefined {
  try {
    const read: unknown = JSON.parse(body)
    return typeof read === 'object' && read !== null ? (read as Body) : undefined
  } catch {
    return undefined
  }
}

// A name of ours stands wherever the dialect says it; any other is a path of the wire's own.
function pathsOf(operation: Operation, name: string): string[][] {
  const { facts } = operation.answers
  const spots = facts !== 'as they are' && Object.hasOwn(facts, name) ? facts[name] : []
  const paths = [spots ?? []].flat().map((spot) => (spot.split(' ')[1] ?? '').split('.'))
  return paths.length > 0 ? paths : [name.split('.')]
}

function parentOf(body: Body, path: readonly string[]): Body | undefined {
  let at: unknown = body
  for (const name of path.slice(0, -1)) at = (at as Body | undefined)?.[name]
  return typeof at === 'object' && at !== null ? (at as Body) : undefined
}

function valueAt(body: Body, path: readonly string[]): unknown {
  return parentOf(body, path)?.[path.at(-1) ?? '']
}

function remove(body: Body, path: readonly string[]): void {
  delete parentOf(body, path)?.[path.at(-1) ?? '']
}

function place(body: Body, path: readonly string[], value: unknown): void {
  const parent = parentOf(body, path)
  if (parent) parent[path.at(-1) ?? ''] = value
}

async function spoilToken(
  answer: Answer,
  { token, ...fault }: Omit<Extract<Fault, { kind: 'token' }>, 'kind'>,
  { operation, now, forge, expire }: About,
): Promise<Answer> {
  const body = readBody(answer)
  if (!body) return answer
  for (const path of pathsOf(operation, token)) {
    const value = valueAt(body, path)
    if (typeof value !== 'string') continue
    const forged = await forge.token(value, fault, now)
    if (forged !== undefined) place(body, path, forged)
    else if (fault.expired) await expire(value)
  }
  return { ...answer, body: JSON.stringify(body) }
}

async function spoilKeys(
  answer: Answer,
  { as }: { as: 'other' | 'none' },
  { forge }: About,
): Promise<Answer> {
  const body = readBody(answer)
  if (!Array.isArray(body?.keys)) return answer
  const keys = as === 'none' ? [] : await forge.keys(body.keys)
  return { ...answer, body: JSON.stringify({ ...body, keys }) }
}

const TIMES = ['exp', 'iat', 'nbf', 'auth_time']

async function spoilTimes(
  answer: Answer,
  { seconds }: { seconds: number },
  about: About,
): Promise<Answer> {
  let spoiled = withHeaders(answer, { date: new Date((about.now + seconds) * 1000).toUTCString() })
  for (const token of ['access_token', 'id_token'] as const) {
    const body = readBody(spoiled)
    for (const path of body ? pathsOf(about.operation, token) : []) {
      const claims = readJwt(String(valueAt(body ?? {}, path)))?.claims ?? {}
      const times = TIMES.filter((name) => typeof claims[name] === 'number')
      const set = Object.fromEntries(times.map((name) => [name, Number(claims[name]) + seconds]))
      spoiled = await spoilToken(spoiled, { token, set }, about)
    }
  }
  return spoiled
}
