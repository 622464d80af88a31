// Moves fields between a request and the core as a dialect says, in both directions.

import { EMPTY, isOfType, parseForm, readBody, TYPES, type Values } from './body.ts'
import type { Operation } from './dialects/dialect.ts'
import { type Basic, readAuthorization, readBasic, readBearer, writeBasic } from './header.ts'
import type { FieldName, Fields, GivenFields } from './oauth.ts'
import { Refusal } from './refusal.ts'
import { type FieldSpot, fieldSpots, type Place, type Reading, readingOf } from './spot.ts'
import { isListForm, readValue, writeField } from './value.ts'

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

/** The fields of a request, and where each of them stood. */
export type Sent = {
  fields: Fields
  places: { [F in FieldName]?: Place }
  /** The secret of a Basic header before it was decoded, when that made another one of it. */
  rawSecret?: string
}

type Sources = { query: Values; body: Values; message: Message; basic: Basic | undefined }

function one(value: unknown): unknown[] | undefined {
  return value === undefined ? undefined : [value]
}

function valuesAt({ message, basic, query, body }: Sources, spot: FieldSpot) {
  switch (spot.place) {
    case 'query':
      return query.get(spot.name)
    case 'form':
    case 'json':
      return body.get(spot.name)
    case 'path':
      return one(message.params[spot.name])
    case 'header':
      return one(message.headers[spot.name])
    case 'basic':
      return one(basic?.[spot.name as 'client_id' | 'client_secret'])
    case 'basic-raw':
      return one(spot.name === 'client_id' ? basic?.rawId : basic?.rawSecret)
    case 'bearer':
      return one(readBearer(message.headers.authorization))
    case 'authorization':
      return one(readAuthorization(message.headers.authorization))
  }
}

// RFC 6749 §3.1: a parameter without a value counts as not sent, and none may come twice.
function readSpot(sources: Sources, spot: FieldSpot): string | string[] | undefined {
  const sent = valuesAt(sources, spot)
  if (sent === undefined) return undefined
  const values = sent.filter((value) => value !== null)
  if (spot.form === 'list') {
    const filled = values.filter((value) => value !== '').map((value) => readValue('text', value))
    return filled.length > 0 ? (filled as string[]) : undefined
  }
  if (values.length > 1) throw new Refusal('field_repeated', { field: spot.field })
  const value = values[0]
  return value === undefined || value === '' ? undefined : readValue(spot.form, value)
}

function readQuery(message: Message, { hidden }: Reading): Values {
  if (message.query === '') return EMPTY
  const query = parseForm(message.query)
  const field = hidden.find((name) => query.has(name))
  if (field) throw new Refusal('secret_in_query', { field })
  return query
}

// Whoever has sent the token in the header may have a library that adds a body of its own.
function bodyOf(message: Message, { kinds, readsBearer }: Reading): Values {
  if (kinds.length === 0) return EMPTY
  const isDone = readsBearer && readBearer(message.headers.authorization) !== undefined
  return isDone && !kinds.some((kind) => isOfType(message, kind)) ? EMPTY : readBody(message, kinds)
}

/**
 * The fields that a request of this operation carries. Throws a Refusal for a body of another
 * type, for a field that comes twice or in two places, and for secrets in the query.
 */
export function readRequest(operation: Operation, message: Message): Sent {
  const reading = readingOf(operation)
  const query = readQuery(message, reading)
  const basic = reading.readsBasic ? readBasic(message.headers.authorization) : undefined
  const sources: Sources = { message, query, body: bodyOf(message, reading), basic }
  const fields: Record<string, string | readonly string[]> = {}
  const places: Sent['places'] = {}
  for (const spot of reading.spots) {
    const value = readSpot(sources, spot)
    if (value === undefined) continue
    if (Object.hasOwn(fields, spot.field)) {
      if (!isNamedAgain(spot, places, fields[spot.field] === value)) throw repeated(spot)
    } else {
      fields[spot.field] = value
      places[spot.field] = spot.place
    }
  }
  const { rawSecret } = basic ?? {}
  const isRaw = places.client_secret === 'basic' && rawSecret !== fields.client_secret
  Object.assign(fields, operation.means)
  return { fields: fields as Fields, places, ...(isRaw && rawSecret && { rawSecret }) }
}

// One meaning, one value: only the client's own name may be said again, beside its proof, and then
// alike.
function isNamedAgain({ field }: FieldSpot, places: Sent['places'], isSame: boolean): boolean {
  return field === 'client_id' && isSame && places[field] !== 'query'
}

function repeated({ field }: FieldSpot): Refusal {
  return field === 'client_secret'
    ? new Refusal('client_ambiguous')
    : new Refusal('field_repeated', { field })
}

type Texts = Record<string, string>

type Parts = {
  query: URLSearchParams
  form: URLSearchParams
  json: Record<string, unknown>
  path: Texts
  header: Texts
  basic: Texts
  'basic-raw': Texts
}

function put(
  parts: Parts,
  { place, name, form }: Omit<FieldSpot, 'field'>,
  value: string | readonly string[],
): void {
  if (place === 'json' && (form === 'array' || !isListForm(form))) {
    parts.json[name] = value
    return
  }
  for (const text of writeField(form, value)) {
    if (place === 'query' || place === 'form') parts[place].append(name, text)
    else if (place === 'bearer' || place === 'authorization') {
      parts.header.authorization = `Bearer ${text}`
    } else parts[place][name] = text
  }
}

/**
 * The request that carries `fields`, as a client of this dialect sends it; `variables` fill the
 * parts of the path that are no fields.
 */
export function writeRequest(
  operation: Operation,
  fields: GivenFields,
  variables: Readonly<Record<string, string>> = {},
): Message {
  const parts: Parts = {
    query: new URLSearchParams(),
    form: new URLSearchParams(),
    json: {},
    path: { ...variables },
    header: {},
    basic: {},
    'basic-raw': {},
  }
  for (const [spot, value] of Object.entries(operation.adds ?? {})) {
    const [place, name = ''] = spot.split(' ')
    put(parts, { place: place as Place, name, form: 'text' }, value)
  }
  const done = new Set<FieldName>()
  for (const spot of fieldSpots(operation)) {
    const value = fields[spot.field]
    if (value === undefined || done.has(spot.field)) continue
    // A client without a secret has no use for a header that is made for one.
    if (spot.place.startsWith('basic') && fields.client_secret === undefined) continue
    done.add(spot.field)
    put(parts, spot, value)
  }
  const { basic, header: headers, path: params, query, 'basic-raw': raw } = parts
  const isRaw = raw.client_id !== undefined
  const { client_id: id, client_secret: secret = '' } = isRaw ? raw : basic
  if (id !== undefined) headers.authorization = writeBasic(id, secret, isRaw)
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? ''),
  )
  const method = operation.methods[0] ?? 'POST'
  const body = new TextEncoder().encode(writeBody(operation, parts))
  return { method, path, query: query.toString(), params, headers, body }
}

function writeBody(operation: Operation, { form, json, header }: Parts): string {
  if (form.size > 0) {
    header['content-type'] = TYPES.form
    return form.toString()
  }
  const isJson = fieldSpots(operation).some(({ place }) => place === 'json')
  if (operation.methods[0] === 'GET' || !(isJson || Object.keys(json).length > 0)) return ''
  header['content-type'] = TYPES.json
  return JSON.stringify(json)
}
