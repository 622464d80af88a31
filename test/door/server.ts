// A real server on loopback for tests: own port, own database, a clock that tests move.

import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { AuditEvent, Store } from '@patois/core'
import {
  type App,
  type AppParts,
  app,
  fixedClock,
  knownDialects,
  openLog,
  openStore,
  readConfiguration,
} from 'patois'
import { openDemo, withDemo } from '../../packages/server/src/emulator/demo.ts'
import { freePort as freePortAt } from '../../packages/server/src/ports.ts'
import { CLIENTS, RESOURCES, SCOPES, USERS } from './fixtures.ts'
import { checkLog } from './rules.ts'

/** What a test may choose about its server. */
export type ServerOptions = {
  /** Path of the issuer, as in http://127.0.0.1:1234/auth. */
  path?: string
  /** The issuer of another server of the same database; this one answers at a port of its own. */
  issuer?: string
  /** `sqlite::memory:` when nothing is said. */
  database?: string
  dev?: boolean
  /** Dev mode's own client and user, or who else is ready to try with there. */
  demo?: true | ((issuer: string) => NonNullable<AppParts['demo']>)
  /** Merged over the fixtures: sections of the configuration file. */
  configuration?: Record<string, unknown>
  /** How the server finds names, and how long it may take to fetch what others publish. */
  outbound?: AppParts['outbound']
  /** Hears the event of each request. */
  on?: (event: AuditEvent) => void
  /** Wraps the store, for tests that make it slow or make it fail. */
  wrapStore?: (store: Store) => Store
  /** The port of the server before, to start again on the same issuer. */
  port?: number
  /** One, or the new and the old one with a comma between. */
  masterKey?: string
  /** Where its clock stands at the start, in seconds. */
  now?: number
  /** Why its end does not check what it has said: for servers that are made to fail. */
  unchecked?: string
  /** What callers may take, where that is not the usual. */
  limits?: AppParts['limits']
  /** Counts what happens, where a test reads it. */
  meter?: AppParts['meter']
}

/** What a caller has to know of a server, wherever it runs. */
export type Door = {
  origin: string
  /** Absolute URL of a path below the issuer. */
  url(path: string): string
}

/** An answer as it left the server. */
export type SeenAnswer = {
  requestId: string
  /** True when the request got to an operation or a page of ours. */
  reached: boolean
  method: string
  /** Without its query. */
  path: string
  status: number
  location: string | undefined
  body: string
  milliseconds: number
}

/** What a server answers: `path` has its parameters as `:name`. */
export type Route = { method: string; path: string }

/** A running server. */
export type TestServer = Door & {
  issuer: string
  port: number
  store: Store
  keys: App['keys']
  clock: ReturnType<typeof fixedClock>
  masterKey: string
  /** Every log line so far. */
  log: string[]
  /** Every answer so far. */
  answers: SeenAnswer[]
  /** What nobody but its owner may read: the configuration's secrets and passwords, its key. */
  secrets: readonly string[]
  /** How many connections are open. */
  connections(): Promise<number>
  /** Every route that it answers, with every method. */
  routes: readonly Route[]
  /** Closes it, and checks all that it has said. */
  close(): Promise<void>
}

/** A port that is free at this moment. */
export const freePort = (): Promise<number> => freePortAt('127.0.0.1')

