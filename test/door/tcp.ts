// A TCP proxy in front of a database, which is late, goes away, or cuts a connection at a word.

import { createServer, type Socket, connect as toServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What becomes of the connection that sends a word: and does it get to the server, and when? */
export type Cut = {
  word: string
  /** Milliseconds until it gets there, when its sender has long been cut off; never without. */
  arrivesAfterMs?: number
}

/** A proxy on a port of its own; what is set holds from the next piece on. */
export type TcpProxy = {
  port: number
  /** How long each piece takes, either way. */
  delayMs: number
  /** What the server hears instead of a word, of the same length. */
  change?: readonly [word: string, other: string]
  /** Cuts the first connection that sends the word. */
  cutAt(cut: Cut): void
  /** How many connections were cut at a word. */
  cuts(): number
  /** How many connections are open. */
  open(): number
  /** Cuts all, and lets nobody in until `up`. */
  down(): void
  up(): void
  close(): Promise<void>
}

/** Starts a proxy in front of a port of this machine. */
export const startTcpProxy = async (port: number): Promise<TcpProxy> => {
  const sockets = new Set<Socket>()
  let [cut, cuts, isDown] = [undefined as Cut | undefined, 0, false]
  const keep = (socket: Socket): Socket => {
    sockets.add(socket)
    return socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  }
  const server = createServer((caller) => {
    keep(caller)
    if (isDown) return void caller.destroy()
    const called = keep(toServer(port, '127.0.0.1'))
    pass(called, caller)
    pass(caller, called, (piece) => {
      const [word, other = ''] = proxy.change ?? []
      const at = word === undefined ? -1 : piece.indexOf(word)
      if (at >= 0) piece.write(other, at)
      if (!cut || !piece.includes(cut.word)) return false
      const { arrivesAfterMs } = cut
      cut = undefined
      cuts++
      caller.destroy()
      if (arrivesAfterMs === undefined) called.destroy()
      else void sleep(arrivesAfterMs).then(() => called.end(piece))
      return true
    })
  })
  /** Passes pieces on in their order; one that is held is not passed on, nor what comes after. */
  const pass = (from: Socket, to: Socket, holds = (_: Buffer) => false) => {
    let last: Promise<unknown> = Promise.resolve()
    let isHeld = false
    from.on('data', (piece: Buffer) => {
      isHeld ||= holds(piece)
      if (isHeld) return
      const due = proxy.delayMs > 0 ? sleep(proxy.delayMs) : undefined
      last = last.then(() => due).then(() => to.write(piece))
    })
    from.on('close', () => {
      if (!isHeld) void last.then(() => to.destroy())
    })
  }
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const drop = () => {
    for (const socket of sockets) socket.destroy()
  }
  const proxy: TcpProxy = {
    port: typeof address === 'object' && address ? address.port : 0,
    delayMs: 0,
    cutAt: (next) => {
      cut = next
    },
    cuts: () => cuts,
    open: () => sockets.size / 2,
    down: () => {
      isDown = true
      drop()
    },
    up: () => {
      isDown = false
    },
    close: async () => {
      drop()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return proxy
}
