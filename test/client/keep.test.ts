// Tokens that are kept, and every way in which one could get lost on the way.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type Cells,
  type KeepOptions,
  type Kept,
  keep,
  leasedStore,
  memoryStore,
  Refused,
  retrying,
  type TokenStore,
  Unreachable,
} from '@patois/client'
import { standard } from '@patois/core/dialects/standard'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  APP,
  checkAlive,
  clientOf,
  KEY,
  LIFE,
  signIn,
  startRotating,
  tokenRequests,
} from '../door/kept.ts'
import type { TestServer } from '../door/server.ts'
import { revoke } from '../door/tokens.ts'

const OTHER_KEY = 'another key for what is kept, as long as the first'

/** At a server of its own: who ends a family there ends no other test's. */
let strict: TestServer
let lenient: TestServer
beforeAll(async () => {
  strict = await startRotating(0)
  lenient = await startRotating(10)
})
afterAll(async () => {
  await strict.close()
  await lenient.close()
})

/** What happens to the next token requests, the first of them first; then nothing does. */
type Fault = (send: () => Promise<Response>) => Promise<Response>
let faults: Fault[] = []
beforeEach(() => {
  faults = []
})

const isRefresh = (init?: RequestInit): boolean =>
  init?.body instanceof Uint8Array &&
  new TextDecoder().decode(init.body).includes('grant_type=refresh_token')

const faultyFetch: typeof fetch = (input, init) => {
  const fault = isRefresh(init) ? faults.shift() : undefined
  return fault ? fault(() => fetch(input, init)) : fetch(input, init)
}

const neverSent: Fault = () => Promise.reject(new TypeError('fetch failed'))
const answerLost: Fault = async (send) => {
  await (await send()).text()
  throw new TypeError('fetch failed')
}
const answers =
  (status: number, body: unknown = {}, headers: Record<string, string> = {}): Fault =>
  async () =>
    Response.json(body, { status, headers })

const keptBy = (server: TestServer, more: Partial<KeepOptions> = {}): Kept => {
  const client = clientOf(server, { fetch: faultyFetch })
  return keep({ client, store: memoryStore(), name: 'alice', ...more })
}

const begin = async (server: TestServer, more: Partial<KeepOptions> = {}) => {
  const kept = keptBy(server, more)
  const tokens = await signIn(server)
  await kept.save(tokens)
  return { kept, tokens }
}

/** Cells in this process; whoever wants a lock has it, as if everybody had been taken for dead. */
const lockless = () => {
  const cells = new Map<string, string>()
  const hook: { beforeWrite?: (() => Promise<unknown>) | undefined } = {}
  const steps: Cells = {
    read: async (key) => cells.get(key),
    swap: async (key, before, after) => {
      if (key.startsWith('lock ')) return true
      const { beforeWrite } = hook
      hook.beforeWrite = undefined
      await beforeWrite?.()
      if (cells.get(key) !== before) return false
      if (after === undefined) cells.delete(key)
      else cells.set(key, after)
      return true
    },
  }
  return { open: (): TokenStore => leasedStore(steps), cells, hook }
}

/** Holds the next token request up, before it is sent or after it was answered. */
const holdUp = (when: 'before' | 'after') => {
  const reached = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  faults = [
    async (send) => {
      const response = when === 'after' ? await send() : undefined
      reached.resolve()
      await released.promise
      return response ?? send()
    },
  ]
  return { isReached: reached.promise, release: released.resolve }
}

