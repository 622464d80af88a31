// Tests of how the file's clients and users come into the store.

import type { Client, User } from '@patois/core'
import { expect, test } from 'vitest'
import { readConfiguration } from '../configuration.ts'
import { isPassword } from '../password.ts'
import { openStore } from '../store/index.ts'
import { upsertFromFile } from './upsert.ts'

const SECRET = 'a-secret-of-more-than-32-characters-1'
const issuer = 'https://id.example'
const web = { client_id: 'web', client_secret: SECRET, redirect_uris: ['https://rp.example/cb'] }
const alice = { username: 'alice', password: 'correct horse', claims: { name: 'Alice' } }

const open = async () => {
  const store = await openStore('sqlite::memory:', { issuer, dev: false })
  const warnings: object[] = []
  const quiet = () => {}
  const warn = (one: object) => void warnings.push(one)
  const log = { debug: quiet, info: quiet, warn, error: quiet, fatal: quiet }
  const load = async (clients: object[], users: object[], now: number) => {
    const text = JSON.stringify({ issuer, clients, users })
    const dialects = [{ name: 'standard', title: 'Standard', policy: {}, operations: {} }]
    const result = readConfiguration({ text, env: {}, dev: false, dialects })
    if (!result.ok) throw new Error(result.faults.join('\n'))
    await upsertFromFile({ store, configuration: result.configuration, now, log })
  }
  const client = async () => (await store.findClient('web')) as Client
  const user = async () => (await store.findUserByName('alice')) as User
  const events = async () => (await store.listEvents(100)).map((event) => event.type)
  return { store, warnings, load, client, user, events }
}

test('new entries are made, with an audit event each', async () => {
  const { load, client, user, events } = await open()
  await load([web], [alice], 100)
  expect(await client()).toMatchObject({ id: 'web', owner: 'file', tokensFrom: 100 })
  const { sub, passwordHash, claims } = await user()
  expect(sub).toMatch(/^[\w-]{22}$/)
  expect(claims).toEqual({ name: 'Alice' })
  expect(await isPassword(String(passwordHash), 'correct horse')).toBe(true)
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
  const { load, user } = await open()
  await load([], [alice], 100)
  await load([], [{ ...alice, password: 'battery staple' }], 200)
  const { passwordHash, tokensFrom } = await user()
  expect(await isPassword(String(passwordHash), 'battery staple')).toBe(true)
  expect(tokensFrom).toBe(200)
})

test('a client that left the file is disabled, and starts without tokens when it returns', async () => {
  const { load, client, events } = await open()
  await load([web], [], 100)
  await load([], [], 200)
  expect(await client()).toMatchObject({ disabledAt: 200 })
  await load([], [], 250)
  expect(await client()).toMatchObject({ disabledAt: 200 })
  await load([web], [], 300)
  expect((await client()).disabledAt).toBeUndefined()
  expect(await client()).toMatchObject({ tokensFrom: 300 })
  expect(await events()).toEqual(['client_enabled', 'client_disabled', 'client_made'])
})

test('a user who left the file is disabled for good, and the name is another person’s', async () => {
  const { load, store, user, events, warnings } = await open()
  await load([], [alice], 100)
  const first = await user()
  await load([], [], 200)
  expect(await user()).toBeUndefined()
  expect(await store.findUser(first.id)).toEqual({ ...first, disabledAt: 200 })
  await load([], [], 250)
  expect(await store.findUser(first.id)).toEqual({ ...first, disabledAt: 200 })
  await load([], [alice], 300)
  const second = await user()
  expect(second.id).not.toBe(first.id)
  expect(second.sub).not.toBe(first.sub)
  expect(second.tokensFrom).toBe(300)
  expect(await events()).toEqual(['user_made', 'user_ended', 'user_made'])
  expect(warnings).toEqual([{ username: 'alice', formerSub: first.sub }])
})

test('a user whose entry states the sub of before is that person, under whatever name', async () => {
  const { load, store, user, events } = await open()
  await load([], [alice], 100)
  const first = await user()
  await load([], [], 200)
  await load([], [alice], 300)
  const second = await user()
  await load([], [{ ...alice, sub: first.sub }], 400)
  expect(await user()).toMatchObject({ id: first.id, sub: first.sub, tokensFrom: 400 })
  expect((await user()).disabledAt).toBeUndefined()
  expect((await store.findUser(second.id))?.disabledAt).toBe(400)
  // The name that is left behind may be given to another at the same start.
  const renamed = { ...alice, username: 'alicia', sub: first.sub }
  await load([], [{ ...alice, sub: 'another' }, renamed], 500)
  expect(await store.findUserByName('alicia')).toMatchObject({ id: first.id, tokensFrom: 400 })
  expect(await user()).toMatchObject({ sub: 'another', tokensFrom: 500 })
  expect((await events()).slice(0, 2).sort()).toEqual(['user_changed', 'user_made'])
})

test('a stated sub is no name of a client, whether that is in the file or was there before', async () => {
  const { load, store } = await open()
  const twin = { ...alice, sub: 'web' }
  const sentence = 'The client web has the sub of a user as its name.'
  await expect(load([web], [twin], 100)).rejects.toThrow(sentence)
  await load([web], [], 200)
  await expect(load([], [twin], 300)).rejects.toThrow(sentence)
  expect(await store.listUsers()).toEqual([])
})

test('a new user has the sub that the entry states', async () => {
  const { load, user, warnings } = await open()
  await load([], [{ ...alice, sub: 'auth0|5f7c8ec7c33c6c004bbafe82' }], 100)
  expect((await user()).sub).toBe('auth0|5f7c8ec7c33c6c004bbafe82')
  await load([], [alice], 200)
  expect((await user()).sub).toBe('auth0|5f7c8ec7c33c6c004bbafe82')
  expect(warnings).toEqual([])
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

test('a user of somebody else is neither named nor impersonated by the file', async () => {
  const { load, store, user } = await open()
  await load([], [alice], 100)
  const theirs: User = { ...(await user()), owner: 'admin' }
  await store.commit({ changes: [{ put: 'user', user: theirs }], events: [] })
  await load([], [], 200)
  expect(await user()).toEqual(theirs)
  const bert = { ...alice, username: 'bert', sub: theirs.sub }
  for (const entry of [alice, { ...alice, sub: 'x' }, bert]) {
    const sentence = `The user ${entry.username} is not owned by the file.`
    await expect(load([], [entry], 300)).rejects.toThrow(sentence)
  }
  expect(await store.listUsers()).toEqual([theirs])
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

test('a client that gets no refresh token in spite of offline_access is logged', async () => {
  const { load, warnings } = await open()
  const asks = { ...web, scope: 'openid offline_access' }
  const may = { ...asks, client_id: 'may', grant_types: ['authorization_code', 'refresh_token'] }
  await load([asks, may], [], 100)
  expect(warnings).toEqual([{ client: 'web' }])
})

test('more users than the queue of hashes takes are all brought in', async () => {
  const { load, store } = await open()
  const users = Array.from({ length: 20 }, (_, n) => ({ ...alice, username: `user-${n}` }))
  await load([], users, 100)
  expect(await store.listUsers()).toHaveLength(20)
})
