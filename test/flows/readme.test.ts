// The README, line by line: what it tells a newcomer to copy does what it says.

import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { DIALECTS } from '@patois/core'
import { readConfiguration } from 'patois'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { paste, type Started, start } from '../door/cli.ts'
import { openPage, ROOT } from '../door/page.ts'
import { freePort } from '../door/server.ts'

const README = openPage('README.md')

let folder: string
let port: number
let secret: string
let running: Started
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'patois-readme-'))
  port = await freePort()
  running = start(['dev', '--port', String(port), '--database', 'sqlite:p.db'], { cwd: folder })
  await running.until('Ctrl+C stops the server.')
  secret = /secret +(\S+)/.exec(running.printed.out)?.[1] ?? ''
})
afterAll(async () => {
  await running.stop()
  rmSync(folder, { recursive: true })
})

const here = (text: string): string => text.replaceAll('127.0.0.1:9400', `127.0.0.1:${port}`)

test('the line for curl gets a token', async () => {
  const [line = ''] = README.code('sh').filter((block) => block.startsWith('curl '))
  const answer = await paste(here(line).replace('<printed secret>', secret))
  expect(answer).toMatchObject({ token_type: 'Bearer', expires_in: 3600 })
})

test('the lines for openid-client get a token', async () => {
  const [code = ''] = README.code('js')
  // Beside the tests, so that it finds the library where a project would.
  const file = join(ROOT, 'test-output', `readme-${port}.mjs`)
  mkdirSync(join(ROOT, 'test-output'), { recursive: true })
  writeFileSync(file, here(code))
  const env = { ...process.env, SECRET: secret }
  const { stdout } = await promisify(execFile)(process.execPath, [file], { env })
  rmSync(file)
  expect(stdout).toMatch(/^test_pa_\S+ 3600\n$/)
})

test('a file is shown before the command that reads it, and says what it is called', () => {
  const texts = README.blocks.map(({ text }) => text)
  const file = texts.findIndex((text) => text.startsWith('# patois.yaml'))
  expect(file).toBeGreaterThan(0)
  expect(texts.findIndex((text) => text.includes('--config patois.yaml'))).toBeGreaterThan(file)
  expect(README.prose).toContain('In a folder of its own')
})

test('what tests install is what the README says', () => {
  const tool = readFileSync(join(ROOT, 'tools/ready.mjs'), 'utf8')
  const programs = [...tool.matchAll(/^ {4}name: '([a-z]+)/gm)].map(([, name = '']) => name)
  const [sentence = ''] = /\(as root on Debian[^)]*\)/.exec(README.prose) ?? []
  expect(programs.length).toBeGreaterThan(3)
  for (const name of programs) expect(sentence.toLowerCase()).toContain(name)
})

test('the configuration is one that starts', () => {
  const [text = ''] = README.code('yaml')
  const hash = `$argon2id$v=19$m=19456,t=2,p=1$${'a'.repeat(22)}$${'b'.repeat(43)}`
  const env = { WEB_SECRET: 's'.repeat(40), ALICE_HASH: hash }
  const read = readConfiguration({ text, env, dev: false, dialects: DIALECTS })
  expect(read).toMatchObject({ ok: true })
})

test('is no longer than a page or two', () => {
  expect(README.text.split('\n').length).toBeLessThanOrEqual(120)
})
