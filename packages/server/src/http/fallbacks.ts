// Fallbacks: what fastify itself finds wrong, and paths and methods where nothing is.

import { Refusal } from '@patois/core'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { chooseWords } from '../pages/words/index.ts'
import { allowOrigin } from './cors.ts'
import { logDecision } from './event.ts'
import { type Guard, sendSentence } from './guards.ts'
import { openCall, send } from './message.ts'
import { ownStation } from './own.ts'
import { refusalAnswer, tell } from './refused.ts'
import type { Site, Station } from './site.ts'
import { sendPage, showTold, visitHandler } from './visit.ts'

/** Answers a request whose path leads to no route, since it cannot be read. */
export function refusePath(
  guard: Guard,
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  if (guard(request, reply)) return
  const isLong = error.statusCode === 414
  const sentence = isLong ? 'The path is too long.' : 'The path cannot be read.'
  sendSentence(reply, isLong ? 414 : 400, sentence)
}

const METHODS = ['GET', 'POST', 'DELETE'] as const

/** Adds an answer for everything that no handler answers. */
export function addFallbacks(server: FastifyInstance, site: Site): void {
  server.setNotFoundHandler((request, reply) => {
    const [path = ''] = request.url.split('?')
    const allowed = METHODS.filter((method) => isRoute(server, method, path))
    const isKnown = allowed.length > 0
    if (isKnown) reply.header('allow', allowed.join(', '))
    if ((request.headers.accept ?? '').includes('text/html')) {
      const refusal = new Refusal(isKnown ? 'method_wrong' : 'not_found', { rightValues: allowed })
      return showNothing(site, { request, reply }, refusal)
    }
    if (isKnown) return sendSentence(reply, 405, `This address takes ${allowed.join(' or ')}.`)
    return sendSentence(reply, 404, nothing(site, path))
  })
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const thrown = causeOf(error)
    const { station, isPage } = request.routeOptions.config
    if (station && isPage) {
      return visitHandler(site, station, () => Promise.reject(thrown))(request, reply)
    }
    if (station) return refuseCall(site, station, { request, reply }, thrown)
    if (request.is404) return sendSentence(reply, 404, nothing(site, request.url))
    if (thrown instanceof Refusal) return sendSentence(reply, thrown.status ?? 400, thrown.sentence)
    site.log.error({ requestId: request.id, err: error }, 'bug')
    return sendSentence(reply, 500, 'The server failed.')
  })
}

// Most who get here look for an endpoint at the path of another server.
function nothing({ stations, origin, base, demo }: Site, path: string): string {
  if (demo && path.startsWith(`${base}/dev/`))
    return `Nothing is here. ${origin}${base}/dev/openapi.json lists the calls.`
  const metadata = stations.find(
    ({ operation, mount }) => operation.does === 'metadata' && mount.host === undefined,
  )
  return `Nothing is here.${metadata ? ` ${origin}${metadata.path} lists the endpoints.` : ''}`
}

// No operation was reached, so there is no event; and nobody is asked who they are.
async function showNothing(
  site: Site,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  refusal: Refusal,
): Promise<FastifyReply> {
  const call = openCall(site, ownStation('/nothing'), request)
  const words = chooseWords(undefined, request.headers['accept-language'])
  return sendPage(reply, showTold(site, { call, words }, await tell(site, call, refusal)))
}

async function refuseCall(
  site: Site,
  station: Station,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  thrown: unknown,
): Promise<FastifyReply> {
  const call = openCall(site, station, request)
  const told = await tell(site, call, thrown)
  const answer = refusalAnswer(site, call, told)
  await allowOrigin(site, station.operation, request, reply)
  logDecision(site, call, answer.status, told.reason)
  return send(reply, answer)
}

function isRoute(server: FastifyInstance, method: (typeof METHODS)[number], path: string): boolean {
  return server.findRoute({ url: path, method }) !== null
}

// Before a handler ran, only the body and what is said about it can be wrong.
function causeOf(error: FastifyError): Refusal | FastifyError {
  const { statusCode = 500 } = error
  if (statusCode >= 500) return error
  if (statusCode === 413) return new Refusal('body_too_large')
  return new Refusal(statusCode === 415 ? 'body_type_wrong' : 'body_unreadable')
}
