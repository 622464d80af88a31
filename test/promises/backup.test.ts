// Backups under load, and what comes back with them; commands beside a server of one SQLite file.

import { randomInt } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { call, getTokens, openBrowser } from '../door/browser.ts'
import { type Ended, runToEnd } from '../door/cli.ts'
import { times } from '../door/counts.ts'
import { SECRETS } from '../door/fixtures.ts'
import { collect, type Held, introspect, prove, proveDead } from '../door/held.ts'
import { startPostgres, type TestPostgres, whyNoPostgres } from '../door/postgres.ts'
import { type Installation, install, type Served, serve } from '../door/process.ts'
import { measured } from '../door/promise.ts'
import { checkWhole, hashOf, look } from '../door/sqlite.ts'

const BACKUPS = times(2, 40)
const CHAINS = 12
/** Between two requests of a caller, milliseconds at most: the database shall not outgrow its backups. */
const PAUSE = 100

let folder: string
let running: Served[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'patois-backup-'))
})
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

const run = async (place: Installation, ...flags: string[]): Promise<Served> => {
  const served = serve(place, ...flags)
  running.push(served)
  await served.ready
  return served
}

const stop = async (served: Served): Promise<void> => {
  await served.stop()
  running = running.filter((one) => one !== served)
}

const patois = (...args: string[]): Promise<Ended> => runToEnd(args, { cwd: folder })

/** Callers that go on until `stop`: each refreshes its own chain, and half of them ask for more. */
const load = (place: Installation, tokens: string[]) => {
  let isOver = false
  const seen = { answers: 0, faults: [] as string[], acknowledged: [] as string[] }
  const work = tokens.map(async (_, nth) => {
    while (!isOver) {
      const fields = { grant_type: 'refresh_token', refresh_token: tokens[nth] ?? '' }
      const answer = await call(place, '/token', 'cc', fields)
      seen.answers++
      if (answer.status !== 200) seen.faults.push(`${answer.status} ${JSON.stringify(answer.body)}`)
      else {
        tokens[nth] = String(answer.body.refresh_token)
        seen.acknowledged.push(tokens[nth] ?? '')
      }
      await sleep(randomInt(PAUSE))
      if (nth % 2 === 0) continue
      const own = await call(place, '/token', 'cc', { grant_type: 'client_credentials' })
      if (own.status !== 200) seen.faults.push(`${own.status}`)
    }
  })
  return {
    seen,
    stop: async () => {
      isOver = true
      await Promise.all(work)
    },
  }
}

const signInAll = async (place: Installation): Promise<string[]> => {
  const browser = openBrowser()
  const tokens: string[] = []
  while (tokens.length < CHAINS) {
    tokens.push((await getTokens(place, 'cc', { scope: 'api.read' }, browser)).refresh_token)
  }
  return tokens
}

/** Fails when a backup is not whole, misses what was answered before it, or says a secret. */
const checkBackup = (path: string, acknowledged: readonly string[], secrets: readonly string[]) => {
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const bytes = readFileSync(path)
  for (const secret of secrets) expect(bytes.includes(secret)).toBe(false)
  look(path, (database) => {
    checkWhole(database)
    const known = database.prepare('SELECT 1 FROM refresh_tokens WHERE hash = ?')
    for (const token of acknowledged) expect(known.get(hashOf(token))).toBeDefined()
    // No half rotation: what was spent has its child, and each family one token to go on with.
    const halves = database
      .prepare(
        `SELECT f.id FROM families f LEFT JOIN refresh_tokens t ON t.family_id = f.id AND t.spent_at IS NULL
         WHERE f.ended_at IS NULL GROUP BY f.id HAVING count(t.id) <> 1`,
      )
      .all()
    expect(halves).toEqual([])
  })
}

/** Backs a server under load up, `BACKUPS` times; answers how many calls it answered meanwhile. */
const backUpUnderLoad = async (place: Installation, file: string): Promise<number> => {
  const tokens = await signInAll(place)
  const callers = load(place, tokens)
  for (let nth = 0; nth < BACKUPS; nth++) {
    const before = callers.seen.acknowledged.slice()
    const made = await patois('backup', file, '--config', place.file, '--overwrite')
    expect(made).toMatchObject({ code: 0 })
    expect(made.out).toMatch(/^Backed up [\d,]+ rows into .* and read it again: it is whole\.\n$/)
    checkBackup(file, before, [...tokens, ...before.slice(-50), place.masterKey, SECRETS.cc ?? ''])
  }
  await callers.stop()
  expect(callers.seen.faults).toEqual([])
  return callers.seen.answers
}

