// Failures that all servers of a database count together: of a bucket, when it will be empty.

import type { Store } from '@patois/core'
import type { Connections } from './connections.ts'
import { numbered } from './statements.ts'

const count = {
  name: 'countFailure',
  ...numbered(`INSERT INTO failures (issuer, name, empty_at) VALUES (?, ?, ?)
    ON CONFLICT (issuer, name)
    DO UPDATE SET empty_at = greatest(failures.empty_at + ?, excluded.empty_at)
    RETURNING empty_at`),
}

/** Answers the `countFailures` of `Store`. */
export function openFailures(
  { run }: Connections,
  issuer: number,
): NonNullable<Store['countFailures']> {
  return (failures, now) =>
    Promise.all(
      failures.map(async ({ name, seconds }) => {
        const { rows } = await run(count, [issuer, name, now + seconds, seconds])
        return Number(rows[0]?.[0])
      }),
    )
}