describe('one refresh for all', () => {
  test('50 callers, sooner or later, cost one, and get the same token', async () => {
    const { kept, tokens } = await begin(strict)
    strict.clock.advance(LIFE)
    const got: string[] = []
    const statuses = await tokenRequests(strict, async () => {
      const callers = Array.from({ length: 50 }, async (_, index) => {
        await new Promise((resolve) => setTimeout(resolve, index % 10))
        return kept.getToken()
      })
      got.push(...(await Promise.all(callers)))
    })
    expect(statuses).toEqual([200])
    expect(new Set(got).size).toBe(1)
    expect(got[0]).not.toBe(tokens.accessToken)
  })

  test('50 keepers of one store do too', async () => {
    const store = memoryStore()
    const { tokens } = await begin(strict, { store })
    strict.clock.advance(LIFE)
    const keepers = Array.from({ length: 50 }, () => keptBy(strict, { store }))
    let got: string[] = []
    const statuses = await tokenRequests(strict, async () => {
      got = await Promise.all(keepers.map((kept) => kept.getToken()))
    })
    expect(statuses).toEqual([200])
    expect(new Set(got).size).toBe(1)
    expect(got[0]).not.toBe(tokens.accessToken)
  })

  test('50 calls of an API that refuses the token cost one, those that come late too', async () => {
    const { kept, tokens } = await begin(strict)
    strict.clock.advance(10)
    await revoke(strict, tokens.accessToken, APP.clientId)
    const statuses = await tokenRequests(strict, async () => {
      const calls = Array.from({ length: 50 }, async (_, index) => {
        await new Promise((resolve) => setTimeout(resolve, 3 * index))
        return (await kept.fetch(strict.url('/userinfo'))).status
      })
      // Without the scope openid userinfo refuses, but it knows the token.
      expect(new Set(await Promise.all(calls))).toEqual(new Set([403]))
    })
    expect(statuses).toEqual([200])
  })

  test('an API that refuses brand-new tokens costs none', async () => {
    const { kept, tokens } = await begin(strict)
    await revoke(strict, tokens.accessToken, APP.clientId)
    const statuses = await tokenRequests(strict, async () => {
      for (let call = 0; call < 5; call++) {
        expect((await kept.fetch(strict.url('/userinfo'))).status).toBe(401)
      }
    })
    expect(statuses).toEqual([])
    strict.clock.advance(10)
    expect((await kept.fetch(strict.url('/userinfo'))).status).toBe(403)
  })

  test('a body that was sent is sent again', async () => {
    const bodies: string[] = []
    const api = createServer(async (request, response) => {
      let body = ''
      for await (const piece of request) body += piece
      bodies.push(body)
      response.writeHead(bodies.length === 1 ? 401 : 200).end()
    })
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
    const { kept } = await begin(strict)
    strict.clock.advance(10)
    const url = `http://127.0.0.1:${(api.address() as AddressInfo).port}/`
    const response = await kept.fetch(url, { method: 'POST', body: 'an order' })
    expect([response.status, ...bodies]).toEqual([200, 'an order', 'an order'])
    api.close()
    await expect(kept.fetch('http://api.example/')).rejects.toThrow('https only')
  })

  test('a minute before its end it is renewed, and of a short life after the half', async () => {
    const { kept, tokens } = await begin(strict)
    strict.clock.advance(LIFE - 61)
    expect(await kept.getToken()).toBe(tokens.accessToken)
    strict.clock.advance(1)
    const next = await kept.getToken()
    expect(next).not.toBe(tokens.accessToken)
    const { open } = lockless()
    const short = await begin(strict, { store: open(), marginSeconds: 600, secrets: [KEY] })
    strict.clock.advance(LIFE / 2 - 1)
    expect(await short.kept.getToken()).toBe(short.tokens.accessToken)
    strict.clock.advance(1)
    expect(await short.kept.getToken()).not.toBe(short.tokens.accessToken)
  })
})

