// Strike: where scripted faults meet requests — on arrival, and when the answer leaves.

import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, clientIdOf, readRequest } from '@patois/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Fault } from '../../emulator/fault-kinds.ts'
import type { Scripted, Subject } from '../../emulator/faults.ts'
import { type About, answerOf, spoil, toldOf } from '../../emulator/spoil.ts'
import { logDecision } from '../event.ts'
import { openCall, readMessage, send } from '../message.ts'
import { refusalAnswer } from '../refused.ts'
import type { DevSite, Station } from '../site.ts'

/** What became of an answer: `lost` when it must not leave. */
export type Struck = { answer: Answer; lost: boolean; faults: readonly string[] }

/** What a request asks for, as far as it can be read before anybody looks at it. */
export function subjectOf({ parts }: DevSite, station: Station, request: FastifyRequest): Subject {
  const { operation, mount } = station
  const dialect = mount.dialect.name
  const subject = { operation: operation.does, dialect }
  try {
    const { client_id, grant_type } = readRequest(operation, readMessage(request)).fields
    const client = client_id && clientIdOf(parts, mount, client_id)
    return { ...subject, client, grant_type }
  } catch {
    return subject
  }
}

/**
 * Lets the faults of an arriving request strike: undefined when it goes on, else their ids; an
 * answer has been sent then, or the connection has been dropped.
 */
export async function strikeArrival(
  site: DevSite,
  station: Station,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<{ ids: string[]; ends: 'answered' | 'dropped' | undefined }> {
  const isPage = request.routeOptions.config.isPage === true
  const subject = subjectOf(site, station, request)
  const struck = site.emulator.faults.take(subject, (fault) => isEarly(fault, isPage))
  const ids = struck.map(({ id }) => id)
  for (const { fault } of struck) {
    if (fault.kind === 'delay') await sleep(fault.ms)
    if (fault.kind === 'drop') return { ids, ends: 'dropped' }
    if (fault.kind !== 'answer' && fault.kind !== 'refuse') continue
    const call = openCall(site, station, request)
    if (subject.client !== undefined) call.about.clientId = subject.client
    const answer =
      fault.kind === 'answer' ? answerOf(fault) : refusalAnswer(site, call, toldOf(fault))
    const reason = fault.kind === 'answer' ? 'fault' : toldOf(fault).reason
    logDecision(site, call, answer.status, reason)
    send(reply, answer)
    return { ids, ends: 'answered' }
  }
  return { ids, ends: undefined }
}

function isEarly(fault: Fault, isPage: boolean): boolean {
  if (fault.kind === 'refuse') return !isPage && fault.after !== true
  const kinds = ['delay', 'drop', 'answer']
  return kinds.includes(fault.kind) && !('after' in fault && fault.after)
}

/** Lets faults change or hold back the answer to a request. */
export async function strikeLeaving(
  site: DevSite,
  request: FastifyRequest,
  answer: Answer,
): Promise<Struck> {
  const { station, isPage = false } = request.routeOptions.config
  const event = site.emulator.decided.get(request.id)
  if (!station) return { answer, lost: false, faults: [] }
  const read = subjectOf(site, station, request)
  const subject = {
    ...read,
    operation: event?.operation ?? read.operation,
    dialect: event?.dialect ?? read.dialect,
    client: event?.clientId ?? read.client,
  }
  // Ways of our own are paths.
  const leads = answer.headers.location?.startsWith('/') === false
  const struck = site.emulator.faults.take(subject, (fault) => isLate(fault, isPage, leads))
  const operation = operationOf(site, station, subject.dialect)
  const about = {
    operation,
    now: site.clock.now(),
    forge: site.emulator.forge,
    expire: site.emulator.expire,
    refusal: (fault: Extract<Fault, { kind: 'refuse' }>) =>
      refusalAnswer(site, openCall(site, station, request), toldOf(fault)),
  }
  const left = await spoilAll(answer, struck, about)
  return { ...left, faults: struck.map(({ id }) => id) }
}

// What a client hears of a page is where it leads to at the end; on the way nothing is refused.
function isLate(fault: Fault, isPage: boolean, leads: boolean): boolean {
  if (fault.kind === 'refuse' || fault.kind === 'members') {
    return isPage ? leads : fault.kind === 'members' || fault.after === true
  }
  return !isEarly(fault, isPage)
}

async function spoilAll(
  answer: Answer,
  struck: readonly Scripted[],
  about: About,
): Promise<{ answer: Answer; lost: boolean }> {
  let left = answer
  for (const { fault } of struck) {
    if (fault.kind === 'delay') await sleep(fault.ms)
    left = await spoil(left, fault, about)
  }
  return { answer: left, lost: struck.some(({ fault }) => fault.kind === 'drop') }
}

// A form of ours leads to the client in the words of the request that waited behind it.
function operationOf({ stations }: DevSite, station: Station, dialect: string | undefined) {
  if (station.mount.dialect.name === dialect) return station.operation
  const isIt = ({ operation, mount }: Station) =>
    operation.does === 'authorize' && mount.dialect.name === dialect
  return stations.find(isIt)?.operation ?? station.operation
}
