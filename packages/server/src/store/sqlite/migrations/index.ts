// The migrations of the SQLite store in their order: forward only, one line each.

import type { Migrations } from '../../migrations.ts'
import { first } from './001-first.ts'
import { leases } from './002-leases.ts'
import { moves } from './003-moves.ts'
import { revisions } from './004-revisions.ts'

/** A published one never changes. */
export const migrations: Migrations = [
  ['001-first', first],
  ['002-leases', leases],
  ['003-moves', moves],
  ['004-revisions', revisions],
]
