// The log: one line of JSON for each thing that happened, without secrets.

import { SECRET_FIELDS } from '@patois/core'
import { destination } from 'pino'
import { HIDDEN, isPlain, redact } from './redact.ts'
import { LOG_LEVELS, type LogLevel } from './settings.ts'

type Say = (fields: object, sentence: string) => void

/** Writes lines of the log; `fields` may hold what callers sent, `sentence` is ours. */
export type Log = { debug: Say; info: Say; warn: Say; error: Say; fatal: Say }

/** Where lines go, each with its end. */
export type LineStream = { write(line: string): void }

const STDOUT = 1
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
export function openLog(level: LogLevel, stream?: LineStream, worker?: number): Log {
  const out = stream ?? openOutput(worker)
  const time = openTime()
  const base = worker === undefined ? '' : `"worker":${worker},`
  const least = LOG_LEVELS.indexOf(level)
  const say = (label: keyof Log): Say => {
    if (LOG_LEVELS.indexOf(label) < least) return () => {}
    return (fields, sentence) => {
      const said = sayPlainly(fields) ?? JSON.stringify(clean(fields))
      // Without its braces, between what every line begins and ends with.
      const between = said === '{}' ? '' : `${said.slice(1, -1)},`
      const front = `{"level":"${label}","time":"${time()}",${base}`
      out.write(`${front}${between}"msg":${JSON.stringify(sentence)}}\n`)
    }
  }
  return {
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    fatal: say('fatal'),
  }
}

function openOutput(worker: number | undefined): LineStream {
  // By another thread: whoever reads slowly must not hold callers up.
  const output = destination(STDOUT)
  return together(worker === undefined ? output : inPieces(output))
}

/** How long a line may wait for others; milliseconds. */
const WAIT_MS = 5

// The lines of a few turns leave in one write: to wake the thread for each turn takes 10 µs, which
// is 3 µs a request. What is still there when the process ends, for whatever reason that it can
// tell, leaves then.
function together(output: LineStream): LineStream {
  let lines = ''
  const leave = (): void => {
    const text = lines
    lines = ''
    if (text !== '') output.write(text)
  }
  // Before the output's own listener, which writes what it has and then no more.
  process.prependListener('exit', leave)
  return {
    write: (line) => {
      if (lines === '') setTimeout(leave, WAIT_MS)
      lines += line
    },
  }
}

/** So many bytes of several processes get into one pipe each as a whole (PIPE_BUF of Linux). */
const LONGEST_PIECE = 4096

function inPieces(output: LineStream): LineStream {
  return {
    write: (text) => {
      let piece = ''
      for (const line of text.split(/(?<=\n)/)) {
        if (Buffer.byteLength(piece + line) > LONGEST_PIECE && piece !== '') {
          output.write(piece)
          piece = ''
        }
        piece += line
      }
      output.write(piece)
    },
  }
}

// Of lines that are written in the same millisecond, the first one spells it.
function openTime(): () => string {
  let at = 0
  let text = ''
  return () => {
    const now = Date.now()
    if (now !== at) text = new Date(now).toISOString()
    at = now
    return text
  }
}

// Most lines hold but a few short words: as JSON they are looked at once, as a whole. To look at each
// text of a request's line costs 2 µs.
function sayPlainly(fields: object): string | undefined {
  for (const name in fields) {
    const value: unknown = fields[name as keyof typeof fields]
    if (typeof value === 'object' || typeof value === 'bigint' || isSecret(name)) return undefined
  }
  const said = JSON.stringify(fields)
  return said.length <= LONGEST && isPlain(said) ? said : undefined
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
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth === DEEPEST) return '[deep]'
  if (Array.isArray(value)) return value.map((one) => cleanValue('', one, depth + 1))
  const entries = Object.entries(value).map(([inner, one]) => [
    inner,
    cleanValue(inner, one, depth + 1),
  ])
  if (!(value instanceof Error)) return Object.fromEntries(entries)
  return { ...errorOf(value, depth), ...Object.fromEntries(entries), ...codeOf(value) }
}

/** What made something impossible, in one line: like `ECONNREFUSED connect ECONNREFUSED ::1:5432`. */
export function causeOf(error: unknown): { cause?: string } {
  const { cause } = error instanceof Error ? error : {}
  if (!(cause instanceof Error)) return {}
  // An error of several tries has a code alone.
  const said = [codeOf(cause).code, cause.message].filter(Boolean).join(' ')
  return { ...(said !== '' && { cause: said }), ...causeOf(cause) }
}

/** A name that a system gave what went wrong; a code of OAuth is none, and stands in no error. */
const SYSTEM_CODE = /^[A-Z0-9_]{3,40}$/

function codeOf(error: Error): { code?: string } {
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' && SYSTEM_CODE.test(code) ? { code } : {}
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
