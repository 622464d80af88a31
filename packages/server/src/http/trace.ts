// Trace: the span of each request that has an operation or a page to reach.

import type { FastifyInstance } from 'fastify'
import type { Traces } from '../traces.ts'

/** Opens, follows and closes the spans of requests. */
export function traceRequests(app: FastifyInstance, traces: Traces): void {
  app.addHook('onRequest', (request, _, done) => {
    const { config, url = '' } = request.routeOptions
    if (config.station) {
      const { operation, mount } = config.station
      traces.open(request.id, `${mount.dialect.name} ${operation.does}`, request.headers, {
        'http.request.method': request.method,
        'http.route': url,
        'patois.dialect': mount.dialect.name,
        'patois.operation': operation.does,
        'patois.request_id': request.id,
      })
    }
    done()
  })
  // A body comes in events of the socket's own, so the way of the request is found again here.
  app.addHook('preHandler', ({ id }, _, done) => traces.follow(id, done))
  app.addHook('onResponse', ({ id }, { statusCode }, done) => {
    traces.close(id, statusCode)
    done()
  })
}
