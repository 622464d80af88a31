// One server per SQLite file: a lock that the operating system lets go when the process dies.

import { isBusy, openDatabase } from './node-sqlite.ts'
import { createPrivateFile } from './private-file.ts'

const ADVICE = 'stop it, or give this server a database of its own'

/**
 * Holds `<path>.lock` until the answer is called. Throws with `advice` when a server holds it. A second
 * small SQLite file is locked, not the database itself, which stays open to readers and backups.
 */
export function lockDatabase(path: string, advice = ADVICE): () => void {
  const file = `${path}.lock`
  createPrivateFile(file)
  const lock = openDatabase(file, 0)
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if (!isBusy(error)) throw error
    throw new Error(`Another server already uses the database ${path}: ${advice}.`)
  }
  return () => lock.close()
}
