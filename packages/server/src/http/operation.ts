// Operation: calls that are answered with JSON, from message to answer.

import {
  type Answer,
  type Call,
  type Deed,
  type Facts,
  introspect,
  metadata,
  readRequest,
  revoke,
  token,
  userinfo,
  writeAnswer,
} from '@patois/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { locales } from '../pages/words/index.ts'
import { allowOrigin } from './cors.ts'
import { logDecision } from './event.ts'
import { openCall, readMessage, send } from './message.ts'
import { refusalAnswer, tell } from './refused.ts'
import { baseOf, type Site, type Station } from './site.ts'
import { turn } from './turn.ts'

type JsonDeed = Exclude<Deed, 'authorize' | 'logout'>
type Endpoint = (site: Site, call: Call, station: Station) => Promise<Facts>

const LOCALES = locales.map(({ lang }) => lang)
const ENDPOINTS: Record<JsonDeed, Endpoint> = {
  token: ({ parts }, call) => token(parts, call),
  revoke: ({ parts }, call) => revoke(parts, call),
  introspect: ({ parts }, call) => introspect(parts, call),
  userinfo: ({ parts }, call) => userinfo(parts, call),
  jwks: async ({ parts }, call) => ({ keys: await parts.keys.published(call.now) }),
  metadata: async (site, _, { mount }) =>
    metadata(site.parts, mount.dialect, baseOf(site, mount), LOCALES),
}

async function answerOf(
  site: Site,
  station: Station,
  call: Call,
  request: FastifyRequest,
): Promise<{ answer: Answer; reason: string }> {
  try {
    Object.assign(call, readRequest(station.operation, readMessage(request)))
    const facts = await ENDPOINTS[station.operation.does as JsonDeed](site, call, station)
    return { answer: writeAnswer(station.operation, facts, call.now), reason: 'ok' }
  } catch (thrown) {
    const told = await tell(site, call, thrown)
    return { answer: refusalAnswer(site, call, told), reason: told.reason }
  }
}

/** The handler of an operation that answers JSON. */
export function jsonHandler(site: Site, station: Station) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    await turn()
    const call = openCall(site, station, request)
    const { answer, reason } = await answerOf(site, station, call, request)
    await allowOrigin(site, station.operation, request, reply)
    logDecision(site, call, answer.status, reason)
    return send(reply, answer)
  }
}
