// A CPU profile becomes rooms that add up, and a picture that tells nothing of the machine.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { icicleOf } from './documents/icicle.ts'
import { slicesOf } from './profile.ts'

const folder = mkdtempSync(join(tmpdir(), 'patois-profile-'))
afterAll(() => rmSync(folder, { recursive: true }))

const STORE = 'file:///home/me/patois/packages/server/dist/store/commit.js'
const frames = [
  ['(root)', ''],
  ['parserOnIncoming', 'node:_http_server'],
  ['commit', STORE],
  ['<run>', ''],
  ['(idle)', ''],
  ['require', 'node:internal/modules/cjs/loader'],
  ['main', STORE],
] as const
const CHILDREN = [[2, 5, 6], [3], [4], [], [], [7], []]

writeFileSync(
  join(folder, 'one.cpuprofile'),
  JSON.stringify({
    nodes: frames.map(([functionName, url], at) => ({
      id: at + 1,
      callFrame: { functionName, url, lineNumber: 9 },
      children: CHILDREN[at],
    })),
    samples: [2, 3, 4, 5, 7],
    timeDeltas: [10, 20, 70, 500, 300],
  }),
)
const slices = slicesOf(folder)

test('rooms share the time of requests: neither the start nor rest counts', () => {
  expect(slices.map(({ name, share }) => [name, share])).toEqual([
    ['Node: http and sockets', 0.1],
    ['the store, with SQLite', 0.9],
  ])
})

test('native code stands below the function that called it, in its room', () => {
  const [commit] = slices[1]?.parts ?? []
  expect([commit?.name, commit?.share]).toEqual(['commit', 0.9])
  expect(commit?.parts.map(({ name, share }) => [name, share])).toEqual([['<run>', 0.7]])
})

test('the picture names files of the repository, and escapes what it names', () => {
  const picture = icicleOf({ row: 'a row', servers: [{ name: 'x', microseconds: 50, slices }] })
  expect(picture).toContain('<title>commit (packages/server/dist/store/commit.js:10): 45.0 µs')
  expect(picture).toContain('&lt;run&gt;')
  expect(picture).not.toContain('/home/')
})
