// Brings another configuration into the store of a server that runs, as its next start would.

import { DIALECTS } from '@patois/core'
import { openLog, readConfiguration } from 'patois'
import { upsertFromFile } from '../../packages/server/src/configuration/upsert.ts'
import { CLIENTS, RESOURCES, SCOPES, USERS } from './fixtures.ts'
import type { TestServer } from './server.ts'

/** What stands in the file now; what is left out is as in the fixtures. */
export type File = { clients?: Record<string, unknown>[]; users?: Record<string, unknown>[] }

/** Prepares a change of clients and users; the answer makes it. */
export const prepareReload = (server: TestServer, file: File): (() => Promise<void>) => {
  const tree = {
    issuer: server.issuer,
    scopes: SCOPES,
    resources: RESOURCES,
    clients: CLIENTS,
    users: USERS,
    ...file,
  }
  const read = readConfiguration({
    text: JSON.stringify(tree),
    env: {},
    dev: false,
    dialects: DIALECTS,
  })
  if (!read.ok) throw new Error(read.faults.join('\n'))
  const { configuration } = read
  const log = openLog('silent')
  return () => {
    const now = server.clock.now()
    return upsertFromFile({ store: server.store, configuration, now, log })
  }
}