describe('a failure that passes', () => {
  test('takes away nothing: a token that is good is good, and then the old one is tried again', async () => {
    const { kept, tokens } = await begin(strict)
    strict.clock.advance(LIFE - 30)
    faults = [answers(503), answers(503)]
    expect(await kept.getToken()).toBe(tokens.accessToken)
    const none = await tokenRequests(strict, async () => {
      for (let call = 0; call < 5; call++) expect(await kept.getToken()).toBe(tokens.accessToken)
    })
    expect([none, faults.length]).toEqual([[], 1])
    strict.clock.advance(30)
    const error = await kept.getToken().catch((one: unknown) => one)
    expect(error).toMatchObject({ status: 503, meaning: 'transient' })
    // Inside the cooldown nobody is asked.
    expect(await kept.getToken().catch((one: unknown) => one)).toBe(error)
    expect((await kept.read())?.refreshToken).toBe(tokens.refreshToken)
    strict.clock.advance(5)
    await checkAlive(strict, await kept.getToken())
  })

  test('lasts as long as the server says', async () => {
    const { kept } = await begin(strict)
    strict.clock.advance(LIFE)
    faults = [answers(429, { error: 'slow_down' }, { 'retry-after': '40' })]
    await expect(kept.getToken()).rejects.toMatchObject({ status: 429, retryAfter: 40 })
    strict.clock.advance(39)
    await expect(kept.getToken()).rejects.toMatchObject({ status: 429 })
    strict.clock.advance(1)
    await checkAlive(strict, await kept.getToken())
  })

  test('is not a logout for an API either', async () => {
    const { kept, tokens } = await begin(strict)
    strict.clock.advance(10)
    await revoke(strict, tokens.accessToken, APP.clientId)
    faults = [answers(502)]
    await expect(kept.fetch(strict.url('/userinfo'))).rejects.toMatchObject({ status: 502 })
    strict.clock.advance(5)
    expect((await kept.fetch(strict.url('/userinfo'))).status).toBe(403)
  })

  test('no schedule of repeats keeps everybody waiting', async () => {
    const client = { connection: clientOf(strict, { fetch: faultyFetch }).connection }
    const retry = retrying({ statuses: [503], initialMs: 1, longestMs: 1, withinMs: 10_000 })
    const kept = keep({
      client: { connection: { ...client.connection, retry } },
      store: memoryStore(),
      name: 'alice',
    })
    await kept.save(await signIn(strict))
    strict.clock.advance(LIFE)
    faults = [answers(503), answers(503)]
    await expect(kept.getToken()).rejects.toThrow(Refused)
    expect(faults).toHaveLength(1)
  })

  test.each([
    ['was never sent', neverSent],
    ['was spent already', answerLost],
  ])('a lost answer is asked for again, when the request %s', async (_, fault) => {
    const { kept } = await begin(lenient)
    lenient.clock.advance(LIFE)
    faults = [fault]
    await checkAlive(lenient, await kept.getToken())
    lenient.clock.advance(LIFE)
    // Twice in a row, and the cooldown is over before the server’s window is.
    faults = [fault, fault]
    await expect(kept.getToken()).rejects.toThrow(Unreachable)
    lenient.clock.advance(5)
    await checkAlive(lenient, await kept.getToken())
  })
})

describe('a refusal for good', () => {
  test('is heard once, keeps what there was, and ends with the next sign-in', async () => {
    const server = await startRotating(0)
    const { kept, tokens } = await begin(server)
    server.clock.advance(LIFE)
    await revoke(server, tokens.refreshToken ?? '', APP.clientId)
    const statuses = await tokenRequests(server, async () => {
      for (let call = 0; call < 3; call++) {
        const error = await kept.getToken().catch((one: unknown) => one)
        expect(error).toBeInstanceOf(Refused)
        expect(error).toMatchObject({ code: 'invalid_grant', meaning: 'dead' })
      }
    })
    expect(statuses).toEqual([400])
    expect(await kept.read()).toEqual(tokens)
    const next = await signIn(server)
    await kept.save(next)
    expect(await kept.getToken()).toBe(next.accessToken)
    await server.close()
  })

  test('a configuration fault is none', async () => {
    const { kept } = await begin(strict)
    strict.clock.advance(LIFE)
    faults = [answers(401, { error: 'invalid_client' })]
    await expect(kept.getToken()).rejects.toMatchObject({ meaning: 'configuration' })
    strict.clock.advance(5)
    await checkAlive(strict, await kept.getToken())
  })

  test('where tokens can be had without anybody, new ones are', async () => {
    const { open } = lockless()
    const client = clientOf(strict, { fetch: faultyFetch })
    let count = 0
    const tokens = await signIn(strict)
    const obtain = async () => ({ ...tokens, accessToken: `obtained ${++count}` })
    const kept = keep({ client, store: open(), name: 'machine', secrets: [KEY], obtain })
    expect(await kept.getToken()).toBe('obtained 1')
    strict.clock.advance(LIFE)
    faults = [answers(400, { error: 'invalid_grant' })]
    const fresh = { ...tokens, expiresAt: strict.clock.now() + LIFE }
    const again = keep({
      client,
      store: open(),
      name: 'machine',
      secrets: [KEY],
      obtain: async () => fresh,
    })
    expect(await again.getToken()).toBe(tokens.accessToken)
  })

  test('without tokens somebody has to sign in', async () => {
    await expect(keptBy(strict).getToken()).rejects.toMatchObject({
      code: 'login_required',
      meaning: 'dead',
    })
  })
})

