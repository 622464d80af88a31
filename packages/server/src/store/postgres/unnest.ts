// One statement for many: its values go in as lists, and PostgreSQL takes them apart again.

import type { Value } from '../rows.ts'
import type { Statement, Values } from './connections.ts'

/** A statement with its values; of many they are lists, one for each place of it. */
export type Unnested = { statement: Statement; values: Values }

/** What a statement must look like to be made one of many, and where the lists get in. */
type Form = { looks: RegExp; with(parts: readonly string[], lists: string): string }

// The lists have the columns v1, v2 … and nth: which of the many a row of them is, from 1.
const FORMS: readonly Form[] = [
  {
    looks: /^(INSERT INTO \w+ \([^)]*\)\s+)VALUES \(([^)]*)\)([^$]*)$/,
    with: ([, into, values, rest], lists) => `${into}SELECT ${values} FROM ${lists}${rest}`,
  },
  {
    looks: /^(UPDATE \w+ SET .*?)\s+WHERE (.*)$/s,
    with: ([, set, where], lists) => `${set} FROM ${lists} WHERE ${where} RETURNING nth`,
  },
  {
    looks: /^(DELETE FROM \w+) WHERE (.*)$/s,
    with: ([, from, where], lists) => `${from} USING ${lists} WHERE ${where}`,
  },
  {
    // Rows that are asked for in an order keep it in a statement of their own only.
    looks: /^(?!.*ORDER BY)SELECT .*$/s,
    with: ([select], lists) => `SELECT one.*, nth FROM ${lists} CROSS JOIN LATERAL (${select}) one`,
  },
]

const made = new Map<string, Statement>()

/** True when many of the statement can be made one. */
export function isUnnestable({ text }: Statement): boolean {
  return FORMS.some(({ looks }) => looks.test(text))
}

/**
 * Makes one statement of many that differ in their values; one alone stays as it is. Of many, a
 * SELECT answers the rows of all, and an UPDATE a row for each that changed one; whose it is says
 * the last column, from 1.
 */
export function unnest(statement: Statement, rows: readonly (readonly Value[])[]): Unnested {
  const [first = []] = rows
  if (rows.length === 1) return { statement, values: first }
  const types = first.map((_, at) => typeOf(rows, at))
  const values = types.flatMap((type, at) => (type ? [rows.map((row) => row[at] ?? null)] : []))
  const name = `${statement.name}:${types.map((type) => type?.slice(0, 2) ?? '-').join('')}`
  let whole = made.get(name)
  if (!whole) {
    whole = { name, text: textOf(statement, types) }
    made.set(name, whole)
  }
  return { statement: whole, values }
}

// A place that is empty in all of them has no type, and needs none.
function typeOf(rows: readonly (readonly Value[])[], at: number): string | undefined {
  for (const row of rows) {
    const value = row[at]
    if (typeof value === 'number') return 'BIGINT'
    if (typeof value === 'string') return 'TEXT'
    if (value) return 'BYTEA'
  }
  return undefined
}

function textOf({ text }: Statement, types: readonly (string | undefined)[]): string {
  const form = FORMS.find(({ looks }) => looks.test(text))
  if (!form) throw new Error(`Many of this cannot be made one: ${text}`)
  const given = types.flatMap((type, at) => (type ? [{ type, column: `v${at + 1}` }] : []))
  const casts = given.map(({ type }, at) => `CAST($${at + 1} AS ${type}[])`)
  const columns = given.map(({ column }) => column)
  const lists = `unnest(${casts}) WITH ORDINALITY AS lists (${[...columns, 'nth']})`
  const each = text.replace(/\$(\d+)/g, (_, nth) => (types[nth - 1] ? `v${nth}` : 'NULL'))
  return form.with(form.looks.exec(each) ?? [], lists)
}
