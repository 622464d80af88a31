// Backups and what is put back, in one process: what is kept, and what is refused.

import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Store } from '@patois/core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkDatabase } from '../packages/server/src/cli/doctor/database.ts'
import { backup, restore } from '../packages/server/src/store/backup.ts'
import { openStore } from '../packages/server/src/store/index.ts'
import { lookAt } from '../packages/server/src/store/look.ts'
import { startPostgres, whyNoPostgres } from './door/postgres.ts'
import { checkWhole, look } from './door/sqlite.ts'
import { plan, user } from './store-contract.ts'

const issuer = 'https://id.example'
const now = 1_800_000_000

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'patois-store-backup-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const at = (name: string): string => join(folder, name)

const withStore = async <T>(url: string, work: (store: Store) => Promise<T>, over = {}) => {
  const store = await openStore(url, { issuer, dev: false, ...over })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

const addUser = (store: Store, username: string) =>
  store.commit(plan([{ put: 'user', user: user(store, { username }) }]))

const namesOf = (url: string, over = {}): Promise<string[]> =>
  withStore(url, async (store) => (await store.listUsers()).map(({ username }) => username), over)

const parts = (database: string, name: string, overwrite = false) => ({
  database,
  file: at(name),
  now,
  overwrite,
  progress: () => {},
})

/** A database with one user, and a backup of it. */
const backedUp = async (over = {}): Promise<string> => {
  const url = `sqlite:${at('live.db')}`
  await withStore(url, (store) => addUser(store, 'before'), over)
  await backup(parts(url, 'copy.db'))
  return url
}

describe('a backup', () => {
  test('is one file, of its owner only, and leaves nothing else behind', async () => {
    await backedUp()
    expect(readdirSync(folder).sort()).toEqual(['copy.db', 'live.db', 'live.db.lock'])
    expect(statSync(at('copy.db')).mode & 0o777).toBe(0o600)
    look(at('copy.db'), (database) => {
      checkWhole(database)
      const events = database.prepare('SELECT at, type, reason FROM events').all()
      expect(events).toEqual([{ at: now, type: 'backup_made', reason: 'operator' }])
    })
  })

  test('makes no folder: the disk for it may not be mounted', async () => {
    const url = await backedUp()
    const missing = backup(parts(url, 'disk/copy.db'))
    await expect(missing).rejects.toThrow(`There is no folder ${at('disk')}: mount it, or make it.`)
    expect(existsSync(at('disk'))).toBe(false)
  })

  test('takes no name that is taken, and never that of the database', async () => {
    const url = await backedUp()
    await expect(backup(parts(url, 'copy.db'))).rejects.toThrow('copy.db is there already')
    const itself = backup(parts(url, 'live.db', true))
    await expect(itself).rejects.toThrow('live.db is the database itself')
    expect(await namesOf(url)).toEqual(['before'])
    await expect(backup(parts('sqlite::memory:', 'm.db'))).rejects.toThrow('in memory')
    await expect(backup(parts(`sqlite:${at('no.db')}`, 'n.db'))).rejects.toThrow(
      'There is no database',
    )
    writeFileSync(at('empty.db'), '')
    const empty = backup(parts(`sqlite:${at('empty.db')}`, 'e.db'))
    await expect(empty).rejects.toThrow('empty.db is no database of Patois')
    await backup(parts(url, 'copy.db', true))
  })

  test('stays of the version that it was made of', async () => {
    const url = await backedUp()
    const live = new DatabaseSync(at('live.db'))
    live.exec("DELETE FROM migrations WHERE name = '004-revisions'; DROP TABLE revisions")
    live.close()
    await backup(parts(url, 'older.db'))
    const last = 'SELECT name FROM migrations ORDER BY id DESC LIMIT 1'
    look(at('older.db'), (database) => {
      expect(database.prepare(last).get()).toEqual({ name: '003-moves' })
    })
    await restore(parts(`sqlite:${at('new.db')}`, 'older.db'))
    expect(await namesOf(`sqlite:${at('new.db')}`)).toEqual(['before'])
  })
})

describe('what is put back', () => {
  test('is what there was, and the database of before is kept', async () => {
    const url = await backedUp()
    const late = await withStore(url, async (store) => {
      await addUser(store, 'after')
      return store.newId()
    })
    await expect(restore(parts(url, 'copy.db'))).rejects.toThrow('is not empty: --overwrite')
    const { former = '' } = await restore(parts(url, 'copy.db', true))
    expect(await namesOf(url)).toEqual(['before'])
    expect(await namesOf(`sqlite:${former}`)).toEqual(['before', 'after'])
    expect(basename(former)).toBe('live.db.20270115T080000Z')
    // Somebody may hold a token with an id of after the backup.
    await withStore(url, async (store) => expect(store.newId()).toBeGreaterThan(late + 2 ** 31))
    const types = await withStore(url, async (store) =>
      (await store.listEvents(9)).map(({ type }) => type),
    )
    expect(types).toEqual(['backup_restored', 'backup_made'])
  })

  test('takes the place of one that is damaged, and of none that somebody else has', async () => {
    const url = await backedUp()
    const other = `sqlite:${at('other.db')}`
    await withStore(other, (store) => addUser(store, 'x'), { issuer: 'https://other.example' })
    const wrong = restore(parts(other, 'copy.db', true))
    await expect(wrong).rejects.toThrow(/other\.db belongs to another server \(https:\/\/other/)
    writeFileSync(at('live.db'), Buffer.alloc(50_000, 'x'))
    await restore(parts(url, 'copy.db', true))
    expect(await namesOf(url)).toEqual(['before'])
  })

  test('is whole, or nothing happens', async () => {
    const url = await backedUp()
    copyFileSync(at('copy.db'), at('bad.db'))
    const bad = new DatabaseSync(at('bad.db'))
    const { rootpage } = bad
      .prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'users'")
      .get() as { rootpage: number }
    const { page_size } = bad.prepare('PRAGMA page_size').get() as { page_size: number }
    bad.close()
    const { open } = await import('node:fs/promises')
    const file = await open(at('bad.db'), 'r+')
    await file.write(Buffer.alloc(200, 0xee), 0, 200, (rootpage - 1) * page_size)
    await file.close()
    await expect(restore(parts(url, 'bad.db', true))).rejects.toThrow(
      /bad\.db (is|cannot .*) damaged/,
    )
    writeFileSync(at('text.db'), 'no database at all, and longer than a header is'.repeat(100))
    await expect(restore(parts(url, 'text.db', true))).rejects.toThrow(
      /text\.db cannot be opened: it is another kind of file/,
    )
    const foreign = new DatabaseSync(at('foreign.db'))
    foreign.exec('CREATE TABLE x (y)')
    foreign.close()
    await expect(restore(parts(url, 'foreign.db', true))).rejects.toThrow(/is no backup of Patois/)
    await expect(restore(parts(url, 'none.db', true))).rejects.toThrow(/^There is no backup/)
    expect(await namesOf(url)).toEqual(['before'])
    expect(readdirSync(folder).filter((name) => name.includes('part'))).toEqual([])
  })

  test('goes where there is nothing yet, with its folder', async () => {
    await backedUp()
    const url = `sqlite:${at('new/place.db')}`
    expect(await restore(parts(url, 'copy.db'))).not.toHaveProperty('former')
    expect(await namesOf(url)).toEqual(['before'])
    expect(statSync(at('new/place.db')).mode & 0o777).toBe(0o600)
    expect(existsSync(':memory:')).toBe(false)
    await expect(restore(parts('sqlite::memory:', 'copy.db'))).rejects.toThrow('in memory')
  })

  test.skipIf(whyNoPostgres())('goes to PostgreSQL, and comes from there', async () => {
    await backedUp({ dev: true })
    const postgres = await startPostgres()
    try {
      const url = await postgres.newDatabase()
      await restore(parts(url, 'copy.db'))
      await withStore(url, (store) => addUser(store, 'after'), { dev: true })
      await expect(restore(parts(url, 'copy.db'))).rejects.toThrow('is not empty: --overwrite')
      const cut = restore({
        ...parts(url, 'copy.db', true),
        progress: () => {
          // Whoever is killed from here on leaves no copy behind.
          expect(readdirSync(folder).filter((name) => name.includes('restor'))).toEqual([])
          throw new Error('cut off')
        },
      })
      await expect(cut).rejects.toThrow('cut off')
      const from = `is being filled from the backup ${at('copy.db')}`
      await expect(withStore(url, async () => {}, { dev: true })).rejects.toThrow(
        `${from}: let "patois restore" end first, or run it again with --overwrite.`,
      )
      const [found] = checkDatabase(await lookAt(url), {
        issuer,
        database: url,
        workers: 1,
      } as never)
      expect(found).toMatchObject({ state: 'fault', says: expect.stringMatching(from) })
      await restore(parts(url, 'copy.db', true))
      expect((await lookAt(url)).filling).toBeUndefined()
      await withStore(url, (store) => addUser(store, 'after'), { dev: true })
      await backup(parts(url, 'second.db'))
      await restore(parts(url, 'copy.db', true))
      expect(await namesOf(url, { dev: true })).toEqual(['before'])
      await restore(parts(`sqlite:${at('back.db')}`, 'second.db'))
      expect(await namesOf(`sqlite:${at('back.db')}`, { dev: true })).toEqual(['before', 'after'])
    } finally {
      await postgres.close()
    }
  })
})
