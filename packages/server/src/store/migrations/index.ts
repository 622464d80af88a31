// The migrations of the SQLite store in their order: forward only, one line each.

import { first } from './001-first.ts'

/** Name and SQL of every migration; a published one never changes. */
export const migrations: readonly (readonly [name: string, sql: string])[] = [['001-first', first]]
