// Races on one node: whoever is first, what was ended stays ended and what is single is had once.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { assertAt, claimsFor, jws } from '../door/assertion.ts'
import {
  type Answer,
  authorizeParams,
  call,
  decide,
  getCode,
  getTokens,
  newPkce,
  openBrowser,
  type TestBrowser,
} from '../door/browser.ts'
import { times } from '../door/counts.ts'
import { signedIn } from '../door/every-dialect.ts'
import { CLIENTS, RU, USERS } from '../door/fixtures.ts'
import { prepareReload } from '../door/reload.ts'
import { checkLog } from '../door/rules.ts'
import { startServer, type TestServer } from '../door/server.ts'
import { checkWhole, familyOf, look } from '../door/sqlite.ts'
import { countRows, isActive, openFolder, refresh, revoke, userinfo } from '../door/tokens.ts'

const PARALLEL = 50
const ROUNDS = times(4, 200)

let server: TestServer
let folder: ReturnType<typeof openFolder>
beforeAll(async () => {
  folder = openFolder()
  server = await startServer({ database: folder.database })
})
afterEach(() => checkLog(server))
afterAll(async () => {
  look(folder.path, checkWhole)
  await server.close()
  folder.remove()
})

type Tokens = { access_token: string; refresh_token: string }

const rounds = async (work: (round: number) => Promise<void>): Promise<void> => {
  for (let round = 0; round < ROUNDS; round++) {
    // Beyond every throttle of the round before.
    server.clock.advance(901)
    await work(round)
  }
}

/** Lets calls start together; the ender goes in at another place each round. */
const race = async (
  round: number,
  calls: readonly (() => Promise<Answer>)[],
  end: () => Promise<unknown>,
): Promise<Answer[]> => {
  const place = (round * 17) % (calls.length + 1)
  const before = calls.slice(0, place).map((one) => one())
  const ended = end()
  const after = calls.slice(place).map((one) => one())
  const answers = await Promise.all([...before, ...after])
  await ended
  for (const { status } of answers) expect([200, 400, 401]).toContain(status)
  return answers
}

/** Every token that was won in a race, and those that it was about. */
const wonIn = (answers: readonly Answer[]): Tokens[] =>
  answers.filter(({ status }) => status === 200).map(({ body }) => body as Tokens)

const exchange = (
  { code, verifier }: { code: string; verifier: string },
  client = 'cc',
): Promise<Answer> =>
  call(server, '/token', client, {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: RU,
  })

/** Fails unless nothing of these can be used in any way. */
const expectDead = async (tokens: readonly Tokens[], client = 'cc'): Promise<void> => {
  const unique = new Map(tokens.map((one) => [one.refresh_token, one]))
  for (const { access_token, refresh_token } of unique.values()) {
    expect(await isActive(server, access_token, client)).toBe(false)
    expect(await isActive(server, refresh_token, client)).toBe(false)
    expect((await userinfo(server, access_token)).status).toBe(401)
    const again = await refresh(server, refresh_token, {}, client)
    expect({ status: again.status, error: again.body.error }).toEqual(invalidGrant)
  }
}

const invalidGrant = { status: 400, error: 'invalid_grant' }

// Without offline access, so that the sign-in's end is theirs.
const ONLINE = { scope: 'profile api.read' }

const signOut = async (browser: TestBrowser): Promise<() => Promise<unknown>> => {
  const page = await browser.get(server.url('/logout'))
  return () => decide(server, browser, page)
}

test('X3: of refreshes, a revocation and a sign-out at once nothing lives afterwards', () =>
  rounds(async (round) => {
    const browser = await signedIn(server)
    const tokens = await getTokens(server, 'cc', ONLINE, browser)
    const out = await signOut(browser)
    const calls = Array.from(
      { length: PARALLEL },
      () => () => refresh(server, tokens.refresh_token),
    )
    const end = () => Promise.all([out(), revoke(server, tokens.refresh_token)])
    const answers = await race(round, calls, end)
    await expectDead([tokens, ...wonIn(answers)])
  }))

test('X3: of refreshes and a sign-out at once nothing lives afterwards', () =>
  rounds(async (round) => {
    const browser = await signedIn(server)
    const tokens = await getTokens(server, 'cc', ONLINE, browser)
    const calls = Array.from(
      { length: PARALLEL },
      () => () => refresh(server, tokens.refresh_token),
    )
    const answers = await race(round, calls, await signOut(browser))
    await expectDead([tokens, ...wonIn(answers)])
    const family = look(folder.path, (database) => familyOf(database, tokens.refresh_token))
    expect(family.endedAt).not.toBeNull()
  }))

test('X3: a code that is exchanged while its user signs out gives nothing that lives', () =>
  rounds(async (round) => {
    const browser = await signedIn(server)
    const codes = []
    while (codes.length < 10) codes.push(await getCode(server, 'cc', ONLINE, browser))
    const calls = codes.map((one) => () => exchange(one))
    const answers = await race(round, calls, await signOut(browser))
    await expectDead(wonIn(answers))
    for (const one of codes) expect((await exchange(one)).status).toBe(400)
  }))

