// Watch: every request that reaches an operation, a page or nothing goes into the journal.

import { performance } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { readRequest } from '@patois/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { JournalEntry } from '../../emulator/journal.ts'
import { lineageOf } from '../../emulator/lineage.ts'
import { openMask } from '../../emulator/mask.ts'
import { readMessage } from '../message.ts'
import type { DevSite, Station } from '../site.ts'

/** An answer as it leaves. */
type Leaving = { status: number; headers: Readonly<Record<string, unknown>>; body: string }

/** Adds the hooks. */
export function watchRequests(app: FastifyInstance, site: DevSite): void {
  const began = new WeakMap<FastifyRequest, number>()
  app.addHook('onRequest', async (request) => void began.set(request, performance.now()))
  app.addHook('onSend', async (request, reply, payload) => {
    const { clock, journal } = site.emulator
    // Clients learn from it how far their own clock is off.
    reply.header('date', new Date(clock.now() * 1000).toUTCString())
    if (!isWatched(site, request)) return payload
    // A page is sent a moment before its decision is noted.
    await turn()
    const took_ms = performance.now() - (began.get(request) ?? 0)
    journal.add(await entryOf(site, request, leaving(reply, payload), took_ms))
    return payload
  })
}

// Calls of dev mode itself would bury what somebody looks for.
function isWatched({ base }: DevSite, { routeOptions, is404, url }: FastifyRequest): boolean {
  if (url.startsWith(`${base}/dev/`) || url === `${base}/dev`) return false
  return is404 || routeOptions.config.station !== undefined
}

function leaving(reply: FastifyReply, payload: unknown): Leaving {
  const headers = reply.getHeaders()
  return { status: reply.statusCode, headers, body: typeof payload === 'string' ? payload : '' }
}

async function entryOf(
  site: DevSite,
  request: FastifyRequest,
  answer: Leaving,
  took_ms: number,
): Promise<Omit<JournalEntry, 'seq'>> {
  const { parts, emulator } = site
  const event = emulator.decided.get(request.id)
  emulator.decided.delete(request.id)
  const { station } = request.routeOptions.config
  const user = event?.userId === undefined ? undefined : await parts.store.findUser(event.userId)
  const mask = openMask(station?.operation)
  const sent = { headers: request.headers, body: bodyOf(request) }
  const lineage = await lineageOf(
    parts,
    [request.url, request.headers.authorization, sent.body].join('\n'),
    [answer.headers.location, answer.body].join('\n'),
  )
  const grant_type = grantTypeOf(station, request)
  return {
    id: request.id,
    at: site.clock.now(),
    took_ms: Math.round(took_ms * 10) / 10,
    dialect: event?.dialect ?? station?.mount.dialect.name ?? 'none',
    operation: event?.operation ?? station?.operation.does ?? 'nothing',
    ...(grant_type !== undefined && { grant_type }),
    ...(event?.clientId !== undefined && { client: event.clientId }),
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
    reason: event?.reason ?? 'not_found',
    ...(lineage.length > 0 && { lineage }),
  }
}

function bodyOf({ body }: FastifyRequest): string {
  return body instanceof Uint8Array ? new TextDecoder().decode(body) : ''
}

function grantTypeOf(station: Station | undefined, request: FastifyRequest): string | undefined {
  if (station?.operation.does !== 'token') return undefined
  try {
    return readRequest(station.operation, readMessage(request)).fields.grant_type
  } catch {
    return undefined
  }
}

function isBrowser({ routeOptions, headers }: FastifyRequest): boolean {
  const page = routeOptions.config.isPage === true || (headers.accept ?? '').includes('text/html')
  return page || headers['sec-fetch-site'] !== undefined
}
