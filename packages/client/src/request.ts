// Request: fields become what is sent, and the same without its secrets for errors and logs.

import {
  type Fields,
  LIST_FIELDS,
  type Message,
  type Operation,
  SECRET_FIELDS,
  writeRequest,
} from '@patois/core/caller'
import { baseOf, type Connection, fill, type Outgoing } from './connection.ts'
import type { SentRequest } from './errors.ts'
import type { CallOptions } from './send.ts'

const HIDDEN = '***'

/** Headers whose values are no secret. */
const OPEN = /^(accept|content-type|user-agent|.*-version)$/

const SECRET_NAME = /secret|token|password|key|code|assertion/i

// Where an operation's own body fields stand, further ones stand too.
function placeOf({ reads, methods }: Operation): 'form' | 'json' | 'query' {
  const spots = Object.values(reads).flat().map(String)
  if (methods[0] === 'GET') return 'query'
  return spots.some((spot) => spot.startsWith('json ')) ? 'json' : 'form'
}

function withMore(operation: Operation, more: Readonly<Record<string, string>> = {}): Operation {
  const place = placeOf(operation)
  const adds = Object.entries(more).map(([name, value]) => [`${place} ${name}`, value])
  if (adds.length === 0) return operation
  return { ...operation, adds: { ...operation.adds, ...Object.fromEntries(adds) } }
}

function hidden(values: Readonly<Record<string, string>> = {}): Record<string, string> {
  const names = Object.keys(values)
  return Object.fromEntries(
    names.map((name) => [name, SECRET_NAME.test(name) ? HIDDEN : (values[name] ?? '')]),
  )
}

function hiddenFields(fields: Fields): Fields {
  const secrets = SECRET_FIELDS.filter((name) => fields[name] !== undefined)
  return { ...fields, ...Object.fromEntries(secrets.map((name) => [name, HIDDEN])) }
}

/** A request of an operation, ready to be sent. Throws a TypeError when it has nowhere to go. */
export function requestOf(
  connection: Connection,
  operation: Operation,
  fields: Fields,
  options: CallOptions,
): Outgoing {
  const message = messageOf(connection, withMore(operation, options.fields), fields)
  const own = { accept: 'application/json', ...message.headers }
  const headers = mergedHeaders(own, connection.headers, options.headers)
  return { ...message, headers }
}

/** The same request with every secret replaced. */
export function sentOf(
  connection: Connection,
  operation: Operation,
  fields: Fields,
  options: CallOptions,
): SentRequest {
  const more = withMore(operation, hidden(options.fields))
  const message = messageOf(connection, more, hiddenFields(fields))
  const all = mergedHeaders(message.headers, connection.headers, options.headers)
  const headers = Object.entries(all).map(([name, value]) => [
    name,
    OPEN.test(name) ? value : HIDDEN,
  ])
  const { method, url, body } = message
  return {
    method,
    url,
    headers: Object.fromEntries(headers),
    body: new TextDecoder().decode(body),
  }
}

function mergedHeaders(
  ...sets: (Readonly<Record<string, string | undefined>> | undefined)[]
): Record<string, string> {
  const entries = sets.flatMap((set) => Object.entries(set ?? {}))
  // What no header can hold is a fault of ours, and not one of the network.
  const headers = new Headers()
  for (const [name, value] of entries) if (value !== undefined) headers.set(name, value)
  return Object.fromEntries(headers)
}

function messageOf(
  connection: Connection,
  operation: Operation,
  fields: Fields,
): Pick<Message, 'method' | 'headers'> & { url: string; body: Uint8Array } {
  const { dialect, variables } = connection
  const values = { ...dialect.variables, ...variables }
  const { method, path, query, headers, body } = writeRequest(operation, fields, values)
  // A part of the path that nobody filled would call something else.
  if (path.includes('//')) fill(operation.path, { ...values, ...(fields as typeof values) })
  const link = query === '' ? '' : (path.includes('?') ? '&' : '?') + query
  return { method, headers, body, url: baseOf(connection, operation.at) + path + link }
}

/** Parameters in camel case as the protocol's fields; lists may be given as text with spaces. */
export function fieldsOf(params: Readonly<Record<string, unknown>>): Fields {
  const entries = Object.entries(params).flatMap(([name, value]) => {
    if (value === undefined) return []
    const field = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    return [[field, isList(field) ? listOf(value) : String(value)]]
  })
  return Object.fromEntries(entries) as Fields
}

function isList(field: string): boolean {
  return (LIST_FIELDS as readonly string[]).includes(field)
}

function listOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String)
  return String(value)
    .split(' ')
    .filter((one) => one !== '')
}
