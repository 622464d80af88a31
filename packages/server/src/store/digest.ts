// Digests of rows that come out alike whatever database they lie in, and in whatever order.

import { hash } from 'node:crypto'
import type { Row, Value } from './rows.ts'

/** Takes rows in; `text` is their digest so far, in hex. */
export type Digest = { add(rows: readonly Row[]): void; text(): string }

const LANES = 8

/** A digest of no rows. */
export function openDigest(): Digest {
  // The sum of the rows' hashes, lane by lane: no order is left in it, and no row cancels another.
  const sums = new Uint32Array(LANES)
  return {
    add: (rows) => {
      for (const row of rows) {
        const bytes = hash('sha256', row.map(written).join(), 'buffer')
        for (let lane = 0; lane < LANES; lane++) {
          sums[lane] = (sums[lane] ?? 0) + bytes.readUInt32LE(4 * lane)
        }
      }
    },
    text: () => Buffer.from(sums.buffer).toString('hex'),
  }
}

// Each kind of value begins with its own sign, and a text says how long it is: no two rows are
// written alike.
function written(value: Value): string {
  if (value === null) return 'n'
  if (typeof value === 'number') return `d${value}`
  if (typeof value === 'string') return `s${value.length}:${value}`
  return `x${Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex')}`
}
