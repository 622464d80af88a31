// Two nodes whose machines disagree about the time: both go by the database's.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assertAt, claimsFor, jws } from '../door/assertion.ts'
import { call, getCode, getTokens, openBrowser } from '../door/browser.ts'
import { runToEnd } from '../door/cli.ts'
import { times } from '../door/counts.ts'
import { openFakeTime, whyNoFakeTime } from '../door/faketime.ts'
import { RU } from '../door/fixtures.ts'
import { openChains } from '../door/load.ts'
import { type NodeProcesses, startProcesses } from '../door/nodes.ts'
import { whyNoPostgres } from '../door/postgres.ts'
import { serve } from '../door/process.ts'
import { measured } from '../door/promise.ts'
import { checkAnswer } from '../door/rules.ts'
import { introspect, refresh } from '../door/tokens.ts'

const ROUNDS = times(4, 50)
const REPLAYS = 10
const SKEWS = [30, -30]

/** Shorter than the skew, so that whoever goes by his own clock is wrong. */
const SHORT = 20
const lifetimes = { code: SHORT, replay_window: SHORT }

const whyNot = whyNoPostgres() ?? whyNoFakeTime()

let folder: string
let nodes: NodeProcesses
let clock: ReturnType<typeof openFakeTime>
beforeAll(async () => {
  if (whyNot) return
  folder = mkdtempSync(join(tmpdir(), 'patois-skew-'))
  clock = openFakeTime(folder)
  nodes = await startProcesses({ lifetimes })
})
afterAll(async () => {
  await nodes?.close()
  if (folder) rmSync(folder, { recursive: true })
})

const now = () => Math.floor(Date.now() / 1000)

/** Starts the second node again on a machine that is so many seconds ahead. */
const skew = async (seconds: number): Promise<void> => {
  clock.set(seconds)
  await nodes.running[1].stop('SIGKILL')
  nodes.running[1] = serve({ ...nodes.places[1], env: clock.env })
  await nodes.running[1].ready
}

describe.skipIf(whyNot)('two nodes', () => {
  test.each(SKEWS)(
    'R12: one of which is %i s off, take each other’s codes, tokens and assertions',
    async (seconds) => {
      const { places } = nodes
      await skew(seconds)
      const browser = openBrowser()
      let widest = 0
      for (let round = 0; round < ROUNDS; round++) {
        const [here, there] = round % 2 ? places : [places[1], places[0]]
        const { code, verifier } = await getCode(here, 'cc', { scope: 'api.read' }, browser)
        const fields = { grant_type: 'authorization_code', code, redirect_uri: RU }
        const given = await call(there, '/token', 'cc', { ...fields, code_verifier: verifier })
        checkAnswer(given, { status: 200 })
        const { body } = await introspect(here, String(given.body.access_token))
        expect(body.active).toBe(true)
        const said = Date.parse(given.headers.get('date') ?? '') / 1000
        widest = Math.max(widest, Math.abs(Number(body.iat) - now()), Math.abs(said - now()))

        const [chain] = await openChains(here, 1)
        const first = await refresh(here, chain?.refresh_token ?? '')
        const again = await refresh(there, chain?.refresh_token ?? '')
        checkAnswer(again, { status: 200 })
        expect(again.body.refresh_token).toBe(first.body.refresh_token)
        checkAnswer(await refresh(there, String(first.body.refresh_token)), { status: 200 })

        const server = { clock: { now, advance: () => {} }, issuer: places[0].origin }
        const claims = claimsFor(server, 'pk', { nbf: now(), exp: now() + SHORT })
        const assertion = jws({ alg: 'ES256', kid: 'pk-1' }, claims)
        checkAnswer(await assertAt(there, assertion), { status: 200 })
        // Whoever fails too often is told something else.
        if (round >= REPLAYS) continue
        checkAnswer(await assertAt(here, assertion), { status: 401, error: 'invalid_client' })
      }
      expect(widest).toBeLessThan(5)
      const { rows } = await nodes.database.query(
        'SELECT count(*) AS n FROM families WHERE ended_at IS NOT NULL',
      )
      expect(rows[0].n).toBe(0)
      measured(
        'R12',
        `${seconds > 0 ? '+' : ''}${seconds} s: ${ROUNDS} codes, refreshes, replays in the window and assertions across, 0 refused, 0 families ended, no token and no answer dated wrong by more than ${widest} s`,
      )
    },
  )

  test.each(SKEWS)('are told by a command %i s off what it means by now', async (seconds) => {
    const [place] = nodes.places
    clock.set(seconds)
    const cwd = folder
    const patois = async (...args: string[]): Promise<string> => {
      const { code, out, err } = await runToEnd(args, { cwd, env: clock.env })
      expect({ code, err }).toEqual({ code: 0, err: '' })
      return out
    }
    const isActive = async (token: string) => (await introspect(place, token)).body.active
    const older = await getTokens(place)
    // What was issued in the same second is not older.
    await sleep(1000)
    const revoked = await patois('revoke', '--issued-before', 'now', '--database', nodes.url)
    const time = (text: string) =>
      Date.parse(/\d{4}-\d\d-\d\dT[\d:]+Z/.exec(text)?.[0] ?? '') / 1000
    expect(Math.abs(time(revoked) - now())).toBeLessThan(SHORT)
    await expect.poll(() => isActive(older.refresh_token), { timeout: 5000 }).toBe(false)
    expect(await isActive((await getTokens(place)).refresh_token)).toBe(true)

    await patois('backup', `copy${seconds}.db`, '--database', nodes.url)
    const name = `restored_${Math.abs(seconds)}_${seconds > 0 ? 'ahead' : 'behind'}`
    await nodes.database.query(`CREATE DATABASE ${name}`)
    const empty = `${nodes.url.replace(/\w+$/, name)}?password=geheim`
    const restored = await patois('restore', `copy${seconds}.db`, '--database', empty)
    const advised = / {2}patois revoke .*/.exec(restored)?.[0] ?? ''
    expect(Math.abs(time(advised) - now())).toBeLessThan(SHORT)
    expect(advised).toMatch(/ --database postgres:\/\/127\.0\.0\.1:\d+\/\w+$/)
    expect(restored).not.toContain('geheim')
  })
})
