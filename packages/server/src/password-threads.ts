// The threads that check passwords: started with the first of them, ended when none comes any more.

import { once } from 'node:events'
import { extname } from 'node:path'
import type { Worker } from 'node:worker_threads'
import type { Check, Checked } from './password-thread.ts'

/** How long a thread waits for the next password before it gives its memory back. */
const IDLE_MS = 30_000

// Each has a heap of its own, in which next to nothing happens.
const LIMITS = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2 }

// Those of the process, as its pool is: many servers in one process do not each keep their own.
const idle: Worker[] = []
let ending: NodeJS.Timeout | undefined

/**
 * Checks a password in a thread that does nothing else; whoever calls says how many at once. Throws
 * when the hash is none.
 */
export async function checkInThread(check: Check): Promise<boolean> {
  const thread = idle.pop() ?? (await start())
  thread.ref()
  thread.postMessage(check)
  const [checked]: Checked[] = await once(thread, 'message')
  rest(thread)
  if (checked && 'right' in checked) return checked.right
  throw checked?.error
}

async function start(): Promise<Worker> {
  const { Worker } = await import('node:worker_threads')
  const file = new URL(`./password-thread${extname(import.meta.url)}`, import.meta.url)
  return new Worker(file, { resourceLimits: LIMITS })
}

// Nobody's end waits for a thread that has nothing to do.
function rest(thread: Worker): void {
  thread.unref()
  idle.push(thread)
  ending ??= setTimeout(endIdle, IDLE_MS).unref()
  ending.refresh()
}

function endIdle(): void {
  for (const thread of idle.splice(0)) void thread.terminate()
}
