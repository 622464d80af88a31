// A file that changes on several servers: one that starts with an older file takes nothing back.

import { type Configuration, knownDialects, readConfiguration } from 'patois'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { examine } from '../../packages/server/src/cli/doctor/examine.ts'
import { call } from '../door/browser.ts'
import { CLIENTS, RESOURCES, SCOPES, SECRETS, USERS } from '../door/fixtures.ts'
import { startPostgres, type TestPostgres, whyNoPostgres } from '../door/postgres.ts'
import { checkAnswer } from '../door/rules.ts'
import { startServer, type TestServer } from '../door/server.ts'
import { isActive } from '../door/tokens.ts'

let postgres: TestPostgres
beforeAll(async () => {
  if (!whyNoPostgres()) postgres = await startPostgres()
})
afterAll(() => postgres?.close())

const servers: TestServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

/** The file without the client `rs` and the user bob, and the one with both. */
const OLDER = {
  clients: CLIENTS.filter(({ client_id }) => client_id !== 'rs'),
  users: USERS.filter(({ username }) => username !== 'bob'),
  resources: [],
}
const NEWER = { clients: CLIENTS, users: USERS, resources: RESOURCES }

/** One more server on a database; the first one makes it. */
const startOn = async (database: string, configuration: object): Promise<TestServer> => {
  const [first] = servers
  const same = first && { issuer: first.issuer, masterKey: first.masterKey, now: first.clock.now() }
  const server = await startServer({ database, configuration: { ...configuration }, ...same })
  servers.push(server)
  return server
}

const warned = ({ log }: TestServer): string[] => log.filter((line) => line.includes('revision'))

describe.skipIf(whyNoPostgres())('servers that share a database', () => {
  test('keep what a file of a higher revision says, whoever starts with a lower one', async () => {
    const database = await postgres.newDatabase()
    await startOn(database, { ...OLDER, revision: 1 })
    const second = await startOn(database, { ...NEWER, revision: 2 })
    const bob = await second.store.findUserByName('bob')
    const minted = await call(second, '/token', 'rs', { grant_type: 'client_credentials' })
    const token = String(minted.body.access_token)
    for (const revision of [1, undefined]) {
      const late = await startOn(database, { ...OLDER, ...(revision && { revision }) })
      expect(warned(late)).toHaveLength(1)
      expect(await isActive(late, token, 'rs')).toBe(true)
      expect(await late.store.findUserByName('bob')).toEqual(bob)
    }
    expect(warned(second)).toEqual([])
    const third = await startOn(database, { ...NEWER, revision: 2 })
    expect(warned(third)).toEqual([])
    expect(await third.store.findUserByName('bob')).toEqual(bob)
    const fourth = await startOn(database, { ...OLDER, revision: 3 })
    expect(warned(fourth)).toEqual([])
    expect(await fourth.store.findUserByName('bob')).toBeUndefined()
    const gone = await call(fourth, '/token', 'rs', { grant_type: 'client_credentials' })
    checkAnswer(gone, { status: 401, error: 'invalid_client' })
  })

  test('that say no revision each apply their file, as one alone does', async () => {
    const database = await postgres.newDatabase()
    await startOn(database, NEWER)
    const late = await startOn(database, OLDER)
    expect(await late.store.findUserByName('bob')).toBeUndefined()
    expect(warned(late)).toEqual([])
  })

  test('are told of by the doctor when their file is the older one', async () => {
    const database = await postgres.newDatabase()
    const { issuer, masterKey } = await startOn(database, { revision: 5 })
    const about = async (revision: number) => {
      const tree = { issuer, database, clients: CLIENTS, users: USERS, scopes: SCOPES, revision }
      const parts = { text: JSON.stringify(tree), env: SECRETS, dev: false }
      const read = readConfiguration({ ...parts, dialects: await knownDialects(parts) })
      const { configuration } = read as { configuration: Configuration }
      const findings = await examine({ file: undefined, configuration, masterKeys: [masterKey] })
      return findings.filter(({ says }) => says.includes('revision'))
    }
    expect(await about(4)).toEqual([
      {
        about: 'configuration',
        state: 'warning',
        says: 'its revision is 4 and the database has 5: its clients and users are not used',
        fix: 'bring the newer file here, or set revision to 5 or more',
      },
    ])
    expect(await about(5)).toEqual([])
  })
})
