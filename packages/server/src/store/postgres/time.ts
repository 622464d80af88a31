// The time of the database, which all that share it go by.

import type { Connections } from './connections.ts'

const TIME = { text: 'SELECT CAST(extract(epoch FROM now()) * 1000 AS BIGINT)' }

/** The database's time, in milliseconds. */
export async function timeOf({ run }: Connections): Promise<number> {
  return Number((await run(TIME)).rows[0]?.[0])
}
