// Local: who may call what dev mode offers — programs of this machine, and pages of our own.

import type { FastifyRequest } from 'fastify'
import type { Site } from '../site.ts'

/**
 * True when no page of another site can have sent it: what changes something is JSON, which a
 * foreign page cannot send without asking, and every call names the server by its own name, which
 * no rebound name is.
 */
export function isLocal(site: Pick<Site, 'origin'>, request: FastifyRequest): boolean {
  const { host, origin, 'sec-fetch-site': from = 'none' } = request.headers
  const own = host === new URL(site.origin).host
  const ownPage = origin === undefined || origin === site.origin
  return own && ownPage && (from === 'none' || from === 'same-origin') && isPlain(request)
}

function isPlain({ method, headers }: FastifyRequest): boolean {
  if (method === 'GET' || method === 'HEAD') return true
  return /^application\/json\b/i.test(headers['content-type'] ?? '')
}

/** What everybody else hears. */
export const NOT_LOCAL = 'Send JSON, to the address that the server names.'
