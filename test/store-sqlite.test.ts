// The SQLite store: the contract of every store, and what only a file can get wrong.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { Unavailable } from '@patois/core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openStore } from '../packages/server/src/store/index.ts'
import { openSqlite, type SqliteStore } from '../packages/server/src/store/sqlite.ts'
import { type OpenedStore, plan, session, storeContract, user } from './store-contract.ts'

const issuer = 'https://id.example/auth'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'patois-store-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const open = (path = join(folder, 'patois.db'), dev = false): SqliteStore =>
  openSqlite({ path, issuer, dev })

const value = (database: DatabaseSync, pragma: string): unknown =>
  Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]

/** Fails when a page is damaged or a row refers to one that is gone. */
const checkWhole = (database: DatabaseSync): void => {
  expect(value(database, 'integrity_check')).toBe('ok')
  expect(database.prepare('PRAGMA foreign_key_check').all()).toEqual([])
}

storeContract('a SQLite file', async (): Promise<OpenedStore> => {
  const path = join(folder, 'contract.db')
  let store = open(path)
  return {
    store,
    reopen: async () => {
      store.close()
      store = open(path)
      return store
    },
    close: async () => {
      store.close()
      const database = new DatabaseSync(path)
      expect(value(database, 'integrity_check')).toBe('ok')
      database.close()
    },
  }
})

storeContract('SQLite in memory', async (): Promise<OpenedStore> => {
  let store = open(':memory:')
  return {
    store,
    // Memory has nothing to open again: the copy is what a restart would read from a disk.
    reopen: async () => {
      const copy = join(folder, 'copy.db')
      store.database.prepare('VACUUM INTO ?').run(copy)
      store.close()
      store = open(copy)
      return store
    },
    close: async () => store.close(),
  }
})

