// Stop: whatever was sent before the end is answered, and no connection holds the end up.

import type { Socket } from 'node:net'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Health } from './health.ts'

/** For what is still on the wire when the signal comes; milliseconds. */
const ARRIVAL_MS = 250
/** So many connections the system keeps waiting until they are let in: node asks for no more. */
const MOST_WAITING = 511
/** A request that has not come whole by then is cut off; milliseconds. */
const PATIENCE_MS = 8000

/**
 * Makes a server that does not listen yet ready for its end; the answer brings it about, after it
 * has said for `drain` seconds that it is stopping and answered all the same.
 */
export function prepareStop(
  app: FastifyInstance,
  health: Health,
): (drain: number) => Promise<void> {
  const sockets = new Set<Socket>()
  let stopping = false
  let accepted = 0
  app.server.on('connection', (socket) => {
    accepted++
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  app.addHook('onSend', (_, reply, payload, done) => {
    if (stopping) reply.header('connection', 'close')
    done(null, payload)
  })
  return async (drain) => {
    health.stop()
    await sleep(drain * 1000)
    stopping = true
    await sleep(ARRIVAL_MS)
    // A turn may let in one of many that have long sent their requests.
    for (let before = -1, turns = 0; accepted !== before && turns < MOST_WAITING; turns++) {
      before = accepted
      await turn()
    }
    // Timers come before the network in a turn: another one reads what the last ones sent.
    await turn()
    const closed = app.close()
    // Browsers connect ahead of need, and node does not call such a connection idle.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
    const cut = setTimeout(() => app.server.closeAllConnections(), PATIENCE_MS)
    await closed
    clearTimeout(cut)
  }
}
