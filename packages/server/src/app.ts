// App: puts store, keys, endpoints and pages together; the only place that does.

import { randomUUID } from 'node:crypto'
import cookie from '@fastify/cookie'
import type { AuditEvent, KeyKind, Parts, Store } from '@patois/core'
import { type FastifyInstance, type FastifyRequest, fastify } from 'fastify'
import type { Clock } from './clock.ts'
import { upsertFromFile } from './configuration/upsert.ts'
import type { Configuration } from './configuration.ts'
import { nodeCrypto } from './crypto.ts'
import type { Demo } from './emulator/demo.ts'
import { clientAddress, trust } from './http/address.ts'
import { boundConnections, connectionOptions, type Limits, limitsOf } from './http/connections.ts'
import { tellDate } from './http/date.ts'
import { addFallbacks, refusePath } from './http/fallbacks.ts'
import { forms } from './http/forms.ts'
import { openGuard } from './http/guards.ts'
import { addHealth, type Health, openHealth } from './http/health.ts'
import { openRequestCounts } from './http/measure.ts'
import { type ProxyWatch, watchProxies } from './http/proxy.ts'
import { addRoutes, stationsOf } from './http/routes.ts'
import { openSeen } from './http/seen.ts'
import type { Mount, Site } from './http/site.ts'
import { traceRequests } from './http/trace.ts'
import { type KeyParts, type KeyRing, openKeys } from './keys.ts'
import { withLease } from './lease.ts'
import type { Log } from './log.ts'
import { openSealer, openSecret, resealAll } from './master-key.ts'
import { type Meter, UNREAD } from './metrics/meter.ts'
import { type DocumentParts, openDocuments } from './outbound/documents.ts'
import { openPasswords } from './password.ts'
import { openThrottle } from './throttle.ts'
import { openTraces, traceParts, untraced } from './traces.ts'
import { VERSION } from './version.ts'

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
  /** The first signing key of a kind, where it is not to be made: dev mode's, in memory. */
  firstKey?: KeyParts['firstKey']
  /** Another way to find names and another time limit for what is fetched, for tests. */
  outbound?: Pick<DocumentParts, 'resolve' | 'withinMs'>
  /** What callers may take, where that is not the usual. */
  limits?: Partial<Limits>
  /** Hears the event of each request, in this process. */
  on?: (event: AuditEvent) => void
  /** Counts what happens, where somebody reads it. */
  meter?: Meter
}

/** A server that does not listen yet, the keys that housekeeping changes, and what its doors share. */
export type App = { http: FastifyInstance; keys: KeyRing; health: Health; site: Site }

const BODY_LIMIT = 64 * 1024

/** Builds a server. Throws an Error with one sentence when something does not fit together. */
export async function app(said: AppParts): Promise<App> {
  // Nothing of the emulator is loaded outside dev mode.
  const dev = said.demo && (await import('./http/dev/open.ts')).openDev(said, said.demo)
  const given = dev?.given ?? said
  const { configuration, store, clock, log, on, meter = UNREAD } = given
  const { base, origin } = placeOf(configuration.issuer)
  const mounts = mountsOf(configuration)
  const stations = stationsOf(mounts, base)
  // What the servers of a database share is made by the one that comes first.
  const kept = await withLease(given, 'start', () => openKept(given, mounts))
  const { keys, passwords, maskKey, formKey, deviceKey } = kept
  const traces = await openTraces()
  const within = traces?.within ?? untraced
  const outbound = { within, ...given.outbound }
  const plainParts: Parts = {
    issuer: configuration.issuer,
    dev: configuration.dev,
    store,
    crypto: nodeCrypto,
    keys,
    throttle: openThrottle({ clock, store }),
    passwords,
    documents: openDocuments({ reach: configuration.reach, clock, log, meter, ...outbound }),
    policy: configuration.policy,
    maskKey,
  }
  const parts = traces ? traceParts(plainParts, within) : plainParts
  const isTrusted = trust(configuration.trustedProxies)
  const address = clientAddress(isTrusted)
  const keyed = { forms: forms(formKey), deviceKey }
  const count = openRequestCounts(meter)
  const shared = { parts, clock, log, count, ...keyed, address, stations, base, origin }
  const plain: Site = { ...shared, ...(on && { on }), ...(traces && { traces }) }
  const devSite = dev?.site(plain, keys)
  const site = devSite ?? plain
  const watch = watchProxies(log, configuration.issuer, isTrusted)
  const health = openHealth({ store, keys, clock, log })
  const server = await http(site, watch, { limits: limitsOf(given.limits), meter })
  addHealth(server, health, base, openSeen({ ...given, isTrusted, address }))
  if (devSite) dev?.addRoutes(server, devSite)
  if (store.time) tellDate(server, clock)
  if (traces) traceRequests(server, traces)
  if (given.meter) measure({ meter, health, keys, clock })
  return { http: server, keys, health, site }
}

