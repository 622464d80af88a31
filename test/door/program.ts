// Programs that tests drive as processes of their own: found, started in a folder, ended with it.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A program that runs and answers at its port. */
export type RunningProgram = { port: number; close(): Promise<void> }

/** Where a program is; undefined when it is nowhere. Debian keeps what serves off some PATHs. */
export const findProgram = (name: string): string | undefined =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path))

/**
 * Ends a process when this one is gone, also when it was killed. What it answers is called when the
 * process has ended by itself.
 */
export const tie = (
  pid: number | undefined,
  signal: 'TERM' | 'QUIT' | 'KILL' = 'TERM',
): (() => void) => {
  // The pipe to its standard input closes with this process, whatever ends it.
  const line = `read -r _; kill -${signal} ${pid}`
  const watcher = spawn('sh', ['-c', line], { stdio: ['pipe', 'ignore', 'ignore'] })
  watcher.on('error', () => {})
  watcher.unref()
  return () => void watcher.kill('SIGKILL')
}

/** Starts a program that will answer at a port; its arguments may name its folder. */
export const startProgram = async (
  name: string,
  port: number,
  prepare: (folder: string) => string[],
): Promise<RunningProgram> => {
  const program = findProgram(name)
  if (!program) throw new Error(`There is no ${name}.`)
  const folder = mkdtempSync(join(tmpdir(), `patois-${name}-`))
  mkdirSync(join(folder, 'logs'))
  const args = prepare(folder)
  const home = { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
  const child = spawn(program, args, { env: { ...process.env, ...home } })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      said += text
    })
  }
  let isOver = false
  const untie = tie(child.pid)
  const ended = once(child, 'close').then(() => {
    untie()
    isOver = true
  })
  while (!(await answers(port))) {
    if (isOver) throw new Error(`${name} does not start: ${said}`)
    await sleep(20)
  }
  return {
    port,
    close: async () => {
      child.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const answers = async (port: number): Promise<boolean> => {
  const probe = connect(port, '127.0.0.1')
  try {
    await once(probe, 'connect')
    return true
  } catch {
    return false
  } finally {
    probe.destroy()
  }
}