/** Starts a server with the fixtures of `fixtures.ts`. */
export const startServer = async (options: ServerOptions = {}): Promise<TestServer> => {
  const port = options.port ?? (await freePort())
  const origin = `http://127.0.0.1:${port}`
  const base = origin + (options.path ?? '')
  const issuer = options.issuer ?? base
  const dev = options.dev ?? options.demo !== undefined
  const tree = {
    issuer,
    database: options.database ?? 'sqlite::memory:',
    scopes: SCOPES,
    resources: RESOURCES,
    clients: CLIENTS,
    users: USERS,
    ...options.configuration,
  }
  const text = JSON.stringify(tree)
  const entries: Record<string, unknown>[] = [...tree.clients, ...tree.users]
  const parts = { text, env: {}, dev }
  const read = readConfiguration({ ...parts, dialects: await knownDialects(parts) })
  if (!read.ok) throw new Error(read.faults.join('\n'))
  const lines: string[] = []
  const log = openLog('debug', { write: (line: string) => void lines.push(line) })
  const clock = fixedClock(options.now ?? Math.floor(Date.now() / 1000))
  const measured = { ...(options.meter && { meter: options.meter }) }
  const opened = await openStore(read.configuration.database, { issuer, dev, ...measured })
  const store = options.wrapStore?.(opened) ?? opened
  const masterKey = options.masterKey ?? randomBytes(32).toString('base64url')
  const demo =
    options.demo === true ? openDemo(undefined, read.configuration) : options.demo?.(issuer)
  const configuration =
    demo && options.demo === true ? withDemo(read.configuration, demo) : read.configuration
  const more = {
    ...(options.on && { on: options.on }),
    ...(options.outbound && { outbound: options.outbound }),
    ...(demo && { demo }),
    ...(options.limits && { limits: options.limits }),
    ...measured,
  }
  const masterKeys = masterKey.split(',')
  const { http, keys, site } = await app({
    configuration,
    store,
    clock,
    log,
    masterKeys,
    ...more,
  }).catch(async (error) => {
    await store.close()
    throw error
  })
  const answers: SeenAnswer[] = []
  const seen = new WeakMap<object, SeenAnswer>()
  const arrived = new WeakSet<object>()
  // Whom a guard turned away does not get this far.
  http.addHook('preParsing', async (request) => {
    if (request.routeOptions.config?.station) arrived.add(request)
  })
  http.addHook('onSend', async (request, reply, payload) => {
    // Who hears this server learns of its own clock, and not of the machine's; dev mode sees to it.
    if (!demo) reply.header('date', new Date(site.clock.now() * 1000).toUTCString())
    const answer: SeenAnswer = {
      requestId: request.id,
      reached: arrived.has(request),
      method: request.method,
      path: request.url.split('?')[0] ?? '',
      status: reply.statusCode,
      location: reply.getHeader('location') as string | undefined,
      body: typeof payload === 'string' ? payload : '',
      milliseconds: 0,
    }
    answers.push(answer)
    seen.set(request, answer)
    return payload
  })
  // With this hook fastify takes the time.
  http.addHook('onResponse', async (request, reply) => {
    const answer = seen.get(request)
    if (answer) answer.milliseconds = reply.elapsedTime
  })
  await http.listen({ host: '127.0.0.1', port })
  const server: TestServer = {
    issuer,
    origin,
    port,
    store,
    keys,
    clock,
    masterKey,
    log: lines,
    answers,
    secrets: [...secretsOf(entries), ...masterKeys, ...(demo ? [demo.clientSecret] : [])],
    routes: routesOf(http.printRoutes({ commonPrefix: false })),
    url: (path) => base + path,
    connections: promisify(http.server.getConnections.bind(http.server)),
    close: async () => {
      await http.close()
      await store.close()
      if (options.unchecked === undefined) checkLog(server)
    },
  }
  return server
}

const secretsOf = (entries: readonly Record<string, unknown>[]): string[] =>
  entries.flatMap(({ client_secret, password }) =>
    [client_secret, password].filter((one) => typeof one === 'string'),
  )

// The tree that fastify prints: four columns for each step down, and the piece of the path there.
const routesOf = (tree: string): Route[] => {
  const above: string[] = []
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', piece = '', methods = ''] =
      /^(.*?)[├└]── (\S+) \((.*?)\)/.exec(line) ?? []
    if (piece === '') return []
    above.length = indent.length / 4
    const path = above.join('') + piece
    above.push(piece)
    return methods.split(', ').map((method) => ({ method, path }))
  })
}
