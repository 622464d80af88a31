// The PostgreSQL store: the contract of every store, and what only a server of its own can get wrong.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Plan, type Store, Unavailable } from '@patois/core'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openStore } from '../packages/server/src/store/index.ts'
import { startPostgres, type TestPostgres, whyNoPostgres } from './door/postgres.ts'
import { tie } from './door/program.ts'
import { startTcpProxy } from './door/tcp.ts'
import {
  code,
  grant,
  type OpenedStore,
  plan,
  session,
  storeContract,
  user,
} from './store-contract.ts'

const issuer = 'https://id.example/auth'

let postgres: TestPostgres
let admin: pg.Client
let database: string
beforeAll(async () => {
  if (whyNoPostgres()) return
  postgres = await startPostgres()
  database = await postgres.newDatabase()
  admin = new pg.Client(database)
  await admin.connect()
})
afterAll(async () => {
  await admin?.end()
  await postgres?.close()
})

let schemas = 0

/** A place without tables: a schema of its own, which is made sooner than a database. */
const newPlace = async (settings: Readonly<Record<string, string>> = {}): Promise<string> => {
  const search_path = `schema_${++schemas}`
  await admin.query(`CREATE SCHEMA ${search_path}`)
  const flags = Object.entries({ ...settings, search_path }).map(
    ([name, value]) => `-c ${name}=${value.replaceAll(' ', '\\ ')}`,
  )
  return `${database}?options=${encodeURIComponent(flags.join(' '))}`
}

const open = async (settings = {}): Promise<OpenedStore> => {
  const url = await newPlace(settings)
  let store = await openStore(url, { issuer, dev: false })
  return {
    store,
    reopen: async () => {
      await store.close()
      store = await openStore(url, { issuer, dev: false })
      return store
    },
    close: async () => store.close(),
  }
}

const isolation = (level: string) => ({ default_transaction_isolation: level })

describe.skipIf(whyNoPostgres())('PostgreSQL', () => {
  storeContract('read committed', () => open())
  storeContract('serializable', () => open(isolation('serializable')))
})

