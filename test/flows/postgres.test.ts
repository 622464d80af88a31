// The way into a PostgreSQL: what its URL may say, TLS and its faults, and a role with few rights.

import { chownSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Configuration, knownDialects, readConfiguration } from 'patois'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { examine } from '../../packages/server/src/cli/doctor/examine.ts'
import { openSide, openStore } from '../../packages/server/src/store/index.ts'
import { call } from '../door/browser.ts'
import { selfSigned } from '../door/certificate.ts'
import { runToEnd } from '../door/cli.ts'
import { startPostgres, type TestPostgres, whyNoPostgres } from '../door/postgres.ts'
import { checkAnswer } from '../door/rules.ts'
import { startServer } from '../door/server.ts'
import { startTcpProxy } from '../door/tcp.ts'

const issuer = 'https://id.example'
const KEY = 'a-master-key-of-thirty-two-characters'

let postgres: TestPostgres
beforeAll(async () => {
  if (!whyNoPostgres()) postgres = await startPostgres()
})
afterAll(() => postgres?.close())

const query = async (url: string, ...all: readonly string[]): Promise<unknown[]> => {
  const client = new pg.Client(url)
  await client.connect()
  try {
    const rows: unknown[] = []
    for (const sql of all) rows.push(...(await client.query(sql)).rows)
    return rows
  } finally {
    await client.end()
  }
}

/** Why a database cannot be opened; its own name is left out. */
const whyNot = (url: string): Promise<string> =>
  openStore(url, { issuer, dev: false }).then(
    async (store) => {
      await store.close()
      return 'opened'
    },
    ({ message }: Error) => message.replace(/^The database \S+ /, ''),
  )

/** What the doctor says of a database, without what is as it should be. */
const examined = async (database: string) => {
  const parts = { text: JSON.stringify({ issuer, database }), env: {}, dev: false }
  const read = readConfiguration({ ...parts, dialects: await knownDialects(parts) })
  const { configuration } = read as { configuration: Configuration }
  const findings = await examine({ file: undefined, configuration, masterKeys: [KEY] })
  return findings.filter(({ state }) => state !== 'good')
}

describe('a URL of PostgreSQL', () => {
  test('that says what nobody reads is refused, so that a slip leaves no TLS out', async () => {
    const at = 'postgres://u:geheim@127.0.0.1:1/x'
    for (const name of ['sslMode', 'channel_binding', 'connect_timeout', 'pool']) {
      const why = await whyNot(`${at}?${name}=verify-full`)
      expect(why).toMatch(`"${name}" in the database URL is not known: `)
      expect(why).toMatch(/sslmode/)
    }
    for (const value of ['bogus', 'prefer', 'allow', '', 'Verify-full']) {
      expect(await whyNot(`${at}?sslmode=${value}`)).toBe(
        '"sslmode" in the database URL must be disable, no-verify, require, verify-ca or verify-full.',
      )
    }
    expect(await whyNot(`${at}?sslmode=disable&sslmode=verify-full`)).toBe(
      '"sslmode" stands twice in the database URL.',
    )
  })
})

