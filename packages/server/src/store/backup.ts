// Backups: one SQLite file of whatever database, made beside its servers, and put back in place.

import { accessSync, constants, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { commandEvent, putEvent } from './event.ts'
import { openSide } from './index.ts'
import { backupPlace, checkSameMark, issuerId, marks } from './mark.ts'
import { firstFull, move, type Progress } from './move.ts'
import type { Row } from './rows.ts'
import type { Asked, Side } from './side.ts'
import {
  checkWhole,
  copyPrivately,
  copyWhole,
  holdPlace,
  place,
  removeFile,
} from './sqlite/backup.ts'
import { createPrivateFile } from './sqlite/private-file.ts'
import { openSqliteSide } from './sqlite/side.ts'
import { carriedTables } from './sqlite/tables.ts'

/** A backup to be made or put back; `overwrite` is true when what is in the way may go. */
export type BackupParts = {
  /** The URL of the database. */
  database: string
  /** The file of the backup. */
  file: string
  /** The time, in seconds. */
  now: number
  overwrite: boolean
  progress: Progress
}

/** What a backup holds. */
export type BackedUp = { rows: number; bytes: number }

/** What was put back where and when, and under which name the database is kept that was there. */
export type Restored = { rows: number; name: string; at: number; former?: string }

/** More ids than any server gave out since the backup was made. */
const SPARE_IDS = 2 ** 32

/**
 * Makes a backup of one moment, which only this user may read, and reads it again. Throws one
 * sentence when it cannot be made; then there is no such file, or still the former one.
 */
export async function backup(parts: BackupParts): Promise<BackedUp> {
  const { database, file, now, overwrite, progress } = parts
  if (existsSync(file) && !overwrite) {
    throw new Error(`${file} is there already: --overwrite replaces it.`)
  }
  // A disk that is not mounted must not be mistaken for a folder that has to be made.
  const folder = dirname(resolve(file))
  if (!existsSync(folder)) throw new Error(`There is no folder ${folder}: mount it, or make it.`)
  const part = `${file}.part`
  removeFile(part)
  try {
    createPrivateFile(part)
    if (isFile(database)) copyWhole(pathOf(database), part, file)
    else await copyRows(await openSide(database, 'snapshot'), part, progress)
    // It stays of the version that it was made of, to be put back there.
    const rows = await withSide(openSqliteSide(part, 'beside'), async (side) => {
      if (side.applied.length === 0)
        throw new Error(`${pathOf(database)} is no database of Patois.`)
      await side.write([putEvent(commandEvent('backup_made', now), await side.eventId())])
      return count(side)
    })
    checkWhole(part)
    return { rows, bytes: place(part, file) }
  } finally {
    removeFile(part)
  }
}

/**
 * Puts a backup where the database is. Throws one sentence when servers use it, when it holds
 * something and may not be overwritten, or when it belongs to another issuer.
 */
export async function restore(parts: BackupParts): Promise<Restored> {
  const { database, file, overwrite, progress } = parts
  if (!existsSync(file)) throw new Error(`There is no backup ${file}.`)
  if (isFile(database)) return restoreFile(parts)
  const { copy, remove } = workplace(file)
  try {
    const rows = await prepare(copy, parts)
    const mark = await markOf(copy)
    const opened = openSqliteSide(copy, 'snapshot')
    // It is read to its end without a name, so that whoever is killed leaves no copy behind.
    if (process.platform !== 'win32') remove()
    return await withSide({ ...opened, name: backupPlace(resolve(file)) }, async (from) =>
      withSide(await openSide(database, 'target'), async (to) => {
        if (overwrite) await empty(to, mark)
        else if ((await firstFull(to, carriedTables())) !== undefined) throw notEmpty(to.name)
        await move({ from, to, tables: carriedTables() }, progress)
        return { rows, name: to.name, at: await to.now() }
      }),
    )
  } finally {
    remove()
  }
}

/** Where a copy of a backup has room: beside it, or where that may not be written to, elsewhere. */
function workplace(file: string): { copy: string; remove: () => void } {
  const copy = `${file}.restoring`
  const beside = { copy, remove: () => removeFile(copy) }
  try {
    accessSync(dirname(resolve(file)), constants.W_OK)
    beside.remove()
    return beside
  } catch {
    const folder = mkdtempSync(join(tmpdir(), 'patois-restore-'))
    const remove = () => rmSync(folder, { recursive: true, force: true })
    return { copy: join(folder, 'copy.db'), remove }
  }
}

async function restoreFile(parts: BackupParts): Promise<Restored> {
  const { database, overwrite, now } = parts
  const held = holdPlace(pathOf(database))
  const copy = `${held.file}.part`
  try {
    if (held.isTaken() && !overwrite) throw notEmpty(held.file)
    removeFile(copy)
    const done = { rows: await prepare(copy, parts), name: `sqlite:${held.file}`, at: now }
    if (!held.isTaken()) {
      held.put(copy)
      return done
    }
    await checkFormer(held.file, await markOf(copy))
    const stamp = new Date(now * 1000).toISOString().replaceAll(/[-:]|\.\d+/g, '')
    const former = `${held.file}.${stamp}`
    held.put(copy, former)
    return { ...done, former }
  } finally {
    removeFile(copy)
    held.unlock()
  }
}

/** Makes a copy of a backup that is fit to be a database; answers how many rows it has. */
async function prepare(copy: string, { file, now }: BackupParts): Promise<number> {
  copyPrivately(file, copy)
  checkWhole(copy, file)
  const look = openSqliteSide(copy, 'look')
  const isOurs = look.applied.length > 0
  await look.close()
  if (!isOurs) throw new Error(`${file} is no backup of Patois.`)
  const rows = await withSide(openSqliteSide(copy, 'target'), async (side) => {
    await side.write([
      // Ids that were given out since the backup are in others' hands, and stay theirs.
      ['UPDATE sequence SET next = next + ? WHERE id = 1', [SPARE_IDS]],
      putEvent(commandEvent('backup_restored', now), await side.eventId()),
    ])
    return count(side)
  })
  checkWhole(copy)
  return rows
}

async function withSide<T>(side: Side, work: (side: Side) => Promise<T>): Promise<T> {
  try {
    return await work(side)
  } finally {
    await side.close()
  }
}

function copyRows(source: Side, part: string, progress: Progress): Promise<unknown> {
  return withSide(source, (from) =>
    withSide(openSqliteSide(part, 'target'), (to) =>
      move({ from, to, tables: carriedTables() }, progress),
    ),
  )
}

async function count({ ask }: Side): Promise<number> {
  let rows = 0
  const has = "SELECT name FROM sqlite_schema WHERE type = 'table'"
  const names = new Set((await ask(has)).map(([name]) => name))
  // Of an older version a table may be missing.
  for (const { name } of carriedTables().filter((table) => names.has(table.name))) {
    rows += Number((await ask(`SELECT count(*) FROM ${name}`))[0]?.[0])
  }
  return rows
}

async function markOf(path: string): Promise<Row> {
  const read = async ({ ask }: Side) => (await ask(marks.get, [issuerId]))[0] ?? []
  return withSide(openSqliteSide(path, 'look'), read)
}

function notEmpty(name: string): Error {
  return new Error(`${name} is not empty: --overwrite puts the backup in its place all the same.`)
}

// A file that is damaged says nothing of whose it is: it is what backups are for.
async function checkFormer(path: string, mark: Row): Promise<void> {
  const there = await markOf(path).catch((): Row => [])
  if (there.length > 0) checkSameMark(mark, there, path)
}

// What belongs to another issuer is not emptied, whatever may be overwritten.
async function empty(side: Side, mark: Row): Promise<void> {
  const [there] = await side.ask(marks.get, [issuerId])
  if (there) checkSameMark(mark, there, side.name)
  const tables = [...carriedTables().map(({ name }) => name), 'moves']
  await side.write(tables.map((name): Asked => [`DELETE FROM ${name}`, []]))
}

function isFile(database: string): boolean {
  return database.startsWith('sqlite:')
}

function pathOf(database: string): string {
  return database.slice('sqlite:'.length)
}
