// The stories of examples/testing: each passes with our client, and fails as it is often written.

import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../door/page.ts'

const FOLDER = join(ROOT, 'examples/testing')
const STORIES = readdirSync(FOLDER).filter((name) => name.endsWith('.test.mjs'))
const CACHE = join(ROOT, 'node_modules/.cache/node')

const run = (story: string, client: string): Promise<{ passes: boolean; said: string }> =>
  new Promise((resolve) => {
    const line = ['--conditions=patois-source', '--test-reporter=tap', join(FOLDER, story)]
    const env = { ...process.env, CLIENT: client, NODE_COMPILE_CACHE: CACHE }
    execFile('node', line, { env }, (error, said) => resolve({ passes: error === null, said }))
  })

test.each(STORIES)('%s passes with our client, and fails as it is often written', async (story) => {
  const [careful, naive] = await Promise.all([run(story, 'patois'), run(story, 'naive')])
  expect(careful.said).not.toMatch(/^not ok/m)
  expect(careful.passes).toBe(true)
  // It is a story that fails, and not its file.
  expect(naive.said).toMatch(/^not ok/m)
  expect(naive.said).not.toMatch(/ReferenceError|SyntaxError: The requested|ERR_MODULE/)
})

test('every story has a row, with the thread that it comes after', () => {
  const readme = readFileSync(join(FOLDER, 'README.md'), 'utf8')
  for (const story of STORIES) {
    const [, thread = ''] = /After (\S+)\.\n/.exec(readFileSync(join(FOLDER, story), 'utf8')) ?? []
    const [row = ''] = readme.split('\n').filter((line) => line.includes(`](${story})`))
    expect([story, row]).toEqual([story, expect.stringContaining(`[${thread}]`)])
  }
})
