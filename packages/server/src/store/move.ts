// Move: every row of one database to another one, resumable at any point, and compared at the end.

import { openDigest } from './digest.ts'
import { checkSameMark, issuerId, marks } from './mark.ts'
import { missing } from './migrations.ts'
import type { Row, Value } from './rows.ts'
import type { Asked, Side, Table } from './side.ts'

/** The two databases of a move, and the tables that go with it. */
export type Pair = { from: Side; to: Side; tables: readonly Table[] }

/** Hears how many rows of a table are there by now. */
export type Progress = (table: string, rows: number) => void

/** What a table holds: how many rows, their digest, and its greatest id where it has ids. */
export type Sum = { rows: number; digest: string; greatestId: number }

/** A table on both sides. */
export type Compared = { table: string; from: Sum; to: Sum }

// More rows make no faster a transaction. A statement of PostgreSQL takes 65,535 values at most.
const PAGE = 1000
const STATEMENT = 200

/**
 * Copies all rows and compares them; what an earlier run has copied is there already. Until it
 * is over, no server opens the target. Throws one sentence when the source is no whole database,
 * when the target is another one's or not empty, or when the two differ in the end.
 */
export async function move(pair: Pair, progress: Progress): Promise<Compared[]> {
  const { from, to } = pair
  checkKnown(from)
  await begin(pair)
  for (const table of pair.tables) await copy(pair, table, progress)
  const compared = await compare(pair, progress)
  const differing = compared.filter((one) => !isSame(one)).map(({ table }) => table)
  await from.checkAlone()
  if (differing.length > 0) {
    throw new Error(
      `${from.name} has changed since the move began (${differing.join(', ')}): empty ${to.name} and start again.`,
    )
  }
  const ids = compared.map((one) => one.to.greatestId)
  const next = Math.max(await nextId(from), await nextId(to), ...ids.map((id) => id + 1))
  await to.write([
    ['UPDATE sequence SET next = ? WHERE id = 1', [next]],
    ['DELETE FROM moves WHERE issuer = ?', [issuerId]],
  ])
  return compared
}

/** True when both sides of a table hold the same rows. */
export function isSame({ from, to }: Compared): boolean {
  return from.rows === to.rows && from.digest === to.digest
}

/** Throws one sentence when a database is empty, or is not of this version. */
export function checkKnown({ name, applied, known }: Side): void {
  if (applied.length === 0) throw new Error(`${name} is no database of Patois, or an empty one.`)
  const pairs = known.map((one): readonly [string, string] => [one, ''])
  if (missing(pairs, applied).length > 0) {
    throw new Error(`${name} is of an older version: start this version with it once, and stop it.`)
  }
}

/** What both sides hold, table by table; nothing is written. */
export async function compare({ from, to, tables }: Pair, progress: Progress): Promise<Compared[]> {
  const compared: Compared[] = []
  for (const table of tables) {
    const there = await sum(from, table, (rows) => progress(table.name, rows))
    compared.push({ table: table.name, from: there, to: await sum(to, table, () => {}) })
  }
  return compared
}

/**
 * Throws one sentence when the target may not be filled from the source; true when a move between
 * them was begun and not ended.
 */
export async function checkTarget({ from, to, tables }: Pair): Promise<boolean> {
  const [issuer] = await from.ask(marks.get, [issuerId])
  if (!issuer) throw new Error(`${from.name} has no issuer yet: there is nothing to move.`)
  const [there] = await to.ask(marks.get, [issuerId])
  if (there) checkSameMark(issuer, there, to.name)
  const [place] = (await to.ask(marks.filling, [issuerId]))[0] ?? []
  if (place === from.name) return true
  if (place !== undefined) throw new Error(`${to.name} is being filled from ${place}.`)
  const full = await firstFull(to, tables)
  if (full === undefined) return false
  throw new Error(`${to.name} is not empty (${full}): only an empty database can be filled.`)
}

