// Requests that no well-behaved client sends: repeated headers, missing types, any bytes.

import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import type { Answer } from './browser.ts'
import type { TestServer } from './server.ts'

/** What a redirect may be long in all, in bytes: 8 KiB of state grow ninefold in percent-encoding. */
const LONGEST_HEAD = 128 * 1024

/** A request as it goes over the wire; a header with a list of values is sent once for each. */
export type RawRequest = {
  method?: string
  headers?: Record<string, string | string[]>
  body?: string | Uint8Array
}

/** Sends a request to a path below the issuer; an answer that is not JSON has an empty body. */
export const sendRaw = (
  server: Pick<TestServer, 'port' | 'url'>,
  path: string,
  raw: RawRequest,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { method = 'POST', headers = {}, body = '' } = raw
    const length = String(Buffer.byteLength(body))
    const names = Object.keys(headers).map((name) => name.toLowerCase())
    const counted = names.includes('content-length')
    const sent = request(server.url(path), {
      method,
      maxHeaderSize: LONGEST_HEAD,
      headers: { ...headers, ...(length !== '0' && !counted && { 'content-length': length }) },
    })
    // Whoever names the host has said all that there is to say.
    if (names.includes('host') && !names.includes('connection')) sent.removeHeader('connection')
    // A server that refuses a body may close the connection before it has read all of it.
    let answered = false
    sent.on('error', (error) => answered || reject(error))
    sent.on('response', (response) => {
      answered = true
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => {
        const seen = new Headers()
        for (const [name, value] of Object.entries(response.headers)) {
          for (const one of [value ?? []].flat()) seen.append(name, one)
        }
        const json = seen.get('content-type')?.startsWith('application/json')
        const status = response.statusCode ?? 0
        resolve({ status, headers: seen, body: json ? JSON.parse(text) : {} })
      })
    })
    sent.end(body)
  })

/** An answer as its bytes came over a connection. */
export type WireAnswer = { status: number; headers: Headers; text: string }

/** A connection on which anything may be said. */
export type Wire = {
  say(bytes: string): void
  /** The whole answers so far. */
  heard(): WireAnswer[]
  /** The first answers, when so many have come; throws when the connection ends before. */
  first(count: number): Promise<WireAnswer[]>
  /** When anything has come at all. */
  bytes(): Promise<unknown>
  /** All answers, when the server has ended the connection. */
  ended: Promise<WireAnswer[]>
  /** Reads nothing from now on. */
  pause(): void
  /** Ends it as a caller does who has gone. */
  leave(): void
}

/** Opens a connection to a port of this machine. */
export const openWire = async (port: number): Promise<Wire> => {
  const socket = connect(port, '127.0.0.1')
  let bytes = ''
  socket.setEncoding('latin1').on('data', (more: Buffer | string) => {
    bytes += more
  })
  const ended = new Promise<WireAnswer[]>((resolve) => {
    socket.on('close', () => resolve(answersIn(bytes, true)))
  })
  await once(socket, 'connect')
  // A server that cuts a connection may do so with a reset.
  socket.on('error', () => {})
  return {
    say: (text) => void socket.write(text, 'latin1'),
    heard: () => answersIn(bytes),
    first: (count) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const answers = answersIn(bytes)
          if (answers.length >= count) resolve(answers.slice(0, count))
        }
        socket.on('data', look)
        void ended.then(() =>
          reject(new Error(`ended after ${JSON.stringify(bytes.slice(0, 500))}`)),
        )
        look()
      }),
    bytes: async () => bytes === '' && once(socket, 'data'),
    ended,
    pause: () => void socket.pause(),
    leave: () => socket.destroy(),
  }
}

/** Says something on a connection of its own; answers all that came until the server ended it. */
export const sayOnce = async (port: number, bytes: string): Promise<WireAnswer[]> => {
  const wire = await openWire(port)
  wire.say(bytes)
  return wire.ended
}

const answersIn = (bytes: string, isOver = false): WireAnswer[] => {
  const answers: WireAnswer[] = []
  let rest = bytes
  for (;;) {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) return answers
    const [first = '', ...lines] = rest.slice(0, end).split('\r\n')
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1])
    if (!status) throw new Error(`no answer begins so: ${JSON.stringify(rest.slice(0, 200))}`)
    const pairs = lines.map((line): [string, string] => {
      const at = line.indexOf(':')
      return [line.slice(0, at), line.slice(at + 1).trim()]
    })
    const headers = new Headers(pairs)
    const body = bodyIn(rest.slice(end + 4), status, headers, isOver)
    if (!body) return answers
    rest = rest.slice(end + 4 + body.length)
    if (status >= 200) answers.push({ status, headers, text: body.text })
  }
}

type Body = { text: string; length: number } | undefined

const bodyIn = (bytes: string, status: number, headers: Headers, isOver: boolean): Body => {
  if (status < 200 || status === 204 || status === 304) return { text: '', length: 0 }
  if (headers.get('transfer-encoding') === 'chunked') return chunksIn(bytes)
  const length = headers.get('content-length')
  if (length === null) return isOver ? { text: bytes, length: bytes.length } : undefined
  const text = bytes.slice(0, Number(length))
  return text.length < Number(length) ? undefined : { text, length: text.length }
}

const chunksIn = (bytes: string): Body => {
  let text = ''
  let at = 0
  for (;;) {
    const [line, size = ''] = /^([\da-f]+)\r\n/i.exec(bytes.slice(at)) ?? []
    if (line === undefined) return undefined
    const from = at + line.length
    const length = Number.parseInt(size, 16)
    if (bytes.length < from + length + 2) return undefined
    text += bytes.slice(from, from + length)
    at = from + length + 2
    if (length === 0) return { text, length: at }
  }
}
