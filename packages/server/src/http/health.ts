// Health: whether the process lives, and whether callers should be led to it.

import type { Store } from '@patois/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../clock.ts'
import type { KeyRing } from '../keys.ts'
import type { Log } from '../log.ts'
import { sendSentence } from './guards.ts'
import type { Seen } from './seen.ts'

/** Why nobody should be led here. */
export type Unready = 'stopping' | 'database' | 'keys'

/** The health of one server. */
export type Health = {
  /** Undefined when requests are welcome. */
  unready(): Promise<Unready | undefined>
  /** From now on it says that it is stopping. */
  stop(): void
}

/** What health is told by. */
export type HealthParts = {
  store: Pick<Store, 'listKeys'>
  keys: Pick<KeyRing, 'kinds' | 'since'>
  clock: Clock
  log: Log
}

/** Whoever asks waits for one second at the most, as probes do; a slow database is none. */
const DATABASE_MS = 800
/** How soon it makes sense to ask again, in seconds. */
const AGAIN = 1

/** Opens the health of a server. However many ask at once, the database is asked once. */
export function openHealth({ store, keys, clock, log }: HealthParts): Health {
  let stopping = false
  let latest: Unready | undefined
  let asking: Promise<boolean> | undefined

  const isThere = async (): Promise<boolean> => {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const late = setTimeout(() => resolve(false), DATABASE_MS).unref()
    const asked = (async () => store.listKeys())()
    asked.then(
      () => resolve(true),
      () => resolve(false),
    )
    return promise.finally(() => clearTimeout(late))
  }

  const look = async (): Promise<Unready | undefined> => {
    if (stopping) return 'stopping'
    asking ??= isThere().finally(() => {
      asking = undefined
    })
    if (!(await asking)) return 'database'
    const now = clock.now()
    return keys.kinds.every((kind) => keys.since(kind, now) !== undefined) ? undefined : 'keys'
  }

  return {
    async unready() {
      const reason = await look()
      if (reason !== latest) log.warn({ reason: reason ?? 'none' }, 'readiness changed')
      latest = reason
      return reason
    },
    stop() {
      stopping = true
    },
  }
}

/** Adds what probes ask for: at the root, whatever the issuer's path is, and below that path. */
export function addHealth(
  app: FastifyInstance,
  health: Health,
  base: string,
  see: (request: FastifyRequest) => Seen | undefined,
): void {
  const livez = async (_: FastifyRequest, reply: FastifyReply) => say(reply, undefined)
  const readyz = async (request: FastifyRequest, reply: FastifyReply) => {
    const seen = see(request)
    if (seen) return reply.header('cache-control', 'no-store').send(seen)
    return say(reply, await health.unready())
  }
  for (const at of new Set(['', base])) {
    app.get(`${at}/livez`, livez)
    app.get(`${at}/readyz`, readyz)
  }
}

function say(reply: FastifyReply, reason: Unready | undefined): FastifyReply {
  reply.header('cache-control', 'no-store')
  if (reason === undefined) return sendSentence(reply, 200, 'ok')
  return sendSentence(reply.header('retry-after', String(AGAIN)), 503, reason)
}
