// Lane: one keep-alive connection that sends its next request when the answer before it is whole.

import { connect, type Socket } from 'node:net'

/** An answer; `body` as it came, with the marks of its chunks. */
export type Heard = { status: number; body: string }

/** A lane of a round: `next` answers the request that follows, or undefined when none does. */
export type LaneParts = {
  port: number
  next(heard: Heard | undefined): string | undefined
  /** Hears why the connection ended before its time. */
  broke(why: string): void
}

/** An open lane. */
export type Lane = { begin(): void; close(): void }

const LAST_CHUNK = '\r\n0\r\n\r\n'
const BUFFER = 64 * 1024

/** The whole answer that a text begins with; undefined while there is more to come. */
function whole(text: string): Heard | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const status = Number(text.slice(9, 12))
  const head = text.slice(0, end)
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length !== undefined) {
    if (text.length < end + 4 + Number(length)) return undefined
    return { status, body: text.slice(end + 4) }
  }
  const isOver = !/\r\ntransfer-encoding: *chunked/i.test(head) || text.endsWith(LAST_CHUNK)
  return isOver ? { status, body: text.slice(end + 4) } : undefined
}

/** Connects a lane. It reads with a buffer of its own: the load must cost less than the server. */
export function openLane({ port, next, broke }: LaneParts): Promise<Lane> {
  let text = ''
  let isClosed = false
  const send = (heard: Heard | undefined): void => {
    const request = next(heard)
    if (request !== undefined) socket.write(request, 'latin1')
  }
  const onread = {
    buffer: Buffer.allocUnsafe(BUFFER),
    callback: (count: number, buffer: Uint8Array): boolean => {
      text += (buffer as Buffer).toString('latin1', 0, count)
      const heard = whole(text)
      if (heard) {
        text = ''
        send(heard)
      }
      return true
    },
  }
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true, onread })
  socket.on('error', ({ message }) => broke(message))
  socket.on('close', () => !isClosed && broke('the server closed a connection'))
  const lane = {
    begin: () => send(undefined),
    close: () => {
      isClosed = true
      socket.destroy()
    },
  }
  return new Promise((resolve) => socket.once('connect', () => resolve(lane)))
}
