// Marked: a request or an answer as lines of text, in which each field bears its name in the core.

import { STATUS_CODES } from 'node:http'
import {
  type Answer,
  type FactTable,
  factSpots,
  fieldSpots,
  type Message,
  type Operation,
  type RefusalShape,
} from '@patois/core'
import type { Line, Piece } from '../../pages/dev/wire.ts'

type Find = (place: string, name: string) => string[]

/** A request as it goes over the wire; `at` is the prefix that its dialect is mounted under. */
export function markRequest(operation: Operation, message: Message, at: string): Line[] {
  const spots = fieldSpots(operation)
  const find: Find = (place, name) =>
    spots.filter((spot) => spot.place === place && spot.name === name).map(({ field }) => field)
  const path = operation.path.split(/(\{\w+\})/).map((part) => {
    const [, name] = /^\{(\w+)\}$/.exec(part) ?? []
    return name
      ? mark(encodeURIComponent(message.params[name] ?? ''), find('path', name))
      : mark(part)
  })
  const head = [
    [mark(`${message.method} ${at}`), ...path],
    ...pairs(message.query, '?', (name) => find('query', name)),
    ...Object.entries(message.headers).map(([name, value = '']) => [
      mark(`${name}: ${value}`, inHeader(find, name, value)),
    ]),
  ]
  const text = new TextDecoder().decode(message.body)
  const isForm = message.headers['content-type']?.startsWith('application/x-www-form-urlencoded')
  const body = isForm
    ? pairs(text, '', (name) => find('form', name))
    : json(text, (name) => find('json', name))
  return withBody(head, body)
}

// The halves of a Basic header stand in it together.
function inHeader(find: Find, name: string, value: string): string[] {
  if (name !== 'authorization') return find('header', name)
  const places = value.startsWith('Basic ') ? ['basic', 'basic-raw'] : ['bearer', 'authorization']
  const names = ['client_id', 'client_secret', 'token']
  return [...new Set(places.flatMap((place) => names.flatMap((one) => find(place, one))))]
}

/** A good answer. */
export function markAnswer({ answers }: Operation, answer: Answer): Line[] {
  const { facts } = answers
  const find = facts === 'as they are' ? (name: string) => [name] : findIn(facts)
  return lines(answer, find, () => [])
}

/** A refusal. */
export function markRefusal({ refuses }: Operation, answer: Answer): Line[] {
  return lines(answer, findIn(refuses.facts), (name) => filledIn(refuses, name))
}

/** A message of which nothing is known but its first line, its headers and its body. */
export function rawLines(
  first: string | number,
  { lines: headers, body }: { lines: readonly (readonly [string, string])[]; body: string },
): Line[] {
  const start = typeof first === 'number' ? `${first} ${STATUS_CODES[first] ?? ''}`.trim() : first
  const head = headers.map(([name, value]) => [mark(`${name}: ${value}`)])
  return withBody(
    [[mark(start)], ...head],
    json(body, () => []),
  )
}

function findIn(table: FactTable) {
  const spots = factSpots(table)
  return (name: string) =>
    spots.filter(({ path }) => path.join('.') === name).map(({ fact }) => fact)
}

function filledIn({ otherwise, rows, reasons }: RefusalShape, name: string): string[] {
  const all = [otherwise, ...Object.values(rows), ...Object.values(reasons ?? {})]
  const patterns = all.map((row) => row?.headers?.[name] ?? '')
  const places = { error: '{error}', error_description: '{description}' }
  return Object.entries(places).flatMap(([fact, place]) =>
    patterns.some((pattern) => pattern.includes(place)) ? [fact] : [],
  )
}

function lines(
  { status, headers, body }: Answer,
  find: (name: string) => string[],
  findHeader: (name: string) => string[],
): Line[] {
  const head = Object.entries(headers).flatMap(([name, value]): Line[] => {
    if (name !== 'location') return [[mark(`${name}: ${value}`, findHeader(name))]]
    const [address = '', query = ''] = value.split(/\?(.*)/s)
    return [[mark(`location: ${address}`)], ...pairs(query, '?', find)]
  })
  const phrase = STATUS_CODES[status] ?? ''
  return withBody([[mark(`${status} ${phrase}`.trim())], ...head], json(body, find))
}

function mark(text: string, fields: readonly string[] = []): Piece {
  return { text, fields }
}

function withBody(head: readonly Line[], body: readonly Line[]): Line[] {
  return body.length === 0 ? [...head] : [...head, [], ...body]
}

// One to a line: side by side, long lines would hide what differs.
function pairs(text: string, first: string, find: (name: string) => string[]): Line[] {
  if (text === '') return []
  return text.split('&').map((pair, index) => {
    const [name = ''] = pair.split('=')
    const sign = index === 0 ? first : '&'
    return [mark(`${sign}${pair}`, find(decodeURIComponent(name)))]
  })
}

function json(text: string, find: (name: string) => string[]): Line[] {
  if (text === '') return []
  try {
    return member(JSON.parse(text), { find, path: '', before: '', indent: '', after: '' })
  } catch {
    return text.split('\n').map((line) => [mark(line)])
  }
}

type Place = {
  find: (name: string) => string[]
  path: string
  before: string
  indent: string
  after: string
}

function member(value: unknown, place: Place): Line[] {
  const { find, path, before, indent, after } = place
  const fields = path === '' ? [] : find(path)
  if (typeof value !== 'object' || value === null || fields.length > 0) {
    return [[mark(indent), mark(`${before}${JSON.stringify(value)}${after}`, fields)]]
  }
  const entries = Object.entries(value)
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
  if (entries.length === 0) return [[mark(`${indent}${before}${open}${close}${after}`)]]
  return [
    [mark(`${indent}${before}${open}`)],
    ...entries.flatMap(([name, inner], index) =>
      member(inner, {
        find,
        path: path === '' ? name : `${path}.${name}`,
        before: Array.isArray(value) ? '' : `${JSON.stringify(name)}: `,
        indent: `${indent}  `,
        after: index < entries.length - 1 ? ',' : '',
      }),
    ),
    [mark(`${indent}${close}${after}`)],
  ]
}
