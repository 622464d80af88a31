// A thread that checks passwords while nobody else wants its processor.

import { readlinkSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { basename } from 'node:path'
import { parentPort } from 'node:worker_threads'
import { verifySync } from '@node-rs/argon2'

/** A password, and the hash that may be its own. */
export type Check = { hash: string; password: string }

/** Whether it is, or why nobody can say. */
export type Checked = { right: boolean } | { error: unknown }

// Linux has a priority for each thread; elsewhere it is the whole process's, and stays as it is.
function yieldToOthers(): void {
  try {
    const thread = Number(basename(readlinkSync('/proc/thread-self')))
    setPriority(thread, constants.priority.PRIORITY_LOW)
  } catch {
    // It is checked all the same, only others feel it.
  }
}

function check({ hash, password }: Check): Checked {
  try {
    return { right: verifySync(hash, password) }
  } catch (error) {
    return { error }
  }
}

yieldToOthers()
parentPort?.on('message', (one: Check) => parentPort?.postMessage(check(one)))
