// The servers that every run compares: Patois as it is built, and the floor below it.

import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../packages/server/src/ports.ts'
import type { SeedSizes, Seeds } from './given.ts'
import { configurationFor } from './patois/configuration.ts'
import { type Place, type Running, startProgram, startServer } from './start.ts'

/** A server that is seeded and answers. */
export type Contestant = Running & {
  name: string
  port: number
  seeds: Seeds
  paths: Paths
  /** The rows that it takes part in, where it does not in all. */
  rows?: readonly string[]
}

/** Where its endpoints stand. */
export type Paths = {
  token: string
  introspect: string
  userinfo: string
  jwks: string
  discovery: string
}

const FLOOR = fileURLToPath(new URL('./floor/main.ts', import.meta.url))
const SEED = fileURLToPath(new URL('./patois/seed.ts', import.meta.url))
/** The command as it is published: a few files. */
const PUBLISHED = fileURLToPath(
  new URL('../../packages/server/dist/command/main.js', import.meta.url),
)
/** The same as its modules, in which a profile shows the rooms; they need not be bundled first. */
export const MODULES = fileURLToPath(
  new URL('../../packages/server/dist/cli/main.js', import.meta.url),
)

const PATHS: Paths = {
  token: '/token',
  introspect: '/introspect',
  userinfo: '/userinfo',
  jwks: '/jwks',
  discovery: '/.well-known/oauth-authorization-server',
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T
}

/** Starts the floor with a database in the folder. */
export async function startFloor(
  folder: string,
  sizes: SeedSizes,
  nodeFlags: readonly string[] = [],
): Promise<Contestant> {
  const seedFile = join(folder, 'seeds.json')
  const args = [
    FLOOR,
    join(folder, 'floor.db'),
    seedFile,
    String(sizes.families),
    String(sizes.codes),
  ]
  const running = await startServer([...nodeFlags, ...args], { folder, ready: 'ready\n' })
  const { port, seeds } = readJson<{ port: number; seeds: Seeds }>(seedFile)
  return { ...running, name: 'floor', port, seeds, paths: PATHS }
}

/** What is asked of a Patois besides the usual. */
export type PatoisOptions = {
  name?: string
  /** `sqlite:` and a file in the folder when nothing is said. */
  database?: string
  /** Merged over the configuration file. */
  configuration?: object
  /** The command, where that is not the published one. */
  command?: string
  /** Of the command `serve`. */
  flags?: readonly string[]
  /** A program in place of the command: it is told the configuration file and these arguments. */
  program?: { file: string; args: readonly string[] }
  /** How many spent refresh tokens lie in the database besides. */
  rows?: number
  place?: Place
  /** Of Node. */
  nodeFlags?: readonly string[]
}

/** Starts the built Patois on a database in the folder that was filled beforehand. */
export async function startPatois(
  folder: string,
  sizes: SeedSizes,
  options: PatoisOptions = {},
): Promise<Contestant> {
  const { name = 'Patois', flags = [], nodeFlags = [], rows = 0, place = 'server' } = options
  const port = await freePort('127.0.0.1')
  const database = options.database ?? `sqlite:${join(folder, 'patois.db')}`
  const file = join(folder, 'patois.json')
  const at = { port, metricsPort: await freePort('127.0.0.1'), database }
  writeFileSync(file, JSON.stringify(configurationFor(at, options.configuration)))
  const env = { PATOIS_MASTER_KEY: randomBytes(32).toString('base64url') }
  const seedFile = join(folder, 'seeds.json')
  const counts = [sizes.families, sizes.codes, rows].map(String)
  await runToEnd([SEED, file, seedFile, ...counts], folder, env)
  const serve = [options.command ?? PUBLISHED, 'serve', '--config', file, ...flags]
  const { program } = options
  const args = [...nodeFlags, ...(program ? [program.file, file, ...program.args] : serve)]
  const running = await startServer(args, { folder, ready: 'Patois answers at ', place, env })
  return { ...running, name, port, seeds: readJson<Seeds>(seedFile), paths: PATHS }
}

async function runToEnd(args: readonly string[], cwd: string, env: Record<string, string>) {
  const child = startProgram(args, {
    place: 'both',
    cwd,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await new Promise<void>((resolve, reject) => {
    child.on('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`${args[0]} failed`))
    })
  })
}
