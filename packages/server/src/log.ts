// The log: one line of JSON for each thing that happened, without secrets.

import { SECRET_FIELDS } from '@patois/core'
import { type DestinationStream, destination, pino } from 'pino'
import { HIDDEN, redact } from './redact.ts'
import type { LogLevel } from './settings.ts'

type Say = (fields: object, sentence: string) => void

/** Writes lines of the log; `fields` may hold what callers sent, `sentence` is ours. */
export type Log = { debug: Say; info: Say; warn: Say; error: Say; fatal: Say }

const LONGEST = 500
/** A stack says where; characters. */
const LONGEST_STACK = 8000
const DEEPEST = 6

const HEADERS = ['authorization', 'cookie', 'proxyauthorization', 'setcookie', 'xapikey']
const SECRETS = new Set([...SECRET_FIELDS.map(plainName), ...HEADERS, 'masterkey', 'verifier'])

/**
 * Opens the log on a stream (standard output); text beyond 500 characters is cut. The lines of a
 * worker say which one it is.
 */
export function openLog(level: LogLevel, stream?: DestinationStream, worker?: number): Log {
  const options = {
    level,
    base: worker === undefined ? null : { worker },
    timestamp: openTime(),
    formatters: { level: (label: string) => ({ level: label }), log: clean },
    // Errors are taken apart here: their texts may quote what a caller sent.
    serializers: { err: (taken: unknown) => taken },
  }
  const out = destination(1)
  return pino(options, stream ?? byTurn(worker === undefined ? out : inPieces(out)))
}

// The lines of one event-loop turn leave in one write: a write for each costs 3 µs a request. What
// is still there when the process ends, for whatever reason that it can tell, leaves then.
function byTurn(stream: DestinationStream): DestinationStream {
  let lines = ''
  const leave = (): void => {
    const text = lines
    lines = ''
    if (text !== '') stream.write(text)
  }
  process.on('exit', leave)
  return {
    write: (line) => {
      if (lines === '') setImmediate(leave)
      lines += line
    },
  }
}

/** So many bytes of several processes get into one pipe each as a whole (PIPE_BUF of Linux). */
const LONGEST_PIECE = 4096

function inPieces(stream: DestinationStream): DestinationStream {
  return {
    write: (text) => {
      let piece = ''
      for (const line of text.split(/(?<=\n)/)) {
        if (Buffer.byteLength(piece + line) > LONGEST_PIECE && piece !== '') {
          stream.write(piece)
          piece = ''
        }
        piece += line
      }
      stream.write(piece)
    },
  }
}

// Of lines that are written in the same millisecond, the first one spells it.
function openTime(): () => string {
  let at = 0
  let text = ''
  return () => {
    const now = Date.now()
    if (now !== at) text = `,"time":"${new Date(now).toISOString()}"`
    at = now
    return text
  }
}

// Secrets are not handed to the log in the first place; this catches what slips through.
function clean(fields: object): Record<string, unknown> {
  const cleaned: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) cleaned[name] = cleanValue(name, value, 0)
  return cleaned
}

function cleanValue(name: string, value: unknown, depth: number): unknown {
  if (value === undefined || typeof value === 'number' || typeof value === 'boolean') return value
  if (isSecret(name)) return HIDDEN
  if (typeof value === 'string') return redact(value, LONGEST)
  if (typeof value !== 'object' || value === null) return value
  if (depth === DEEPEST) return '[deep]'
  if (Array.isArray(value)) return value.map((one) => cleanValue('', one, depth + 1))
  const entries = Object.entries(value).map(([inner, one]) => [
    inner,
    cleanValue(inner, one, depth + 1),
  ])
  if (!(value instanceof Error)) return Object.fromEntries(entries)
  return { ...errorOf(value, depth), ...Object.fromEntries(entries) }
}

// What an error says of itself cannot be enumerated.
function errorOf(error: Error, depth: number): Record<string, unknown> {
  const { name, message, stack = '', cause } = error
  return {
    type: name,
    message: redact(message, LONGEST),
    stack: redact(stack, LONGEST_STACK),
    ...(cause !== undefined && { cause: cleanValue('cause', cause, depth + 1) }),
    ...(error instanceof AggregateError && { errors: cleanValue('', error.errors, depth + 1) }),
  }
}

// Most names are ours and come with every line; those that callers chose must not fill the memory.
const NAMES_KNOWN = 1000
const known = new Map<string, boolean>()

function isSecret(name: string): boolean {
  const before = known.get(name)
  if (before !== undefined) return before
  const secret = SECRETS.has(plainName(name))
  if (known.size < NAMES_KNOWN) known.set(name, secret)
  return secret
}

// `client_secret`, `clientSecret` and `Client-Secret` are one name.
function plainName(name: string): string {
  return name.replaceAll(/[_-]/g, '').toLowerCase()
}
