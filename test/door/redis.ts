// A real Redis for tests, on loopback, which keeps nothing when it ends.

import { findProgram, type RunningProgram, startProgram } from './program.ts'
import { freePort } from './server.ts'

const NAME = 'redis-server'

/** Why there is no Redis on this machine; undefined when there is one. */
export const whyNoRedis = (): string | undefined =>
  findProgram(NAME) ? undefined : `there is no ${NAME} on this machine`

/** Starts a Redis. Throws when there is none. */
export const startRedis = async (): Promise<RunningProgram> => {
  const port = await freePort()
  return startProgram(NAME, port, (folder) => [
    ...['--bind', '127.0.0.1', '--port', String(port), '--dir', folder],
    ...['--save', '', '--appendonly', 'no', '--daemonize', 'no', '--databases', '1000'],
  ])
}
