// The emulator's fixture in each test runner as people start it: a fresh server for every test, a
// port for every worker.

import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { build } from '../door/packed.ts'
import { ROOT } from '../door/page.ts'
import { bringRuntimes, JEST } from '../door/runtimes.ts'

const run = promisify(execFile)
/** Files of each runner, so that several workers have something to do. */
const FILES = 4
/** Below the ports that the system gives out by itself. */
const PORT = 20_000 + (process.pid % 10_000)

let folder: string
beforeAll(async () => {
  mkdirSync(join(ROOT, 'test-output'), { recursive: true })
  // Inside the repository, so that the package is found as in anybody's project.
  folder = mkdtempSync(join(ROOT, 'test-output/runners-'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  await build()
})
afterAll(() => rmSync(folder, { recursive: true }))

const fileOf = (imports: string, hooks: string, port: string) => `
import assert from 'node:assert/strict'
import { emulated, perWorker } from 'patois/testing'
${imports}

const patois = emulated(${hooks}, { port: ${port}, clients: ['app'] })

test('a token is good until its time is over', async () => {
  const { access_token } = await patois().tokens()
  const headers = { authorization: \`Bearer \${access_token}\` }
  const status = async () => (await patois().fetch(\`\${patois().issuer}/userinfo\`, { headers })).status
  assert.equal(await status(), 200)
  await patois().clock.advance('1h')
  assert.equal(await status(), 401)
})

test('nothing is left of the test before', () => {
  assert.equal(patois().journal.entries().length, 0)
  assert.equal(patois().clock.read().offsetSeconds, 0)
})
`

const write = (name: string, text: string): string => {
  const place = join(folder, name)
  mkdirSync(place)
  for (let file = 0; file < FILES; file++) writeFileSync(join(place, `${file}.test.mjs`), text)
  return place
}

const ended = async (program: string, line: string[], env: NodeJS.ProcessEnv = {}) => {
  // A runner inside a runner must not take itself for a worker of the outer one.
  const { VITEST, VITEST_POOL_ID, VITEST_WORKER_ID, TEST, NODE_OPTIONS, ...own } = process.env
  const plain = { NO_COLOR: '1', FORCE_COLOR: '0' }
  const options = { cwd: folder, env: { ...own, ...plain, ...env } }
  const { stdout, stderr } = await run(program, line, options)
  return stdout + stderr
}

const NAMES = ['beforeAll', 'afterAll', 'beforeEach']
const HOOKS = `{ ${NAMES.join(', ')} }`

test('vitest', async () => {
  const imports = `import { ${NAMES.join(', ')}, test } from 'vitest'`
  const place = write('vitest', fileOf(imports, HOOKS, `perWorker(${PORT})`))
  const line = ['run', '--root', place, '--maxWorkers', '2']
  expect(await ended('vitest', line)).toMatch(/Tests\D+8 passed/)
})

test('node:test', async () => {
  const imports = "import { after, before, beforeEach, test } from 'node:test'"
  const place = write('node', fileOf(imports, '{ before, after, beforeEach }', '0'))
  const files = Array.from({ length: FILES }, (_, file) => join(place, `${file}.test.mjs`))
  const said = await ended('node', ['--test', '--test-concurrency=2', ...files])
  expect(said).toMatch(/pass 8\n/)
})

test('jest', async (context) => {
  const without = await bringRuntimes()
  if (without !== undefined) return context.skip(without)
  const imports = `import { ${NAMES.join(', ')}, test } from '@jest/globals'`
  const place = write('jest', fileOf(imports, HOOKS, `perWorker(${PORT + 10})`))
  const settings = { testMatch: ['**/*.test.mjs'], transform: {}, testEnvironment: 'node' }
  const config = join(place, 'jest.config.json')
  writeFileSync(config, JSON.stringify({ ...settings, rootDir: place }))
  const env = { NODE_OPTIONS: '--experimental-vm-modules --no-warnings' }
  const said = await ended('node', [JEST, '--config', config, '--maxWorkers', '2'], env)
  expect(said).toMatch(/Tests: +8 passed, 8 total/)
}, 600_000)
