// Ports: a free one, or one that belongs to this worker of a test runner.

import { createServer } from 'node:net'

/** A port of loopback that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

// Each runner numbers its workers from 1; node:test of Node 22 and 24 does not.
const NUMBERS = ['VITEST_POOL_ID', 'JEST_WORKER_ID', 'NODE_TEST_WORKER_ID']

/** The port of this worker: `first` for the first one, the next ones for the others. */
export function perWorker(first: number): number {
  const number = NUMBERS.map((name) => Number(process.env[name])).find((one) => one > 0) ?? 1
  return first + number - 1
}
