// A PostgreSQL that lets nobody in: a host that says nothing, or a server that refuses every connection.

import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call } from '../door/browser.ts'
import { runToEnd } from '../door/cli.ts'
import { startPostgres, type TestPostgres, whyNoPostgres } from '../door/postgres.ts'
import { checkAnswer } from '../door/rules.ts'
import { startServer } from '../door/server.ts'

let postgres: TestPostgres
let silent: Silent[]
beforeAll(async () => {
  if (whyNoPostgres()) return
  postgres = await startPostgres()
  silent = [await startSilent(), await startSilent()]
})
afterAll(async () => {
  for (const one of silent ?? []) await one.close()
  await postgres?.close()
})

type Silent = { port: number; close(): Promise<void> }

/** What accepts whoever comes and says nothing, as a machine does that was switched off. */
const startSilent = async (): Promise<Silent> => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => void sockets.add(socket.on('error', () => {})))
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const behind = (url: string, ...ports: readonly number[]): string => {
  const hosts = [...ports, postgres.port].map((port) => `127.0.0.1:${port}`)
  return url.replace(`127.0.0.1:${postgres.port}`, hosts.join(','))
}

const administer = async (sql: string): Promise<void> => {
  const client = new pg.Client(`postgres://patois@127.0.0.1:${postgres.port}/postgres`)
  await client.connect()
  await client.query(sql)
  await client.end()
}

const mint = (server: Parameters<typeof call>[0]) =>
  call(server, '/token', 'rs', { grant_type: 'client_credentials' })

describe.skipIf(whyNoPostgres())('a first host that says nothing', () => {
  test('is passed by, whether a server starts or a command does', async () => {
    const url = behind(await postgres.newDatabase(), silent[0]?.port ?? 0)
    const server = await startServer({ database: url })
    checkAnswer(await mint(server), { status: 200 })
    await server.close()
    const args = ['revoke', '--issued-before', 'now', '--database', url]
    const revoked = await runToEnd(args, { cwd: '/' })
    expect(revoked).toMatchObject({ code: 0, err: '' })
  })

  test('is passed by, and a second one, too', async () => {
    const url = behind(await postgres.newDatabase(), ...silent.map(({ port }) => port))
    const server = await startServer({ database: url })
    checkAnswer(await mint(server), { status: 200 })
    await server.close()
  })
})

describe.skipIf(whyNoPostgres())('hosts of which one lacks the database', () => {
  test('are tried until one has it', async () => {
    const other = await startPostgres()
    const url = behind(await postgres.newDatabase(), other.port)
    const server = await startServer({ database: url })
    checkAnswer(await mint(server), { status: 200 })
    await server.close()
    await other.close()
  })
})

describe.skipIf(whyNoPostgres())('a database that lets its server in no more', () => {
  const rules = () => join(postgres.data, 'pg_hba.conf')
  const shuts: Readonly<Record<string, (name: string) => Promise<() => Promise<void>>>> = {
    'asks for a password': async (name) => {
      const before = readFileSync(rules(), 'utf8')
      writeFileSync(rules(), `host ${name} all all scram-sha-256\n${before}`)
      await administer('SELECT pg_reload_conf()')
      return async () => {
        writeFileSync(rules(), before)
        await administer('SELECT pg_reload_conf()')
      }
    },
    'takes no connections': async (name) => {
      await administer(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`)
      return () => administer(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`)
    },
    'is called otherwise': async (name) => {
      await administer(endSessions(name))
      await administer(`ALTER DATABASE ${name} RENAME TO other_name`)
      return () => administer(`ALTER DATABASE other_name RENAME TO ${name}`)
    },
  }
  const endSessions = (name: string): string =>
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`

  for (const [what, shut] of Object.entries(shuts)) {
    test(`${what}: callers are told to come later, and it goes on by itself`, async () => {
      const url = await postgres.newDatabase()
      const server = await startServer({ database: url })
      const name = new URL(url).pathname.slice(1)
      const open = await shut(name)
      await administer(endSessions(name))
      for (let nth = 0; nth < 3; nth++) checkAnswer(await mint(server), { status: 503 })
      await open()
      await expect.poll(async () => (await mint(server)).status).toBe(200)
      expect(server.log.join('')).not.toContain('"bug"')
      await server.close()
    })
  }
})
