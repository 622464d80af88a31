// Operation: calls that are answered with JSON, from message to answer.

import {
  type Answer,
  type Awaitable,
  type Call,
  type Deed,
  type Facts,
  introspect,
  type Jwk,
  metadata,
  type Operation,
  type Parts,
  readRequest,
  revoke,
  token,
  userinfo,
  writeAnswer,
} from '@patois/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { locales } from '../pages/words/index.ts'
import { turn } from '../turn.ts'
import { allowOrigin } from './cors.ts'
import { logDecision } from './event.ts'
import { openCall, readMessage, send } from './message.ts'
import { refusalAnswer, tell } from './refused.ts'
import { baseOf, type Site, type Station } from './site.ts'

type JsonDeed = Exclude<Deed, 'authorize' | 'logout'>
/** Finds the facts of a call's answer. */
type Endpoint = (call: Call) => Awaitable<Facts>

const LOCALES = locales.map(({ lang }) => lang)
// What is the same for every call is made at start.
const ENDPOINTS: Record<JsonDeed, (site: Site, station: Station) => Endpoint> = {
  token: ofParts(token),
  revoke: ofParts(revoke),
  introspect: ofParts(introspect),
  userinfo: ofParts(userinfo),
  jwks: ({ parts }) => {
    let facts: { keys: readonly Jwk[] } = { keys: [] }
    return async ({ now }) => {
      const keys = await parts.keys.published(now)
      if (facts.keys !== keys) facts = { keys }
      return facts
    }
  },
  metadata: (site, { mount }) => {
    const facts = metadata(site.parts, mount.dialect, baseOf(site, mount), LOCALES)
    return () => facts
  },
}

function ofParts(answer: (parts: Parts, call: Call) => Promise<Facts>) {
  return ({ parts }: Site): Endpoint =>
    (call) =>
      answer(parts, call)
}

const DOCUMENTS: readonly Deed[] = ['jwks', 'metadata']

// A document is written once for as long as its facts are the same: its JSON costs 5 µs.
function writerOf(operation: Operation): (facts: Facts, now: number) => Answer {
  const write = (facts: Facts, now: number) => writeAnswer(operation, facts, now)
  if (!DOCUMENTS.includes(operation.does)) return write
  const written = new WeakMap<Facts, Answer>()
  return (facts, now) => {
    const answer = written.get(facts) ?? write(facts, now)
    written.set(facts, answer)
    return answer
  }
}

/** The handler of an operation that answers JSON. */
export function jsonHandler(site: Site, station: Station) {
  const { operation } = station
  const endpoint = ENDPOINTS[operation.does as JsonDeed](site, station)
  const write = writerOf(operation)
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    await turn()
    const call = openCall(site, station, request)
    let answer: Answer
    let reason = 'ok'
    try {
      Object.assign(call, readRequest(operation, readMessage(request)))
      answer = write(await endpoint(call), call.now)
    } catch (thrown) {
      const told = await tell(site, call, thrown)
      answer = refusalAnswer(site, call, told)
      reason = told.reason
    }
    await allowOrigin(site, operation, request, reply)
    logDecision(site, call, answer.status, reason)
    // Hooks of dev mode hold answers back: whoever answered nothing would be answered for.
    return send(reply, answer)
  }
}
