// The real command `patois serve` as a process of its own, which tests stop and kill.

import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Started, start } from './cli.ts'
import { CLIENTS, RESOURCES, SCOPES, USERS } from './fixtures.ts'
import { type Door, freePort } from './server.ts'

/** A configuration file with the fixtures, and all that `patois serve` needs beside it. */
export type Installation = Door & {
  port: number
  file: string
  path: string
  masterKey: string
  /** Flags that it always has. */
  flags?: readonly string[]
  /** How many files it may have open. */
  files?: number
  /** The command of another version. */
  script?: string
  /** A command that becomes the server in the end. */
  within?: readonly string[]
  /** What its environment says besides. */
  env?: Record<string, string>
}

/** A `patois serve` that was started; `ready` settles when it answers. */
export type Served = Started & { ready: Promise<void> }

/** Writes a configuration into a folder; `more` is merged over the fixtures. */
export const install = async (
  folder: string,
  more: Record<string, unknown> = {},
): Promise<Installation> => {
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const path = join(folder, 'patois.db')
  const file = join(folder, 'patois.json')
  const tree = {
    issuer: origin,
    listen: { port },
    database: `sqlite:${path}`,
    scopes: SCOPES,
    resources: RESOURCES,
    clients: CLIENTS,
    users: USERS,
    log: { level: 'warn' },
    ...more,
  }
  writeFileSync(file, JSON.stringify(tree))
  const masterKey = randomBytes(32).toString('base64url')
  return { origin, url: (at) => origin + at, port, file, path, masterKey }
}

/** Two installations of one issuer on one database, at a port each. */
export const installNodes = async (
  folder: string,
  database: string,
  more: Record<string, unknown> = {},
): Promise<readonly [Installation, Installation]> => {
  const first = await install(folder, { ...more, database })
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const flags = ['--port', String(port)]
  return [first, { ...first, port, flags, origin, url: (at) => origin + at }]
}

/** Starts `patois serve`; `flags` come after the configuration's. */
export const serve = (
  { file, masterKey, flags: own = [], files, script, within = [], env = {} }: Installation,
  ...flags: string[]
): Served => {
  const started = start(['serve', '--config', file, ...own, ...flags], {
    cwd: dirname(file),
    within,
    ...(files !== undefined && { files }),
    ...(script !== undefined && { script }),
    env: { PATOIS_MASTER_KEY: masterKey, ...env },
  })
  const ready = started.until('Patois answers at ')
  // Whoever waits for the end instead does not wait for this.
  ready.catch(() => {})
  return { ...started, ready }
}