test('X3: of refreshes and a user who leaves the file at once nothing lives afterwards', () =>
  rounds(async (round) => {
    const tokens = await getTokens(server, 'cc', {}, openBrowser(), 'bob')
    const leave = prepareReload(server, { users: USERS.slice(0, 1) })
    const calls = Array.from(
      { length: PARALLEL },
      () => () => refresh(server, tokens.refresh_token),
    )
    const won = wonIn(await race(round, calls, leave))
    await expectDead([tokens, ...won])
    // Nor when the user comes back.
    server.clock.advance(1)
    await prepareReload(server, {})()
    await expectDead([tokens, ...won])
  }))

test('X5: of 50 uses of one assertion exactly one is a use', () =>
  rounds(async () => {
    const assertion = jws({ alg: 'ES256', kid: 'pk-1', typ: 'JWT' }, claimsFor(server, 'pk'))
    const before = countRows(server, 'access_tokens', "client_id = 'pk'")
    const answers = await Promise.all(
      Array.from({ length: PARALLEL }, () => assertAt(server, assertion)),
    )
    const won = answers.filter(({ status }) => status === 200)
    expect(won).toHaveLength(1)
    for (const { status, body } of answers) {
      if (status !== 200) expect({ status, error: body.error }).toEqual(invalidClient)
    }
    expect(countRows(server, 'access_tokens', "client_id = 'pk'")).toBe(before + 1)
  }))

const invalidClient = { status: 401, error: 'invalid_client' }

const withRedirect = (redirect: string) =>
  CLIENTS.map((one) => (one.client_id === 'quiet' ? { ...one, redirect_uris: [redirect] } : one))

test('X6: a code for an address that its client gives up meanwhile is worth nothing', () =>
  rounds(async (round) => {
    const browser = await signedIn(server)
    const moved = prepareReload(server, { clients: withRedirect('https://rp.test/moved') })
    const back = prepareReload(server, {})
    const { verifier, challenge } = newPkce()
    const url = server.url(`/authorize?${new URLSearchParams(authorizeParams('quiet', challenge))}`)
    const place = round % 10
    const visits = Array.from({ length: 20 }, async (_, index) => {
      if (index === place) await moved()
      return browser.get(url)
    })
    const codes: string[] = []
    for (const { status, location } of await Promise.all(visits)) {
      // Sent on while the address was good, shown an error page afterwards; never anything else.
      expect([303, 400]).toContain(status)
      const code = location && new URL(location).searchParams.get('code')
      if (code) codes.push(code)
    }
    for (const code of codes) {
      const { status, body } = await exchange({ code, verifier }, 'quiet')
      expect({ status, error: body.error }).toEqual(invalidGrant)
    }
    await back()
  }))

const without = (id: string) => CLIENTS.filter(({ client_id }) => client_id !== id)

test.each(['cc', 'jwt'])(
  'X10: what %s wins while it leaves the file is dead, also when it is back',
  (id) =>
    rounds(async (round) => {
      const browser = openBrowser()
      const tokens = await getTokens(server, id, {}, browser)
      const codes: Awaited<ReturnType<typeof getCode>>[] = []
      while (codes.length < 5) codes.push(await getCode(server, id, {}, browser))
      const leave = prepareReload(server, { clients: without(id) })
      const calls = [
        ...codes.map((one) => () => exchange(one, id)),
        ...Array.from({ length: 20 }, () => () => refresh(server, tokens.refresh_token, {}, id)),
        ...Array.from(
          { length: 20 },
          () => () => call(server, '/token', id, { grant_type: 'client_credentials' }),
        ),
      ]
      const won = wonIn(await race(round, calls, leave))
      const accessTokens = [tokens, ...won].map(({ access_token }) => access_token)
      // The client is gone: it can ask for nothing, and its tokens open nothing.
      const asked = await call(server, '/token', id, { grant_type: 'client_credentials' })
      expect({ status: asked.status, error: asked.body.error }).toEqual(invalidClient)
      for (const token of accessTokens) expect((await userinfo(server, token)).status).toBe(401)
      server.clock.advance(1)
      await prepareReload(server, {})()
      for (const token of accessTokens) {
        expect(await isActive(server, token, id)).toBe(false)
        expect((await userinfo(server, token)).status).toBe(401)
      }
      for (const { refresh_token } of [tokens, ...won]) {
        if (!refresh_token) continue
        const again = await refresh(server, refresh_token, {}, id)
        expect({ status: again.status, error: again.body.error }).toEqual(invalidGrant)
      }
      for (const one of codes) expect((await exchange(one, id)).body.error).toBe('invalid_grant')
      const orphans = countRows(
        server,
        'refresh_tokens',
        'family_id NOT IN (SELECT id FROM families)',
      )
      expect(orphans).toBe(0)
    }),
)

test.skip('X4: approving and denying a device at once — there is no device grant yet', () => {})
test.skip('X5: one use of a DPoP proof, a pushed request, a magic link and a TOTP — none of them exists yet', () => {})
test.skip('X7: two registrations at once — clients and users come from the file alone', () => {})
