// How the tests run: rules side by side, whatever goes through the door one file at a time.
import { defineConfig } from 'vitest/config'

// Promises that are tried as often as they were given take their time.
const patience = Number(process.env.PATOIS_FULL || 0) > 0 ? 3_600_000 : 60_000
const conditions = ['patois-source']
const sources = { resolve: { conditions }, ssr: { resolve: { conditions } } }

export default defineConfig({
  test: {
    reporters: ['default', './tools/reporter.ts'],
    projects: [
      {
        ...sources,
        test: {
          name: 'rules',
          include: [
            'packages/*/src/**/*.test.ts',
            'tools/**/*.test.ts',
            'bench/speed/**/*.test.ts',
          ],
          // By default a machine with two cores gets one worker.
          maxWorkers: '100%',
        },
      },
      {
        ...sources,
        test: {
          name: 'door',
          include: ['test/**/*.test.ts'],
          // Two load tests on two cores make each other late.
          fileParallelism: false,
          testTimeout: patience,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