describe('a SQLite file on disk', () => {
  test('is written with a log and waits for the disk', () => {
    const store = open()
    expect(value(store.database, 'journal_mode')).toBe('wal')
    expect(value(store.database, 'synchronous')).toBe(2)
    expect(value(store.database, 'busy_timeout')).toBe(5000)
    store.close()
  })

  test('and its folder, log and lock are for the owner only', async () => {
    const path = join(folder, 'a', 'b', 'patois.db')
    const store = open(path)
    await store.commit(plan([{ put: 'user', user: user(store) }]))
    const mode = (file: string) => statSync(file).mode & 0o777
    for (const end of ['', '-wal', '-shm', '.lock']) expect(mode(path + end)).toBe(0o600)
    expect(mode(join(folder, 'a'))).toBe(0o700)
    expect(mode(join(folder, 'a', 'b'))).toBe(0o700)
    store.close()
    expect(existsSync(`${path}-wal`)).toBe(false)
  })

  test('belongs to one issuer', () => {
    open().close()
    const path = join(folder, 'patois.db')
    const other = 'https://other.example'
    expect(() => openSqlite({ path, issuer: other, dev: false })).toThrow(
      `The database ${path} belongs to the issuer ${issuer}, but this server's issuer is ${other}`,
    )
    open().close()
  })

  test('of dev mode is refused outside it, and the reverse', () => {
    const made = join(folder, 'dev.db')
    open(made, true).close()
    expect(() => open(made, false)).toThrow('was made in dev mode, but this server runs outside')
    open(made, true).close()
    open().close()
    expect(() => open(undefined, true)).toThrow('was made outside dev mode, but this server runs')
  })

  test('gives a lease to the next server at once, for the last one is gone', async () => {
    const lease = { what: 'lease', name: 'start', holder: 'first', at: 1, until: 99 } as const
    const store = open()
    expect(await store.commit(plan([], lease))).toBe(true)
    store.close()
    const next = open()
    expect(await next.commit(plan([], { ...lease, holder: 'second' }))).toBe(true)
    next.close()
  })

  test('of a newer program is refused', () => {
    const store = open()
    store.database.exec("INSERT INTO migrations (name) VALUES ('999-later')")
    store.close()
    expect(() => open()).toThrow('"999-later", which this version of Patois does not know')
  })

  test('that is no database is refused and stays free', () => {
    const path = join(folder, 'notes.db')
    const notes = 'Not a database, but something that somebody wrote.\n'.repeat(100)
    writeFileSync(path, notes)
    expect(() => open(path)).toThrow(
      `The database ${path} cannot be opened: it is another kind of file.`,
    )
    expect(readFileSync(path, 'utf8')).toBe(notes)
    rmSync(path)
    open(path).close()
  })

  test('may be read and copied by others while a server runs', async () => {
    const store = open()
    await store.commit(plan([{ put: 'user', user: user(store) }]))
    const reader = new DatabaseSync(join(folder, 'patois.db'), { readOnly: true })
    expect(reader.prepare('SELECT count(*) AS n FROM users').get()).toEqual({ n: 1 })
    reader.close()
    store.close()
  })

  test('keeps the rows of another issuer out of sight', async () => {
    const store = open()
    const person = user(store)
    const given = session(store, person.id)
    await store.commit(
      plan([
        { put: 'user', user: person },
        { put: 'session', session: given },
      ]),
    )
    const { database } = store
    database.exec(`INSERT INTO issuers (id, url, mode) VALUES (2, 'https://b', 'production')`)
    for (const table of ['users', 'usernames', 'sessions']) {
      database.exec(`UPDATE ${table} SET issuer = 2`)
    }
    expect(await store.findUser(person.id)).toBeUndefined()
    expect(await store.findUserByName(person.username)).toBeUndefined()
    expect(await store.findSession(given.id)).toBeUndefined()
    expect(await store.listUsers()).toEqual([])
    await store.commit(plan([{ end: 'session', id: given.id, at: 1 }]))
    expect(await store.sweep(2 ** 40, 100)).toEqual({ rows: 0 })
    const row = database.prepare('SELECT ended_at FROM sessions').get()
    expect(row).toEqual({ ended_at: null })
    store.close()
  })

  test('refuses writes beyond its queue and keeps the others', async () => {
    const store = open()
    const person = user(store)
    await store.commit(plan([{ put: 'user', user: person }]))
    const answers = await Promise.allSettled(
      Array.from({ length: 10_002 }, () => store.commit(plan([]))),
    )
    const refused = answers.filter((answer) => answer.status === 'rejected')
    expect(refused).toHaveLength(2)
    expect(refused.every(({ reason }) => reason instanceof Unavailable)).toBe(true)
    expect(await store.commit(plan([]))).toBe(true)
    store.close()
  })

  test('writes what still waits before it closes', async () => {
    const store = open()
    const person = user(store)
    const kept = store.commit(plan([{ put: 'user', user: person }]))
    store.close()
    expect(await kept).toBe(true)
    const again = open()
    expect(await again.findUser(person.id)).toEqual(person)
    again.close()
  })
})

describe('a full disk', () => {
  test('makes writes unavailable, not reads, and is forgotten when it is free again', async () => {
    const store = open()
    const person = user(store)
    await store.commit(plan([{ put: 'user', user: person }]))
    const { database } = store
    database.exec(`PRAGMA max_page_count = ${value(database, 'page_count')}`)
    const big = () => user(store, { claims: { text: 'x'.repeat(20_000) } })
    const attempts = await Promise.allSettled([
      store.commit(plan([{ put: 'user', user: user(store) }])),
      store.commit(plan([{ put: 'user', user: big() }])),
      store.commit(plan([{ put: 'user', user: user(store) }])),
    ])
    for (const attempt of attempts) {
      expect(attempt).toMatchObject({ status: 'rejected', reason: expect.any(Unavailable) })
    }
    expect(await store.listUsers()).toEqual([person])
    expect(database.isTransaction).toBe(false)
    database.exec('PRAGMA max_page_count = 1000000')
    const after = big()
    expect(await store.commit(plan([{ put: 'user', user: after }]))).toBe(true)
    expect(await store.listUsers()).toEqual([person, after])
    checkWhole(database)
    store.close()
  })
})

/** A server in a process of its own; `lines` is what it prints. */
const startServer = (path: string, body: string) => {
  const source = fileURLToPath(new URL('../packages/server/src/store/sqlite.ts', import.meta.url))
  const program = `
    const { openSqlite } = await import(${JSON.stringify(source)})
    const store = openSqlite({ path: ${JSON.stringify(path)}, issuer: '${issuer}', dev: false })
    ${body}`
  const flags = ['--conditions=patois-source', '--input-type=module', '--eval', program]
  const server = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] })
  return { server, lines: createInterface({ input: server.stdout }) }
}

