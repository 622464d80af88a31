// Brings a SQLite database to the tables that this program knows.

import type { DatabaseSync } from 'node:sqlite'
import { missing } from '../migrations.ts'
import { migrations } from './migrations/index.ts'

/** The migrations that a database has; none where there is not even a table of them. */
export function appliedIn(database: DatabaseSync): string[] {
  const has = "SELECT 1 FROM sqlite_schema WHERE name = 'migrations'"
  if (!database.prepare(has).get()) return []
  return database
    .prepare('SELECT name FROM migrations ORDER BY id')
    .all()
    .map((row) => String(row.name))
}

/** Applies what is missing, all or nothing; throws when the database is of a newer program. */
export function migrate(database: DatabaseSync): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    database.exec(
      'CREATE TABLE IF NOT EXISTS migrations (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT',
    )
    const record = database.prepare('INSERT INTO migrations (name) VALUES (?)')
    for (const [name, sql] of missing(migrations, appliedIn(database))) {
      database.exec(sql)
      record.run(name)
    }
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
