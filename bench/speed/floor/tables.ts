// The floor's tables: the same rows and indexes that Patois writes, in a file as durable as its own.

import { DatabaseSync } from 'node:sqlite'

const TABLES = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA temp_store = MEMORY;
  PRAGMA cache_size = -32000;
  PRAGMA journal_size_limit = 67108864;
  CREATE TABLE families (id INTEGER PRIMARY KEY, grant_id INTEGER, user_id INTEGER, client_id TEXT,
    scope TEXT, authenticated_at INTEGER, created_at INTEGER, expires_at INTEGER, ended_at INTEGER);
  CREATE INDEX families_of_grant ON families (grant_id);
  CREATE INDEX families_expiry ON families (expires_at);
  CREATE TABLE codes (id INTEGER PRIMARY KEY, hash BLOB, grant_id INTEGER, user_id INTEGER,
    client_id TEXT, redirect_uri TEXT, challenge TEXT, scope TEXT, authenticated_at INTEGER,
    expires_at INTEGER, spent_at INTEGER, family_id INTEGER);
  CREATE INDEX codes_due ON codes (expires_at);
  CREATE TABLE refresh_tokens (id INTEGER PRIMARY KEY, hash BLOB, family_id INTEGER,
    created_at INTEGER, expires_at INTEGER, spent_at INTEGER, child_id INTEGER);
  CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);
  CREATE TABLE replay_cells (id INTEGER PRIMARY KEY, family_id INTEGER, cell BLOB,
    cell_until INTEGER);
  CREATE INDEX replay_cells_of_family ON replay_cells (family_id, cell_until);
  CREATE TABLE access_tokens (id INTEGER PRIMARY KEY, hash BLOB, client_id TEXT, family_id INTEGER,
    scope TEXT, audience TEXT, created_at INTEGER, expires_at INTEGER, kept_until INTEGER);
  CREATE INDEX access_tokens_kept ON access_tokens (kept_until);
  CREATE TABLE events (id INTEGER PRIMARY KEY, at INTEGER, request_id TEXT, type TEXT,
    decision TEXT, reason TEXT, dialect TEXT, operation TEXT, client_id TEXT, user_id INTEGER,
    grant_id INTEGER, family_id INTEGER);
  CREATE INDEX events_at ON events (at);
`

const STATEMENTS = {
  findCode: 'SELECT * FROM codes WHERE id = ?',
  findRefresh: `SELECT t.hash, t.expires_at, t.spent_at, t.family_id, f.client_id, f.scope,
    f.authenticated_at, f.ended_at, f.expires_at AS family_expires_at
    FROM refresh_tokens t JOIN families f ON f.id = t.family_id WHERE t.id = ?`,
  findAccess: `SELECT t.*, f.ended_at FROM access_tokens t
    LEFT JOIN families f ON f.id = t.family_id WHERE t.id = ?`,
  putCode: 'INSERT INTO codes VALUES (?, ?, 1, 1, ?, ?, ?, ?, ?, ?, NULL, NULL)',
  putFamily: 'INSERT INTO families VALUES (?, 1, 1, ?, ?, ?, ?, ?, NULL)',
  putRefresh: 'INSERT INTO refresh_tokens VALUES (?, ?, ?, ?, ?, NULL, NULL)',
  putCell: 'INSERT INTO replay_cells VALUES (?, ?, ?, ?)',
  putAccess: 'INSERT INTO access_tokens VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  putEvent: `INSERT INTO events VALUES (NULL, ?, ?, 'tokens_opened', 'allowed', 'issued',
    'standard', 'token', ?, 1, 1, ?)`,
  spendCode: 'UPDATE codes SET spent_at = ?, family_id = ? WHERE id = ? AND spent_at IS NULL',
  spendRefresh:
    'UPDATE refresh_tokens SET spent_at = ?, child_id = ? WHERE id = ? AND spent_at IS NULL',
  dropCell: 'DELETE FROM replay_cells WHERE id = ?',
  begin: 'BEGIN IMMEDIATE',
  commit: 'COMMIT',
} as const

/** A column's value. */
export type Value = string | number | Uint8Array | null
/** The floor's statements by name. */
export type Name = keyof typeof STATEMENTS
/** One write: when it is a spend and changes nothing, what stands behind it is not written. */
export type Write = readonly [name: Name, ...values: Value[]]

/** Opens an empty database; `write` keeps the plans of one turn in one transaction. */
export function openTables(path: string) {
  const database = new DatabaseSync(path)
  database.exec(TABLES)
  const prepared = Object.fromEntries(
    Object.entries(STATEMENTS).map(([name, sql]) => [name, database.prepare(sql)]),
  ) as Record<Name, ReturnType<DatabaseSync['prepare']>>
  let last = 0

  const keep = (plan: readonly Write[]): boolean => {
    for (const [name, ...values] of plan) {
      const { changes } = prepared[name].run(...values)
      if (changes === 0 && (name === 'spendCode' || name === 'spendRefresh')) return false
    }
    return true
  }

  return {
    newId: () => ++last,
    find: (name: Name, id: number) => prepared[name].get(id) as Record<string, Value> | undefined,
    /** Whether each plan was kept. */
    write(plans: readonly (readonly Write[])[]): boolean[] {
      prepared.begin.run()
      const kept = plans.map(keep)
      prepared.commit.run()
      return kept
    },
  }
}
