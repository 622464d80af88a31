// The commands that carry databases: what they say when something is wrong, each in one sentence.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openStore } from 'patois'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runToEnd } from '../door/cli.ts'

let cwd: string
beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'patois-carry-'))
  writeFileSync(
    join(cwd, 'patois.yaml'),
    `
issuer: https://id.example
database: sqlite:./live.db
scopes: { api.read: Read }
clients:
  - client_id: web
    client_secret: \${env:NOT_SET}
    grant_types: [client_credentials]
`,
  )
  const live = await openStore(`sqlite:${join(cwd, 'live.db')}`, {
    issuer: 'https://id.example',
    dev: false,
  })
  await live.close()
})
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

const patois = (...args: string[]) => runToEnd(args, { cwd })
const fault = (err: string) => ({ code: 1, out: '', err })
const config = ['--config', 'patois.yaml']

describe('patois move', () => {
  test('says what is wrong with an address, and no password', async () => {
    expect(await patois('move', 'sqlite:./none.db', 'sqlite:./new.db')).toEqual(
      fault('There is no database ./none.db.\n'),
    )
    const scheme = await patois('move', 'sqlite:./live.db', 'mysql://root:geheim@db/x')
    expect(scheme).toEqual(
      fault(expect.stringMatching(/^No store has the scheme "mysql"/) as never),
    )
    const dead = await patois('move', 'sqlite:./live.db', 'postgres://u:geheim@127.0.0.1:9/x')
    expect(dead.err).toMatch(/^The database 127\.0\.0\.1:9\/x does not answer: .*ECONNREFUSED.*\n$/)
    expect(scheme.err + dead.err).not.toContain('geheim')
    const memory = await patois('move', 'sqlite:./live.db', 'sqlite::memory:')
    expect(memory).toEqual(fault('A database in memory cannot be carried anywhere.\n'))
  })

  test('makes no database where there is none to be moved', async () => {
    new DatabaseSync(join(cwd, 'empty.db')).close()
    const { code, err } = await patois('move', 'sqlite:./empty.db', 'sqlite:./fresh.db')
    expect([code, err]).toEqual([1, expect.stringMatching(/is no database of Patois, or an empty/)])
    expect(existsSync(join(cwd, 'fresh.db'))).toBe(false)
  })

  test('asks for both places', async () => {
    const { code, err } = await patois('move', 'sqlite:./live.db')
    expect([code, err.split('\n')[0]]).toEqual([1, "error: missing required argument 'to'"])
  })
})

describe('patois backup', () => {
  test('needs the database only: secrets that are not set are no fault', async () => {
    const made = await patois('backup', 'one.db', ...config)
    expect(made).toEqual({
      code: 0,
      out: expect.stringMatching(/^Backed up 2 rows into one\.db/),
      err: '',
    })
    const bad = await patois('backup', 'two.db', ...config, '--database', 'nowhere')
    expect(bad).toEqual(
      fault(expect.stringMatching(/^The configuration has one fault:\n {2}--database: /) as never),
    )
    const none = await patois('backup', 'two.db', '--config', 'none.yaml')
    expect(none.err).toBe(
      'The configuration has one fault:\n  none.yaml cannot be read: there is no such file\n',
    )
  })
})

describe('patois revoke', () => {
  test('takes a time with a zone that has come, and nobody whom it does not know', async () => {
    const revoke = (...args: string[]) => patois('revoke', ...config, ...args)
    const zone = await revoke('--issued-before', '2026-01-31T12:00:00')
    expect(zone.err).toMatch(/Write a time with its zone, like 2026-01-31T12:00:00Z, or now\./)
    const future = await revoke('--issued-before', '2999-01-31T12:00:00Z')
    expect(future).toEqual(
      fault(expect.stringMatching(/^--issued-before is in the future: /) as never),
    )
    const nobody = await revoke('--issued-before', 'now', '--user', 'nobody')
    expect(nobody).toEqual(fault(`sqlite:${join(cwd, 'live.db')} knows no user nobody.\n`))
    const past = await revoke('--issued-before', '2020-01-31T13:00:00+01:00')
    expect(past.out).toMatch(/^All that was issued before 2020-01-31T12:00:00Z has ended;/)
  })
})
