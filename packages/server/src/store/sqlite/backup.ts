// Whole SQLite files: copied beside a server, checked, and put in place of another one.

import {
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { lockDatabase } from './lock.ts'
import { openDatabase } from './node-sqlite.ts'
import { openFault } from './open-fault.ts'
import { createPrivateFile } from './private-file.ts'

const busyTimeoutMs = 5000

/** Throws one sentence for a database that ends with its process. */
export function checkFile(path: string): void {
  if (path === ':memory:') throw new Error('A database in memory cannot be carried anywhere.')
}

/**
 * Copies the database at `path` as it is at this moment; servers go on writing meanwhile. In the
 * end the copy is called `target`, which must be another file.
 */
export function copyWhole(path: string, copy: string, target: string): void {
  checkFile(path)
  if (!existsSync(path)) throw new Error(`There is no database ${path}.`)
  if (existsSync(target) && realpathSync(target) === realpathSync(path)) {
    throw new Error(`${target} is the database itself: give the backup another name.`)
  }
  const database = openDatabase(path, busyTimeoutMs)
  try {
    // One read of one moment, without what was deleted; a copy page by page begins anew with
    // every write of another process.
    database.prepare('VACUUM INTO ?').run(copy)
  } finally {
    database.close()
  }
}

/** Copies a file that nobody writes to, for this user's eyes only. */
export function copyPrivately(path: string, copy: string): void {
  createPrivateFile(copy)
  copyFileSync(path, copy)
}

/**
 * Makes one file of a database and checks all of it. Throws one sentence when it is damaged, which
 * names what the file was made of.
 */
export function checkWhole(path: string, name = path): void {
  try {
    const database = openDatabase(path, busyTimeoutMs)
    try {
      database.exec('PRAGMA journal_mode = DELETE')
      const [first] = database.prepare('PRAGMA integrity_check(1)').all()
      if (first?.integrity_check !== 'ok') throw new Error(`The database ${name} is damaged.`)
    } finally {
      database.close()
    }
  } catch (error) {
    throw openFault(name, error)
  }
}

/** Gives a file its name once all of it is on disk; answers how many bytes it has. */
export function place(part: string, file: string): number {
  sync(part)
  renameSync(part, file)
  sync(dirname(resolve(file)))
  return statSync(file).size
}

function sync(path: string): void {
  const opened = openSync(path, 'r')
  fsyncSync(opened)
  closeSync(opened)
}

/** Removes a database that was not finished. */
export function removeFile(path: string): void {
  for (const end of ['', '-wal', '-shm', '-journal', '.lock']) rmSync(path + end, { force: true })
}

/** Makes a file of root's the file of whoever owned the one before it, or owns the folder. */
function give(file: string, { uid, gid }: { uid: number; gid: number }): void {
  if (process.getuid?.() === 0) for (const end of ['', '.lock']) chownSync(file + end, uid, gid)
}

// At no moment is there no database: a server that is started then would make an empty one.
function keep(file: string, former: string): void {
  try {
    openDatabase(file, busyTimeoutMs).close()
  } catch {
    // A damaged one is kept as it is.
  }
  for (const end of ['-wal', '-shm']) {
    if (existsSync(file + end)) renameSync(file + end, former + end)
  }
  linkSync(file, former)
}

/**
 * Holds the place of a database for whoever puts a file there; what lies there may be kept under
 * another name. Throws one sentence when a server uses it.
 */
export function holdPlace(path: string) {
  checkFile(path)
  mkdirSync(dirname(resolve(path)), { recursive: true, mode: 0o700 })
  const file = existsSync(path)
    ? realpathSync(path)
    : join(realpathSync(dirname(resolve(path))), basename(path))
  const unlock = lockDatabase(file, 'stop it first')
  const owner = statSync(existsSync(file) ? file : dirname(file))
  return {
    file,
    isTaken: () => existsSync(file) && statSync(file).size > 0,
    put: (part: string, former?: string): void => {
      if (former !== undefined) keep(file, former)
      place(part, file)
      give(file, owner)
    },
    unlock,
  }
}
