// A keep-alive connection that sends any bytes at all, and takes answers apart as they come.

import { connect, type Socket } from 'node:net'

/** An answer as it came over the wire; a header that came twice is joined with a comma. */
export type WireAnswer = {
  status: number
  headers: ReadonlyMap<string, string>
  body: string
  milliseconds: number
}

/** A connection that is opened when it is needed, and again after it was closed. */
export type Wire = {
  /** Sends one whole request; `bodyless` for HEAD. Throws when no answer comes in time. */
  send(bytes: Uint8Array, bodyless?: boolean): Promise<WireAnswer>
  /** Sends some bytes and hangs up before anything is answered. */
  abandon(bytes: Uint8Array): Promise<void>
  close(): void
}

const PATIENCE_MS = 10_000

class Closed extends Error {}

type Head = { end: number; status: number; headers: Map<string, string> }

const readHead = (bytes: Buffer): Head | undefined => {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const headers = new Map<string, string>()
  for (const line of lines) {
    const at = line.indexOf(':')
    const name = line.slice(0, at).toLowerCase()
    const value = line.slice(at + 1).trim()
    headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value)
  }
  return { end: end + 4, status: Number(first.split(' ')[1]), headers }
}

/** The body of a chunked answer, when all of it has come. */
const readChunks = (bytes: Buffer): { body: Buffer; end: number } | undefined => {
  const parts: Buffer[] = []
  for (let at = 0; ; ) {
    const line = bytes.indexOf('\r\n', at)
    if (line < 0) return undefined
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16)
    const end = line + 2 + size
    if (bytes.length < end + 2) return undefined
    if (size === 0) return { body: Buffer.concat(parts), end: end + 2 }
    parts.push(bytes.subarray(line + 2, end))
    at = end + 2
  }
}

type Whole = Omit<WireAnswer, 'milliseconds'> & { rest: Buffer }

/** The first answer in the bytes, when all of it has come; `over` when no more will. */
const readAnswer = (bytes: Buffer, bodyless: boolean, over: boolean): Whole | undefined => {
  const head = readHead(bytes)
  if (!head) return undefined
  const { status, headers, end } = head
  const after = bytes.subarray(end)
  // 100 Continue is no answer yet.
  if (status < 200) return readAnswer(after, bodyless, over)
  if (bodyless || status === 204 || status === 304)
    return { status, headers, body: '', rest: after }
  const length = headers.get('content-length')
  if (length !== undefined) {
    const size = Number(length)
    if (after.length < size) return undefined
    return { status, headers, body: after.toString('utf8', 0, size), rest: after.subarray(size) }
  }
  if (headers.get('transfer-encoding') === 'chunked') {
    const read = readChunks(after)
    return read && { status, headers, body: read.body.toString(), rest: after.subarray(read.end) }
  }
  return over ? { status, headers, body: after.toString(), rest: Buffer.alloc(0) } : undefined
}

/** Opens a connection to a port of this machine. */
export const openWire = (port: number): Wire => {
  let socket: Socket | undefined
  const fresh = (): Socket => connect(port, '127.0.0.1').setNoDelay(true)

  const converse = (on: Socket, bytes: Uint8Array, bodyless: boolean): Promise<WireAnswer> =>
    new Promise((resolve, reject) => {
      const since = performance.now()
      let seen = Buffer.alloc(0)
      const settle = (work: () => void): void => {
        clearTimeout(timer)
        on.removeAllListeners()
        // What comes late is nobody's trouble any more.
        on.on('error', () => {})
        work()
      }
      const look = (over: boolean): void => {
        const answer = readAnswer(seen, bodyless, over)
        if (!answer) {
          if (over) settle(() => reject(new Closed(`closed without an answer: ${seen}`)))
          return
        }
        const { rest, ...told } = answer
        const milliseconds = performance.now() - since
        const stays = !over && told.headers.get('connection') !== 'close' && rest.length === 0
        if (!stays) on.destroy()
        if (!stays || socket !== on) socket = undefined
        const second = readHead(rest)
        settle(() =>
          second
            ? reject(new Error(`answered twice: ${rest}`))
            : resolve({ ...told, milliseconds }),
        )
      }
      const timer = setTimeout(() => {
        on.destroy()
        socket = undefined
        settle(() => reject(new Error('no answer came')))
      }, PATIENCE_MS)
      on.on('data', (chunk: Buffer) => {
        seen = Buffer.concat([seen, chunk])
        look(false)
      })
      on.on('close', () => {
        socket = undefined
        look(true)
      })
      on.on('error', () => {})
      on.write(bytes)
    })

  return {
    send: async (bytes, bodyless = false) => {
      const used = socket?.destroyed || socket?.readableEnded ? undefined : socket
      socket = used ?? fresh()
      try {
        return await converse(socket, bytes, bodyless)
      } catch (error) {
        // A connection that was idle may be closed while the next request is on its way.
        if (!used || !(error instanceof Closed)) throw error
        socket = fresh()
        return converse(socket, bytes, bodyless)
      }
    },
    abandon: (bytes) =>
      new Promise((resolve) => {
        const own = fresh()
        own.on('error', () => {})
        own.on('close', () => resolve())
        own.on('connect', () => own.write(bytes, () => own.destroy()))
      }),
    close: () => socket?.destroy(),
  }
}
