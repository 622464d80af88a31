// What every shared store promises: one at a time, nobody waits for the dead, nothing lies there in clear.

import { randomUUID } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Entry, keep, memoryStore, type TokenStore } from '@patois/client'
import { postgresStore } from '@patois/client/stores/postgres'
import { redisStore } from '@patois/client/stores/redis'
import { sqliteStore } from '@patois/client/stores/sqlite'
import { createClient } from '@redis/client'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clientOf, KEY, signIn, startRotating } from '../door/kept.ts'
import { KINDS, type OpenedStore, openTokens, type StorePlace } from '../door/open-tokens.ts'
import { openPlaces, type Places, whyNoStore } from '../door/stores.ts'

const LEASE = { leaseMs: 200, waitMs: 5_000 }

let places: Places
beforeAll(async () => {
  places = await openPlaces(KINDS)
})
afterAll(() => places.close())

const read = (store: TokenStore, name: string) => store.transaction(name, (entry) => entry.read())
const write = (store: TokenStore, name: string, value: string | undefined) =>
  store.transaction(name, (entry) => entry.write(value))

/** Holds a name as a process does that stops in the middle: it never frees it, and gives no sign. */
const freeze = async (store: TokenStore, name: string): Promise<Entry & { thaw(): void }> => {
  const original = globalThis.setInterval
  // The lock of a process that was stopped has no heart.
  globalThis.setInterval = (() => 0) as never
  let thaw = () => {}
  const held = await new Promise<Entry>((resolve) => {
    void store.transaction(name, async (entry) => {
      resolve(entry)
      await new Promise<void>((resume) => {
        thaw = resume
      })
    })
  }).finally(() => {
    globalThis.setInterval = original
  })
  return { ...held, thaw: () => thaw() }
}

for (const kind of KINDS) {
  const why = whyNoStore(kind)
  if (why) {
    describe.skip(`a store in ${kind} — ${why}`, () => {
      test('keeps its promises', () => {})
    })
    continue
  }
  describe(`a store in ${kind}`, () => {
    let place: StorePlace
    const opened: OpenedStore[] = []
    /** Another opener of the same store, as another process would be. */
    const open = async (): Promise<TokenStore> => {
      const one = await openTokens(place, LEASE)
      opened.push(one)
      return one.store
    }
    beforeAll(async () => {
      place = await places.make(kind)
    })
    afterAll(async () => {
      for (const one of opened) await one.close()
    })

    test('keeps texts under any name, and forgets them', async () => {
      const store = await open()
      const names = ['alice', 'a b/../c\\d', '"; --', '🦜'.repeat(200), '..', '']
      for (const name of names) {
        expect(await read(store, name)).toBeUndefined()
        expect(await write(store, name, `of ${name}`)).toBe(true)
      }
      const other = await open()
      for (const name of names) expect(await read(other, name)).toBe(`of ${name}`)
      for (const name of names) await write(other, name, undefined)
      for (const name of names) expect(await read(store, name)).toBeUndefined()
      expect(await write(store, 'alice', undefined)).toBe(true)
      expect(await write(store, 'alice', 'again')).toBe(true)
      expect(await read(other, 'alice')).toBe('again')
    })

    test('can be used for the first time by many at once', async () => {
      place = await places.make(kind)
      const stores = await Promise.all(Array.from({ length: 8 }, open))
      const name = randomUUID()
      await Promise.all(stores.map((store, index) => write(store, name, String(index))))
      expect(await read(await open(), name)).toMatch(/^\d$/)
    })

    test('lets one at a time in, and nobody else’s error harms', async () => {
      const stores = await Promise.all(Array.from({ length: 4 }, open))
      const name = randomUUID()
      let inside = 0
      const work = stores.flatMap((store) =>
        Array.from({ length: 5 }, (_, index) =>
          store.transaction(name, async ({ read, write }) => {
            expect(++inside).toBe(1)
            const count = Number((await read()) ?? 0)
            await sleep(1)
            expect(await write(String(count + 1))).toBe(true)
            expect(--inside).toBe(0)
            if (index === 0) throw new Error('this one fails')
          }),
        ),
      )
      const ends = await Promise.allSettled(work)
      expect(ends.filter(({ status }) => status === 'rejected')).toHaveLength(4)
      expect(await read(stores[0]!, name)).toBe('20')
    })

    test('takes a name over from the dead, and of many that want it one at a time has it', async () => {
      const name = randomUUID()
      const { thaw } = await freeze(await open(), name)
      const stores = await Promise.all(Array.from({ length: 6 }, open))
      let inside = 0
      let most = 0
      await Promise.all(
        stores.map((store) =>
          store.transaction(name, async () => {
            most = Math.max(most, ++inside)
            await sleep(5)
            inside--
          }),
        ),
      )
      expect(most).toBe(1)
      thaw()
      await sleep(10)
      expect(await write(stores[0]!, name, 'still free')).toBe(true)
    })

    test('whoever wakes up late writes over nothing', async () => {
      const name = randomUUID()
      await write(await open(), name, 'first')
      const sleeper = await freeze(await open(), name)
      expect(await sleeper.read()).toBe('first')
      await write(await open(), name, 'second')
      expect(await sleeper.write('late')).toBe(false)
      expect(await sleeper.write(undefined)).toBe(false)
      expect(await sleeper.read()).toBe('second')
      sleeper.thaw()
      expect(await read(await open(), name)).toBe('second')
    })

    test('whoever wakes up late still writes down what nobody else has', async () => {
      const name = randomUUID()
      await write(await open(), name, 'first')
      const sleeper = await freeze(await open(), name)
      await sleeper.read()
      expect(await read(await open(), name)).toBe('first')
      expect(await sleeper.write('the successor')).toBe(true)
      sleeper.thaw()
      expect(await read(await open(), name)).toBe('the successor')
    })

    test('gives up on a name that is busy for too long', async () => {
      const name = randomUUID()
      const { store, close } = await openTokens(place, { leaseMs: 200, waitMs: 400 })
      const other = await open()
      const held = Promise.withResolvers<void>()
      const isIn = Promise.withResolvers<void>()
      const long = other.transaction(name, () => {
        isIn.resolve()
        return held.promise
      })
      await isIn.promise
      await expect(read(store, name)).rejects.toThrow('is busy')
      held.resolve()
      await long
      expect(await read(store, name)).toBeUndefined()
      await close()
    })
  })
}

