// What was issued before a moment ends beside a server that goes on: of everybody, or of some.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSide } from '../packages/server/src/store/index.ts'
import { type IssuedBefore, revokeIssued } from '../packages/server/src/store/revoke.ts'
import type { Asked } from '../packages/server/src/store/side.ts'
import { answerOf, authorizeParams, call, getCode, getTokens, openBrowser } from './door/browser.ts'
import { RESOURCE, RU } from './door/fixtures.ts'
import { startPostgres, type TestPostgres, whyNoPostgres } from './door/postgres.ts'
import { startServer, type TestServer } from './door/server.ts'

let folder: string
let postgres: TestPostgres | undefined
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'patois-revoke-'))
  if (!whyNoPostgres()) postgres = await startPostgres()
})
afterAll(async () => {
  await postgres?.close()
  rmSync(folder, { recursive: true, force: true })
})

let files = 0
const places: [name: string, isSkipped: boolean, open: () => Promise<string>][] = [
  ['SQLite', false, async () => `sqlite:${join(folder, `${++files}.db`)}`],
  ['PostgreSQL', whyNoPostgres() !== undefined, async () => (await postgres?.newDatabase()) ?? ''],
]

const SCOPE = { scope: 'openid offline_access api.read' }

/** Whose tokens these are, of a sign-in each; the last was issued after the moment. */
const WHO = [
  ['alice', 'cc'],
  ['alice', 'cp'],
  ['bob', 'cc'],
  ['bob', 'cp'],
] as const

