// Processes that keep the same tokens in one store, each with a client of its own.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { StorePlace } from './open-tokens.ts'

const PROGRAM = fileURLToPath(new URL('keeper-process.ts', import.meta.url))

/** The exact point at which a process is to end itself. */
export type DeathPoint = 'before the request' | 'after the answer' | 'after the write'

/** What a process is asked for: its callers' tokens. */
export type KeeperOrder = {
  place: StorePlace
  name: string
  issuer: string
  clientId: string
  clientSecret: string
  secrets: string[]
  /** The time, in seconds. */
  now: number
  callers: number
  leaseMs?: number
  dieAt?: DeathPoint
}

/** What its callers got. */
export type KeeperAnswer = { tokens: string[]; errors: string[] }

/** A process that was started. */
export type KeeperProcess = {
  /** Throws when the process ends instead. */
  ask(order: KeeperOrder): Promise<KeeperAnswer>
  /** The signal that ended it, or its exit code. */
  ended: Promise<number | string>
  close(): Promise<void>
}

/** Starts a process; it waits for what it is asked. */
export const startKeeper = (): KeeperProcess => {
  const child: ChildProcess = fork(PROGRAM, {
    execArgv: ['--conditions=patois-source', '--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit').then(([code, signal]) => code ?? signal)
  return {
    ended,
    ask: (order) =>
      new Promise((resolve, reject) => {
        child.once('message', (answer) => resolve(answer as KeeperAnswer))
        ended.then((how) => reject(new Error(`the process ended: ${how}`)))
        child.send(order)
      }),
    close: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}
