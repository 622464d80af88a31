// App: puts store, keys, endpoints and pages together; the only place that does.

import { randomUUID } from 'node:crypto'
import cookie from '@fastify/cookie'
import {
  type AuditEvent,
  DIALECTS,
  type Parts,
  Refusal,
  type Store,
  writeRefusal,
} from '@patois/core'
import { type FastifyError, type FastifyInstance, type FastifyRequest, fastify } from 'fastify'
import type { Clock } from './clock.ts'
import { upsertFromFile } from './configuration/upsert.ts'
import type { Configuration } from './configuration.ts'
import { nodeCrypto } from './crypto.ts'
import { clientAddress } from './http/address.ts'
import { forms } from './http/forms.ts'
import { ownStation } from './http/own.ts'
import { addRoutes, stationsOf } from './http/routes.ts'
import type { Demo, Mount, Site } from './http/site.ts'
import { visitHandler } from './http/visit.ts'
import { type KeyRing, openKeys } from './keys.ts'
import type { Log } from './log.ts'
import { openSealer, openSecret, resealAll } from './master-key.ts'
import { openPasswords } from './password.ts'
import { openThrottle } from './throttle.ts'

/** What a server is made of; whoever gives these parts closes them. */
export type AppParts = {
  configuration: Configuration
  store: Store
  clock: Clock
  log: Log
  /** One master key, or the new and the old one while it is being changed. */
  masterKeys: readonly string[]
  /** The demo client of dev mode. */
  demo?: Demo
  /** Hears the event of each request, in this process. */
  on?: (event: AuditEvent) => void
}

/** A server that does not listen yet, the keys that housekeeping changes, and what its doors share. */
export type App = { http: FastifyInstance; keys: KeyRing; site: Site }

const BODY_LIMIT = 64 * 1024
/** An authorization request of 8 KiB of state is three times as long in percent-encoding; bytes. */
const HEADER_LIMIT = 64 * 1024
const REQUEST_TIMEOUT_MS = 30_000

/** Builds a server. Throws an Error with one sentence when something does not fit together. */
export async function app(given: AppParts): Promise<App> {
  const { configuration, store, clock, log, demo, on } = given
  const now = clock.now()
  const { base, origin } = placeOf(configuration.issuer)
  const mounts = mountsOf(configuration)
  const stations = stationsOf(mounts, base)
  const sealer = openSealer(given.masterKeys)
  await resealAll(store, sealer, now)
  const maskKey = await openSecret(store, sealer, 'mask')
  const formKey = await openSecret(store, sealer, 'forms')
  const { dev, lifetimes } = configuration
  const keys = await openKeys({ store, sealer, lifetimes, dev, log, now })
  const passwords = openPasswords()
  await upsertFromFile({ store, configuration, passwords, now, log })
  const parts: Parts = {
    issuer: configuration.issuer,
    dev,
    store,
    crypto: nodeCrypto,
    keys,
    throttle: openThrottle({ clock }),
    passwords,
    policy: configuration.policy,
    maskKey,
  }
  const address = clientAddress(configuration.trustedProxies)
  const shared = { parts, clock, log, forms: forms(formKey), address, stations, base, origin }
  const site: Site = { ...shared, ...(demo && { demo }), ...(on && { on }) }
  return { http: await http(site), keys, site }
}

function placeOf(issuer: string): { base: string; origin: string } {
  const { origin, pathname } = new URL(issuer)
  return { origin, base: pathname.replace(/\/$/, '') }
}

function mountsOf({ mounts }: Configuration): Mount[] {
  return mounts.map(({ dialect: name, at = '', host }) => {
    const dialect = DIALECTS.find((one) => one.name === name)
    if (!dialect) throw new Error(`There is no dialect ${name}.`)
    return { dialect, at, ...(host !== undefined && { host }) }
  })
}

async function http(site: Site): Promise<FastifyInstance> {
  const server = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    genReqId: () => randomUUID(),
    exposeHeadRoutes: true,
    forceCloseConnections: 'idle',
    // What gets in while we close is answered as it always is.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 1024 },
    http: { maxHeaderSize: HEADER_LIMIT },
  })
  // The dialect reads the body, so it gets here as it came.
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body))
  await server.register(cookie)
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(guards(site))
    if (site.demo && isElsewhere(site, request))
      return reply.redirect(site.origin + request.url, 307)
  })
  addFallbacks(server, site)
  addRoutes(server, site)
  return server
}

// What no answer of ours goes without; pages add their own policy.
function guards(site: Site): Record<string, string> {
  return {
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    ...(site.origin.startsWith('https:') && {
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
    }),
  }
}

// Cookies and redirects belong to the issuer's name: another name of this machine is led there.
function isElsewhere(site: Site, request: FastifyRequest): boolean {
  const page = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html')
  return page && request.headers.host !== new URL(site.origin).host
}

function addFallbacks(server: FastifyInstance, site: Site): void {
  const nothing = visitHandler(site, ownStation('/nothing'), async () => {
    throw new Refusal('not_found')
  })
  server.setNotFoundHandler((request, reply) => {
    const [path = ''] = request.url.split('?')
    const allowed = (['GET', 'POST'] as const).filter((method) => isRoute(server, method, path))
    if (allowed.length > 0) return reply.code(405).header('allow', allowed.join(', ')).send()
    if ((request.headers.accept ?? '').includes('text/html')) return nothing(request, reply)
    return reply.code(404).type('text/plain; charset=utf-8').send('Nothing is here.\n')
  })
  // Only what fastify itself finds wrong gets here, before a handler ran.
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500
    if (status >= 500) site.log.error({ requestId: request.id, err: error }, 'bug')
    const station = site.stations.find((one) => one.path === request.url.split('?')[0])
    const refusal = new Refusal(status === 413 ? 'body_too_large' : 'body_unreadable')
    const told =
      status >= 500
        ? { code: 'server_error', sentence: 'The server failed.', status }
        : { code: refusal.code, sentence: refusal.sentence, status }
    if (!station)
      return reply.code(status).type('text/plain; charset=utf-8').send(`${told.sentence}\n`)
    const answer = writeRefusal(station.operation, told, site.parts.issuer)
    return reply.code(answer.status).headers(answer.headers).send(answer.body)
  })
}

function isRoute(server: FastifyInstance, method: 'GET' | 'POST', path: string): boolean {
  return server.findRoute({ url: path, method }) !== null
}
