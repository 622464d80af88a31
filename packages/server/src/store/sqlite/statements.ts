// The statements in the words of SQLite, prepared once.

import type { DatabaseSync } from 'node:sqlite'
import { type ReadName, reads, type Words, type WriteName, writesIn } from '../statements.ts'

/** What SQLite says in its own way. */
export const words: Words = {
  holds: (column, text) => `EXISTS (SELECT 1 FROM json_each(${column}) WHERE value = '${text}')`,
  union: (column) => `(SELECT json_group_array(value) FROM (
    SELECT value FROM (
      SELECT value, key AS place FROM json_each(${column})
      UNION ALL SELECT value, 1000000 + key FROM json_each(?))
    GROUP BY value ORDER BY min(place)))`,
  greatest: 'max',
  least: 'min',
  isShared: false,
  // The first row is the oldest: one server gives out ids in their order.
  firstAccessToken: '(SELECT created_at FROM access_tokens ORDER BY id LIMIT 1)',
}

/** The prepared statements by name; reads answer rows as arrays. */
export type Statements = Readonly<Record<ReadName | WriteName, ReturnType<DatabaseSync['prepare']>>>

/** Prepares every statement once, so that a wrong one stops the start. */
export function prepareStatements(database: DatabaseSync): Statements {
  const prepared = Object.entries({ ...reads, ...writesIn(words) }).map(([name, sql]) => {
    const statement = database.prepare(sql)
    if (name in reads) statement.setReturnArrays(true)
    return [name, statement]
  })
  return Object.fromEntries(prepared)
}
