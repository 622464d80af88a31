// Tests of how the file's clients and users come into the store.

import type { Client, User } from '@patois/core'
import { expect, test } from 'vitest'
import { readConfiguration } from '../configuration.ts'
import { openPasswords } from '../password.ts'
import { openStore } from '../store/index.ts'
import { upsertFromFile } from './upsert.ts'

const SECRET = 'a-secret-of-more-than-32-characters-1'
const issuer = 'https://id.example'
const web = { client_id: 'web', client_secret: SECRET, redirect_uris: ['https://rp.example/cb'] }
const alice = { username: 'alice', password: 'correct horse', claims: { name: 'Alice' } }

const open = async () => {
  const store = await openStore('sqlite::memory:', { issuer, dev: false })
  const passwords = openPasswords({ concurrency: 1, queue: 7 })
  const warnings: object[] = []
  const quiet = () => {}
  const warn = (one: object) => void warnings.push(one)
  const log = { debug: quiet, info: quiet, warn, error: quiet, fatal: quiet }
  const load = async (clients: object[], users: object[], now: number) => {
    const text = JSON.stringify({ issuer, clients, users })
    const dialects = [{ name: 'standard', title: 'Standard', policy: {}, operations: {} }]
    const result = readConfiguration({ text, env: {}, dev: false, dialects })
    if (!result.ok) throw new Error(result.faults.join('\n'))
    await upsertFromFile({ store, configuration: result.configuration, passwords, now, log })
  }
  const client = async () => (await store.findClient('web')) as Client
  const user = async () => (await store.findUserByName('alice')) as User
  const events = async () => (await store.listEvents(100)).map((event) => event.type)
  return { store, passwords, warnings, load, client, user, events }
}

test('new entries are made, with an audit event each', async () => {
  const { load, client, user, events, passwords } = await open()
  await load([web], [alice], 100)
  expect(await client()).toMatchObject({ id: 'web', owner: 'file', tokensFrom: 100 })
  const { sub, passwordHash, claims } = await user()
  expect(sub).toMatch(/^[\w-]{22}$/)
  expect(claims).toEqual({ name: 'Alice' })
  expect(await passwords.verify(passwordHash, 'correct horse')).toBe(true)
  expect((await events()).sort()).toEqual(['client_made', 'user_made'])
})

test('a second start with the same file changes nothing', async () => {
  const { load, client, user, events } = await open()
  await load([web], [alice], 100)
  const before = [await client(), await user()]
  await load([web], [alice], 200)
  expect([await client(), await user()]).toEqual(before)
  expect(await events()).toHaveLength(2)
})

test('a changed entry is written, and its tokens live on', async () => {
  const { load, client, user } = await open()
  await load([web], [alice], 100)
  const { sub, passwordHash } = await user()
  const client_secret = `${SECRET}-new`
  await load(
    [{ ...web, client_secret, scope: 'openid' }],
    [{ ...alice, claims: { name: 'A' } }],
    200,
  )
  expect(await client()).toMatchObject({ scope: ['openid'], tokensFrom: 100 })
  expect(await user()).toMatchObject({ sub, passwordHash, claims: { name: 'A' }, tokensFrom: 100 })
})

test('a new password ends what was issued before', async () => {
  const { load, user, passwords } = await open()
  await load([], [alice], 100)
  await load([], [{ ...alice, password: 'battery staple' }], 200)
  const { passwordHash, tokensFrom } = await user()
  expect(await passwords.verify(passwordHash, 'battery staple')).toBe(true)
  expect(tokensFrom).toBe(200)
})

test('an entry that left the file is disabled, and starts without tokens when it returns', async () => {
  const { load, client, user, events } = await open()
  await load([web], [alice], 100)
  const { sub } = await user()
  await load([], [], 200)
  expect(await client()).toMatchObject({ disabledAt: 200 })
  expect(await user()).toMatchObject({ disabledAt: 200 })
  await load([], [], 250)
  expect(await client()).toMatchObject({ disabledAt: 200 })
  await load([web], [alice], 300)
  expect((await client()).disabledAt).toBeUndefined()
  expect(await client()).toMatchObject({ tokensFrom: 300 })
  expect(await user()).toMatchObject({ sub, tokensFrom: 300 })
  expect((await user()).disabledAt).toBeUndefined()
  expect(await events()).toEqual(
    expect.arrayContaining(['client_disabled', 'client_enabled', 'user_disabled', 'user_enabled']),
  )
})

test('what somebody else owns is left alone, and the file may not name it', async () => {
  const { load, store, client } = await open()
  await load([web], [], 100)
  const mine: Client = { ...(await client()), owner: 'admin' }
  await store.commit({ changes: [{ put: 'client', client: mine }], events: [] })
  await load([], [], 200)
  expect((await client()).disabledAt).toBeUndefined()
  await expect(load([web], [], 300)).rejects.toThrow('The client web is not owned by the file.')
})

test('every exception from the rules is logged at each start', async () => {
  const { load, warnings } = await open()
  const app = { ...web, client_id: 'app', token_endpoint_auth_method: 'none', legacy_public: true }
  const loose = { ...web, require_pkce: false, consent: 'implicit', grant_types: ['password'] }
  const clients = [loose, { ...app, client_secret: undefined }]
  await load(clients, [], 100)
  await load(clients, [], 200)
  expect(warnings).toHaveLength(8)
  expect(JSON.stringify(warnings)).not.toContain(SECRET)
})

test('more users than the queue of hashes takes are all brought in', async () => {
  const { load, store } = await open()
  const users = Array.from({ length: 20 }, (_, n) => ({ ...alice, username: `user-${n}` }))
  await load([], users, 100)
  expect(await store.listUsers()).toHaveLength(20)
})
