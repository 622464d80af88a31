// Message: a fastify request as the protocol reads it, and an answer as fastify sends it.

import { type Answer, type Call, type Message, Refusal } from '@patois/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { network } from '../throttle.ts'
import { timesOf } from './connections.ts'
import { baseOf, type Site, type Station } from './site.ts'

const EMPTY = new Uint8Array(0)
const SINGLE_HEADERS = ['authorization', 'content-type']
const LONGEST_AGENT = 256

function checkHeaders(raw: readonly string[]): void {
  for (const name of SINGLE_HEADERS) {
    if (timesOf(raw, name) > 1) throw new Refusal('header_repeated', { field: name })
  }
}

/** The request without its socket. Throws a Refusal for headers that came twice. */
export function readMessage(request: FastifyRequest): Message {
  checkHeaders(request.raw.rawHeaders)
  const path = pathOf(request.url)
  return {
    method: request.method === 'HEAD' ? 'GET' : request.method,
    path,
    query: request.url.slice(path.length + 1),
    params: request.params as Record<string, string>,
    headers: request.headers as Record<string, string | undefined>,
    body: request.body instanceof Uint8Array ? request.body : EMPTY,
  }
}

function pathOf(url: string): string {
  const at = url.indexOf('?')
  return at < 0 ? url : url.slice(0, at)
}

/** A call at this station, before anything of it was read. */
export function openCall(site: Site, station: Station, request: FastifyRequest): Call {
  const forwarded = request.headers['x-forwarded-for']
  const peer = request.socket.remoteAddress ?? ''
  const address = site.address(peer, Array.isArray(forwarded) ? forwarded.join(',') : forwarded)
  const userAgent = request.headers['user-agent']?.slice(0, LONGEST_AGENT)
  return {
    fields: {},
    places: {},
    dialect: station.mount.dialect,
    operation: station.operation,
    path: pathOf(request.url),
    base: baseOf(site, station.mount),
    now: site.clock.now(),
    requestId: request.id,
    network: network(address),
    address,
    ...(userAgent !== undefined && { userAgent }),
    about: {},
  }
}

/** Sends an answer. */
export function send(reply: FastifyReply, answer: Answer): FastifyReply {
  return reply.code(answer.status).headers(answer.headers).send(answer.body)
}