test('no store has a token in clear, and all but memory insist on a secret', async () => {
  const server = await startRotating(0)
  const tokens = await signIn(server)
  const client = clientOf(server)
  for (const kind of KINDS.filter((one) => !whyNoStore(one))) {
    const place = await places.make(kind)
    const { store, close } = await openTokens(place)
    expect(() => keep({ client, store, name: 'alice' })).toThrow('secrets')
    expect(() => keep({ client, store, name: 'alice', secrets: ['short'] })).toThrow('32')
    await keep({ client, store, name: 'alice', secrets: [KEY] }).save(tokens)
    const bytes = await places.bytes(place)
    expect(bytes, kind).toMatch(/patois1\./)
    for (const secret of [tokens.accessToken, tokens.refreshToken ?? '', 'api.read']) {
      expect(bytes, kind).not.toContain(secret)
    }
    await close()
  }
  expect(() => keep({ client, store: memoryStore(), name: 'alice' })).not.toThrow()
  await server.close()
})

test('files are for their owner alone, and few are left behind', async () => {
  const { at } = await places.make('a file')
  const { store } = await openTokens({ kind: 'a file', at })
  for (let round = 0; round < 5; round++) await write(store, 'alice', `round ${round}`)
  expect(statSync(at).mode & 0o777).toBe(0o700)
  const [folder = ''] = readdirSync(at)
  const files = readdirSync(join(at, folder))
  expect(files.sort()).toEqual(['lock.10', 'tokens.5'])
  for (const file of files) expect(statSync(join(at, folder, file)).mode & 0o777).toBe(0o600)
  await write(store, 'alice', undefined)
  expect(statSync(join(at, folder, 'tokens.6')).size).toBe(0)
})

test('in SQLite the table has the name that was chosen, and waits for others’ transactions', async () => {
  const { at } = await places.make('SQLite')
  const [one, other] = [new DatabaseSync(at), new DatabaseSync(at)]
  const store = sqliteStore(one, { table: 'my "tokens"' })
  expect(await write(store, 'alice', 'kept')).toBe(true)
  const rows = other.prepare('SELECT key, value FROM "my ""tokens"""').all()
  expect(rows).toEqual([{ key: 'tokens alice', value: 'kept' }])
  other.exec('BEGIN IMMEDIATE')
  const busy = write(store, 'alice', 'after the other connection')
  await sleep(30)
  other.exec('COMMIT')
  expect(await busy).toBe(true)
  one.exec('BEGIN')
  const held = write(store, 'alice', 'after a rollback')
  await sleep(30)
  one.exec('ROLLBACK')
  expect(await held).toBe(true)
  expect(await read(store, 'alice')).toBe('after a rollback')
  one.close()
  other.close()
})

test.skipIf(whyNoStore('PostgreSQL'))(
  'in PostgreSQL the table may stand in a schema, and need not be made by its user',
  async () => {
    const { at } = await places.make('PostgreSQL')
    const owner = new pg.Pool({ connectionString: at })
    await owner.query('CREATE SCHEMA "Kept"')
    const store = postgresStore(owner, { table: 'Kept.tokens' })
    expect(await write(store, 'alice', 'kept')).toBe(true)
    await owner.query('CREATE ROLE app LOGIN; GRANT USAGE ON SCHEMA "Kept" TO app')
    await owner.query('GRANT SELECT, INSERT, UPDATE, DELETE ON "Kept"."tokens" TO app')
    const app = new pg.Pool({ connectionString: at.replace('patois@', 'app@') })
    expect(await read(postgresStore(app, { table: 'Kept.tokens' }), 'alice')).toBe('kept')
    await owner.end()
    await app.end()
  },
)

test.skipIf(whyNoStore('Redis'))(
  'node-redis is as good as ioredis, and the keys have a prefix of one’s own',
  async () => {
    const { at } = await places.make('Redis')
    const client = await createClient({ url: at }).connect()
    const store = redisStore(client, { prefix: 'mine:' })
    expect(await write(store, 'alice', 'kept')).toBe(true)
    expect(await read(store, 'alice')).toBe('kept')
    expect(await client.keys('*')).toEqual(['mine:tokens alice'])
    client.destroy()
  },
)
