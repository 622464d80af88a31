// Ports of test runners: one that belongs to each worker.

// Each runner numbers its workers from 1; node:test of Node 22 and 24 does not.
const NUMBERS = ['VITEST_POOL_ID', 'JEST_WORKER_ID', 'NODE_TEST_WORKER_ID']

/** The port of this worker: `first` for the first one, the next ones for the others. */
export function perWorker(first: number): number {
  const number = NUMBERS.map((name) => Number(process.env[name])).find((one) => one > 0) ?? 1
  return first + number - 1
}
