// The next version of the server: this one, with one more migration.

import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const LIST = 'src/store/postgres/migrations/index.ts'

/**
 * Puts into the folder a server that has one more migration of PostgreSQL, and answers its script;
 * `needs` is how many migrations whoever runs beside it must know.
 */
export const makeNextVersion = (folder: string, sql: string, needs = 1): string => {
  const server = join(folder, 'packages/server')
  for (const part of ['bin', 'src', 'package.json']) {
    cpSync(join(ROOT, 'packages/server', part), join(server, part), { recursive: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const list = join(server, LIST)
  const end = `  ['999-next', ${JSON.stringify(sql)}, ${needs}],\n]\n`
  writeFileSync(list, readFileSync(list, 'utf8').replace(/\]\s*$/, end))
  return join(server, 'bin/patois.mjs')
}
