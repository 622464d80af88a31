// Local: who may call what dev mode offers — programs of this machine, and pages of our own.

import type { FastifyRequest } from 'fastify'
import type { Site } from '../site.ts'

/**
 * Why a call is not heard; undefined when no page of another site can have sent it. What changes
 * something is JSON, which a foreign page cannot send without asking, and every call names the
 * server by its own name, which no rebound name is.
 */
export function foreign(site: Pick<Site, 'origin'>, request: FastifyRequest): string | undefined {
  const { host, origin, 'sec-fetch-site': from = 'none' } = request.headers
  if (host !== new URL(site.origin).host) return `Call ${site.origin}, and not ${host}.`
  const ownPage = origin === undefined || origin === site.origin
  if (!ownPage || !['none', 'same-origin'].includes(from)) return NO_PAGE
  return isPlain(request) ? undefined : 'Send JSON, with content-type: application/json.'
}

const NO_PAGE =
  'Only programs and pages of this server are heard here, and this is a page of another.'

function isPlain({ method, headers }: FastifyRequest): boolean {
  // A browser asks first before it sends another site's DELETE.
  if (['GET', 'HEAD', 'DELETE'].includes(method)) return true
  return /^application\/json\b/i.test(headers['content-type'] ?? '')
}
