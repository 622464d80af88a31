// The Date of answers, where the server goes by another clock than its machine.

import type { FastifyInstance } from 'fastify'
import type { Clock } from '../clock.ts'

/** Says the time of the clock in every answer: clients go by it when they date what they sign. */
export function tellDate(app: FastifyInstance, clock: Clock): void {
  let [at, text] = [0, '']
  app.addHook('onSend', (_, reply, payload, done) => {
    const now = clock.now()
    if (now !== at) [at, text] = [now, new Date(now * 1000).toUTCString()]
    reply.header('date', text)
    done(null, payload)
  })
}