describe('a lock that is lost', () => {
  test('at a server with a window both get the same tokens, and the first who writes them stands', async () => {
    const { open } = lockless()
    await begin(lenient, { store: open(), secrets: [KEY] })
    lenient.clock.advance(LIFE)
    const [one, other] = [0, 1].map(() => keptBy(lenient, { store: open(), secrets: [KEY] }))
    const late = holdUp('after')
    const first = one!.getToken()
    await late.isReached
    const second = await other!.getToken()
    late.release()
    expect(await first).toBe(second)
    await checkAlive(lenient, second)
    lenient.clock.advance(LIFE)
    await checkAlive(lenient, await one!.getToken())
  })

  test('whoever is refused because of the other’s refresh reads the store once more', async () => {
    const { open } = lockless()
    await begin(strict, { store: open(), secrets: [KEY] })
    strict.clock.advance(LIFE)
    const [one, other] = [0, 1].map(() => keptBy(strict, { store: open(), secrets: [KEY] }))
    const late = holdUp('before')
    const first = one!.getToken()
    await late.isReached
    const second = await other!.getToken()
    late.release()
    expect(await first).toBe(second)
    await checkAlive(strict, second)
  })

  test('whoever was refused does not bury what the other has got', async () => {
    const { open } = lockless()
    await begin(strict, { store: open(), secrets: [KEY] })
    strict.clock.advance(LIFE)
    const [one, other] = [0, 1].map(() => keptBy(strict, { store: open(), secrets: [KEY] }))
    const late = holdUp('after')
    const first = one!.getToken()
    // The winner has its answer on the way: to the other the token is as good as dead.
    await late.isReached
    await expect(other!.getToken()).rejects.toMatchObject({ code: 'invalid_grant' })
    late.release()
    const token = await first
    await checkAlive(strict, token)
    expect(await other!.getToken()).toBe(token)
  })

  test('what the other has got in the last moment is taken, not buried', async () => {
    const { open, hook } = lockless()
    await begin(strict, { store: open(), secrets: [KEY] })
    strict.clock.advance(LIFE)
    const [one, other] = [0, 1].map(() => keptBy(strict, { store: open(), secrets: [KEY] }))
    const late = holdUp('after')
    const first = one!.getToken()
    await late.isReached
    hook.beforeWrite = () => {
      late.release()
      return first
    }
    expect(await other!.getToken()).toBe(await first)
    await checkAlive(strict, await first)
  })

  test('a sign-in stands over a refresh that is written in the same moment', async () => {
    const { open, hook } = lockless()
    await begin(strict, { store: open(), secrets: [KEY] })
    strict.clock.advance(LIFE)
    const [one, other] = [0, 1].map(() => keptBy(strict, { store: open(), secrets: [KEY] }))
    const tokens = await signIn(strict)
    hook.beforeWrite = () => one!.getToken()
    await other!.save(tokens)
    expect(await keptBy(strict, { store: open(), secrets: [KEY] }).read()).toEqual(tokens)
  })

  test('what was forgotten meanwhile stays forgotten, and a new sign-in stands', async () => {
    const { open } = lockless()
    const { kept } = await begin(strict, { store: open(), secrets: [KEY] })
    const other = keptBy(strict, { store: open(), secrets: [KEY] })
    const next = await signIn(strict)
    for (const change of [() => other.forget(), () => other.save(next)]) {
      await kept.save(await signIn(strict))
      strict.clock.advance(LIFE - 30)
      const late = holdUp('before')
      const token = kept.getToken()
      await late.isReached
      await change()
      late.release()
      await token.catch(() => undefined)
      const found = await keptBy(strict, { store: open(), secrets: [KEY] }).read()
      expect(found?.refreshToken).toBe(
        change.toString().includes('save') ? next.refreshToken : undefined,
      )
    }
  })
})

