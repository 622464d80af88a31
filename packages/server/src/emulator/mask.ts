// Masks: what the journal shows of requests and answers, with no secret whole.

import { type Operation, SECRET_FIELDS } from '@patois/core'
import { HIDDEN, redact } from '../redact.ts'
import type { JournalHeaders } from './journal.ts'

/** A message as it went over the wire. */
export type Wire = {
  headers: Readonly<Record<string, unknown>>
  body: string
  /** Of an answer. */
  status?: number
}

/** Hides what is secret in a message of one operation. */
export type Mask = {
  url(url: string): string
  headers(headers: Wire['headers']): JournalHeaders
  body(wire: Wire): string
}

/** What a secret's name says about it: nothing of it is shown, or its beginning. */
type Kind = 'hidden' | 'short'

/** Of a token so much is shown that two of them can be told apart. */
const SHOWN = 6
const MARK = /^(?:test_)?p[acrs]_/
const TOKEN = /\b(?:test_)?p[acrs]_[\w-]{16,}|\beyJ[\w-]{8,}\.[\w-]+\.?[\w-]*/g
const DEEPEST = 32
const LONGEST_BODY = 64 * 1024
const WHOLE: readonly string[] = ['client_secret', 'code_verifier', 'password', 'csrf', 'verifier']

/** The mask for messages of an operation, whose dialect may have names of its own for secrets. */
export function openMask(operation: Operation | undefined): Mask {
  const kinds = kindsOf(operation)
  const value = (name: string, text: string): string => {
    const kind = kinds.get(plain(name))
    if (kind === 'hidden') return HIDDEN
    return kind === 'short' ? shorten(text) : text.replace(TOKEN, shorten)
  }
  // There a code is a word of the dialect, such as `UnauthorizedException`.
  const told: MaskValue = (name, text) =>
    plain(name) === 'code' ? text.replace(TOKEN, shorten) : value(name, text)
  return {
    url: (url) => maskUrl(url, value),
    headers: (headers) =>
      Object.fromEntries(
        Object.entries(headers).flatMap(([name, one]) =>
          one === undefined ? [] : [[name, maskHeader(name, one, value)]],
        ),
      ),
    body: (wire) => maskBody(wire, isRefusal(wire) ? told : value),
  }
}

function isRefusal({ status = 0 }: Wire): boolean {
  return status >= 400
}

type MaskValue = (name: string, text: string) => string

/** A token's mark and beginning. */
export function shorten(token: string): string {
  const mark = MARK.exec(token)?.[0] ?? ''
  return `${token.slice(0, mark.length + SHOWN)}…`
}

function kindsOf(operation: Operation | undefined): Map<string, Kind> {
  const kinds = new Map<string, Kind>()
  const note = (field: string, name: string) =>
    kinds.set(plain(name), WHOLE.includes(field) ? 'hidden' : 'short')
  for (const field of [...SECRET_FIELDS, 'id_token', 'id_token_hint', ...WHOLE]) note(field, field)
  // A code in an answer that refuses is no secret, but a word of the dialect.
  const { reads = {}, answers } = operation ?? {}
  const facts = answers && answers.facts !== 'as they are' ? answers.facts : {}
  for (const [field, spots] of Object.entries({ ...facts, ...reads })) {
    if (!kinds.has(plain(field))) continue
    for (const spot of [spots ?? []].flat()) {
      const name = spot.split(' ')[1]?.split('.').at(-1)
      if (name) note(field, name)
    }
  }
  return kinds
}

// `client_secret`, `clientSecret` and `Client-Secret` are one name.
function plain(name: string): string {
  return name.replaceAll(/[_-]/g, '').toLowerCase()
}

function maskUrl(url: string, mask: MaskValue): string {
  const at = url.indexOf('?')
  if (at < 0) return url.replace(TOKEN, shorten)
  return `${url.slice(0, at)}?${maskForm(url.slice(at + 1), mask)}`
}

// Only what is masked is written anew: the rest stays as the caller spelled it.
function maskForm(text: string, mask: MaskValue): string {
  return text
    .split('&')
    .map((pair) => {
      const at = pair.indexOf('=')
      if (at < 0) return pair.replace(TOKEN, shorten)
      const sent = decode(pair.slice(at + 1))
      const shown = mask(decode(pair.slice(0, at)), sent)
      return shown === sent ? pair : `${pair.slice(0, at)}=${shown}`
    })
    .join('&')
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

function maskHeader(name: string, raw: unknown, mask: MaskValue): string | string[] {
  if (Array.isArray(raw)) return raw.map((one) => maskHeader(name, one, mask) as string)
  const text = String(raw)
  const lower = name.toLowerCase()
  if (lower === 'cookie') return text.replace(/=[^;]*/g, `=${HIDDEN}`)
  if (lower === 'set-cookie') return text.replace(/=[^;]+/, `=${HIDDEN}`)
  if (lower === 'authorization') return maskAuthorization(text)
  if (lower === 'location') return maskUrl(text, mask)
  return mask(name, text)
}

function maskAuthorization(text: string): string {
  const [, scheme = '', rest = ''] = /^(\S+) +(.*)$/.exec(text) ?? []
  if (scheme.toLowerCase() !== 'basic') return rest ? `${scheme} ${shorten(rest)}` : shorten(text)
  const [id = ''] = Buffer.from(rest, 'base64').toString().split(':')
  return `${scheme} ${id}:${HIDDEN}`
}

function maskBody({ headers, body }: Wire, mask: MaskValue): string {
  if (body === '') return body
  const type = String(headers['content-type'] ?? '')
  // A page carries forms of this one browser, and is nothing that anybody reads as text.
  if (/^text\/html\b/i.test(type)) return `[a page of ${body.length} characters]`
  if (/^application\/x-www-form-urlencoded\b/i.test(type)) return maskForm(body, mask)
  const read = parse(body)
  if (read === undefined) return redact(body, LONGEST_BODY)
  return JSON.stringify(maskJson('', read, mask))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

// Nobody reads on at such a depth, and whoever sends it wants to see us fall.
function maskJson(name: string, value: unknown, mask: MaskValue, depth = 0): unknown {
  if (typeof value === 'string') return mask(name, value)
  if (typeof value !== 'object' || value === null) return value
  if (depth === DEEPEST) return '[deep]'
  if (Array.isArray(value)) return value.map((one) => maskJson(name, one, mask, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([inner, one]) => [inner, maskJson(inner, one, mask, depth + 1)]),
  )
}
