// Dialects out of files: read as the server reads them, every fault at once.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@patois/client'
import { readDialect, readDialectFile } from '@patois/client/dialect-file'
import { standard } from '@patois/core/dialects/standard'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Script, startScript } from '../door/script.ts'

const YAML = `# ours.yaml
name: ours
title: Ours
extends: standard
operations:
  token:
    answers:
      facts:
        access_token: json data.key
`

const folder = mkdtempSync(join(tmpdir(), 'patois-dialect-'))
let server: Script
beforeAll(async () => {
  server = await startScript()
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

const write = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

test('a JSON file is a dialect like any other', async () => {
  const { name: _, ...rest } = standard
  const path = write('ours.json', JSON.stringify({ name: 'ours', ...rest }))
  const dialect = await readDialectFile(path)
  server.play({ body: { access_token: 'at' } })
  const client = connect({ dialect, url: server.origin, clientId: 'c' })
  expect((await client.clientCredentials()).accessToken).toBe('at')
})

test('a YAML file too', async () => {
  const dialect = await readDialectFile(write('ours.yaml', YAML)).catch((error: Error) => error)
  if (dialect instanceof Error) throw dialect
  server.play({ body: { data: { key: 'at' } } })
  const client = connect({ dialect, url: server.origin, clientId: 'c' })
  expect((await client.clientCredentials()).accessToken).toBe('at')
})

test('every fault is told at once, with its place', async () => {
  const wrong = { ...standard, title: 7, operations: { token: { does: 'dance' } } }
  const path = write('wrong.json', JSON.stringify(wrong))
  const error = await readDialectFile(path).catch((thrown: Error) => thrown)
  expect(error).toBeInstanceOf(TypeError)
  expect(String(error)).toContain('wrong.json')
  expect(String(error)).toContain('title')
  expect(String(error)).toContain('operations.token')
  expect(() => readDialect({})).toThrow(TypeError)
  await expect(readDialectFile(join(folder, 'none.yaml'))).rejects.toThrow('ENOENT')
})