// Sign-ins without end: each plan is a user and two rows that refer to it, said when it is kept.
const signUps = `
  for (let round = 0; ; round++) {
    await Promise.all(Array.from({ length: 1 + round % 40 }, async () => {
      const id = store.newId()
      const session = { id: store.newId(), hash: new Uint8Array(32), sid: 's', userId: id,
        authenticatedAt: 1, expiresAt: 2 }
      const grant = { id: store.newId(), origin: 'consent', userId: id, clientId: 'c', scope: [], resources: [],
        createdAt: 1 }
      await store.commit({ events: [], changes: [
        { put: 'user', user: { id, sub: 's' + id, username: 'u' + id, owner: 'file', claims: {},
          tokensFrom: 0 } },
        { put: 'session', session }, { put: 'grant', grant } ] })
      console.log(id, session.id, grant.id)
    }))
  }`

const killAfter = async (path: string, acknowledged: number): Promise<number[][]> => {
  const { server, lines } = startServer(path, signUps)
  const rows: number[][] = []
  for await (const line of lines) {
    rows.push(line.split(' ').map(Number))
    if (rows.length === acknowledged) server.kill('SIGKILL')
  }
  return rows
}

describe('kill -9', () => {
  test('loses nothing that was acknowledged and repeats no id, five times over', async () => {
    const path = join(folder, 'killed.db')
    const seen = new Set<number>()
    const known: number[][] = []
    for (let round = 0; round < 5; round++) {
      const rows = await killAfter(path, 150 + round * 333)
      known.push(...rows)
      for (const id of rows.flat()) {
        expect(seen.has(id)).toBe(false)
        seen.add(id)
      }
      const store = open(path)
      for (const [userId = 0, sessionId = 0] of known) {
        const found = await store.findSession(sessionId)
        expect(found?.user.id).toBe(userId)
        expect(await store.findGrants(userId, 'c')).toHaveLength(1)
      }
      expect(seen.has(store.newId())).toBe(false)
      checkWhole(store.database)
      const counts = store.database
        .prepare('SELECT (SELECT count(*) FROM users) AS u, (SELECT count(*) FROM grants) AS g')
        .get()
      expect(counts?.u).toBe(counts?.g)
      store.close()
    }
    expect(known.length).toBeGreaterThanOrEqual(4000)
  })

  test('frees the file: a second server is refused before and starts at once after', async () => {
    const path = join(folder, 'locked.db')
    const { server, lines } = startServer(path, `console.log('open'); setInterval(() => {}, 1000)`)
    await once(lines, 'line')
    expect(() => open(path)).toThrow(`Another server already uses the database ${path}: stop it`)
    const alias = join(folder, 'alias.db')
    symlinkSync(path, alias)
    expect(() => open(alias)).toThrow('Another server already uses the database')
    server.kill('SIGKILL')
    await once(server, 'exit')
    open(path).close()
  })

  test('is not needed: a server of the same process is refused, too', () => {
    const store = open()
    expect(() => open()).toThrow('Another server already uses the database')
    store.close()
    open().close()
  })
})

describe('the URL of a store', () => {
  const options = { issuer, dev: true }

  test('opens a file or memory', async () => {
    const file = await openStore(`sqlite:${join(folder, 'new', 'x.db')}`, options)
    expect(file.newId()).toBe(1)
    await file.close()
    expect(existsSync(join(folder, 'new', 'x.db'))).toBe(true)
    const memory = await openStore('sqlite::memory:', options)
    expect(memory.newId()).toBe(1)
    await memory.close()
    expect(existsSync(':memory:')).toBe(false)
  })

  test('of an unknown kind is refused with the known ones', async () => {
    const known = '(known: sqlite, postgres, postgresql)'
    await expect(openStore('mysql://root:secret@db', options)).rejects.toThrow(
      `No store has the scheme "mysql" ${known}`,
    )
    await expect(openStore('./patois.db', options)).rejects.toThrow(known)
    await expect(openStore('toString:x', options)).rejects.toThrow(known)
    await expect(openStore('mysql://root:secret@db', options)).rejects.not.toThrow('secret')
  })

  test('without a place is refused', async () => {
    await expect(openStore('sqlite:', options)).rejects.toThrow('does not say where')
  })
})
