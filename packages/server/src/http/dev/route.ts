// Route: the shape of one call of dev mode's API, and how it is answered.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { EmulatorFault } from '../../emulator/fault.ts'
import type { DevSite } from '../site.ts'
import { foreign } from './local.ts'

/** A JSON Schema, as OpenAPI 3.1 has it. */
export type Schema = Readonly<Record<string, unknown>>

/** What a call brings: its body's members, what its path and its query say. */
export type Asked = {
  body: Readonly<Record<string, unknown>>
  params: Readonly<Record<string, string>>
  query: Readonly<Record<string, string | undefined>>
  request: FastifyRequest
  reply: FastifyReply
}

/** One call: `takes` and `answers` describe the members of its JSON. */
export type DevRoute = {
  method: 'GET' | 'POST' | 'DELETE'
  /** Below /dev, with `{name}` for its parameters. */
  path: string
  says: string
  query?: readonly string[]
  takes?: Schema
  answers: Schema
  /** What is answered as JSON. Throws an EmulatorFault. */
  handle(site: DevSite, asked: Asked): unknown
}

/** The handler of a call of the API. */
export function apiHandler(site: DevSite, route: DevRoute) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    reply.header('cache-control', 'no-store')
    try {
      const why = foreign(site, request)
      if (why !== undefined) throw new EmulatorFault(why, 403)
      return sendJson(reply, 200, await route.handle(site, askedOf(request, reply)))
    } catch (error) {
      if (!(error instanceof EmulatorFault)) throw error
      return sendJson(reply, error.status, { error: error.message })
    }
  }
}

/** Answers JSON. */
export function sendJson(reply: FastifyReply, status: number, value: unknown): FastifyReply {
  return reply.code(status).type('application/json').send(JSON.stringify(value))
}

function askedOf(request: FastifyRequest, reply: FastifyReply): Asked {
  return {
    body: readJson(request.body),
    params: request.params as Record<string, string>,
    query: request.query as Record<string, string | undefined>,
    request,
    reply,
  }
}

/** The members of a JSON body; none of an empty one. Throws an EmulatorFault for anything else. */
export function readJson(body: unknown): Record<string, unknown> {
  const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : ''
  try {
    const read: unknown = JSON.parse(text || '{}')
    if (typeof read === 'object' && read !== null && !Array.isArray(read)) return { ...read }
  } catch {}
  throw new EmulatorFault('The body must be a JSON object.')
}

/** The members of a body as text. Throws an EmulatorFault for others, and for names not in `known`. */
export function readTexts<Name extends string>(
  { body }: Pick<Asked, 'body'>,
  known: readonly Name[],
): { readonly [N in Name]?: string } {
  for (const [name, value] of Object.entries(body)) {
    if (!known.includes(name as Name))
      throw new EmulatorFault(`${name}: is no member of this, which has ${known.join(', ')}`)
    if (typeof value !== 'string') throw new EmulatorFault(`${name}: must be text`)
  }
  return body as { readonly [N in Name]?: string }
}
