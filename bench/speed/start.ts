// Starts programs of the bench, each on a processor of its own where there are two.

import { type ChildProcess, type StdioOptions, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { tie } from '../../test/door/program.ts'

const STATUS = '/proc/self/status'

/** Which processors a program may use: what is measured has the first one, the load the second. */
export type Place = 'server' | 'load' | 'both'

// Of those that this process may use itself, which in a container are often not the first ones.
function ownProcessors(): number[] {
  if (!existsSync(STATUS)) return []
  const [, list = ''] = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync(STATUS, 'utf8')) ?? []
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, more) => first + more)
  })
}

const [first, second] = ownProcessors()

/** True where servers and load are kept apart. */
export const isPinned = second !== undefined && spawnSync('taskset', ['--version']).status === 0

const PROCESSORS: Readonly<Record<Place, string>> = {
  server: `${first}`,
  load: `${second}`,
  both: `${first},${second}`,
}

/** Moves a process, and those that it will start, to its place. */
export function pin(pid: number, place: Place): void {
  if (isPinned) spawnSync('taskset', ['-a', '-c', '-p', PROCESSORS[place], String(pid)])
}

/** Where and how a program is started. */
export type StartOptions = {
  place: Place
  cwd: string
  env?: Readonly<Record<string, string>>
  stdio: StdioOptions
  /** What is started; Node when nothing is said. */
  program?: string
}

/** Starts a program with these arguments. */
export function startProgram(args: readonly string[], options: StartOptions): ChildProcess {
  const { place, cwd, env, stdio, program = process.execPath } = options
  const line = [program, ...args]
  if (isPinned) line.unshift('taskset', '-c', PROCESSORS[place])
  const [command = '', ...rest] = line
  const child = spawn(command, rest, { cwd, stdio, env: { ...process.env, ...env } })
  // A bench that is cut short leaves no server behind.
  const untie = tie(child.pid)
  child.once('close', untie)
  return child
}

/** A server that answers. */
export type Running = { pid: number; startSeconds: number; close(): Promise<void> }

/** What a server is started with; `ready` is the text that it prints when it answers. */
export type ServerOptions = {
  folder: string
  ready: string
  place?: Place
  env?: Readonly<Record<string, string>>
  program?: string
}

/** Starts a server whose log goes to a file, as it does where it is run for others. */
export async function startServer(
  args: readonly string[],
  options: ServerOptions,
): Promise<Running> {
  const { folder, ready, place = 'server', env, program } = options
  const path = join(folder, 'log')
  const log = openSync(path, 'a')
  const before = performance.now()
  const child = startProgram(args, {
    place,
    cwd: folder,
    ...(env && { env }),
    ...(program !== undefined && { program }),
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  const said = () => readFileSync(path, 'utf8')
  while (!said().includes(ready)) {
    if (child.exitCode !== null) throw new Error(`${args.join(' ')} does not start: ${said()}`)
    await sleep(5)
  }
  return {
    pid: child.pid ?? 0,
    startSeconds: (performance.now() - before) / 1000,
    close: async () => {
      const ended = once(child, 'close')
      child.kill('SIGTERM')
      if (child.exitCode === null) await ended
    },
  }
}