describe('changes during a refresh', () => {
  test('a logout waits for it and then stands', async () => {
    const { kept } = await begin(strict)
    strict.clock.advance(LIFE)
    const late = holdUp('after')
    const token = kept.getToken()
    await late.isReached
    const forgotten = kept.forget()
    late.release()
    await Promise.all([token, forgotten])
    expect(await kept.read()).toBeUndefined()
    await expect(kept.getToken()).rejects.toMatchObject({ code: 'login_required' })
  })

  test('so does a sign-in', async () => {
    const { kept } = await begin(strict)
    strict.clock.advance(LIFE)
    const next = await signIn(strict)
    const late = holdUp('after')
    const token = kept.getToken()
    await late.isReached
    const saved = kept.save(next)
    late.release()
    await Promise.all([token, saved])
    expect(await kept.getToken()).toBe(next.accessToken)
  })
})

describe('a store that fails', () => {
  const failing = (count: { writes: number; reads: number }): TokenStore => {
    const memory = memoryStore()
    return {
      ...memory,
      transaction: (name, work) =>
        memory.transaction(name, ({ read, write }) =>
          work({
            read: async () => {
              if (count.reads-- > 0) throw new Error('no connection')
              return read()
            },
            write: async (value) => {
              if (count.writes-- > 0) throw new Error('disk full')
              return write(value)
            },
          }),
        ),
    }
  }

  test('new tokens are not handed out before they are written, and never lost', async () => {
    const count = { writes: 0, reads: 0 }
    const { kept, tokens } = await begin(strict, { store: failing(count) })
    strict.clock.advance(LIFE)
    count.writes = 7
    const statuses = await tokenRequests(strict, async () => {
      await expect(kept.getToken()).rejects.toThrow('disk full')
      await expect(kept.getToken()).rejects.toThrow('disk full')
      const token = await kept.getToken()
      expect(token).not.toBe(tokens.accessToken)
      await checkAlive(strict, token)
    })
    expect(statuses).toEqual([200])
    strict.clock.advance(LIFE)
    await checkAlive(strict, await kept.getToken())
  })

  test('while it cannot be read, a token that is good is handed out', async () => {
    const count = { writes: 0, reads: 0 }
    const { kept, tokens } = await begin(strict, { store: failing(count) })
    strict.clock.advance(LIFE - 30)
    count.reads = 2
    expect(await kept.getToken()).toBe(tokens.accessToken)
    strict.clock.advance(30)
    await expect(kept.getToken()).rejects.toThrow('no connection')
    await checkAlive(strict, await kept.getToken())
  })
})

describe('clocks', () => {
  const skewed = (off: number) =>
    clientOf(strict, { fetch: faultyFetch, now: () => strict.clock.now() + off })

  test.each([-3600, 3600])(
    'a machine that is %i seconds off knows when a token ends',
    async (off) => {
      const client = skewed(off)
      const kept = keep({ client, store: memoryStore(), name: 'alice' })
      await kept.save(await signIn(strict, client))
      for (let round = 0; round < 3; round++) {
        strict.clock.advance(LIFE - 61)
        const before = await kept.getToken()
        await checkAlive(strict, before)
        strict.clock.advance(2)
        const after = await kept.getToken()
        expect(after).not.toBe(before)
        await checkAlive(strict, after)
      }
    },
  )

  test('machines that disagree share a store, each on its own clock', async () => {
    const store = memoryStore()
    const clients = [-3600, 0, 300].map(skewed)
    const keepers = clients.map((client) => keep({ client, store, name: 'alice' }))
    // Whoever has heard the server once knows how far off it is.
    for (const client of clients) await client.introspect({ token: 'any' })
    await keepers[1]!.save(await signIn(strict))
    for (let round = 0; round < 6; round++) {
      strict.clock.advance(LIFE - 59)
      const statuses = await tokenRequests(strict, async () => {
        const got = new Set<string>()
        for (let turn = 0; turn < 3; turn++) got.add(await keepers[(round + turn) % 3]!.getToken())
        expect(got.size).toBe(1)
      })
      expect(statuses).toEqual([200])
    }
  })

  test('whoever has not heard the server yet believes the earlier end', async () => {
    const store = memoryStore()
    const fast = skewed(300)
    await keep({ client: fast, store, name: 'alice' }).save(await signIn(strict, fast))
    const kept = keep({ client: skewed(0), store, name: 'alice' })
    strict.clock.advance(LIFE - 61)
    expect(await tokenRequests(strict, () => kept.getToken())).toEqual([])
    strict.clock.advance(2)
    expect(await tokenRequests(strict, () => kept.getToken())).toEqual([200])
  })
})

