// Request: fields become what is sent, and the same without its secrets for errors and logs.

import {
  type Fields,
  type GivenFields,
  LIST_FIELDS,
  type Operation,
  SECRET_FIELDS,
  splitScope,
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

function withMore(operation: Operation, more: CallOptions['fields']): Operation {
  // How it is written was found out once for this very object.
  if (more === undefined) return operation
  const place = placeOf(operation)
  const adds = Object.entries(more).map(([name, value]) => [`${place} ${name}`, value])
  return { ...operation, adds: { ...operation.adds, ...Object.fromEntries(adds) } }
}

function isSecret(name: string): boolean {
  return (SECRET_FIELDS as readonly string[]).includes(name)
}

function masked<T extends object>(values: T, hides: (name: string) => boolean): T {
  const entries = Object.entries(values).map(([name, value]) => [
    name,
    value !== undefined && hides(name) ? HIDDEN : value,
  ])
  return Object.fromEntries(entries) as T
}

/** A request of an operation, ready to be sent. Throws a TypeError when it has nowhere to go. */
export function requestOf(
  connection: Connection,
  given: Operation,
  fields: GivenFields,
  options: CallOptions,
): Outgoing {
  const { dialect, variables } = connection
  const operation = withMore(given, options.fields)
  const values = { ...dialect.variables, ...variables }
  const { method, path, query, headers, body } = writeRequest(operation, fields, values)
  // A part of the path that nobody filled would call something else.
  if (path.includes('//')) fill(operation.path, { ...values, ...(fields as typeof values) })
  const link = query && (path.includes('?') ? '&' : '?') + query
  return {
    method,
    url: baseOf(connection, operation.at) + path + link,
    headers: merged({ accept: 'application/json' }, headers, connection.headers, options.headers),
    body,
  }
}

/** The same request with every secret replaced. */
export function sentOf(
  connection: Connection,
  operation: Operation,
  fields: GivenFields,
  options: CallOptions,
): SentRequest {
  const more = masked(options.fields ?? {}, (name) => SECRET_NAME.test(name))
  const known = masked(fields, isSecret)
  const request = requestOf(connection, operation, known, { ...options, fields: more })
  return {
    ...request,
    headers: masked(request.headers, (name) => !OPEN.test(name)),
    body: new TextDecoder().decode(request.body),
  }
}

function merged(
  ...sets: (Readonly<Record<string, string | undefined>> | undefined)[]
): Record<string, string> {
  // What no header can hold is a fault of ours, and not one of the network.
  const headers = new Headers()
  for (const [name, value] of sets.flatMap((set) => Object.entries(set ?? {}))) {
    if (value !== undefined) headers.set(name, value)
  }
  return Object.fromEntries(headers)
}

/** Parameters in camel case as the protocol's fields; lists may be given as text with spaces. */
export function fieldsOf(params: Readonly<Record<string, unknown>>): Fields {
  const entries = Object.entries(params).flatMap(([name, value]) => {
    if (value === undefined) return []
    const field = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    const isList = (LIST_FIELDS as readonly string[]).includes(field)
    return [
      [field, isList ? [value].flat().flatMap((one) => splitScope(String(one))) : String(value)],
    ]
  })
  return Object.fromEntries(entries) as Fields
}
