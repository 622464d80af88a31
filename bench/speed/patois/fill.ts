// Fills a database with the past: refresh tokens that were spent long ago, among those that live.

import { DatabaseSync } from 'node:sqlite'

/** Tokens that a family has spent, with ids from the first on. */
export type Past = { familyId: number; firstId: number; count: number }

const INSERT = `
  INSERT INTO refresh_tokens (issuer, id, hash, family_id, created_at, expires_at, spent_at, child_id)
  WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :count)
  SELECT 1, :first + i, randomblob(32), :family, :at, :at + 2592000, :at, :first + i + 1 FROM n`

/** Writes the past of many families; `at` in seconds. */
export function fillTokens(file: string, past: readonly Past[], at: number): void {
  const database = new DatabaseSync(file)
  database.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -512000; BEGIN')
  const insert = database.prepare(INSERT)
  for (const { familyId, firstId, count } of past) {
    insert.run({ count, first: firstId, family: familyId, at })
  }
  database.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)')
  database.close()
}