for (const [name, isSkipped, place] of places) {
  describe.skipIf(isSkipped)(`revoking on ${name}`, () => {
    const held = async (work: (server: TestServer, database: string) => Promise<void>) => {
      const database = await place()
      const server = await startServer({ database })
      try {
        await work(server, database)
      } finally {
        await server.close()
      }
    }

    const revoke = async (database: string, what: IssuedBefore): Promise<void> => {
      const side = await openSide(database, 'beside')
      await revokeIssued(side, what)
      await side.close()
    }

    const activeOf = async (server: TestServer, client: string, token: string) =>
      (await call(server, '/introspect', client, { token })).body.active

    const cases: [title: string, which: Partial<IssuedBefore>, dead: readonly number[]][] = [
      ['everybody', {}, [0, 1, 2, 3]],
      ['one client', { clientId: 'cc' }, [0, 2]],
      ['one user', { username: 'Alice' }, [0, 1]],
      ['one user at one client', { clientId: 'cc', username: 'alice' }, [0]],
    ]
    for (const [title, which, dead] of cases) {
      test(`ends what ${title} had before a moment, and nothing else`, () =>
        held(async (server, database) => {
          const [alice, bob] = [openBrowser(), openBrowser()]
          const all = []
          for (const [user, client] of WHO) {
            const browser = user === 'alice' ? alice : bob
            const jwt = await getTokens(
              server,
              client,
              { ...SCOPE, resource: RESOURCE },
              browser,
              user,
            )
            const opaque = await getTokens(server, client, SCOPE, browser, user)
            const { code, verifier } = await getCode(server, client, SCOPE, browser, user)
            all.push({ client, jwt, opaque, code, verifier })
          }
          server.clock.advance(10)
          const before = server.clock.now()
          const later = await getTokens(server, 'cc', SCOPE, openBrowser())
          await revoke(database, { before, at: before, ...which })
          const first = all[dead[0] ?? 0]
          const isActive = () =>
            activeOf(server, first?.client ?? '', first?.opaque.access_token ?? '')
          await expect.poll(isActive, { timeout: 5000 }).toBe(false)
          for (const [nth, { client, jwt, opaque, code, verifier }] of all.entries()) {
            const active = !dead.includes(nth)
            const tokens = [jwt, opaque].flatMap((one) => [one.access_token, one.refresh_token])
            for (const token of tokens) expect(await activeOf(server, client, token)).toBe(active)
            const fields = {
              grant_type: 'authorization_code',
              code,
              code_verifier: verifier,
              redirect_uri: RU,
            }
            expect((await call(server, '/token', client, fields)).status).toBe(active ? 200 : 400)
          }
          expect(await activeOf(server, 'cc', later.refresh_token)).toBe(true)
          // Sessions are users' and not clients'.
          const isOver = which.clientId === undefined
          for (const [browser, over] of [
            [alice, isOver],
            [bob, isOver && which.username === undefined],
          ] as const) {
            const params = authorizeParams('cc', undefined, {
              ...SCOPE,
              prompt: 'none',
              code_challenge: 'x'.repeat(43),
              code_challenge_method: 'S256',
            })
            const answer = answerOf(
              await browser.get(server.url(`/authorize?${new URLSearchParams(params)}`)),
            )
            expect(answer.get('error') === 'login_required').toBe(over)
          }
          const events = await server.store.listEvents(1000)
          expect(events.filter(({ type }) => type === 'issued_before')).toMatchObject([
            { requestId: 'command', decision: 'allowed', reason: 'operator', at: before },
          ])
        }))
    }

    test('ends what an old session opened since, too', () =>
      held(async (server, database) => {
        const browser = openBrowser()
        await getTokens(server, 'cc', SCOPE, browser)
        server.clock.advance(10)
        const before = server.clock.now()
        server.clock.advance(10)
        const late = await getTokens(server, 'cc', SCOPE, browser)
        const { code, verifier } = await getCode(server, 'cc', SCOPE, browser)
        await revoke(database, { before, at: server.clock.now() })
        expect(await activeOf(server, 'cc', late.access_token)).toBe(false)
        const fields = {
          grant_type: 'authorization_code',
          code,
          code_verifier: verifier,
          redirect_uri: RU,
        }
        expect((await call(server, '/token', 'cc', fields)).status).toBe(400)
      }))

    test('ends many sessions, wherever their ids lie, and none that is younger or over', () =>
      held(async (server, database) => {
        const at = server.clock.now()
        const [count, hash] = [1300, new Uint8Array(32)]
        const sql = `INSERT INTO sessions (issuer, user_id, hash, id, sid, authenticated_at, expires_at)
          VALUES (?, ?, ?, ?, ?, ?, ?)`
        const side = await openSide(database, 'beside')
        const [alice = []] = await side.ask('SELECT issuer, user_id FROM usernames LIMIT 1')
        const rows = Array.from({ length: count }, (_, nth): Asked => {
          const [isYounger, isOver] = [nth % 10 === 0, nth % 10 === 1]
          const id = 2 ** 40 + nth * (nth % 2 ? 1 : 1000)
          const times = [isYounger ? at : at - 60, isOver ? at - 1 : at + 60]
          return [sql, [...alice, hash, id, `sid-${nth}`, ...times]]
        })
        await side.write(rows)
        const countOf = async (where: string): Promise<number> => {
          const [row] = await side.ask(`SELECT count(*) FROM sessions WHERE ${where}`)
          return Number(row?.[0])
        }
        expect(await countOf('ended_at IS NULL')).toBe(count)
        await revokeIssued(side, { before: at, at })
        expect(await countOf('ended_at IS NULL')).toBe(count / 5)
        expect(await countOf(`ended_at = ${at}`)).toBe((count / 5) * 4)
        expect(await countOf(`ended_at IS NULL AND authenticated_at = ${at}`)).toBe(count / 10)
        await side.close()
      }))

    test('of a client or user whom nobody knows is refused', () =>
      held(async (_, database) => {
        const time = { before: 1, at: 1 }
        const nobody = revoke(database, { ...time, username: 'nobody' })
        await expect(nobody).rejects.toThrow(/knows no user nobody\.$/)
        await expect(revoke(database, { ...time, clientId: 'x' })).rejects.toThrow(
          /knows no client x\.$/,
        )
      }))
  })
}
