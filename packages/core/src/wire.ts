// Moves fields and facts between a message and the core as a dialect says, in both directions.

import type { Form, Operation } from './dialects/dialect.ts'
import { type Basic, readBasic, readBearer, writeBasic } from './header.ts'
import { type Facts, type FieldName, type Fields, SECRET_FIELDS } from './oauth.ts'
import { Refusal } from './refusal.ts'
import { splitScope } from './scope.ts'
import { type FieldSpot, factSpots, fieldSpots, type Place } from './spot.ts'

/** A request without its socket. */
export type Message = {
  method: string
  path: string
  /** The query without its question mark. */
  query: string
  /** Values of the `{name}` parts of the path. */
  params: Readonly<Record<string, string>>
  headers: Readonly<Record<string, string | undefined>>
  body: Uint8Array
}

/** An answer without its socket. */
export type Answer = { status: number; headers: Record<string, string>; body: string }

/** The fields of a request, and where each of them stood. */
export type Sent = {
  fields: Fields
  places: { [F in FieldName]?: Place }
  /** The secret of a Basic header before it was decoded, when that made another one of it. */
  rawSecret?: string
}

type Values = Map<string, string[]>
type Sources = { query: Values; form: Values; message: Message; basic: Basic | undefined }

const FORM_TYPE = 'application/x-www-form-urlencoded'
const UTF_8 = /^charset\s*=\s*"?utf-?8"?$/
const EMPTY: Values = new Map()

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw new Refusal('body_unreadable')
  }
}

/** Takes form-encoded text apart. Throws a Refusal for what is not UTF-8 in percent-encoding. */
export function parseForm(text: string): Values {
  const values: Values = new Map()
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const at = pair.indexOf('=')
    const name = decodePart(at < 0 ? pair : pair.slice(0, at))
    const value = at < 0 ? '' : decodePart(pair.slice(at + 1))
    const known = values.get(name)
    if (known) known.push(value)
    else values.set(name, [value])
  }
  return values
}

// URL-encoded forms have no parameters of their own: what a client adds changes nothing.
function isForm({ headers }: Message): boolean {
  const [type, ...parameters] = (headers['content-type'] ?? '')
    .split(';')
    .map((part) => part.trim().toLowerCase())
  const coding = headers['content-encoding'] ?? 'identity'
  return (
    type === FORM_TYPE &&
    coding.toLowerCase() === 'identity' &&
    parameters.every((one) => !one.startsWith('charset') || UTF_8.test(one))
  )
}

function readBody(message: Message): Values {
  if (message.method === 'GET' || message.body.length === 0) return EMPTY
  if (!isForm(message)) throw new Refusal('body_type_wrong')
  try {
    return parseForm(new TextDecoder('utf-8', { fatal: true }).decode(message.body))
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal('body_unreadable')
  }
}

function valuesAt(sources: Sources, spot: FieldSpot): string[] {
  const { message } = sources
  const one = (value: string | undefined): string[] => (value === undefined ? [] : [value])
  switch (spot.place) {
    case 'query':
      return sources.query.get(spot.name) ?? []
    case 'form':
      return sources.form.get(spot.name) ?? []
    case 'path':
      return one(message.params[spot.name])
    case 'header':
      return one(message.headers[spot.name])
    case 'basic':
      return one(sources.basic?.[spot.name as keyof Basic])
    case 'bearer':
      return one(readBearer(message.headers.authorization))
  }
}

// RFC 6749 §3.1: a parameter without a value counts as not sent, and none may come twice.
function readSpot(sources: Sources, spot: FieldSpot): string | string[] | undefined {
  const values = valuesAt(sources, spot)
  if (spot.form === 'list') {
    const filled = values.filter((value) => value !== '')
    return filled.length > 0 ? filled : undefined
  }
  if (values.length > 1) throw new Refusal('field_repeated', { field: spot.field })
  const value = values[0]
  if (value === undefined || value === '') return undefined
  return spot.form === 'space' ? splitScope(value) : value
}

function checkQuery(query: Values, spots: readonly FieldSpot[]): void {
  for (const name of SECRET_FIELDS) {
    const meant = spots.some((spot) => spot.place === 'query' && spot.name === name)
    if (query.has(name) && !meant) throw new Refusal('secret_in_query', { field: name })
  }
}

/**
 * The fields that a request of this operation carries. Throws a Refusal for a body of another
 * type, for a field that comes twice or in two places, and for secrets in the query.
 */
export function readRequest(operation: Operation, message: Message): Sent {
  const spots = fieldSpots(operation)
  const reads = (place: Place): boolean => spots.some((spot) => spot.place === place)
  const query = message.query === '' ? EMPTY : parseForm(message.query)
  checkQuery(query, spots)
  // Whoever has sent the token in the header may have a library that adds a body of its own.
  const isDone = reads('bearer') && readBearer(message.headers.authorization) !== undefined
  const sources: Sources = {
    message,
    query,
    form: reads('form') && (isForm(message) || !isDone) ? readBody(message) : EMPTY,
    basic: reads('basic') ? readBasic(message.headers.authorization) : undefined,
  }
  const fields: Record<string, string | string[]> = {}
  const places: Sent['places'] = {}
  for (const spot of spots) {
    const value = readSpot(sources, spot)
    if (value === undefined) continue
    if (Object.hasOwn(fields, spot.field)) checkSame(spot.field, fields[spot.field], value)
    else {
      fields[spot.field] = value
      places[spot.field] = spot.place
    }
  }
  const { rawSecret } = sources.basic ?? {}
  const isRaw = places.client_secret === 'basic' && rawSecret !== fields.client_secret
  return { fields: fields as Fields, places, ...(isRaw && rawSecret && { rawSecret }) }
}

