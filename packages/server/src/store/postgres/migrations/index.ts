// The migrations of the PostgreSQL store in their order: forward only, one line each.

import type { Migrations } from '../../migrations.ts'
import { first } from './001-first.ts'
import { moves } from './002-moves.ts'
import { revisions } from './003-revisions.ts'

/** A published one never changes. */
export const migrations: Migrations = [
  ['001-first', first],
  ['002-moves', moves],
  ['003-revisions', revisions],
]
