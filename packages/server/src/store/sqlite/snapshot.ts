// Snapshots of a SQLite database, for dev mode: what is in its tables now, and back to that again.

import type { DatabaseSync } from 'node:sqlite'
import { answering } from './node-sqlite.ts'

/** Takes snapshots, which live as long as the connection, and goes back to them. */
export type Snapshots = {
  /** Answers its number. */
  take(): number
  /** False when there is none of that number. */
  restore(number: number): boolean
}

// Keys outlive a step back: whoever has verified with them goes on. No id is given out twice.
const KEPT = ['issuers', 'keys', 'leases', 'migrations', 'secrets', 'sequence']

/** Opens them; `forget` is called when rows went back behind everybody's back. */
export function openSnapshots(database: DatabaseSync, forget: () => void): Snapshots {
  let taken = 0
  const tables = (): string[] =>
    database
      .prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table'")
      .all()
      .map(({ name }) => String(name))
      .filter((name) => !KEPT.includes(name) && !name.startsWith('sqlite_'))
  const all = (lines: (table: string) => string): void =>
    database.exec(`BEGIN IMMEDIATE; ${tables().map(lines).join(';')}; COMMIT`)
  return {
    take: () =>
      answering(() => {
        taken++
        all(
          (table) => `CREATE TEMP TABLE snapshot_${taken}_${table} AS SELECT * FROM main.${table}`,
        )
        return taken
      }),
    restore: (number) =>
      answering(() => {
        if (!Number.isInteger(number) || number < 1 || number > taken) return false
        all(
          (table) =>
            `DELETE FROM main.${table}; INSERT INTO main.${table} SELECT * FROM snapshot_${number}_${table}`,
        )
        forget()
        return true
      }),
  }
}