// Opens what is kept in the database, and makes what is missing there.
async function openKept(given: AppParts, mounts: readonly Mount[]) {
  const { configuration, store, clock, log } = given
  const now = clock.now()
  const sealer = openSealer(given.masterKeys)
  await resealAll(store, sealer, now)
  const maskKey = await openSecret(store, sealer, 'mask')
  const formKey = await openSecret(store, sealer, 'forms')
  const deviceKey = await openSecret(store, sealer, 'devices')
  const { dev, lifetimes } = configuration
  const kinds = keyKindsOf(mounts)
  const keys = await openKeys({
    ...{ store, sealer, lifetimes, dev, log, now, kinds },
    ...(given.firstKey && { firstKey: given.firstKey }),
  })
  const { workers } = configuration
  const passwords = openPasswords({ workers, ...(given.meter && { meter: given.meter }) })
  await upsertFromFile({ store, configuration, now, log })
  return { keys, passwords, maskKey, formKey, deviceKey }
}

type Measured = Pick<App, 'health' | 'keys'> & { meter: Meter; clock: Clock }

function measure({ meter, health, keys, clock }: Measured): void {
  meter.gauge('patois_build_info', () => 1, VERSION, process.version)
  meter.gauge('patois_ready', async () => ((await health.unready()) === undefined ? 1 : 0))
  for (const kind of keys.kinds) {
    const since = () => keys.since(kind, clock.now()) ?? 0
    meter.gauge('patois_signing_key_timestamp_seconds', since, kind)
  }
}

function placeOf(issuer: string): { base: string; origin: string } {
  const { origin, pathname } = new URL(issuer)
  return { origin, base: pathname.replace(/\/$/, '') }
}

// Clients of some providers verify nothing but long RSA keys.
function keyKindsOf(mounts: readonly Mount[]): KeyKind[] {
  return mounts.some(({ dialect }) => dialect.policy.idToken) ? ['RS256/4096'] : []
}

function mountsOf({ mounts, dialects }: Configuration): Mount[] {
  return mounts.map(({ dialect: name, at = '', host }) => {
    const dialect = dialects.find((one) => one.name === name)
    if (!dialect) throw new Error(`There is no dialect ${name}.`)
    return { dialect, at, ...(host !== undefined && { host }) }
  })
}

async function http(
  site: Site,
  watch: ProxyWatch,
  { limits, meter }: { limits: Limits; meter: Meter },
): Promise<FastifyInstance> {
  const guard = openGuard(site)
  const server = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    ...connectionOptions(limits),
    genReqId: () => randomUUID(),
    exposeHeadRoutes: true,
    forceCloseConnections: 'idle',
    // What gets in while we close is answered as it always is.
    return503OnClosing: false,
    // No route of ours has a schema: what would compile them are 110 modules, 60 ms of the start.
    schemaController: {
      compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas },
    },
    routerOptions: { maxParamLength: 1024 },
    frameworkErrors: (error, request, reply) => refusePath(guard, error, request, reply),
  })
  boundConnections(server, limits, { log: site.log, meter })
  // The dialect reads the body, so it gets here as it came.
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body))
  // Hooks with a callback: each promise in the way of every request costs it half a microsecond.
  server.addHook('onRequest', (request, reply, done) => {
    if (guard(request, reply)) return
    watch(request)
    if (site.demo && isElsewhere(site, request)) reply.redirect(site.origin + request.url, 307)
    else done()
  })
  // Only pages read cookies, and they do so themselves.
  await server.register(cookie, { hook: false })
  addFallbacks(server, site)
  addRoutes(server, site)
  return server
}

function noSchemas(): never {
  throw new Error('Dialects say what a request is like, not schemas of routes.')
}

// Cookies and redirects belong to the issuer's name: another name of this machine is led there.
function isElsewhere(site: Site, request: FastifyRequest): boolean {
  const page = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html')
  return page && request.headers.host !== new URL(site.origin).host
}
