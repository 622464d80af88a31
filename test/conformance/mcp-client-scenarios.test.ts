// The client mode of the MCP conformance tool: every scenario of authorization, against our client.

import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest'
import { inBatches } from '../door/batches.ts'

const TOOL = fileURLToPath(new URL('../../node_modules/.bin/conformance', import.meta.url))
const ADAPTER = fileURLToPath(new URL('./mcp-client-adapter.ts', import.meta.url))
const COMMAND = `${process.execPath} --conditions=patois-source ${ADAPTER}`
const AT_ONCE = 4

/** What the tool writes down of one check. */
type Check = { id: string; status: string; description: string }

/** A scenario's end: what the tool printed, and its checks. */
type Result = { code: unknown; printed: string; checks: Check[] }

const folder = mkdtempSync(join(tmpdir(), 'patois-mcp-client-'))
const results = new Map<string, Result>()

const run = async (scenario: string): Promise<void> => {
  const to = join(folder, scenario.replace('/', '-'))
  const args = ['client', '--scenario', scenario, '--command', COMMAND, '--output-dir', to]
  const tool = spawn(process.execPath, [TOOL, ...args], { cwd: folder })
  let printed = ''
  for (const stream of [tool.stdout, tool.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      printed += text
    })
  }
  const code = await new Promise((done) => tool.on('close', done))
  const file = readdirSync(to, { recursive: true, encoding: 'utf8' }).find((path) =>
    path.endsWith('checks.json'),
  )
  const checks = JSON.parse(readFileSync(join(to, file ?? ''), 'utf8')) as Check[]
  results.set(scenario, { code, printed, checks })
}

let scenarios: string[] = []
beforeAll(async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [TOOL, 'list', '--client'])
  scenarios = [...stdout.matchAll(/- (auth\/\S+)/g)].map(([, name = '']) => name)
  await inBatches(scenarios.length, (index) => run(scenarios[index] ?? ''), AT_ONCE)
}, 240_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const passes = ({ task }: TestContext): void => {
  const { code, checks = [], printed = '' } = results.get(task.name) ?? {}
  const bad = checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
  expect(bad, printed).toEqual([])
  expect(code, printed).toBe(0)
  expect(checks.filter(({ status }) => status === 'SUCCESS').length, printed).toBeGreaterThan(0)
}

test('auth/metadata-default', passes)
test('auth/metadata-var1', passes)
test('auth/metadata-var2', passes)
test('auth/metadata-var3', passes)
test('auth/basic-cimd', passes)
test('auth/scope-from-www-authenticate', passes)
test('auth/scope-from-scopes-supported', passes)
test('auth/scope-omitted-when-undefined', passes)
test('auth/scope-step-up', passes)
test('auth/scope-retry-limit', passes)
test('auth/token-endpoint-auth-basic', passes)
test('auth/token-endpoint-auth-post', passes)
test('auth/token-endpoint-auth-none', passes)
test('auth/pre-registration', passes)
test('auth/2025-03-26-oauth-metadata-backcompat', passes)
test('auth/2025-03-26-oauth-endpoint-fallback', passes)
test('auth/resource-mismatch', passes)
test('auth/offline-access-scope', passes)
test('auth/offline-access-not-supported', passes)
test('auth/authorization-server-migration', passes)
test('auth/iss-supported', passes)
test('auth/iss-not-advertised', passes)
test('auth/iss-supported-missing', passes)
test('auth/iss-wrong-issuer', passes)
test('auth/iss-unexpected', passes)
test('auth/iss-normalized', passes)
test('auth/metadata-issuer-mismatch', passes)

// Extensions of the specification.
test('auth/client-credentials-jwt', passes)
test('auth/client-credentials-basic', passes)
test('auth/enterprise-managed-authorization', passes)
test('auth/dpop', passes)
test('auth/dpop-nonce', passes)
test('auth/wif-jwt-bearer', passes)

test('these are all the scenarios that the tool has', ({ task }) => {
  const names = task.file.tasks.map(({ name }) => name).filter((name) => name.startsWith('auth/'))
  expect(scenarios.toSorted()).toEqual(names.toSorted())
})