// One meaning, one value: only the client's own name may be said twice, and then alike.
function checkSame(field: FieldName, first: unknown, second: unknown): void {
  if (field === 'client_id' && first === second) return
  if (field === 'client_secret') throw new Refusal('client_ambiguous')
  throw new Refusal('field_repeated', { field })
}

function writeForm(form: Form, value: unknown, now: number): unknown {
  switch (form) {
    case 'seconds':
      return Math.max(0, (value as number) - now)
    case 'space':
      return (value as string[]).length > 0 ? (value as string[]).join(' ') : undefined
    default:
      return value
  }
}

function place(body: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name = '', ...rest] = path
  if (rest.length === 0) body[name] = value
  else {
    body[name] ??= {}
    place(body[name] as Record<string, unknown>, rest, value)
  }
}

const JSON_TYPE = 'application/json'

/** The answer that says `facts`; times become what the dialect counts them in from `now`. */
export function writeAnswer(operation: Operation, facts: Facts, now: number): Answer {
  const { status, facts: shape, headers } = operation.answers
  let body: Facts = facts
  if (shape !== 'as they are') {
    body = {}
    for (const { fact, path, form } of factSpots(shape)) {
      const value = facts[fact] === undefined ? undefined : writeForm(form, facts[fact], now)
      if (value !== undefined) place(body as Record<string, unknown>, path, value)
    }
  }
  return {
    status,
    headers: { ...headers, 'content-type': JSON_TYPE },
    body: JSON.stringify(body),
  }
}

/** What a refusal tells the caller. */
export type Told = { code: string; sentence: string; status?: number | undefined; uri?: string }

/** The answer that says no, in the operation's own shape. */
export function writeRefusal(operation: Operation, told: Told, issuer: string): Answer {
  const { rows, otherwise, facts } = operation.refuses
  const row = (Object.hasOwn(rows, told.code) && rows[told.code as keyof typeof rows]) || otherwise
  const fill = (text: string): string =>
    text
      .replaceAll('{error}', told.code)
      .replaceAll('{description}', told.sentence)
      .replaceAll('{issuer}', issuer)
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(row.headers ?? {})) headers[name] = fill(value)
  const status = told.status ?? row.status
  if (row.body === false) return { status, headers, body: '' }
  const said = { error: told.code, error_description: told.sentence, error_uri: told.uri }
  const body: Record<string, unknown> = {}
  for (const { fact, path } of factSpots(facts)) {
    const value = said[fact as keyof typeof said]
    if (value !== undefined) place(body, path, value)
  }
  return { status, headers: { ...headers, 'content-type': JSON_TYPE }, body: JSON.stringify(body) }
}

/** The redirect URI with an answer's facts in its query; what was registered stays as it was. */
export function writeRedirect(redirectUri: string, facts: Facts): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(facts)) {
    if (value !== undefined) query.append(name, String(value))
  }
  if (query.size === 0) return redirectUri
  return redirectUri + (redirectUri.includes('?') ? '&' : '?') + query.toString()
}

/** The request that carries `fields`, as a client of this dialect sends it. */
export function writeRequest(operation: Operation, fields: Fields): Message {
  const query = new URLSearchParams()
  const form = new URLSearchParams()
  const headers: Record<string, string> = {}
  const params: Record<string, string> = {}
  const basic: Partial<Basic> = {}
  const done = new Set<FieldName>()
  for (const spot of fieldSpots(operation)) {
    const value = fields[spot.field]
    if (value === undefined || done.has(spot.field)) continue
    if (spot.place === 'basic' && fields.client_secret === undefined) continue
    done.add(spot.field)
    const list = spot.form === 'space' ? [[value].flat().join(' ')] : [value].flat()
    for (const text of list) {
      if (spot.place === 'query') query.append(spot.name, text)
      else if (spot.place === 'form') form.append(spot.name, text)
      else if (spot.place === 'path') params[spot.name] = text
      else if (spot.place === 'basic') basic[spot.name as keyof Basic] = text
      else if (spot.place === 'bearer') headers.authorization = `Bearer ${text}`
      else headers[spot.name] = text
    }
  }
  if (basic.client_id !== undefined) {
    headers.authorization = writeBasic(basic.client_id, basic.client_secret ?? '')
  }
  if (form.size > 0) headers['content-type'] = FORM_TYPE
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? ''),
  )
  const body = new TextEncoder().encode(form.toString())
  return {
    method: operation.methods[0] ?? 'POST',
    path,
    query: query.toString(),
    params,
    headers,
    body,
  }
}
