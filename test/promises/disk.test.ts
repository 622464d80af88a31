// A store that cannot write: 503 until it can again, nothing half done, and reads go on.

import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Store, Unavailable } from '@patois/core'
import { SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import {
  type Answer,
  answerOf,
  authorizeParams,
  call,
  decide,
  formAction,
  getCode,
  getTokens,
  hiddenFields,
  logIn,
  newPkce,
  openBrowser,
} from '../door/browser.ts'
import { isFull, times } from '../door/counts.ts'
import { PK_PRIVATE, RU } from '../door/fixtures.ts'
import { mint, openChains, rotate, startLoad, type Work } from '../door/load.ts'
import { openLook } from '../door/look.ts'
import { startProcesses } from '../door/nodes.ts'
import { type TestPostgres, whyNoPostgres } from '../door/postgres.ts'
import { install, serve } from '../door/process.ts'
import { measured } from '../door/promise.ts'
import { type Door, startServer, type TestServer } from '../door/server.ts'
import { diskOf, onSmallDisk, whyNoSmallDisk } from '../door/small-disk.ts'
import { checkWhole, look, lookAtCopy, ODD_FAMILIES } from '../door/sqlite.ts'
import { databaseOf, introspect, openFolder, refresh } from '../door/tokens.ts'

type Code = { code: string; verifier: string }

const exchange = (server: TestServer, { code, verifier }: Code): Promise<Answer> =>
  call(server, '/token', 'cc', {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: RU,
  })

/** Fails unless the answer says in the standard's words that it should be tried again. */
const expectUnavailable = ({ status, headers, body }: Answer): void => {
  expect({ status, error: body.error }).toEqual({ status: 503, error: 'temporarily_unavailable' })
  expect(Object.keys(body).sort()).toEqual(['error', 'error_description'])
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  expect(headers.get('content-type')).toMatch(/^application\/json/)
  expect(headers.get('cache-control')).toBe('no-store')
}

const expectReads = async (server: Door, token: string): Promise<void> => {
  for (const path of ['/jwks', '/.well-known/openid-configuration']) {
    expect((await fetch(server.url(path))).status).toBe(200)
  }
  expect(await introspect(server, token)).toMatchObject({ status: 200, body: { active: true } })
  const headers = { authorization: `Bearer ${token}` }
  expect((await fetch(server.url('/userinfo'), { headers })).status).toBe(200)
}

describe('while commits fail', () => {
  let server: TestServer
  let failing = false
  beforeEach(async () => {
    failing = false
    const wrapStore = (store: Store): Store => ({
      ...store,
      commit: async (plan) => {
        if (failing) throw new Unavailable('The disk is full.')
        return store.commit(plan)
      },
    })
    server = await startServer({ wrapStore })
  })
  afterEach(async () => {
    const failures = server.answers.filter(({ status }) => status >= 500 && status !== 503)
    expect(failures).toEqual([])
    await server.close()
  })

  test('every grant type is answered with 503, and nothing was spent by it', async () => {
    const code = await getCode(server)
    const tokens = await getTokens(server)
    const now = server.clock.now()
    const client_assertion = await new SignJWT({ jti: 'once' })
      .setProtectedHeader({ alg: 'ES256', kid: 'pk-1' })
      .setIssuer('pk')
      .setSubject('pk')
      .setAudience(server.issuer)
      .setIssuedAt(now)
      .setExpirationTime(now + 60)
      .sign(PK_PRIVATE)
    const everything = [
      () => exchange(server, code),
      () => refresh(server, tokens.refresh_token),
      () => call(server, '/token', 'rs', { grant_type: 'client_credentials' }),
      () =>
        call(server, '/token', 'ropc', {
          grant_type: 'password',
          username: 'alice',
          password: 'alice-password-1',
        }),
      () =>
        call(server, '/token', undefined, {
          grant_type: 'client_credentials',
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion,
        }),
    ]
    failing = true
    for (const ask of everything) expectUnavailable(await ask())
    for (const ask of everything) expectUnavailable(await ask())
    await expectReads(server, tokens.access_token)
    failing = false
    for (const ask of everything) expect((await ask()).status).toBe(200)
  })

  test('a revocation is answered with 503, never 200, and works later', async () => {
    const tokens = await getTokens(server)
    const jwt = await getTokens(server, 'jwt')
    const revocations = [
      () => call(server, '/revoke', 'cc', { token: tokens.access_token }),
      () => call(server, '/revoke', 'jwt', { token: jwt.access_token }),
      () => call(server, '/revoke', 'cc', { token: tokens.refresh_token }),
    ]
    failing = true
    for (const revoke of revocations) expectUnavailable(await revoke())
    expect((await introspect(server, String(tokens.access_token))).body.active).toBe(true)
    expect((await introspect(server, tokens.refresh_token)).body.active).toBe(true)
    failing = false
    for (const revoke of revocations) expect((await revoke()).status).toBe(200)
    expect((await introspect(server, String(tokens.access_token))).body.active).toBe(false)
    expect((await introspect(server, tokens.refresh_token)).body.active).toBe(false)
  })

  test('a refusal that has to write is answered with 503, not as if it had', async () => {
    const code = await getCode(server)
    const tokens = (await exchange(server, code)).body
    failing = true
    // A second use of the code must end the family; it is no refusal before that is on disk.
    expectUnavailable(await exchange(server, code))
    expect((await introspect(server, String(tokens.access_token))).body.active).toBe(true)
    failing = false
    expect((await exchange(server, code)).body.error).toBe('invalid_grant')
    expect((await introspect(server, String(tokens.access_token))).body.active).toBe(false)
  })

  test('sign-in, consent and sign-out show a page with 503 and go on later', async () => {
    const browser = openBrowser()
    const { verifier, challenge } = newPkce()
    const params = new URLSearchParams(authorizeParams('cc', challenge))
    const url = server.url(`/authorize?${params}`)
    const login = await browser.get(url)
    failing = true
    const refused = await logIn(server, browser, login)
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(refused.headers.get('content-type')).toMatch(/^text\/html/)
    failing = false
    const signedIn = await logIn(server, browser, login)
    const consent = await browser.get(new URL(signedIn.location ?? '', server.origin).href)
    const fields = { ...hiddenFields(consent.text), decision: 'allow' }
    const action = server.origin + formAction(consent.text)
    failing = true
    expect((await browser.post(action, fields)).status).toBe(503)
    failing = false
    const code = answerOf(await browser.post(action, fields)).get('code') ?? ''
    expect((await exchange(server, { code, verifier })).status).toBe(200)
    const logout = await browser.get(server.url('/logout'))
    failing = true
    expect((await decide(server, browser, logout)).status).toBe(503)
    failing = false
    // Still signed in: the sign-out that failed did not just drop the cookie.
    expect((await browser.get(url)).location).toContain('code=')
    expect((await decide(server, browser, logout)).status).toBe(200)
    expect((await browser.get(url)).text).toContain('name="password"')
  })
})

describe('R14: a file that may not grow', () => {
  let folder: ReturnType<typeof openFolder>
  let server: TestServer
  let database: DatabaseSync
  beforeEach(async () => {
    folder = openFolder()
    server = await startServer({ database: folder.database })
    database = databaseOf(server)
  })
  afterEach(async () => {
    look(folder.path, checkWhole)
    const failures = server.answers.filter(({ status }) => status >= 500 && status !== 503)
    expect(failures).toEqual([])
    await server.close()
    folder.remove()
  })

  const fill = async (): Promise<void> => {
    const row = database.prepare('PRAGMA page_count').get()
    database.exec(`PRAGMA max_page_count = ${row?.page_count}`)
    // What is left of the last pages goes first.
    const ask = () => call(server, '/token', 'rs', { grant_type: 'client_credentials' })
    let refused = 0
    for (let tries = 0; tries < 1000 && refused < 3; tries++) {
      const answer = await ask()
      if (answer.status === 200) continue
      expectUnavailable(answer)
      refused++
    }
    expect(refused).toBe(3)
  }

  const free = (): void => database.exec('PRAGMA max_page_count = 1000000')

  test('spends no code and no refresh token, and is forgotten once there is room', async () => {
    const browser = openBrowser()
    const codes: Code[] = []
    while (codes.length < 20) codes.push(await getCode(server, 'cc', {}, browser))
    const families: string[] = []
    while (families.length < 20) families.push((await getTokens(server)).refresh_token)
    const { access_token } = await getTokens(server)
    await fill()
    const during = {
      codes: await Promise.all(codes.map((code) => exchange(server, code))),
      families: await Promise.all(families.map((token) => refresh(server, token))),
    }
    for (const answer of [...during.codes, ...during.families]) {
      if (answer.status !== 200) expectUnavailable(answer)
    }
    const met = (answers: Answer[]) => answers.filter(({ status }) => status === 503).length
    expect(met(during.codes)).toBeGreaterThan(0)
    expect(met(during.families)).toBeGreaterThan(0)
    await expectReads(server, access_token)
    free()
    for (const [index, answer] of during.codes.entries()) {
      if (answer.status === 503) {
        expect((await exchange(server, codes[index] as Code)).status).toBe(200)
      } else
        expect((await introspect(server, String(answer.body.access_token))).body.active).toBe(true)
    }
    // A refresh that was answered is answered the same again, one that was not has its first.
    for (const [index, answer] of during.families.entries()) {
      const again = await refresh(server, families[index] ?? '')
      expect(again.status).toBe(200)
      if (answer.status === 200) expect(again.body).toEqual(answer.body)
    }
  })
})

const FILLS = times(2, 20)
const PER_SECOND = 50
const HOLD_MS = 1500

describe.skipIf(whyNoSmallDisk())('a disk of 64 MB', () => {
  test(`R14: is filled ${FILLS} times under load, and freed`, async () => {
    const { path, remove } = openFolder()
    const place = onSmallDisk(await install(dirname(path)), 64)
    const running = serve(place)
    onTestFinished(async () => {
      await running.stop('SIGKILL')
      remove()
    })
    await running.ready
    const disk = diskOf(place, running.pid)
    const chains = await openChains(place, 20, 'openid offline_access api.read')
    const { access_token } = await getTokens(place)
    let [refused, slowest, longest, reads] = [0, 0, 0, 0]
    for (let round = 0; round < FILLS; round++) {
      const load = startLoad([place], chains, PER_SECOND, round % 2 ? mint : rotate)
      disk.fill()
      while (!load.heard.some(({ status }) => status === 503)) await sleep(10)
      const fullAt = performance.now()
      while (performance.now() < fullAt + HOLD_MS) {
        await expectReads(place, access_token)
        reads += 4
      }
      disk.free()
      const freedAt = performance.now()
      while ((await mintFor(place)).status !== 200) await sleep(10)
      longest = Math.max(longest, performance.now() - freedAt)
      const heard = await load.stop()
      const others = heard.filter(({ status }) => status !== 200)
      for (const { status, retryAfter, milliseconds } of others) {
        expect({ status, retryAfter }).toEqual({ status: 503, retryAfter: expect.any(String) })
        slowest = Math.max(slowest, milliseconds)
      }
      refused += others.length
      process.kill(running.pid, 'SIGSTOP')
      lookAtCopy(disk.seen(place.path), checkWhole)
      process.kill(running.pid, 'SIGCONT')
      for (const chain of chains) expect((await rotate(place, chain)).status).toBe(200)
    }
    if (isFull) expect(longest).toBeLessThan(2000)
    expect((await running.stop()).code).toBe(0)
    measured(
      'R14',
      `S: filled ${FILLS} times; ${refused} writes 503, the slowest after ${Math.round(slowest)} ms; ${reads} reads 200; the first 200 ${Math.round(longest)} ms after the space at most; ${FILLS} of ${FILLS} whole, the same process throughout`,
    )
  })
})

/** What a node answers though it cannot ask its database. */
const expectPublic = async (place: Door): Promise<number> => {
  const paths = ['/jwks', '/.well-known/openid-configuration']
  const answers = await Promise.all(paths.map((path) => fetch(place.url(path))))
  expect(answers.map(({ status }) => status)).toEqual([200, 200])
  return answers.length
}

const askOnce = async (url: string, sql: string): Promise<unknown[]> => {
  const look = await openLook(url)
  look.on('error', () => {})
  return (await look.query(sql).finally(() => look.end())).rows
}

/** Has PostgreSQL begin another file of its log, until it ends for want of room. */
const untilEnded = async (postgres: TestPostgres, url: string): Promise<void> => {
  let hasEnded = false
  const ended = postgres.ended().then(() => {
    hasEnded = true
  })
  while (!hasEnded) {
    // What it has made room for by itself is taken again.
    postgres.disk?.fill()
    await askOnce(url, 'SELECT pg_switch_wal()').catch(() => {})
    await Promise.race([ended, sleep(20)])
  }
}

describe.skipIf(whyNoPostgres() ?? whyNoSmallDisk())('the disk of a PostgreSQL', () => {
  test(
    `R14: is filled ${FILLS} times under load, at last so that PostgreSQL ends, and freed`,
    async () => {
      const nodes = await startProcesses({}, { megabytes: 128, settings: { wal_recycle: 'off' } })
      onTestFinished(nodes.close)
      const { postgres, places, url } = nodes
      const { disk } = postgres
      if (!disk) throw new Error('PostgreSQL has no disk of its own.')
      const acknowledged: string[] = []
      const remember: Work = async (door, chain) => {
        const answer = await rotate(door, chain)
        if (answer.status === 200) acknowledged.push(chain.access_token)
        return answer
      }
      const chains = await openChains(places[0], 20, 'openid offline_access api.read')
      const { access_token } = await getTokens(places[0])
      let [refused, slowest, longest, reads, ends] = [0, 0, 0, 0, 0]
      for (let round = 0; round < FILLS; round++) {
        const load = startLoad(places, chains, PER_SECOND, remember)
        await sleep(300)
        disk.fill()
        while (!load.heard.some(({ status }) => status === 503)) await sleep(10)
        const fullAt = performance.now()
        while (performance.now() < fullAt + HOLD_MS) {
          for (const place of places) await expectReads(place, access_token)
          reads += 8
        }
        if (round % 2) {
          ends++
          await untilEnded(postgres, url)
          for (const place of places) reads += await expectPublic(place)
        }
        disk.free()
        if (round % 2) await postgres.start()
        const freedAt = performance.now()
        for (const place of places) while ((await mintFor(place)).status !== 200) await sleep(10)
        longest = Math.max(longest, performance.now() - freedAt)
        const others = (await load.stop()).filter(({ status }) => status !== 200)
        for (const { status, retryAfter, milliseconds } of others) {
          expect({ status, retryAfter }).toEqual({ status: 503, retryAfter: expect.any(String) })
          slowest = Math.max(slowest, milliseconds)
        }
        refused += others.length
        for (const [nth, chain] of chains.entries()) {
          expect((await rotate(places[nth % 2 ? 1 : 0], chain)).status).toBe(200)
        }
        for (const token of acknowledged.splice(0)) {
          expect(await introspect(places[0], token)).toMatchObject({ body: { active: true } })
        }
        expect(await askOnce(url, ODD_FAMILIES)).toEqual([])
      }
      if (isFull) expect(longest).toBeLessThan(2000)
      measured(
        'R14',
        `P: filled ${FILLS} times, ${ends} of them until PostgreSQL ended; ${refused} writes 503, the slowest after ${Math.round(slowest)} ms; ${reads} reads 200; both nodes wrote again ${Math.round(longest)} ms after the space, or PostgreSQL, was back at most; 0 tokens lost`,
      )
    },
    60_000 + FILLS * 20_000,
  )
})

const mintFor = (server: Door): Promise<Answer> =>
  call(server, '/token', 'rs', { grant_type: 'client_credentials' })