/** What the output of a restore says to run. */
const advised = ({ out }: Ended): string[] => (/^ {2}patois (.*)$/m.exec(out)?.[1] ?? '').split(' ')

test(
  `R23: of ${BACKUPS} backups under load each is whole, and what was revoked since can be ended`,
  async () => {
    const place = await install(folder, { lifetimes: { code: 600, replay_window: 600 } })
    const served = await run(place)
    const held: Held = await collect(place, 4)
    const file = join(folder, 'backup.db')
    const answers = await backUpUnderLoad(place, file)
    const taken = await patois('backup', file, '--config', place.file)
    expect(taken.err).toBe(`${file} is there already: --overwrite replaces it.\n`)
    // Since the backup one person has withdrawn everything.
    const stolen = held.chains[1]?.latest ?? ''
    await call(place, '/revoke', 'cc', { token: stolen })
    expect((await introspect(place, stolen)).body).toEqual({ active: false })

    const busy = await patois('restore', file, '--config', place.file, '--overwrite')
    expect(busy.err).toBe(
      `Another server already uses the database ${place.path}: stop it first.\n`,
    )
    await stop(served)
    const careful = await patois('restore', file, '--config', place.file)
    expect(careful.err).toBe(
      `${place.path} is not empty: --overwrite puts the backup in its place all the same.\n`,
    )
    const restored = await patois('restore', file, '--config', place.file, '--overwrite')
    expect(restored).toMatchObject({ code: 0 })
    expect(restored.out).toMatch(
      /^Restored [\d,]+ rows from .*\nThe former database is kept as .*\n/,
    )
    look(place.path, checkWhole)
    const again = await run(place)
    expect((await introspect(place, stolen)).body).toMatchObject({ active: true })
    await prove(place, held)
    // It says what it says, and the server need not stop for it.
    const revoked = await patois(...advised(restored))
    expect(revoked).toMatchObject({ code: 0, err: '' })
    expect(revoked.out).toMatch(
      /^All that was issued before .* has ended; running servers know within a second\.\n/,
    )
    await proveDead(place, held)
    await stop(again)
    measured(
      'R23',
      `${BACKUPS} of ${BACKUPS} backups on SQLite are whole, ${answers} calls meanwhile without a fault`,
    )
  },
  60_000 + BACKUPS * 20_000,
)

describe.skipIf(whyNoPostgres())('on PostgreSQL', () => {
  let postgres: TestPostgres
  beforeEach(async () => {
    postgres = await startPostgres()
  })
  afterEach(() => postgres.close())

  test(
    `R23: ${BACKUPS} backups under load are of one moment each, and go back to either database`,
    async () => {
      const database = await postgres.newDatabase()
      const place = await install(folder, {
        database,
        lifetimes: { code: 600, replay_window: 600 },
      })
      const served = await run(place)
      const held: Held = await collect(place, 4)
      const file = join(folder, 'backup.db')
      const answers = await backUpUnderLoad(place, file)
      const busy = await patois('restore', file, '--config', place.file, '--overwrite')
      expect(busy.err).toMatch(
        /^A server uses the database 127.*: stop every server first \(\d of them\)\.\n$/,
      )
      await stop(served)
      const careful = await patois('restore', file, '--config', place.file)
      expect(careful.err).toMatch(/ is not empty: --overwrite puts the backup in its place/)
      const restored = await patois('restore', file, '--config', place.file, '--overwrite')
      expect(restored).toMatchObject({ code: 0 })
      const again = await run(place)
      await prove(place, held)
      expect(await patois(...advised(restored))).toMatchObject({ code: 0, err: '' })
      await proveDead(place, held)
      await stop(again)
      measured(
        'R23',
        `${BACKUPS} of ${BACKUPS} backups on PostgreSQL are whole, ${answers} calls meanwhile without a fault`,
      )
    },
    60_000 + BACKUPS * 20_000,
  )
})
