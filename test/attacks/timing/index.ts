// The timing reports: rows that no test asserts, because a busy machine would make it lie.

import { e31 } from './e31.ts'
import { e32 } from './e32.ts'
import { h8 } from './h8.ts'
import type { Measurement } from './place.ts'
import { q } from './q.ts'
import { s3 } from './s3-slow.ts'

/** Every measurement, in the order of its row; each starts a server of its own. */
export const TIMINGS: readonly { row: string; measure: Measurement }[] = [
  { row: 'E31', measure: e31 },
  { row: 'E32', measure: e32 },
  { row: 'H8', measure: h8 },
  { row: 'Q', measure: q },
  { row: 'S3', measure: s3 },
]
