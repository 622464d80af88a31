// The tables that this program knows, out of the migrations themselves: there is no second list.

import type { DatabaseSync } from 'node:sqlite'
import { isCarried, type Table } from '../side.ts'
import { migrate } from './migrate.ts'
import { openDatabase } from './node-sqlite.ts'

const NAMES = `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
  ORDER BY name`
const COLUMNS = 'SELECT name, pk FROM pragma_table_info(?) ORDER BY cid'

/** The tables of a database, with those that each has for itself. */
export function tablesOf(database: DatabaseSync): Table[] {
  const columns = database.prepare(COLUMNS)
  return database
    .prepare(NAMES)
    .all()
    .map(({ name }) => {
      const all = columns
        .all(String(name))
        .map((one) => ({ name: String(one.name), at: Number(one.pk) }))
      const key = all.filter(({ at }) => at > 0).sort((a, b) => a.at - b.at)
      return {
        name: String(name),
        columns: all.map((one) => one.name),
        key: key.map((one) => one.name),
      }
    })
}

/** The tables whose rows go with a database, the same in every store. */
export function carriedTables(): Table[] {
  const database = openDatabase(':memory:', 0)
  try {
    migrate(database)
    return tablesOf(database).filter(isCarried)
  } finally {
    database.close()
  }
}
