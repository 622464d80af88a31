// Look: what a database says of itself to somebody who only reads, beside servers that use it.

import type { Key, SealedSecret } from '@patois/core'
import { openSide } from './index.ts'
import { issuerId, marks, revisions } from './mark.ts'
import * as rows from './rows.ts'
import type { Side } from './side.ts'
import { reads } from './statements.ts'

/** How a PostgreSQL is set; `now` is its clock, in seconds. */
export type PostgresFacts = {
  version: number
  /** True when TLS ends there. */
  isSecure: boolean
  synchronousCommit: string
  fsync: string
  isolation: string
  mostConnections: number
  now: number
}

/** What stands in a database. */
export type Looked = {
  /** Where it is, without a password. */
  name: string
  applied: readonly string[]
  known: readonly string[]
  /** From where it is being filled; undefined when it is whole. */
  filling?: string
  /** Whose it is; undefined while no server has used it. */
  owner?: { url: string; mode: string }
  /** The greatest revision of a configuration that a server was started with. */
  revision: number
  keys: readonly Key[]
  secrets: readonly SealedSecret[]
  postgres?: PostgresFacts
  /** What SQLite finds wrong with the file, `ok` when nothing; a large one is not read. */
  sqlite?: { check: string | undefined; journal: string }
}

/** Of 4 KiB each. */
const MOST_PAGES = 250_000

const SETTINGS = [
  'server_version_num',
  'synchronous_commit',
  'fsync',
  'default_transaction_isolation',
  'max_connections',
]
const POSTGRES = `SELECT ${SETTINGS.map((name) => `current_setting('${name}')`).join(', ')},
  CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS BIGINT),
  (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid())`

/** Looks at the database behind a URL. Throws one sentence when it cannot be opened. */
export async function lookAt(url: string): Promise<Looked> {
  const side = await openSide(url, 'look')
  try {
    const { name, applied, known } = side
    const facts = url.startsWith('sqlite:')
      ? { sqlite: await sqliteFacts(side) }
      : { postgres: await postgresFacts(side) }
    const kept = applied.length === 0 ? { keys: [], secrets: [] } : await keptIn(side)
    const isCurrent = applied.length >= known.length
    const state = isCurrent ? await stateOf(side) : { revision: 0 }
    return { name, applied, known, ...state, ...kept, ...facts }
  } finally {
    await side.close()
  }
}

// A database of an older version has no such tables.
async function stateOf({ ask }: Side): Promise<Pick<Looked, 'revision' | 'filling'>> {
  const [[revision] = [0]] = await ask(revisions.get, [issuerId])
  const [[filling] = []] = await ask(marks.filling, [issuerId])
  return { revision: Number(revision), ...(filling != null && { filling: String(filling) }) }
}

async function keptIn({ ask }: Side): Promise<Pick<Looked, 'owner' | 'keys' | 'secrets'>> {
  const [mark] = await ask(marks.get, [issuerId])
  const keys = await ask(reads.keys, [issuerId])
  const secrets = await ask(reads.secrets, [issuerId])
  return {
    ...(mark && { owner: { url: String(mark[0]), mode: String(mark[1]) } }),
    keys: keys.map((row) => rows.keys.read(row, 0)),
    secrets: secrets.map((row) => rows.secrets.read(row, 0)),
  }
}

async function postgresFacts({ ask }: Side): Promise<PostgresFacts> {
  const [row = []] = await ask(POSTGRES)
  const [version, synchronousCommit, fsync, isolation, most, now, ssl] = row.map(String)
  return {
    version: Math.floor(Number(version) / 10_000),
    isSecure: ssl === 'true',
    synchronousCommit: synchronousCommit ?? '',
    fsync: fsync ?? '',
    isolation: isolation ?? '',
    mostConnections: Number(most),
    now: Number(now),
  }
}

async function sqliteFacts({ ask }: Side): Promise<NonNullable<Looked['sqlite']>> {
  const [[pages] = []] = await ask('PRAGMA page_count')
  const [[journal] = []] = await ask('PRAGMA journal_mode')
  // Reading all of it takes the disk from a server for a while.
  const [[check] = []] = Number(pages) > MOST_PAGES ? [] : await ask('PRAGMA quick_check(1)')
  return { check: check === undefined ? undefined : String(check), journal: String(journal) }
}
