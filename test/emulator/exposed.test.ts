// Dev mode where others reach it: only when it is told to, under the name that its issuer says.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runToEnd, start } from '../door/cli.ts'
import { sendRaw } from '../door/raw.ts'
import { freePort, type TestServer } from '../door/server.ts'

let cwd: string
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'patois-exposed-'))
})
afterAll(() => rmSync(cwd, { recursive: true }))

test('it is reached by the name of its issuer, and by no other', async () => {
  const port = await freePort()
  const issuer = `http://patois:${port}`
  const flags = ['--exposed', 'true', '--host', '0.0.0.0', '--port', String(port)]
  const memory = ['--database', 'sqlite::memory:']
  const running = start(['dev', ...flags, '--issuer', issuer, ...memory], { cwd })
  await running.until('Ctrl+C stops the server.')
  const door = { url: (path: string) => `http://127.0.0.1:${port}${path}` } as TestServer
  const ask = async (host: string, path: string) =>
    (await sendRaw(door, path, { method: 'GET', headers: { host } })).status
  expect(await ask(`patois:${port}`, '/jwks')).toBe(200)
  expect(await ask(`patois:${port}`, '/dev/clock')).toBe(200)
  expect(await ask(`rebound.test:${port}`, '/jwks')).toBe(403)
  expect(await ask(`127.0.0.1:${port}`, '/dev/clock')).toBe(403)
  await running.stop()
})

test('it needs the name, and the switch', async () => {
  const host = ['--host', '0.0.0.0']
  const unnamed = await runToEnd(['dev', '--exposed', 'true', ...host], { cwd })
  expect(unnamed.err).toContain('issuer: is needed where others reach dev mode')
  const unforced = await runToEnd(['dev', ...host, '--issuer', 'http://patois:9400'], { cwd })
  expect(unforced.err).toContain('--issuer: must be https, or http on loopback')
  expect(unforced.err).toContain('listen.host: must be loopback in dev mode')
})

test('production has no such switch', async () => {
  const env = { PATOIS_MASTER_KEY: 'x'.repeat(32), PATOIS_EXPOSED: 'true' }
  const { code, err } = await runToEnd(['serve', '--issuer', 'https://id.example'], { cwd, env })
  expect([code, err]).toEqual([1, expect.stringContaining('listen.exposed: is for dev mode only')])
})
