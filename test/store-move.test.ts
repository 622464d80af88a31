// Moves between stores, in one process: what is carried, and what is refused.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Store } from '@patois/core'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDigest } from '../packages/server/src/store/digest.ts'
import { openSide, openStore } from '../packages/server/src/store/index.ts'
import { type Compared, move } from '../packages/server/src/store/move.ts'
import { carriedTables } from '../packages/server/src/store/sqlite/tables.ts'
import { startPostgres, type TestPostgres, whyNoPostgres } from './door/postgres.ts'
import { code, grant, plan, session, user } from './store-contract.ts'

const issuer = 'https://id.example'

let folder: string
let postgres: TestPostgres
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'patois-store-move-'))
  if (!whyNoPostgres()) postgres = await startPostgres()
})
afterAll(async () => {
  await postgres?.close()
  rmSync(folder, { recursive: true, force: true })
})

let files = 0
const newFile = (): string => `sqlite:${join(folder, `${++files}.db`)}`
const fileOf = (url: string): string => url.slice('sqlite:'.length)

const withStore = async <T>(url: string, work: (store: Store) => Promise<T>, over = {}) => {
  const store = await openStore(url, { issuer, dev: false, ...over })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

/** A database with a row here and there, one of which no text of PostgreSQL can hold as it is. */
const filled = async (over = {}): Promise<string> => {
  const url = newFile()
  await withStore(
    url,
    async (store) => {
      const person = user(store, { username: 'zo\u00eb', claims: { note: 'a\0b\u0001c' } })
      const consent = grant(store, person.id)
      await store.commit(
        plan([
          { put: 'user', user: person },
          { put: 'session', session: session(store, person.id) },
          { put: 'grant', grant: { ...consent, userAgent: 'nul \0 and \u0001' } },
          { put: 'code', code: code(store, consent) },
          { end: 'jwt', jtiHash: new Uint8Array(32).fill(3), expiresAt: 9e9 },
          { end: 'grant', id: consent.id, at: 5, reason: 'revoked' },
        ]),
      )
    },
    over,
  )
  return url
}

const moved = async (source: string, target: string): Promise<Compared[]> => {
  const from = await openSide(source, 'source')
  try {
    const to = await openSide(target, 'target')
    try {
      return await move({ from, to, tables: carriedTables() }, () => {})
    } finally {
      await to.close()
    }
  } finally {
    await from.close()
  }
}

const rowsOf = (compared: readonly Compared[], name: string) =>
  compared.find(({ table }) => table === name)?.to.rows

test('two digests are the same for the same rows in any order, and for no others', () => {
  const value = fc.oneof(
    fc.constant(null),
    fc.integer(),
    fc.constantFrom('', 'n', 's1:a', 'd1', '1'),
    fc.uint8Array({ maxLength: 3 }),
  )
  const rows = fc.array(fc.tuple(value, value), { maxLength: 4 })
  const digestOf = (all: readonly (readonly (string | number | null | Uint8Array)[])[]): string => {
    const digest = openDigest()
    digest.add(all)
    return digest.text()
  }
  const plain = (all: readonly unknown[]): string[] =>
    all
      .map((row) =>
        JSON.stringify(row, (_, one) => (one instanceof Uint8Array ? { hex: [...one] } : one)),
      )
      .sort()
  fc.assert(
    fc.property(rows, rows, (one, other) => {
      expect(digestOf(one)).toBe(digestOf(one.toReversed()))
      const isSame = JSON.stringify(plain(one)) === JSON.stringify(plain(other))
      expect(digestOf(one) === digestOf(other)).toBe(isSame)
    }),
  )
})

describe.skipIf(whyNoPostgres())('a move', () => {
  test('knows every table of both databases, with all columns and the same key', async () => {
    const database = await postgres.newDatabase()
    await withStore(database, async () => {})
    const admin = new pg.Client(database)
    await admin.connect()
    const own = ['failures', 'leases', 'migrations', 'moves', 'receipts', 'sequence']
    const { rows } = await admin.query(`SELECT c.table_name AS name,
        json_agg(c.column_name ORDER BY c.ordinal_position) AS columns,
        json_agg(c.column_name ORDER BY k.ordinal_position) FILTER (WHERE k.column_name IS NOT NULL) AS key
      FROM information_schema.columns c LEFT JOIN information_schema.key_column_usage k
        ON k.table_name = c.table_name AND k.column_name = c.column_name
      WHERE c.table_schema = 'public' GROUP BY c.table_name ORDER BY c.table_name`)
    await admin.end()
    expect(rows.filter(({ name }) => !own.includes(name))).toEqual(carriedTables())
  })

  test('takes every row there and back, as it was', async () => {
    const source = await filled()
    const database = await postgres.newDatabase()
    const there = await moved(source, database)
    const back = newFile()
    expect((await moved(database, back)).map(({ to }) => to)).toEqual(there.map(({ from }) => from))
    for (const name of ['users', 'usernames', 'sessions', 'grants', 'codes', 'ended_jwts']) {
      expect([name, rowsOf(there, name)]).toEqual([name, 1])
    }
    const dumpOf = (url: string): unknown[] => {
      const opened = new DatabaseSync(fileOf(url), { readOnly: true })
      const rows = carriedTables().map(({ name }) => opened.prepare(`SELECT * FROM ${name}`).all())
      opened.close()
      return rows
    }
    expect(dumpOf(back)).toEqual(dumpOf(source))
  })

  test('goes on with ids that nobody has had', async () => {
    const [source, database] = [await filled(), await postgres.newDatabase()]
    const event = { at: 1, requestId: 'r', type: 't', decision: 'allowed', reason: 'x' } as const
    await withStore(source, (store) =>
      store.commit({ changes: [], events: Array.from({ length: 12_000 }, () => event) }),
    )
    await moved(source, database)
    const next = await withStore(database, async (store) => {
      await store.commit({ changes: [], events: [event] })
      return store.newId()
    })
    expect(next).toBeGreaterThan(12_000)
    const back = newFile()
    await moved(database, back)
    await withStore(back, async (store) => expect(store.newId()).toBeGreaterThan(next))
  })

  test('is refused where the target holds rows or belongs to somebody else', async () => {
    const [source, full] = [await filled(), await filled()]
    await expect(moved(source, full)).rejects.toThrow(
      /^sqlite:.* is not empty \(codes\): only an empty database can be filled\.$/,
    )
    const other = await postgres.newDatabase()
    await withStore(other, async () => {}, { dev: true })
    await expect(moved(source, other)).rejects.toThrow(
      /^The database postgres:.* belongs to another server \(https:\/\/id\.example, in dev mode\) than the one to be moved \(https:\/\/id\.example, outside dev mode\)/,
    )
    const empty = newFile()
    await withStore(empty, async () => {})
    expect(rowsOf(await moved(source, empty), 'users')).toBe(1)
  })

  test('is refused while a server uses either database, and finds one that came in between', async () => {
    const [source, database] = [await filled(), await postgres.newDatabase()]
    await withStore(database, async () => {
      const sentence =
        /^A server uses the database 127.*: stop every server first \(\d of them\)\.$/
      await expect(moved(source, database)).rejects.toThrow(sentence)
    })
    await withStore(source, async () => {
      await expect(moved(source, newFile())).rejects.toThrow('stop it first')
    })
    await moved(source, database)
    const from = await openSide(database, 'source')
    const to = await openSide(newFile(), 'target')
    await withStore(database, async () => {
      const work = move({ from, to, tables: carriedTables() }, () => {})
      await expect(work).rejects.toThrow(/^A server used the database 127.* meanwhile/)
    })
    await from.close()
    await to.close()
  })

  test('whose source has changed since it began is not ended', async () => {
    const [source, target] = [await filled(), newFile()]
    const from = await openSide(source, 'source')
    const to = await openSide(target, 'target')
    let rows = 0
    const dying = move({ from, to, tables: carriedTables() }, () => {
      if (++rows === 4) throw new Error('killed')
    })
    await expect(dying).rejects.toThrow('killed')
    await from.close()
    await to.close()
    const opening = withStore(target, async () => {})
    await expect(opening).rejects.toThrow(/^The database .* is being filled from sqlite:/)
    const database = new DatabaseSync(fileOf(source))
    database.exec('UPDATE codes SET wrong_verifiers = 1')
    database.close()
    await expect(moved(source, target)).rejects.toThrow(
      /has changed since the move began \(codes\)/,
    )
  })

  test('has connections enough, however few the URL allows', async () => {
    const [source, target] = [await filled(), `${await postgres.newDatabase()}?connections=1`]
    expect(rowsOf(await moved(source, target), 'users')).toBe(1)
    expect(rowsOf(await moved(target, newFile()), 'users')).toBe(1)
  })

  test('takes no empty database, and none of an older version', async () => {
    const source = await filled()
    const database = new DatabaseSync(fileOf(source))
    database.exec("DELETE FROM migrations WHERE name = '004-revisions'")
    database.close()
    await expect(moved(source, newFile())).rejects.toThrow(
      /^sqlite:.* is of an older version: start this version with it once/,
    )
    await expect(moved(newFile(), newFile())).rejects.toThrow(/^There is no database/)
    const bare = await postgres.newDatabase()
    await expect(moved(bare, newFile())).rejects.toThrow(
      /is no database of Patois, or an empty one/,
    )
  })
})
