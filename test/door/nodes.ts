// Two servers on one PostgreSQL: one issuer, two ports.

import { type ServerOptions, startServer, type TestServer } from './server.ts'

/** Two servers that share nothing but the database. */
export type TestNodes = readonly [first: TestServer, second: TestServer]

/** Starts two servers on the empty database behind the URL. */
export const startNodes = async (
  database: string,
  options: ServerOptions = {},
): Promise<TestNodes> => {
  const first = await startServer({ ...options, database })
  const { issuer, masterKey, clock } = first
  const second = await startServer({ ...options, database, issuer, masterKey, now: clock.now() })
  return [first, second]
}
