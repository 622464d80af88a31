// Hooks: one server for a file of tests, as fresh for each of them as for the first.

import { type Emulated, emulate } from './emulate.ts'
import type { EmulateOptions } from './options.ts'

type Hook = (work: () => Promise<void>) => unknown

/** What a runner gives: vitest and jest have the longer names, node:test has the shorter ones. */
export type Hooks = ({ beforeAll: Hook; afterAll: Hook } | { before: Hook; after: Hook }) & {
  /** Without it one test sees what another left. */
  beforeEach?: Hook
}

/**
 * Starts a server before the tests, resets it before each, and closes it after them. Answers what
 * tests call to get at it.
 */
export function emulated(hooks: Hooks, options: EmulateOptions = {}): () => Emulated {
  let running: Emulated | undefined
  const get = (): Emulated => {
    if (!running) throw new Error('The emulator runs inside tests and their hooks only.')
    return running
  }
  const { before, after } = pairOf(hooks)
  before(async () => {
    running = await emulate(options)
  })
  hooks.beforeEach?.(() => get().reset())
  after(async () => {
    await running?.close()
    running = undefined
  })
  return get
}

function pairOf(hooks: Hooks): { before: Hook; after: Hook } {
  const given: Partial<Record<string, Hook>> = Object(hooks)
  const { before = given.beforeAll, after = given.afterAll } = given
  if (typeof before === 'function' && typeof after === 'function') return { before, after }
  throw new Error(HOOKS)
}

const HOOKS =
  'emulated takes the hooks of the runner first: { before, after, beforeEach }, or { beforeAll, afterAll, beforeEach }'
