// Whose a database is: one issuer, and either of dev mode or not.

import type { Meter } from '../metrics/meter.ts'

/** What a store is opened for. */
export type StoreOptions = {
  /** The issuer's URL, the same for the whole life of the database. */
  issuer: string
  /** True in dev mode, whose tokens and users must never get into production. */
  dev: boolean
  /** Counts what is written. */
  meter?: Meter
}

const modes = { dev: 'in dev mode', production: 'outside dev mode' } as const

/** The one issuer of a database, by its row id. */
export const issuerId = 1

/**
 * Marks a fresh database (values: issuer's id, URL and mode), reads the mark (the id), and says
 * from where a database is still being filled (the id).
 */
export const marks = {
  set: 'INSERT INTO issuers (id, url, mode) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING',
  get: 'SELECT url, mode FROM issuers WHERE id = ?',
  filling: 'SELECT place FROM moves WHERE issuer = ? LIMIT 1',
} as const

/**
 * Keeps a revision (values: issuer's id, revision) where none is greater, and reads the one that is
 * kept (the id).
 */
export const revisions = {
  raise: `INSERT INTO revisions (issuer, revision) VALUES (?, ?) ON CONFLICT (issuer)
    DO UPDATE SET revision = excluded.revision WHERE revisions.revision <= excluded.revision`,
  get: 'SELECT revision FROM revisions WHERE issuer = ?',
} as const

/** What `marks.set` is given. */
export function markValues({ issuer, dev }: StoreOptions): [number, string, string] {
  return [issuerId, issuer, dev ? 'dev' : 'production']
}

/** Throws one sentence when the database `name` is somebody else's. */
export function checkMark(
  row: { url?: unknown; mode?: unknown } | undefined,
  name: string,
  { issuer, dev }: StoreOptions,
): void {
  const mode = dev ? 'dev' : 'production'
  if (row?.url !== issuer) {
    throw new Error(
      `The database ${name} belongs to the issuer ${row?.url}, but this server's issuer is ${issuer}: set the issuer back, or use another database.`,
    )
  }
  if (row.mode !== mode) {
    const made = modes[modeOf(row.mode)]
    throw new Error(
      `The database ${name} was made ${made}, but this server runs ${modes[mode]}: run it ${made}, or use another database.`,
    )
  }
}

/** Throws one sentence when a move would bring a mark (URL and mode) to a database with another. */
export function checkSameMark(
  from: readonly unknown[],
  to: readonly unknown[],
  name: string,
): void {
  if (from[0] === to[0] && from[1] === to[1]) return
  const [there, here] = [to, from].map(([url, mode]) => `${url}, ${modes[modeOf(mode)]}`)
  throw new Error(
    `The database ${name} belongs to another server (${there}) than the one to be moved (${here}): a database keeps its issuer and mode for good.`,
  )
}

function modeOf(mode: unknown): keyof typeof modes {
  return mode === 'dev' ? 'dev' : 'production'
}

/** What a database notes of the backup that it is being filled from. */
export function backupPlace(file: string): string {
  return `${BACKUP}${file}`
}

const BACKUP = 'the backup '

/** What to do about a database that is being filled from a place. */
export function fillingCure(place: string): string {
  return place.startsWith(BACKUP)
    ? 'let "patois restore" end first, or run it again with --overwrite'
    : 'let "patois move" end first, or start it again'
}

/** Throws one sentence when the database `name` is still being filled from the one in `row`. */
export function checkFilled(row: { place?: unknown } | undefined, name: string): void {
  if (row === undefined) return
  const place = String(row.place)
  throw new Error(`The database ${name} is being filled from ${place}: ${fillingCure(place)}.`)
}
