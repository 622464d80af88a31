// The log: one line of JSON for each thing that happened, without secrets.

import { SECRET_FIELDS } from '@patois/core'
import { type DestinationStream, pino, stdTimeFunctions } from 'pino'
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

/** Opens the log on a stream (standard output); text beyond 500 characters is cut. */
export function openLog(level: LogLevel, stream?: DestinationStream): Log {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }), log: clean },
    // Errors are taken apart here: their texts may quote what a caller sent.
    serializers: { err: (taken: unknown) => taken },
  }
  return stream ? pino(options, stream) : pino(options)
}

// Secrets are not handed to the log in the first place; this catches what slips through.
function clean(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, cleanValue(name, value, 0)]),
  )
}

function cleanValue(name: string, value: unknown, depth: number): unknown {
  if (value === undefined || typeof value === 'number' || typeof value === 'boolean') return value
  if (SECRETS.has(plainName(name))) return HIDDEN
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

// `client_secret`, `clientSecret` and `Client-Secret` are one name.
function plainName(name: string): string {
  return name.replaceAll(/[_-]/g, '').toLowerCase()
}
