// The client: what a call costs the program that makes it, in each library.

import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ClientCost } from '../results.ts'
import { startProgram } from '../start.ts'
import type { Bench } from './bench.ts'

const STUB = fileURLToPath(new URL('../client/stub.ts', import.meta.url))
const CLIENT = fileURLToPath(new URL('../client/main.ts', import.meta.url))

/** Measures calls in a process of their own, to a server that costs nothing. */
export async function measureClient({ folder, say }: Bench): Promise<ClientCost[]> {
  const cwd = folder('client')
  const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const
  const stub = startProgram([STUB], { place: 'load', cwd, stdio: [...stdio] })
  try {
    const [{ port }] = (await once(stub, 'message')) as [{ port: number }]
    const args = [CLIENT, `http://127.0.0.1:${port}`]
    const client = startProgram(args, { place: 'server', cwd, stdio: [...stdio] })
    const [costs] = (await once(client, 'message')) as [ClientCost[]]
    for (const { name, microseconds } of costs)
      say(`${name.padEnd(32)} ${microseconds.toFixed(1)} µs`)
    return costs
  } finally {
    stub.kill()
  }
}
