// Guards: what no answer of ours goes without, and names that a request may not come by.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { isLoopback } from '../configuration/issuer.ts'
import { isUnclear, UNREADABLE } from './connections.ts'
import type { Site } from './site.ts'

/** Guards an answer; true when the request is refused, and answered, already. */
export type Guard = (request: FastifyRequest, reply: FastifyReply) => boolean

/** The guard of a site. */
export function openGuard(site: Site): Guard {
  const headers = headersOf(site)
  const names = namesOf(site)
  return (request, reply) => {
    reply.headers(headers).header('x-request-id', request.id)
    if (isUnclear(request.raw)) {
      sendSentence(reply.header('connection', 'close'), 400, UNREADABLE)
      return true
    }
    if (!site.parts.dev) return false
    const name = nameOf(request.headers.host)
    if (isLoopback(name) || names.includes(name)) return false
    const sentence = 'In dev mode the server answers only to its own name and to those of loopback.'
    sendSentence(reply, 403, sentence)
    return true
  }
}

/** Answers one sentence as plain text. */
export function sendSentence(reply: FastifyReply, status: number, sentence: string): FastifyReply {
  return reply.code(status).type('text/plain; charset=utf-8').send(`${sentence}\n`)
}

// Pages add a policy of their own.
function headersOf({ origin }: Site): Record<string, string> {
  return {
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    ...(origin.startsWith('https:') && {
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
    }),
  }
}

// A page of somebody whose name leads to this machine (DNS rebinding) is of our origin to a
// browser; only the name that it called us by tells.
function namesOf({ origin, stations }: Site): string[] {
  const hosts = stations.flatMap(({ mount }) => (mount.host === undefined ? [] : [mount.host]))
  return [new URL(origin).host, ...hosts].map(nameOf)
}

/** The name in a Host header, without its port. */
function nameOf(host = ''): string {
  return host.replace(/:\d*$/, '').toLowerCase()
}
