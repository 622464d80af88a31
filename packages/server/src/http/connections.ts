// Connections: how long a caller may take, how many there may be, and what is refused unread.

import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Log } from '../log.ts'
import type { Meter } from '../metrics/meter.ts'
import { openRequestTimes } from './measure.ts'

/** What callers may take of the server; times in milliseconds. */
export type Limits = {
  /** From the connection, or from the end of an answer, to the end of a request's headers. */
  headersMs: number
  /** From the start of a request to the end of its body. */
  requestMs: number
  /** From the end of a request's headers until its answer has left. */
  answerMs: number
  /** How long a connection may lie idle between two requests. */
  idleMs: number
  /** How often the times are looked at. */
  checkMs: number
  /** Connections at one time. */
  connections: number
}

/** An authorization request of 8 KiB of state is three times as long in percent-encoding; bytes. */
const HEADER_LIMIT = 64 * 1024
const MOST_CONNECTIONS = 8192
/** Files that the database, the log and node itself may need at any time. */
const SPARE_FILES = 128
/** The part of all connections from which on those that only wait make room for new ones. */
const CROWDED = 0.9

const LIMITS: Limits = {
  headersMs: 10_000,
  requestMs: 20_000,
  answerMs: 25_000,
  // Longer than balancers keep their side (60 s), so that none of them sends into a closed one.
  idleMs: 72_000,
  checkMs: 2000,
  connections: Math.min(MOST_CONNECTIONS, openFiles() - SPARE_FILES),
}

/** The usual limits, and others where they are given. */
export function limitsOf(given: Partial<Limits> = {}): Limits {
  return { ...LIMITS, ...given }
}

// Where Linux does not say it, nobody else says it without a native module.
function openFiles(): number {
  try {
    const text = readFileSync('/proc/self/limits', 'utf8')
    return Number(/^Max open files +(\d+)/m.exec(text)?.[1] ?? Number.POSITIVE_INFINITY)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/** What fastify is built with to keep the limits. */
export function connectionOptions({ headersMs, requestMs, idleMs, checkMs }: Limits) {
  return {
    requestTimeout: requestMs,
    keepAliveTimeout: idleMs,
    http: {
      maxHeaderSize: HEADER_LIMIT,
      headersTimeout: headersMs,
      connectionsCheckingInterval: checkMs,
      // We look at it ourselves: node counts two as one.
      requireHostHeader: false,
    },
    clientErrorHandler: refuseUnreadable,
    rewriteUrl: ({ url = '/' }: IncomingMessage) => originForm(url),
  }
}

/**
 * Bounds how many connections there are, and how long an answer may take to leave, and takes the
 * time of each request.
 */
export function boundConnections(
  app: FastifyInstance,
  limits: Limits,
  { log, meter }: { log: Log; meter: Meter },
): void {
  const { server } = app
  const { connections, answerMs, checkMs } = limits
  // When each request came whose answer has not left yet, by connection. What stands in a Map for
  // one request only outlives it: V8 leaves the table that a Map has outgrown pointing to its next
  // one, so one old table keeps all later ones, and a quarter of what was allocated was copied twice.
  const unanswered = new Map<Socket, number[]>()
  // Those that wait for a request, whoever has waited longest first.
  const waiting = new Set<Socket>()
  let isFull = false
  server.maxConnections = connections
  meter.gauge('patois_connections', () => unanswered.size)
  meter.gauge('patois_connections_limit', () => connections)
  server.on('connection', (socket) => {
    unanswered.set(socket, [])
    waiting.add(socket)
    socket.once('close', () => {
      unanswered.delete(socket)
      waiting.delete(socket)
    })
    const [longest] = waiting
    if (unanswered.size <= connections * CROWDED) isFull = false
    else if (longest !== socket) longest?.destroy()
  })
  server.on('drop', () => {
    if (!isFull) log.warn({ connections }, 'new connections are refused: there are too many')
    isFull = true
  })
  // Whoever reads slowly, or sends and never reads, keeps an answer of ours in memory. Looked at
  // from time to time: a timer for each request costs it 1 µs.
  const cut = setInterval(() => {
    const late = performance.now() - answerMs
    for (const [socket, times] of unanswered) {
      if (times.some((since) => since <= late)) socket.destroy()
    }
  }, checkMs).unref()
  server.once('close', () => clearInterval(cut))
  const ended = openRequestTimes(meter)
  // One hook and one listener for all that follows a request: what fastify itself would listen to
  // for `onResponse`, and its `routeOptions` once more, are 1 µs of each.
  app.addHook('onRequest', ({ socket, routeOptions }, { raw }, done) => {
    const { station, stays } = routeOptions.config
    const since = performance.now()
    const times = unanswered.get(socket)
    times?.push(stays ? Number.POSITIVE_INFINITY : since)
    waiting.delete(socket)
    raw.on('close', () => {
      // Answers leave in the order of their requests (RFC 9112 §9.3.2).
      times?.shift()
      if (times?.length === 0 && !socket.destroyed) waiting.add(socket)
      if (station) ended(station, performance.now() - since)
    })
    done()
  })
}

const HOST = /^(\[[\da-f:.]+\]|[\w.~-]*)(:\d*)?$/i
const spoiled = new WeakSet<Socket>()

/**
 * True when the next one on the wire may read another host or another end into a request than we
 * do (RFC 9112 §3.2 and §6.1), and for all that comes after it on its connection.
 */
export function isUnclear(request: IncomingMessage): boolean {
  const { socket } = request
  // Node goes on with what it has read already, whatever we have answered.
  if (!spoiled.has(socket) && hasOneHost(request) && hasOneEnd(request)) return false
  spoiled.add(socket)
  return true
}

/** How often a header (in small letters) came; node keeps the first of some that came twice. */
export function timesOf(rawHeaders: readonly string[], name: string): number {
  let times = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const one = rawHeaders[at]
    if (one?.length === name.length && one.toLowerCase() === name) times++
  }
  return times
}

function hasOneHost({ rawHeaders, headers, httpVersion }: IncomingMessage): boolean {
  const hosts = timesOf(rawHeaders, 'host')
  const isEnough = hosts === 1 || (hosts === 0 && httpVersion !== '1.1')
  return isEnough && HOST.test(headers.host ?? '')
}

function hasOneEnd({ headers, httpVersion }: IncomingMessage): boolean {
  const coding = headers['transfer-encoding']
  return coding === undefined || (httpVersion === '1.1' && coding.toLowerCase() === 'chunked')
}

// RFC 9112 §3.2.2: whoever takes us for a proxy names a host, which changes nothing here.
function originForm(url: string): string {
  return url.replace(/^https?:\/\/[^/?#]*\/?/i, '/')
}

/** What is said of a request that nobody can be sure to read aright. */
export const UNREADABLE = 'The request cannot be read.'

const FAULTS: Readonly<Record<string, readonly [status: string, sentence: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request took too long.'],
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The headers are too long.'],
}

function refuseUnreadable({ code }: NodeJS.ErrnoException, socket: Socket): void {
  if (socket.writable && code !== 'ECONNRESET') {
    const [status, sentence] = FAULTS[code ?? ''] ?? ['400 Bad Request', UNREADABLE]
    const lines = [
      `HTTP/1.1 ${status}`,
      'Content-Type: text/plain; charset=utf-8',
      `Content-Length: ${sentence.length + 1}`,
      'Cache-Control: no-store',
      'X-Content-Type-Options: nosniff',
      'Connection: close',
    ]
    socket.write(`${lines.join('\r\n')}\r\n\r\n${sentence}\n`)
  }
  socket.destroy()
}
