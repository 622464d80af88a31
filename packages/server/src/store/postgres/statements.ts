// The statements in the words of PostgreSQL.

import type { Value } from '../rows.ts'
import { type ReadName, reads, type Words, type WriteName, writesIn } from '../statements.ts'
import type { Statement } from './connections.ts'

/** What PostgreSQL says in its own way. */
export const words: Words = {
  holds: (column, text) => `EXISTS (
    SELECT 1 FROM json_array_elements_text(CAST(${column} AS JSON)) one WHERE one = '${text}')`,
  union: (column) => `(SELECT coalesce(CAST(json_agg(one ORDER BY place) AS TEXT), '[]') FROM (
    SELECT one, min(place) AS place FROM (
      SELECT one, place FROM ${listed(`CAST(${column} AS JSON)`)}
      UNION ALL SELECT one, 1000000 + place FROM ${listed('CAST(CAST(? AS TEXT) AS JSON)')}) both_lists
    GROUP BY one) merged)`,
  greatest: 'greatest',
  least: 'least',
  isShared: true,
  firstAccessToken: '(SELECT min(created_at) FROM access_tokens)',
}

function listed(list: string): string {
  return `json_array_elements_text(${list}) WITH ORDINALITY AS listed (one, place)`
}

/** A statement whose `?` are numbered, as PostgreSQL wants them. */
export function numbered(sql: string): Statement {
  let nth = 0
  return { text: sql.replace(/\?/g, () => `$${++nth}`) }
}

/** A statement whose values have names (`:now`), and the function that puts them in order. */
export function named(sql: string): [Statement, (values: Record<string, Value>) => Value[]] {
  const names: string[] = []
  const text = sql.replace(/:([a-z]+)/g, (_, name: string) => {
    if (!names.includes(name)) names.push(name)
    return `$${names.indexOf(name) + 1}`
  })
  return [{ text }, (values) => names.map((name) => values[name] ?? null)]
}

const texts = { ...reads, ...writesIn(words) }

/** The statements by name. */
export const statements = Object.fromEntries(
  Object.entries(texts).map(([name, sql]) => [name, { name, ...numbered(sql) }]),
) as Readonly<Record<ReadName | WriteName, Statement>>
