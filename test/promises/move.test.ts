// A server moves to another database and back: every token goes with it, also when the move is killed.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Ended, runToEnd, start } from '../door/cli.ts'
import { times } from '../door/counts.ts'
import { collect, type Held, prove } from '../door/held.ts'
import { peakOf } from '../door/memory.ts'
import { startPostgres, type TestPostgres, whyNoPostgres } from '../door/postgres.ts'
import { type Installation, install, type Served, serve } from '../door/process.ts'
import { measured } from '../door/promise.ts'
import { checkWhole, look } from '../door/sqlite.ts'

const PEOPLE = times(12, 1000)
const KILLS = times(1, 10)
const ROWS = times(20_000, 1_000_000)
/** A kill comes so long after the first rows at most: not much longer than those take. */
const SPREAD_MS = times(300, 20_000)

let folder: string
let postgres: TestPostgres
let place: Installation
const running: Served[] = []
beforeAll(async () => {
  if (whyNoPostgres()) return
  folder = mkdtempSync(join(tmpdir(), 'patois-move-'))
  postgres = await startPostgres()
  place = await install(folder, { lifetimes: { code: 600, replay_window: 600 } })
})
afterAll(async () => {
  for (const one of running) await one.stop('SIGKILL')
  await postgres?.close()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

const run = async (database?: string): Promise<Served> => {
  const served = serve(place, ...(database === undefined ? [] : ['--database', database]))
  running.push(served)
  await served.ready
  return served
}

/** Waits until a move has copied something, or has ended. */
const begun = async (there: string, ended: Promise<unknown>): Promise<void> => {
  let isOver = false
  void ended.then(() => {
    isOver = true
  })
  const noted = 'SELECT 1 FROM moves WHERE after_key IS NOT NULL'
  while (!isOver && (await ask(there, noted).catch(() => [])).length === 0) await sleep(20)
}

const patois = (...args: string[]): Promise<Ended> => runToEnd(args, { cwd: folder })

const sqlite = (name: string): string => `sqlite:${join(folder, name)}`

/** Rows that cost a move its time, and whose ids are beyond those that the server gave out. */
const fill = (path: string, rows: number): void => {
  const database = new DatabaseSync(path)
  database.exec(`INSERT INTO events (issuer, at, request_id, type, decision, reason)
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
    SELECT 1, 1 + i % 1000, 'r' || i, 'token', 'allowed', 'issued' FROM n`)
  database.close()
}

const ask = async (url: string, sql: string): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

describe.skipIf(whyNoPostgres())('a move', () => {
  let held: Held

  test(
    `R24: takes all tokens of ${PEOPLE} sign-ins to PostgreSQL and back`,
    async () => {
      const first = await run()
      held = await collect(place, PEOPLE)
      const there = await postgres.newDatabase()
      const refused = await patois('move', `sqlite:${place.path}`, there)
      expect(refused).toMatchObject({ code: 1, out: '' })
      expect(refused.err).toBe(
        `Another server already uses the database ${place.path}: stop it first.\n`,
      )
      await first.stop()
      fill(place.path, 20_000)

      const dry = await patois('move', '--dry-run', `sqlite:${place.path}`, there)
      expect(dry.code).toBe(0)
      expect(dry.out).toContain('Nothing was written.')
      expect(await ask(there, "SELECT 1 FROM pg_tables WHERE schemaname = 'public'")).toEqual([])
      const moved = await patois('move', `sqlite:${place.path}`, there)
      expect(moved.code).toBe(0)
      expect(moved.out).toMatch(
        /^Moved [\d,]+ rows of 18 tables from sqlite:.*; both hold the same\.\n/,
      )
      const again = await patois('move', '--dry-run', `sqlite:${place.path}`, there)
      expect(again.out).toContain('0 of 18 tables differ. Both hold the same.')
      const second = await run(there)
      await prove(place, held)

      const back = sqlite('back.db')
      const busy = await patois('move', there, back)
      expect(busy.code).toBe(1)
      expect(busy.err).toMatch(
        /^A server uses the database 127.*: stop every server first \(\d of them\)\.\n$/,
      )
      await second.stop()
      expect(await patois('move', there, back)).toMatchObject({ code: 0 })
      look(join(folder, 'back.db'), checkWhole)
      const third = await run(back)
      await prove(place, held)
      await third.stop()
      const { chains } = held
      measured(
        'R24',
        `${chains.length} of ${PEOPLE} sign-ins work there and back, dry run then differs in 0 tables`,
      )
    },
    60_000 + PEOPLE * 500,
  )

  test(
    `R24: is resumed after each of ${KILLS} kills, and no server gets in between`,
    async () => {
      const source = sqlite('killed.db')
      expect(await patois('move', sqlite('back.db'), source)).toMatchObject({ code: 0 })
      fill(join(folder, 'killed.db'), ROWS)
      const [events] = look(join(folder, 'killed.db'), (database) =>
        database.prepare('SELECT count(*) AS n FROM events').all(),
      )
      let kills = 0
      let cut = 0
      let largest = 0
      while (kills < KILLS) {
        const there = await postgres.newDatabase()
        let ended: Ended['code'] = 'SIGKILL'
        while (ended === 'SIGKILL') {
          const moving = start(['move', source, there], { cwd: folder })
          const peak = peakOf(moving.pid, moving.ended)
          const killed = kills++ < KILLS
          if (killed) {
            await begun(there, moving.ended)
            await sleep(Math.random() * SPREAD_MS)
            void moving.stop('SIGKILL')
          }
          ended = (await moving.ended).code
          largest = Math.max(largest, await peak)
          const filling = await ask(there, 'SELECT * FROM moves').catch(() => [])
          if (filling.length === 0 || ended === 0) continue
          cut++
          if (cut > 1) continue
          const serving = serve(place, '--database', there)
          const sentence = `is being filled from sqlite:${join(folder, 'killed.db')}: let "patois move" end first, or start it again.`
          expect((await serving.ended).err).toContain(sentence)
          const other = await patois('move', sqlite('back.db'), there)
          expect(other.err).toMatch(/is being filled from sqlite:.*killed\.db\.\n$/)
        }
        expect(ended).toBe(0)
        expect(await ask(there, 'SELECT count(*) AS n FROM events')).toEqual([
          { n: String(events?.n) },
        ])
        expect(await ask(there, 'SELECT * FROM moves')).toEqual([])
        // Ids go on behind all that were ever given out, also by a database that counts by itself.
        const [next] = await ask(
          there,
          'SELECT next > (SELECT max(id) FROM events) AS free FROM sequence',
        )
        expect(next).toEqual({ free: true })
      }
      expect(cut).toBeGreaterThan(0)
      measured(
        'R24',
        `${KILLS} kills of moves of ${ROWS} rows, ${cut} of them in the middle: each is resumed`,
      )
    },
    60_000 + KILLS * 60_000,
  )
})