describe.skipIf(whyNoPostgres())('several servers', () => {
  const opened: Store[] = []
  const openOn = async (url: string, over = {}): Promise<Store> => {
    const store = await openStore(url, { issuer, dev: false, ...over })
    opened.push(store)
    return store
  }
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close()
  })
  const pair = async (settings = {}, query = ''): Promise<[Store, Store]> => {
    const url = (await newPlace(settings)) + query
    return [await openOn(url), await openOn(url)]
  }

  test('may all make the tables of an empty database at once', async () => {
    const url = await newPlace()
    const stores = await Promise.all(Array.from({ length: 8 }, () => openOn(url)))
    const ids = stores.flatMap((store) => Array.from({ length: 100 }, () => store.newId()))
    expect(new Set(ids).size).toBe(800)
  })

  for (const level of ['read committed', 'serializable']) {
    test(`spend a code once, however many try, ${level}`, async () => {
      const stores = await pair(isolation(level))
      for (let round = 0; round < 20; round++) {
        const jtiHash = new Uint8Array(32).fill(round)
        const spend = { what: 'assertion', clientId: 'c', jtiHash, expiresAt: 9 } as const
        const tries = Array.from({ length: 50 }, (_, nth) =>
          stores[nth % 2 === 0 ? 0 : 1].commit(plan([], spend)),
        )
        expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1)
      }
    })

    test(`write the same rows in any order, and each plan is kept, ${level}`, async () => {
      const stores = await pair(isolation(level))
      const person = user(stores[0])
      await stores[0].commit(plan([{ put: 'user', user: person }]))
      const many = Array.from({ length: 10 }, () => session(stores[0], person.id))
      await stores[0].commit(plan(many.map((one) => ({ put: 'session', session: one }))))
      const plans = Array.from({ length: 60 }, (_, nth): Plan => {
        const rows = many.map(({ id }) => ({ extend: 'session' as const, id, until: 2e9 + nth }))
        return plan(nth % 2 === 0 ? rows : rows.toReversed())
      })
      const kept = plans.map((one, nth) => stores[nth % 2 === 0 ? 0 : 1].commit(one))
      expect((await Promise.all(kept)).every(Boolean)).toBe(true)
      for (const { id } of many) {
        expect((await stores[1].findSession(id))?.session.expiresAt).toBe(2e9 + 59)
      }
    })
  }

  /** What another server does meanwhile: `held` runs in its open transaction, `late` before its end. */
  const meanwhile = async <T>(url: string, held: string, late: string, work: () => Promise<T>) => {
    const other = new pg.Client(url)
    await other.connect()
    await other.query(`BEGIN; ${held}`)
    const working = work()
    const waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    await expect.poll(async () => (await admin.query(waits)).rowCount).toBe(1)
    await other.query(`${late}; COMMIT`)
    await other.end()
    return working
  }

  test('that exchange a code while its session ends leave no family alive', async () => {
    const url = await newPlace()
    const store = await openOn(url)
    const [person, sessionId, familyId] = [user(store), store.newId(), store.newId()]
    const consent = grant(store, person.id)
    const given = code(store, consent, { sessionId })
    await store.commit(
      plan([
        { put: 'user', user: person },
        { put: 'grant', grant: consent },
        { put: 'code', code: given },
      ]),
    )
    const family = `INSERT INTO families (id, issuer, grant_id, user_id, client_id, session_id,
      dialect, scope, resources, authenticated_at, created_at, expires_at) VALUES (${familyId}, 1,
      ${consent.id}, ${person.id}, 'c', ${sessionId}, 'standard', '[]', '[]', 1, 1, 9)`
    const spent = `UPDATE codes SET spent_at = 1, family_id = ${familyId} WHERE id = ${given.id}`
    await meanwhile(url, spent, family, () =>
      store.commit(plan([{ end: 'session_families', sessionId, at: 5, reason: 'logout' }])),
    )
    expect((await store.findFamily(familyId))?.family.endedAt).toBe(5)
  })

  test('that give out the place of a code at once give it to one', async () => {
    const url = await newPlace()
    const store = await openOn(url)
    const consent = grant(store, 7)
    const given = code(store, consent)
    const slot = `INSERT INTO code_slots (issuer, user_id, client_id, code_id, expires_at)
      VALUES (1, 7, 'c', ${given.id}, 100)`
    const put = `INSERT INTO codes (id, issuer, hash, grant_id, user_id, client_id, dialect,
      redirect_uri, redirect_sent, scope, resources, authenticated_at, created_at, expires_at,
      wrong_verifiers) VALUES (${given.id}, 1, '', 1, 7, 'c', 'standard', '', 1, '[]', '[]', 1, 1,
      100, 0)`
    const spend = { what: 'code_slot', userId: 7, clientId: 'c', at: 1, until: 100 } as const
    const kept = await meanwhile(url, slot, put, () =>
      store.commit(plan([], { ...spend, codeId: store.newId() })),
    )
    expect(kept).toBe(false)
  })

  test('do not wait for one that is frozen in the middle of a transaction', async () => {
    const url = await newPlace()
    const store = await openOn(url)
    const jtiHash = new Uint8Array(32)
    const spend = { what: 'assertion', clientId: 'c', jtiHash, expiresAt: 9 } as const
    const source = new URL('../packages/server/src/store/index.ts', import.meta.url)
    // It stops once its spend is won, when it is asked for the changes.
    const program = `
      const { openStore } = await import(${JSON.stringify(fileURLToPath(source))})
      const store = await openStore(${JSON.stringify(url)}, { issuer: '${issuer}', dev: false })
      let isFirst = true
      const kept = await store.commit({
        spend: { what: 'assertion', clientId: 'c', jtiHash: new Uint8Array(32), expiresAt: 9 },
        get changes() {
          if (isFirst) process.kill(process.pid, 'SIGSTOP')
          isFirst = false
          return []
        },
        events: [],
      })
      console.log(kept)
      await store.close()`
    const flags = ['--conditions=patois-source', '--input-type=module', '--eval', program]
    const frozen = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] })
    const untie = tie(frozen.pid, 'KILL')
    const [said] = [once(frozen.stdout, 'data'), once(frozen, 'close').finally(untie)]
    const idle = "SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction'"
    const isIdle = async () => (await admin.query(idle)).rowCount
    await expect.poll(isIdle, { timeout: 10_000 }).toBe(1)
    expect(await store.commit(plan([], spend))).toBe(true)
    frozen.kill('SIGCONT')
    expect(String((await said)[0])).toBe('false\n')
  })

  test('of another issuer or another mode are refused, and no password is said', async () => {
    const url = (await newPlace()).replace('patois@', 'patois:geheim@')
    await openOn(url)
    const other = openOn(url, { issuer: 'https://other.example' })
    await expect(other).rejects.toThrow(/^The database 127.* belongs to the issuer https:\/\/id/)
    await expect(openOn(url, { dev: true })).rejects.toThrow('was made outside dev mode')
    await expect(openOn(url, { dev: true })).rejects.not.toThrow('geheim')
  })

  test('of a newer program are joined unless they need what this one does not know', async () => {
    const url = await newPlace()
    const store = await openOn(url)
    const other = new pg.Client(url)
    await other.connect()
    await other.query(`INSERT INTO migrations (id, name, needs) VALUES (999, '999-later', 1);
      ALTER TABLE users ADD COLUMN later TEXT`)
    const person = user(store)
    expect(await store.commit(plan([{ put: 'user', user: person }]))).toBe(true)
    expect(await (await openOn(url)).findUser(person.id)).toEqual(person)
    await other.query('UPDATE migrations SET needs = 999 WHERE id = 999')
    await expect(openOn(url)).rejects.toThrow(
      '"999-later", which this version of Patois does not know',
    )
    await other.end()
  })

  test('find the primary among several hosts', async () => {
    const url = await postgres.newDatabase()
    const hosts = `127.0.0.1:1,127.0.0.1:${postgres.port}`
    const store = await openOn(url.replace(`127.0.0.1:${postgres.port}`, hosts))
    expect(await store.commit(plan([{ put: 'user', user: user(store) }]))).toBe(true)
  })

  test('do without names of statements where a pooler stands between', async () => {
    const [store] = await pair({}, '&prepare=false&connections=2')
    const person = user(store)
    expect(await store.commit(plan([{ put: 'user', user: person }]))).toBe(true)
    expect(await store.findUser(person.id)).toEqual(person)
  })
})

