// The real command line as a process: what it prints, how it ends, and what a shell gets from it.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const PATOIS = fileURLToPath(new URL('../../packages/server/bin/patois.mjs', import.meta.url))
const BIN = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url))
const PATH = `${BIN}${delimiter}${process.env.PATH}`

/** A command that was started. */
export type Started = {
  /** Of its process. */
  pid: number
  /** What it printed so far. */
  printed: { out: string; err: string }
  /** Resolves when the text was printed; throws when the command ends without it. */
  until(text: string): Promise<void>
  /** Sends a signal and answers how it ended. */
  stop(signal?: NodeJS.Signals): Promise<Ended>
  ended: Promise<Ended>
}

/** How a command ended; `code` is the signal when one killed it. */
export type Ended = { code: number | string; out: string; err: string }

/** Starts `patois`, or another script, with these arguments in a folder. */
export const start = (
  args: readonly string[],
  options: {
    cwd: string
    env?: NodeJS.ProcessEnv
    input?: string
    files?: number
    /** A command that becomes it in the end, in front of its own words. */
    within?: readonly string[]
    script?: string
    /** Which Node, where that is not the repository's. */
    program?: string
  },
): Started => {
  const {
    cwd,
    env = {},
    input = '',
    files,
    within = [],
    script = PATOIS,
    program = 'node',
  } = options
  const line = [...within, program, script, ...args]
  // Node takes as many files as it may have, so the limit must stand before it starts.
  if (files !== undefined) line.unshift('sh', '-c', `ulimit -n ${files} && exec "$@"`, 'sh')
  const [command = '', ...rest] = line
  const child = spawn(command, rest, { cwd, env: { PATH, ...env } })
  const printed = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => {
    printed.out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    printed.err += text
  })
  child.stdin.end(input)
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code ?? signal,
    ...printed,
  }))
  return {
    pid: child.pid ?? 0,
    printed,
    ended,
    until: (text) =>
      new Promise((resolve, reject) => {
        const look = () => printed.out.includes(text) && resolve()
        child.stdout.on('data', look)
        look()
        ended.then((how) => reject(new Error(`patois ended: ${JSON.stringify(how)}`)))
      }),
    stop: (signal = 'SIGTERM') => {
      child.kill(signal)
      return ended
    },
  }
}

/** Runs `patois` to its end. */
export const runToEnd = (...given: Parameters<typeof start>): Promise<Ended> =>
  start(...given).ended

/** Runs a line as a person pastes it into a shell, and reads the JSON that it prints. */
export const paste = async (line: string): Promise<Record<string, unknown>> => {
  const { stdout } = await promisify(execFile)('bash', ['-c', line])
  return JSON.parse(stdout) as Record<string, unknown>
}