describe('secrets', () => {
  test('can be changed: the old one opens, the new one seals', async () => {
    const { open, cells } = lockless()
    const { tokens } = await begin(strict, { store: open(), secrets: [OTHER_KEY] })
    const before = cells.get('tokens alice')
    const both = { store: open(), secrets: [KEY, OTHER_KEY] }
    expect(await keptBy(strict, both).getToken()).toBe(tokens.accessToken)
    expect(cells.get('tokens alice')).toBe(before)
    await expect(keptBy(strict, { store: open(), secrets: [KEY] }).read()).rejects.toThrow('alice')
    strict.clock.advance(LIFE)
    const token = await keptBy(strict, both).getToken()
    expect(await keptBy(strict, { store: open(), secrets: [KEY] }).getToken()).toBe(token)
    await expect(keptBy(strict, { store: open(), secrets: [OTHER_KEY] }).read()).rejects.toThrow(
      'none',
    )
  })

  test('what nobody can open any more is left alone, until somebody signs in or out', async () => {
    const { open, cells } = lockless()
    await begin(strict, { store: open(), secrets: [OTHER_KEY] })
    const lost = cells.get('tokens alice')
    const kept = keptBy(strict, { store: open(), secrets: [KEY] })
    await expect(kept.getToken()).rejects.toThrow('opens with none of the secrets')
    expect(cells.get('tokens alice')).toBe(lost)
    const tokens = await signIn(strict)
    await kept.save(tokens)
    expect(await kept.read()).toEqual(tokens)
    cells.set('tokens alice', 'patois1.%.%')
    await expect(kept.read()).rejects.toThrow('opens with none of the secrets')
    await kept.forget()
    expect(cells.get('tokens alice')).toBeUndefined()
  })

  test('what is sealed under one name opens under no other', async () => {
    const { open, cells } = lockless()
    await begin(strict, { store: open(), secrets: [KEY] })
    cells.set('tokens bob', cells.get('tokens alice') ?? '')
    const bob = keptBy(strict, { store: open(), secrets: [KEY], name: 'bob' })
    await expect(bob.getToken()).rejects.toThrow('opens with none')
  })
})

test('a name is one grant’s: another client’s tokens are neither read nor replaced', async () => {
  const store = memoryStore()
  const { tokens } = await begin(strict, { store })
  const connection = { ...clientOf(strict).connection, clientId: 'cc' }
  const kept = keep({ client: { connection }, store, name: 'alice' })
  await expect(kept.getToken()).rejects.toThrow('take another name')
  await expect(kept.save(tokens)).rejects.toThrow(TypeError)
  await expect(kept.forget()).rejects.toThrow(TypeError)
  expect(await keptBy(strict, { store }).read()).toEqual(tokens)
})

test('an answer without a refresh token leaves the one that there is', async () => {
  const { kept, tokens } = await begin(strict)
  strict.clock.advance(LIFE)
  faults = [
    answers(200, { access_token: 'of another kind', token_type: 'Bearer', expires_in: 100 }),
  ]
  expect(await kept.getToken()).toBe('of another kind')
  expect(await kept.read()).toMatchObject({
    refreshToken: tokens.refreshToken,
    scope: tokens.scope,
  })
  strict.clock.advance(100)
  await checkAlive(strict, await kept.getToken())
})

test('a token in a header of the dialect’s own is not sent on to where an API redirects', async () => {
  const seen: (string | undefined)[] = []
  const api = createServer((request, response) => {
    seen.push(String(request.headers['x-token']))
    response.writeHead(302, { location: `http://localhost:${port}/elsewhere` }).end()
  })
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
  const { port } = api.address() as AddressInfo
  const presents = { header: 'x-token', scheme: '' }
  const { connection } = clientOf(strict)
  const client = { connection: { ...connection, dialect: { ...standard, presents } } }
  const kept = keep({ client, store: memoryStore(), name: 'alice' })
  const tokens = await signIn(strict)
  await kept.save(tokens)
  expect((await kept.fetch(`http://127.0.0.1:${port}/`)).status).toBe(302)
  expect(seen).toEqual([tokens.accessToken])
  api.close()
})
