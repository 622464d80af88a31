// Watch: every request that reaches an operation, a page or nothing goes into the journal.

import { performance } from 'node:perf_hooks'
import type { Answer } from '@patois/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { JournalEntry } from '../../emulator/journal.ts'
import { lineageOf } from '../../emulator/lineage.ts'
import { openMask, type Wire } from '../../emulator/mask.ts'
import type { DevSite } from '../site.ts'
import { strikeArrival, strikeLeaving, subjectOf } from './strike.ts'

/** What is known of a request besides what it says. */
type Seen = { began: number; faults: string[]; isLost?: boolean }

/** An answer with every header, as it leaves or would have. */
type Left = Wire & { status: number; lost: boolean }

/** Adds the hooks. */
export function watchRequests(app: FastifyInstance, site: DevSite): void {
  const seen = new WeakMap<FastifyRequest, Seen>()
  const seenOf = (request: FastifyRequest) =>
    seen.get(request) ?? { began: performance.now(), faults: [] }
  app.addHook('onRequest', async (request) => {
    seen.set(request, seenOf(request))
  })
  app.addHook('preHandler', async (request, reply) => {
    const { station } = request.routeOptions.config
    if (!station || !isWatched(site, request)) return
    const { ids, ends } = await strikeArrival(site, station, request, reply)
    seenOf(request).faults.push(...ids)
    if (ends === 'answered') return reply
    if (ends === undefined) return
    await note(site, request, NO_ANSWER, seenOf(request))
    reply.hijack().raw.destroy()
    return reply
  })
  // Also of what is not watched, and of what was given up.
  app.addHook('onResponse', async (request) => {
    site.emulator.decided.delete(request.id)
  })
  app.addHook('onSend', async (request, reply, payload) => {
    // Clients learn from it how far their own clock is off.
    reply.header('date', new Date(site.clock.now() * 1000).toUTCString())
    // What closes the connection looks like a failure of ours, which is answered, too.
    if (seenOf(request).isLost || !isWatched(site, request)) return payload
    const struck = await strikeLeaving(site, request, leaving(reply, payload))
    const { answer, lost, faults } = struck
    seenOf(request).faults.push(...faults)
    const headers = { ...reply.getHeaders(), ...answer.headers }
    await note(site, request, { ...answer, headers, lost }, seenOf(request))
    if (lost) return neverSent(reply, seenOf(request))
    if (faults.length === 0) return payload
    reply.code(answer.status).headers(answer.headers)
    return answer.body
  })
}

// Whoever waits for the payload sends it, so nobody gets one.
function neverSent(reply: FastifyReply, seen: Seen): Promise<never> {
  seen.isLost = true
  reply.raw.destroy()
  return new Promise(() => {})
}

async function note(
  site: DevSite,
  request: FastifyRequest,
  left: Left,
  { began, faults }: Seen,
): Promise<void> {
  const entry = await entryOf(site, request, left)
  site.emulator.journal.add({
    ...entry,
    took_ms: Math.round((performance.now() - began) * 10) / 10,
    ...(faults.length > 0 && { fault: faults.join(' ') }),
    ...(left.lost && { answer: null }),
  })
}

const NO_ANSWER: Left = { status: 0, headers: {}, body: '', lost: true }

// Calls of dev mode itself would bury what somebody looks for.
function isWatched({ base }: DevSite, { routeOptions, is404, url }: FastifyRequest): boolean {
  if (/^\/dev(?![^/?])/.test(url.slice(base.length))) return false
  return is404 || routeOptions.config.station !== undefined
}

// A header with several values, as of cookies, is left to those who know of it.
function leaving(reply: FastifyReply, payload: unknown): Answer {
  const headers = Object.entries(reply.getHeaders()).flatMap(([name, value]) =>
    value === undefined || Array.isArray(value) ? [] : [[name, String(value)]],
  )
  const body = typeof payload === 'string' ? payload : ''
  return { status: reply.statusCode, headers: Object.fromEntries(headers), body }
}

async function entryOf(
  site: DevSite,
  request: FastifyRequest,
  answer: Left,
): Promise<Omit<JournalEntry, 'seq' | 'took_ms'>> {
  const { parts, emulator } = site
  const event = emulator.decided.get(request.id)
  const { station } = request.routeOptions.config
  const user = event?.userId === undefined ? undefined : await parts.store.findUser(event.userId)
  const mask = openMask(station?.operation)
  const sent = { headers: request.headers, body: bodyOf(request) }
  const lineage = await lineageOf(
    parts,
    [request.url, request.headers.authorization, sent.body].join('\n'),
    [answer.headers.location, answer.body].join('\n'),
  )
  const { client, grant_type } = station ? subjectOf(site, station, request) : {}
  const clientId = event?.clientId ?? client
  return {
    id: request.id,
    at: site.clock.now(),
    dialect: event?.dialect ?? station?.mount.dialect.name ?? 'none',
    operation: event?.operation ?? station?.operation.does ?? 'nothing',
    ...(grant_type !== undefined && { grant_type }),
    ...(clientId !== undefined && { client: clientId }),
    ...(user && { user: user.username }),
    from: isBrowser(request) ? 'browser' : 'client',
    request: {
      method: request.method,
      url: mask.url(request.url),
      headers: mask.headers(sent.headers),
      body: mask.body(sent),
    },
    answer: {
      status: answer.status,
      headers: mask.headers(answer.headers),
      body: mask.body(answer),
    },
    reason: event?.reason ?? (station ? 'fault' : 'not_found'),
    ...(lineage.length > 0 && { lineage }),
  }
}

function bodyOf({ body }: FastifyRequest): string {
  return body instanceof Uint8Array ? new TextDecoder().decode(body) : ''
}

function isBrowser({ routeOptions, headers }: FastifyRequest): boolean {
  const page = routeOptions.config.isPage === true || (headers.accept ?? '').includes('text/html')
  return page || headers['sec-fetch-site'] !== undefined
}