/** The first table that holds a row; the mark alone makes no database a full one. */
export async function firstFull(side: Side, tables: readonly Table[]): Promise<string | undefined> {
  for (const { name } of tables) {
    if (name === 'issuers') continue
    if ((await side.ask(`SELECT 1 FROM ${name} LIMIT 1`)).length > 0) return name
  }
  return undefined
}

// The rows that say how far the move is stand there before anything else does.
async function begin(pair: Pair): Promise<void> {
  if (await checkTarget(pair)) return
  const note = 'INSERT INTO moves (issuer, name, place) VALUES (?, ?, ?)'
  const { from, to, tables } = pair
  await to.write(tables.map(({ name }): Asked => [note, [issuerId, name, from.name]]))
}

async function copy({ from, to }: Pair, table: Table, progress: Progress) {
  const { name } = table
  const noted = 'SELECT after_key FROM moves WHERE issuer = ? AND name = ?'
  const [[text] = [null]] = await to.ask(noted, [issuerId, name])
  let rows = 0
  for await (const page of pages(from, table, text === null ? undefined : readKey(String(text)))) {
    const last = writeKey(keyOf(table, page.at(-1) ?? []))
    const note = 'UPDATE moves SET after_key = ? WHERE issuer = ? AND name = ?'
    await to.write([...inserts(table, page), [note, [last, issuerId, name]]])
    rows += page.length
    progress(name, rows)
  }
}

/** The rows of a table in the order of its key, after the row with this key. */
async function* pages(side: Side, { name, columns, key }: Table, after?: readonly Value[]) {
  const select = `SELECT ${columns.join(', ')} FROM ${name}`
  const order = `ORDER BY ${key.join(', ')} LIMIT ${PAGE}`
  const places = key.map(() => '?').join(', ')
  let last = after
  for (;;) {
    const page: readonly Row[] = last
      ? await side.ask(`${select} WHERE (${key.join(', ')}) > (${places}) ${order}`, last)
      : await side.ask(`${select} ${order}`)
    if (page.length > 0) yield page
    if (page.length < PAGE) return
    last = keyOf({ name, columns, key }, page.at(-1) ?? [])
  }
}

function inserts({ name, columns, key }: Table, rows: readonly Row[]): Asked[] {
  const one = `(${columns.map(() => '?').join(', ')})`
  const all: Asked[] = []
  for (let first = 0; first < rows.length; first += STATEMENT) {
    const some = rows.slice(first, first + STATEMENT)
    // The mark may be there already, and is the same.
    const sql = `INSERT INTO ${name} (${columns.join(', ')}) VALUES ${some.map(() => one).join(', ')}
      ON CONFLICT (${key.join(', ')}) DO NOTHING`
    all.push([sql, some.flat()])
  }
  return all
}

async function sum(side: Side, table: Table, progress: (rows: number) => void): Promise<Sum> {
  const digest = openDigest()
  let [rows, greatestId] = [0, 0]
  for await (const page of pages(side, table)) {
    digest.add(page)
    rows += page.length
    const [last] = keyOf(table, page.at(-1) ?? [])
    if (table.key.length === 1 && typeof last === 'number') greatestId = last
    progress(rows)
  }
  return { rows, digest: digest.text(), greatestId }
}

async function nextId(side: Side): Promise<number> {
  const [row] = await side.ask('SELECT next FROM sequence WHERE id = 1')
  return Number(row?.[0])
}

function keyOf({ columns, key }: Table, row: Row): Value[] {
  return key.map((column) => row[columns.indexOf(column)] ?? null)
}

type KeyPart = number | string | { hex: string }

function writeKey(key: readonly Value[]): string {
  return JSON.stringify(
    key.map((one) => (one instanceof Uint8Array ? { hex: Buffer.from(one).toString('hex') } : one)),
  )
}

function readKey(text: string): Value[] {
  return (JSON.parse(text) as KeyPart[]).map((one) =>
    typeof one === 'object' ? new Uint8Array(Buffer.from(one.hex, 'hex')) : one,
  )
}