describe.skipIf(whyNoPostgres())('a PostgreSQL that goes away', () => {
  test('makes reads and writes unavailable, and is found again when it is back', async () => {
    const own = await startPostgres()
    const store = await openStore(await own.newDatabase(), { issuer, dev: false })
    const person = user(store)
    await store.commit(plan([{ put: 'user', user: person }]))
    await own.stop('immediate')
    const late = user(store)
    const answers = await Promise.allSettled([
      store.findUser(person.id),
      store.commit(plan([{ put: 'user', user: late }])),
    ])
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 'rejected', reason: expect.any(Unavailable) })
    }
    await own.start()
    expect(await store.findUser(person.id)).toEqual(person)
    expect(await store.findUser(late.id)).toBeUndefined()
    expect(await store.commit(plan([{ put: 'user', user: late }]))).toBe(true)
    await store.close()
    await own.close()
  })
})

describe.skipIf(whyNoPostgres())('a COMMIT that nobody answers', () => {
  const spendOf = (nth: number) =>
    ({
      what: 'assertion',
      clientId: 'c',
      jtiHash: new Uint8Array(32).fill(nth),
      expiresAt: 9,
    }) as const
  const cases = [
    ['is undone and done again when it never arrived', undefined],
    ['is kept when it arrived', 0],
    ['is waited for when it arrives late', 400],
  ] as const
  for (const level of ['read committed', 'serializable']) {
    for (const [what, arrivesAfterMs] of cases) {
      test(`${what}, ${level}`, async () => {
        const proxy = await startTcpProxy(postgres.port)
        const at = `127.0.0.1:${proxy.port}`
        const url = (await newPlace(isolation(level))).replace(`127.0.0.1:${postgres.port}`, at)
        const store = await openStore(url, { issuer, dev: false })
        const person = user(store)
        for (const nth of [1, 2]) {
          proxy.cutAt({ word: 'COMMIT', ...(arrivesAfterMs !== undefined && { arrivesAfterMs }) })
          const name = { ...person, id: store.newId(), username: `name ${nth}` }
          expect(await store.commit(plan([{ put: 'user', user: name }], spendOf(nth)))).toBe(true)
          expect(await store.findUser(name.id)).toEqual(name)
          expect(await store.commit(plan([], spendOf(nth)))).toBe(false)
        }
        expect(proxy.cuts()).toBe(2)
        await store.close()
        await proxy.close()
      })
    }
  }

  test('that lets nobody in says how to get in, and no password', async () => {
    const rules = join(postgres.data, 'pg_hba.conf')
    writeFileSync(rules, `host all stranger all scram-sha-256\n${readFileSync(rules, 'utf8')}`)
    await admin.query("CREATE ROLE stranger LOGIN PASSWORD 'right'")
    // Before 15 everybody may make tables there.
    await admin.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC')
    await admin.query('SELECT pg_reload_conf()')
    const { host, pathname } = new URL(database)
    const said = (user: string, path = pathname) =>
      openStore(`postgres://${user}@${host}${path}`, { issuer, dev: false }).then(
        () => 'opened',
        ({ message }: Error) =>
          message.replace(`The database ${host}${path} cannot be opened: `, ''),
      )
    expect(await said('nobody')).toBe(
      'role "nobody" does not exist. Name another user in the URL, or let this one in.',
    )
    expect(await said('patois', '/none')).toBe(
      'database "none" does not exist. Make it, or name another one.',
    )
    expect(await said('patois', `${pathname}?sslmode=verify-full`)).toMatch(/or take sslmode out/)
    expect(await said('stranger')).toMatch(
      /^SASL: .* Set its password in PGPASSWORD or in ~\/\.pgpass\.$/,
    )
    expect(await said('stranger:geheim')).toBe(
      'password authentication failed for user "stranger". Set its password in PGPASSWORD or in ~/.pgpass.',
    )
    expect(await said('stranger:right')).toMatch(
      /^permission denied .* Let the user make tables there\.$/,
    )
  })

  test('leaves no receipt behind once its server has stopped', async () => {
    const url = await newPlace()
    const store = await openStore(url, { issuer, dev: false })
    await store.commit(plan([{ put: 'user', user: user(store) }]))
    const look = new pg.Client(url)
    await look.connect()
    const receipts = async () => (await look.query('SELECT * FROM receipts')).rowCount
    expect(await receipts()).toBe(1)
    await store.close()
    expect(await receipts()).toBe(0)
    await look.end()
  })
})

describe('a URL of PostgreSQL', () => {
  const refused = (url: string) => expect(openStore(url, { issuer, dev: false })).rejects
  test('that is none is refused without its password', async () => {
    await refused('postgres://u:geheim@/x').toThrow('must be like "postgres://user@host/database"')
    await refused('postgres://u:geheim@h:port/x').toThrow('A host in the database URL is not one')
    await refused('postgresql://h/x?connections=0').toThrow('must be a number from 1 to 1000')
    await refused('postgres://h/x?prepare=no').toThrow('"prepare" in the database URL')
    await refused('postgres://u:geheim@h:port/x').not.toThrow('geheim')
  })

  test('of a server that is not there says so', async () => {
    await refused('postgres://u:geheim@127.0.0.1:1/x').toThrow(
      'The database 127.0.0.1:1/x does not answer: connect ECONNREFUSED 127.0.0.1:1',
    )
  })
})
