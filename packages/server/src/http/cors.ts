// CORS: open for what is public, for registered origins where tokens are, never for pages.

import { type Awaitable, type Operation, Unavailable } from '@patois/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Site } from './site.ts'

const OPEN: readonly Operation['does'][] = ['jwks', 'metadata']
const REGISTERED: readonly Operation['does'][] = ['token', 'userinfo', 'revoke', 'introspect']
const MAX_AGE = '600'

async function isRegistered(site: Site, origin: string): Promise<boolean> {
  try {
    return await site.parts.store.isOrigin(origin)
  } catch (thrown) {
    // The answer itself says so; that no script can read it is no failure of its own.
    if (thrown instanceof Unavailable) return false
    throw thrown
  }
}

/** Lets scripts of other origins read the answer, as far as the operation allows. */
export function allowOrigin(
  site: Site,
  operation: Operation,
  request: FastifyRequest,
  reply: FastifyReply,
): Awaitable<void> {
  if (OPEN.includes(operation.does)) {
    reply.header('access-control-allow-origin', '*')
    reply.header('access-control-expose-headers', 'X-Request-Id')
    return
  }
  if (!REGISTERED.includes(operation.does)) return
  reply.header('vary', 'Origin')
  const { origin } = request.headers
  if (origin === undefined) return
  return allowRegistered(site, origin, reply)
}

async function allowRegistered(site: Site, origin: string, reply: FastifyReply): Promise<void> {
  if (!(await isRegistered(site, origin))) return wonder(site, origin)
  reply.header('access-control-allow-origin', origin)
  // Date, so that a client on a machine whose clock is off knows when its tokens end.
  reply.header('access-control-expose-headers', 'Date, WWW-Authenticate, Retry-After, X-Request-Id')
}

// A browser tells a script nothing of why; in dev mode somebody looks at the log who can mend it.
function wonder({ parts, origin: own, log }: Site, origin: string): void {
  if (!parts.dev || origin === own) return
  log.warn({}, 'a page of another origin may not read this: name it in the origins of its client')
}

/** Answers a preflight: 204 where scripts may call, 405 like any other method elsewhere. */
export async function preflight(
  site: Site,
  operation: Operation,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<boolean> {
  await allowOrigin(site, operation, request, reply)
  if (!reply.hasHeader('access-control-allow-origin')) return false
  reply.header('access-control-allow-methods', operation.methods.join(', '))
  reply.header('access-control-allow-headers', 'Authorization, Content-Type')
  reply.header('access-control-max-age', MAX_AGE)
  await reply.code(204).send()
  return true
}
