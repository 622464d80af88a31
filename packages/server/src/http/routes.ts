// Routes: the dialects' operations and our own pages, unfolded into one table.

import { type Answer, type Deed, openapi, pathsOverlap } from '@patois/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { icon } from '../pages/icon.ts'
import { style } from '../pages/style.ts'
import { visitAuthorize, visitConsent } from './authorize.ts'
import { authorizeCallHandler } from './authorize-call.ts'
import { preflight } from './cors.ts'
import { visitHome } from './home.ts'
import { submitLogin, visitLogin } from './login.ts'
import { submitLogout, visitLogout } from './logout.ts'
import { jsonHandler } from './operation.ts'
import { ownStation } from './own.ts'
import { baseOf, type Mount, type Site, type Station } from './site.ts'
import { type Visit, visitHandler } from './visit.ts'

const RESERVED = [
  '/.well-known',
  '/login',
  '/consent',
  '/setup',
  '/admin',
  '/dev',
  '/openapi',
  '/assets',
  '/favicon.ico',
  '/livez',
  '/readyz',
  '/metrics',
]

/** Every operation of the mounted dialects at its path. Throws an Error when two would clash. */
export function stationsOf(mounts: readonly Mount[], base: string): Station[] {
  const stations = mounts.flatMap((mount) =>
    Object.values(mount.dialect.operations)
      .filter((operation) => operation.does !== 'metadata' || speaksForRoot(mount, mounts))
      .map((operation) => ({ mount, operation, path: pathOf(mount, base, operation.path) })),
  )
  stations.forEach((station, index) => {
    checkReserved(station, base)
    const other = stations.slice(0, index).find((one) => isSamePlace(one, station))
    if (!other) return
    const names = `${other.mount.dialect.name} and ${station.mount.dialect.name}`
    throw new Error(`${names} both answer ${station.path}: mount one of them elsewhere (at, host)`)
  })
  return stations
}

// Whatever the methods are: a browser asks each path with OPTIONS.
function isSamePlace(one: Station, other: Station): boolean {
  return one.mount.host === other.mount.host && pathsOverlap(one.path, other.path)
}

// Below a prefix or on a host of its own a dialect has metadata of its own; at the root one speaks
// for all.
function speaksForRoot(mount: Mount, mounts: readonly Mount[]): boolean {
  const isAtRoot = ({ at, host }: Mount) => at === '' && host === undefined
  const speaker = mounts.find((one) => isAtRoot(one) && one.dialect.policy.rootDiscovery)
  return !isAtRoot(mount) || speaker === undefined || speaker === mount
}

// RFC 8414 §3.1: the well-known name stands in front of the issuer's path, OIDC's behind it.
function pathOf(mount: Mount, base: string, path: string): string {
  const front = path === '/.well-known/oauth-authorization-server'
  return front ? path + base + mount.at : base + mount.at + path
}

function checkReserved({ mount, operation, path }: Station, base: string): void {
  if (operation.does === 'metadata') return
  const start = path.split('/', base.split('/').length + 1).join('/')
  const clash = RESERVED.find((one) => pathsOverlap(base + one, start))
  if (clash)
    throw new Error(`dialect ${mount.dialect.name}: ${path} lies under ${clash}, which is reserved`)
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What stands at a route, for whatever goes wrong before its handler runs. */
    station?: Station
    /** True when a browser shows what is answered there. */
    isPage?: boolean
    /** True for an answer that goes on for as long as somebody listens. */
    stays?: boolean
  }
}

const PAGES: { [D in Deed]?: typeof visitAuthorize } = {
  authorize: visitAuthorize,
  logout: visitLogout,
}

/** Adds every route of the site. */
export function addRoutes(app: FastifyInstance, site: Site): void {
  for (const station of site.stations) addStation(app, site, station)
  const page = (path: string, handle: (site: Site, visit: Visit) => Promise<Answer>) => {
    const station = ownStation(path)
    return { config: { station, isPage: true }, handler: visitHandler(site, station, handle) }
  }
  const { base } = site
  app.get(`${base}/`, page('/home', visitHome))
  app.get(`${base}/login`, page('/login', visitLogin))
  app.post(`${base}/login`, page('/login', submitLogin))
  app.post(`${base}/login/end`, page('/logout', submitLogout))
  app.post(`${base}/consent`, page('/consent', visitConsent))
  app.get(`${base}/assets/patois.css`, asset('text/css; charset=utf-8', style))
  app.get(`${base}/assets/patois.svg`, asset('image/svg+xml', icon))
  // Browsers ask for it where no page of ours names one: beside JSON, and in an empty answer.
  app.get('/favicon.ico', asset('image/svg+xml', icon))
  addDocuments(app, site)
}

// A dialect that is mounted twice is described once, with both its addresses.
function addDocuments(app: FastifyInstance, site: Site): void {
  const mounts = [...new Set(site.stations.map(({ mount }) => mount))]
  for (const dialect of new Set(mounts.map((mount) => mount.dialect))) {
    const own = mounts.filter((mount) => mount.dialect === dialect)
    const bases = own.map((mount) => baseOf(site, mount))
    // One text for all who ask: whoever asks often and reads slowly takes no room of their own. It
    // is not made at start, where it would take 5 ms of each dialect.
    let text: string | undefined
    const read = (): string => {
      text ??= JSON.stringify(openapi(dialect, bases))
      return text
    }
    app.get(`${site.base}/openapi/${dialect.name}.json`, async (_, reply) =>
      reply
        .headers({ 'cache-control': 'public, max-age=300', 'access-control-allow-origin': '*' })
        .type('application/json; charset=utf-8')
        .send(read()),
    )
  }
}

function addStation(app: FastifyInstance, site: Site, station: Station): void {
  const { operation, mount } = station
  const visit = operation.isCall ? undefined : PAGES[operation.does]
  const config = { station, isPage: visit !== undefined }
  const json = operation.isCall ? authorizeCallHandler : jsonHandler
  const handler = visit ? visitHandler(site, station, visit) : json(site, station)
  const constraints = mount.host === undefined ? {} : { constraints: { host: mount.host } }
  for (const path of pathsOf(site, station)) {
    const url = path.replace(/\{(\w+)\}/g, ':$1')
    app.route({
      method: [...operation.methods],
      url,
      config,
      handler,
      // A code that is minted and a session that is ended are no matter of reading.
      exposeHeadRoute: !visit,
      ...constraints,
    })
    app.route({
      method: 'OPTIONS',
      url,
      ...constraints,
      handler: async (request, reply) => {
        if (await preflight(site, operation, request, reply)) return reply
        return reply.code(405).header('allow', operation.methods.join(', ')).send()
      },
    })
  }
}

// OpenID Connect Discovery §4 is met by base + path; RFC 8414 §5 keeps both forms for both names.
function pathsOf(site: Site, { operation, mount, path }: Station): string[] {
  if (operation.does !== 'metadata') return [path]
  const isOnly = mount.host === undefined && site.stations.every((one) => one.mount === mount)
  // Whoever knows nothing but the issuer looks there, wherever its only dialect stands.
  const places = [site.base + mount.at, ...(isOnly ? [site.base] : [])]
  const forms = places.flatMap((place) => [place + operation.path, operation.path + place])
  return [...new Set(forms)]
}

function asset(type: string, text: string) {
  return async (_: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    reply.header('cache-control', 'public, max-age=3600').type(type).send(text)
}
