// A real PgBouncer in transaction mode, in front of a PostgreSQL of tests.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram, type RunningProgram, startProgram } from './program.ts'
import { freePort } from './server.ts'

const NAME = 'pgbouncer'

/** Why there is no PgBouncer on this machine; undefined when there is one. */
export const whyNoPgbouncer = (): string | undefined =>
  findProgram(NAME) ? undefined : `there is no ${NAME} on this machine`

/** Starts a PgBouncer; `databases` are lines of its section of that name. */
export const startPgbouncer = async (databases: readonly string[]): Promise<RunningProgram> => {
  const port = await freePort()
  return startProgram(NAME, port, (folder) => {
    const lines = [
      '[databases]',
      ...databases,
      '[pgbouncer]',
      ...(process.getuid?.() === 0 ? ['user = nobody'] : []),
      `listen_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =`,
      'pool_mode = transaction\nauth_type = any\ndefault_pool_size = 3',
      // Each of many tests has a database here, and what it leaves must not use up connections.
      'server_idle_timeout = 2\nlog_connections = 0\nlog_disconnections = 0',
    ]
    const file = join(folder, 'pgbouncer.ini')
    writeFileSync(file, lines.join('\n'))
    return [file]
  })
}
