// The oldest PostgreSQL that is promised: every test of the store on it.

import { test } from 'vitest'
import { bringPostgres, VERSIONS } from '../door/databases.ts'

const found = await bringPostgres(VERSIONS[0])
if ('folder' in found) {
  process.env.PATOIS_POSTGRES = found.folder
  await import('../store-postgres.test.ts')
} else test.skip(`PostgreSQL ${VERSIONS[0]}: ${found.without}`, () => {})