describe.skipIf(whyNoPostgres())('TLS', () => {
  let url: string
  const file = (name: string) => join(postgres.data, name)
  const secure = (query: string) => `${url.replace('127.0.0.1', 'localhost')}?${query}`
  beforeAll(async () => {
    url = await postgres.newDatabase()
    const { key, cert } = selfSigned('localhost')
    const { uid, gid } = statSync(postgres.data)
    for (const [name, text] of Object.entries({ 'server.key': key, 'server.crt': cert })) {
      writeFileSync(file(name), text, { mode: 0o600 })
      chownSync(file(name), uid, gid)
    }
    await query(url, 'ALTER SYSTEM SET ssl = on', 'SELECT pg_reload_conf()')
    // It reads its settings again when it gets to it.
    while ((await whyNot(secure('sslmode=no-verify'))) !== 'opened') await sleep(50)
  })

  test('is checked, and whoever cannot be trusted is named with a cure', async () => {
    expect(await whyNot(secure('sslmode=verify-full'))).toBe(
      'cannot be opened: self-signed certificate. Name the certificate of its authority in the URL, as sslrootcert.',
    )
    const known = `sslmode=verify-full&sslrootcert=${file('server.crt')}`
    expect(await whyNot(secure(known))).toBe('opened')
    expect(await whyNot(`${url}?${known}`)).toMatch(
      /^cannot be opened: Hostname\/IP does not match .* Name its host in the URL as the certificate does\.$/,
    )
    expect(await whyNot(secure('sslmode=verify-full&sslrootcert=/none.crt'))).toMatch(
      /^cannot be opened: ENOENT.*\/none\.crt.* Correct sslrootcert, sslcert or sslkey in the URL\.$/,
    )
    const [wrong] = await examined(secure('sslmode=verify-full'))
    expect(wrong).toMatchObject({
      says: expect.stringMatching(
        /^The database localhost:\S+ cannot be opened: self-signed certificate$/,
      ),
      fix: 'name the certificate of its authority in the URL, as sslrootcert',
    })
  })

  test('that is required is checked as well, without a word of the driver', async () => {
    for (const sslmode of ['require', 'verify-ca']) {
      const database = secure(`sslmode=${sslmode}`)
      const args = ['revoke', '--issued-before', 'now', '--database', database]
      const { code, err } = await runToEnd(args, { cwd: '/' })
      expect(code).toBe(1)
      expect(err).toMatch(/^The database \S+ cannot be opened: self-signed certificate\. .*\n$/)
    }
  })

  test('is missed by the doctor where the database is on another machine', async () => {
    // Linux leads it to this machine, and it is no address of loopback.
    const other = url.replace('127.0.0.1', '0.0.0.0')
    const plain = (await examined(other)).filter(({ says }) => says.includes('TLS'))
    expect(plain).toEqual([
      {
        about: 'PostgreSQL',
        state: 'warning',
        says: 'it is reached without TLS: whoever is between reads and changes everything',
        fix: 'add sslmode=verify-full to the database URL',
      },
    ])
    for (const one of [url, `${other}?sslmode=no-verify`]) {
      expect((await examined(one)).filter(({ says }) => says.includes('TLS'))).toEqual([])
    }
  })
})

describe.skipIf(whyNoPostgres())('a role that may make no tables', () => {
  test('serves a database that has them', async () => {
    const owner = await postgres.newDatabase()
    const first = await startServer({ database: owner })
    await first.close()
    await query(
      owner,
      'CREATE ROLE clerk LOGIN',
      'REVOKE CREATE ON SCHEMA public FROM PUBLIC',
      'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO clerk',
    )
    const clerk = owner.replace('patois@', 'clerk@')
    const { issuer, masterKey } = first
    const second = await startServer({ database: clerk, issuer, masterKey })
    const fields = { grant_type: 'client_credentials' }
    checkAnswer(await call(second, '/token', 'rs', fields), { status: 200 })
    await second.store.sweep(second.clock.now(), 10)
    await second.close()
    const fresh = await postgres.newDatabase()
    await query(fresh, 'REVOKE CREATE ON SCHEMA public FROM PUBLIC')
    expect(await whyNot(fresh.replace('patois@', 'clerk@'))).toMatch(
      /^cannot be opened: permission denied .* Let the user make tables there\.$/,
    )
  })
})

describe.skipIf(whyNoPostgres())('a database that knows not all settings of PostgreSQL', () => {
  test('is served all the same', async () => {
    const proxy = await startTcpProxy(postgres.port)
    proxy.change = ['enable_hashjoin', 'enable_hashjoim']
    const url = (await postgres.newDatabase()).replace(`:${postgres.port}`, `:${proxy.port}`)
    const server = await startServer({ database: url })
    const fields = { grant_type: 'client_credentials' }
    checkAnswer(await call(server, '/token', 'rs', fields), { status: 200 })
    expect(postgres.said()).toContain('"enable_hashjoim"')
    await server.close()
    await proxy.close()
  })
})

describe.skipIf(whyNoPostgres())('a database that goes away', () => {
  test('is named with the cause, whichever step of a command it leaves alone', async () => {
    const proxy = await startTcpProxy(postgres.port)
    const url = (await postgres.newDatabase()).replace(`:${postgres.port}`, `:${proxy.port}`)
    const first = await startServer({ database: url })
    await first.close()
    for (const how of ['beside', 'snapshot'] as const) {
      const side = await openSide(url, how)
      proxy.down()
      await expect(async () => side.ask('SELECT 1 FROM users')).rejects.toThrow(
        /^The database 127\.0\.0\.1:\d+\/\w+ does not answer: \S/,
      )
      proxy.up()
      await side.close()
    }
    await proxy.close()
  })
})
