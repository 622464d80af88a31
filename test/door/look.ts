// A look into a PostgreSQL database, past the servers that use it.

import pg from 'pg'

/** A connection of a test's own; whole numbers come as numbers. */
export const openLook = async (url: string): Promise<pg.Client> => {
  const { INT8 } = pg.types.builtins
  const getTypeParser = (oid: number) => (oid === INT8 ? Number : pg.types.getTypeParser(oid))
  const client = new pg.Client({ connectionString: url, types: { getTypeParser } })
  await client.connect()
  return client
}
