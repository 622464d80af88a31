// Runs what goes to PostgreSQL on every version that can be had, prints what passed, and keeps it.

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  DATABASE_TESTS,
  DATABASES_FILE,
  type DatabaseRun,
  databasesTable,
  passedOf,
  readDatabases,
} from '../../tools/database-table.ts'
import { runTests } from '../../tools/run-tests.ts'
import { bringPostgres, VERSIONS } from '../door/databases.ts'
import { folders } from '../door/postgres.ts'

/** What `postgres --version` says, such as 14.23. */
const versionOf = (folder: string): string | undefined => {
  const { stdout } = spawnSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8' })
  return /\d+\.\d+/.exec(stdout ?? '')?.[0]
}

const brought: string[] = []
for (const version of VERSIONS) {
  const found = await bringPostgres(version)
  if ('folder' in found) brought.push(found.folder)
  else console.error(`PostgreSQL ${version}: ${found.without}`)
}

// The first folder with a version is the one that is run.
const places = new Map<string, string>()
for (const folder of [...brought, ...folders()]) {
  const version = versionOf(folder)
  if (version && !places.has(version)) places.set(version, folder)
}

/** Keeps the latest run of a version, and writes the table of the docs. */
const keep = (version: string, run: DatabaseRun): void => {
  const all = Object.entries({ ...readDatabases(), [version]: run })
  const sorted = all.sort(([one], [other]) => Number(one) - Number(other))
  writeFileSync(DATABASES_FILE, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`)
  const docs = fileURLToPath(new URL('../../tools/docs.ts', import.meta.url))
  spawnSync(process.execPath, ['--conditions=patois-source', docs], { stdio: 'inherit' })
}

const wanted = process.argv.slice(2)
const on = new Date().toISOString().slice(0, 10)
const latest: Record<string, DatabaseRun> = {}
for (const [version, folder] of places) {
  const [major = ''] = version.split('.')
  if (wanted.length > 0 && !wanted.includes(major)) continue
  console.error(`PostgreSQL ${version}`)
  // What is tried on one node with SQLite says nothing of it.
  const files = Object.values(DATABASE_TESTS).flat()
  const { success, tests } = runTests(files, { PATOIS_POSTGRES: folder }, '^(?!S )')
  const run = { on, passed: passedOf(tests) }
  latest[version] = run
  keep(version, run)
  if (!success) process.exitCode = 1
}
console.log(databasesTable(latest))
