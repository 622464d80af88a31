// Whose a database is: one issuer, and either of dev mode or not.

import type { DatabaseSync } from 'node:sqlite'

/** What a store is opened for. */
export type StoreOptions = {
  /** The issuer's URL, the same for the whole life of the database. */
  issuer: string
  /** True in dev mode, whose tokens and users must never get into production. */
  dev: boolean
}

const modes = { dev: 'in dev mode', production: 'outside dev mode' } as const

/** Marks a fresh database and answers the issuer's row id; throws when it is somebody else's. */
export function markDatabase(
  database: DatabaseSync,
  path: string,
  { issuer, dev }: StoreOptions,
): number {
  const mode = dev ? 'dev' : 'production'
  database
    .prepare(
      'INSERT INTO issuers (id, url, mode) SELECT 1, ?, ? WHERE NOT EXISTS (SELECT 1 FROM issuers)',
    )
    .run(issuer, mode)
  const row = database.prepare('SELECT url, mode FROM issuers WHERE id = 1').get()
  if (row?.url !== issuer) {
    throw new Error(
      `The database ${path} belongs to the issuer ${row?.url}, but this server's issuer is ${issuer}: set the issuer back, or use another database.`,
    )
  }
  if (row.mode !== mode) {
    const made = row.mode === 'dev' ? modes.dev : modes.production
    throw new Error(
      `The database ${path} was made ${made}, but this server runs ${modes[mode]}: run it ${made}, or use another database.`,
    )
  }
  return 1
}
