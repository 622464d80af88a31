// Trace: the span of each request that has an operation or a page to reach.

import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Traces } from '../traces.ts'

/** Opens, follows and closes the spans of requests. */
export function traceRequests(app: FastifyInstance, traces: Traces): void {
  const endsOf = openEnds()
  app.addHook('onRequest', (request, { raw }, done) => {
    const { id, socket, routeOptions } = request
    const { config, url = '' } = routeOptions
    if (config.station) {
      const { operation, mount } = config.station
      traces.open(id, `${mount.dialect.name} ${operation.does}`, request.headers, {
        'http.request.method': request.method,
        'http.route': url,
        'patois.dialect': mount.dialect.name,
        'patois.operation': operation.does,
        'patois.request_id': id,
      })
      const ends = endsOf(socket)
      const end = (): void => {
        ends.delete(end)
        const status = raw.headersSent ? raw.statusCode : undefined
        // That a body broke off is decided after its connection has closed.
        setImmediate(() => traces.close(id, status))
      }
      ends.add(end)
      // What fastify calls a response is an answer that has left: whoever hangs up gets none.
      raw.once('close', end)
    }
    done()
  })
  // A body comes in events of the socket's own, so the way of the request is found again here.
  app.addHook('preHandler', ({ id }, _, done) => traces.follow(id, done))
}

/** What ends each span that is open on a connection, and is called when that closes. */
function openEnds(): (socket: Socket) => Set<() => void> {
  const known = new WeakMap<Socket, Set<() => void>>()
  return (socket) => {
    const before = known.get(socket)
    if (before) return before
    const ends = new Set<() => void>()
    // Of several requests that wait behind one another node tells only the first one.
    socket.once('close', () => {
      for (const end of ends) end()
    })
    known.set(socket, ends)
    return ends
  }
}
