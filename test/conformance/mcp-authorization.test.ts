// The authorization-server mode of the MCP conformance tool, as a process against a server of ours.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser, walkFrom } from '../door/browser.ts'
import { CLIENTS, RESOURCE } from '../door/fixtures.ts'
import { checkLog, lastRequest } from '../door/rules.ts'
import { freePort, startServer, type TestServer } from '../door/server.ts'

const TOOL = fileURLToPath(new URL('../../node_modules/.bin/conformance', import.meta.url))
const SECRET = 'mcp-secret-0123456789-0123456789-0123456789'
const CLIENT = {
  client_id: 'mcp',
  client_name: 'MCP conformance',
  redirect_uris: ['http://127.0.0.1/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'none',
  scope: 'openid offline_access api.read',
}

/** What the tool writes down of one check. */
type Check = { id: string; status: string; errorMessage?: string }

/** Runs the tool to its end, with a person at the browser that it asks for. */
const run = async (server: TestServer, ...more: string[]) => {
  const folder = mkdtempSync(join(tmpdir(), 'patois-mcp-'))
  const port = String(await freePort())
  const args = ['authorization', '--url', server.issuer, '--client-id', 'mcp', '--port', port]
  const tool = spawn(process.execPath, [TOOL, ...args, '--output-dir', folder, ...more], {
    cwd: folder,
  })
  const ended = once(tool, 'close')
  let printed = ''
  tool.stderr.setEncoding('utf8').on('data', (text) => {
    printed += text
  })
  for await (const line of createInterface({ input: tool.stdout })) {
    printed += `${line}\n`
    if (!line.startsWith(server.url('/authorize?'))) continue
    const { location } = await walkFrom(server, openBrowser(), line)
    if (!location?.startsWith(`http://127.0.0.1:${port}/callback?`)) tool.kill()
    else await fetch(location)
  }
  const [code] = await ended
  const checks = readdirSync(folder).flatMap((name) =>
    JSON.parse(readFileSync(join(folder, name, 'checks.json'), 'utf8')),
  ) as Check[]
  rmSync(folder, { recursive: true, force: true })
  return { code, printed, checks: Object.fromEntries(checks.map((one) => [one.id, one])) }
}

describe.each([
  ['at the root', ''],
  ['under a path', '/auth'],
])('an issuer %s', (_, path) => {
  let server: TestServer
  let result: Awaited<ReturnType<typeof run>>
  beforeAll(async () => {
    server = await startServer({ path, configuration: { clients: [...CLIENTS, CLIENT] } })
    result = await run(server, '--resource', RESOURCE)
  })
  afterAll(() => server.close())

  test('the tool ends well, with these checks and no others', () => {
    expect(result.code, result.printed).toBe(0)
    expect(Object.keys(result.checks).toSorted()).toEqual([
      'authorization-code-grant',
      'authorization-server-metadata',
      'authorization-server-metadata-cimd',
    ])
  })

  test('authorization-server-metadata', () => {
    expect(result.checks['authorization-server-metadata']).toMatchObject({ status: 'SUCCESS' })
  })

  test('authorization-code-grant', () => {
    expect(result.checks['authorization-code-grant']).toMatchObject({ status: 'SUCCESS' })
  })

  test('authorization-server-metadata-cimd warns: clients are registered, not fetched', () => {
    expect(result.checks['authorization-server-metadata-cimd']).toMatchObject({
      status: 'WARNING',
      errorMessage: expect.stringContaining('does not include'),
    })
  })

  test('what the server said meanwhile keeps the rules', () => checkLog(server))
})

test('with a secret the tool still sends none where a server also has public clients', async () => {
  const { token_endpoint_auth_method: _, ...rest } = CLIENT
  const clients = [...CLIENTS, { ...rest, client_secret: SECRET }]
  const server = await startServer({ configuration: { clients } })
  try {
    const { code, checks } = await run(server, '--client-secret', SECRET)
    expect(code).toBe(1)
    expect(checks['authorization-code-grant']).toMatchObject({
      status: 'FAILURE',
      errorMessage: 'Invalid status code: 401',
    })
    expect(lastRequest(server)).toMatchObject({ operation: 'token', reason: 'client_method_wrong' })
    checkLog(server, [SECRET])
  } finally {
    await server.close()
  }
})
