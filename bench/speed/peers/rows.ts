// What peers keep their records in: a Map, or one SQLite table as durable as Patois's own.

import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'

/** A record, and until when it is worth keeping; `owner` is what it ends with. */
export type Kept = { value: object; expiresAt: number; owner?: string }

/** Records by kind and id; peers decide what they are. */
export type Rows = {
  get(kind: string, id: string): Promise<object | undefined>
  put(kind: string, id: string, kept: Kept): Promise<void>
  /** True for the one who removed it. */
  drop(kind: string, id: string): Promise<boolean>
  dropOwned(owner: string): Promise<void>
  /** Writes what is put meanwhile at once; for seeds. */
  together(work: () => Promise<void>): Promise<void>
}

/** Records in this process only. */
export function memoryRows(): Rows {
  const all = new Map<string, Kept>()
  const keyOf = (kind: string, id: string): string => `${kind}:${id}`
  return {
    get: async (kind, id) => all.get(keyOf(kind, id))?.value,
    put: async (kind, id, kept) => void all.set(keyOf(kind, id), kept),
    drop: async (kind, id) => all.delete(keyOf(kind, id)),
    dropOwned: async (owner) => {
      for (const [key, kept] of all) if (kept.owner === owner) all.delete(key)
    },
    together: (work) => work(),
  }
}

const TABLE = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA temp_store = MEMORY;
  PRAGMA cache_size = -32000;
  PRAGMA journal_size_limit = 67108864;
  CREATE TABLE kept (kind TEXT, id TEXT, value TEXT NOT NULL, expires_at INTEGER NOT NULL,
    owner TEXT, PRIMARY KEY (kind, id)) STRICT;
  CREATE INDEX kept_owned ON kept (owner) WHERE owner IS NOT NULL;
`

/** Records in an SQLite file; each write is on disk when it is answered. */
export function sqliteRows(path: string): Rows {
  const database = new DatabaseSync(path)
  database.exec(TABLE)
  const get = database.prepare('SELECT value FROM kept WHERE kind = ? AND id = ?')
  const put = database.prepare(`INSERT INTO kept VALUES (?, ?, ?, ?, ?) ON CONFLICT (kind, id)
    DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`)
  const drop = database.prepare('DELETE FROM kept WHERE kind = ? AND id = ?')
  const dropOwned = database.prepare('DELETE FROM kept WHERE owner = ?')
  return {
    get: async (kind, id) => {
      const row = get.get(kind, id)
      return row && JSON.parse(String(row.value))
    },
    put: async (kind, id, { value, expiresAt, owner }) =>
      void put.run(kind, id, JSON.stringify(value), expiresAt, owner ?? null),
    drop: async (kind, id) => Number(drop.run(kind, id).changes) > 0,
    dropOwned: async (owner) => void dropOwned.run(owner),
    together: async (work) => {
      database.exec('BEGIN')
      await work()
      database.exec('COMMIT')
    },
  }
}

/** The same records, each operation so many milliseconds later: a database across a network. */
export function slowRows(rows: Rows, milliseconds: number): Rows {
  const later = async <T>(work: () => Promise<T>): Promise<T> => {
    await sleep(milliseconds)
    return work()
  }
  return {
    get: (kind, id) => later(() => rows.get(kind, id)),
    put: (kind, id, kept) => later(() => rows.put(kind, id, kept)),
    drop: (kind, id) => later(() => rows.drop(kind, id)),
    dropOwned: (owner) => later(() => rows.dropOwned(owner)),
    together: rows.together,
  }
}
