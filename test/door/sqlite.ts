// A look into the SQLite file of a server, past the server: what lies there, and whether it is whole.

import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'vitest'

/** A row of a query of ours. */
export type Row = Record<string, unknown>

/** Looks into the file of a server that runs. */
export const look = <T>(path: string, work: (database: DatabaseSync) => T): T => {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    return work(database)
  } finally {
    database.close()
  }
}

/** Looks into a copy of a dead server's file, so that the next one does its own recovery. */
export const lookAtCopy = <T>(path: string, work: (database: DatabaseSync) => T): T => {
  const folder = mkdtempSync(join(tmpdir(), 'patois-copy-'))
  const copy = join(folder, 'copy.db')
  for (const end of ['', '-wal']) {
    if (existsSync(path + end)) copyFileSync(path + end, copy + end)
  }
  const database = new DatabaseSync(copy)
  try {
    return work(database)
  } finally {
    database.close()
    rmSync(folder, { recursive: true })
  }
}

/** Fails when a page is damaged or a row refers to one that is gone. */
export const checkWhole = (database: DatabaseSync): void => {
  expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
  expect(database.prepare('PRAGMA foreign_key_check').all()).toEqual([])
}

/** The hash under which a token or code is kept. */
export const hashOf = (secret: string): Uint8Array => createHash('sha256').update(secret).digest()

/** A token's family: its end, and its refresh tokens that nobody has spent. */
export type SeenFamily = { id: number; endedAt: number | null; leaves: number }

/** The family that a refresh token belongs to. */
export const familyOf = (database: DatabaseSync, refreshToken: string): SeenFamily => {
  const row = database
    .prepare(
      `SELECT f.id, f.ended_at AS endedAt, (SELECT count(*) FROM refresh_tokens l
         WHERE l.family_id = f.id AND l.spent_at IS NULL) AS leaves
       FROM refresh_tokens t JOIN families f ON f.id = t.family_id WHERE t.hash = ?`,
    )
    .get(hashOf(refreshToken))
  if (!row) throw new Error('The database does not know this refresh token.')
  return row as SeenFamily
}

/** Families with another number of unspent refresh tokens than one; any database reads this. */
export const ODD_FAMILIES = `SELECT f.id, count(t.id) AS leaves FROM families f
  LEFT JOIN refresh_tokens t ON t.family_id = f.id AND t.spent_at IS NULL
  GROUP BY f.id HAVING count(t.id) <> 1`

/** The same in an open SQLite file. */
export const oddFamilies = (database: DatabaseSync): Row[] => database.prepare(ODD_FAMILIES).all()

/** What a dead or frozen server left of a refresh token that a caller was told of last. */
export type Trace = {
  /** Why its caller is left without a token that works. */
  fault?: string
  /** Where it was spent and the answer was not heard: hash of the token that will come again, hex. */
  child?: string
}

/** Looks up a refresh token that was answered last. */
export const traceOf = (database: DatabaseSync, refreshToken: string): Trace => {
  const row = database
    .prepare(
      `SELECT t.spent_at AS spentAt, k.hash AS child, k.spent_at AS childSpentAt,
         f.ended_at AS endedAt, c.id AS cell
       FROM refresh_tokens t JOIN families f ON f.id = t.family_id
       LEFT JOIN refresh_tokens k ON k.id = t.child_id
       LEFT JOIN replay_cells c ON c.id = t.child_id WHERE t.hash = ?`,
    )
    .get(hashOf(refreshToken))
  if (!row) return { fault: 'an acknowledged refresh token is not in the database' }
  if (row.endedAt !== null) return { fault: 'a family ended' }
  if (row.spentAt === null) return {}
  if (!row.child || row.childSpentAt !== null || row.cell === null) {
    return { fault: 'a spent token has no answer left' }
  }
  return { child: Buffer.from(row.child as Uint8Array).toString('hex') }
}
