// How comparisons with peers run: one after the other, and never with the tests.
import { defineConfig } from 'vitest/config'

const conditions = ['patois-source']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
  },
})
