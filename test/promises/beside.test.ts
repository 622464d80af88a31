// Commands and a second server beside a server of one SQLite file: no caller hears of them.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { call, getCode, openBrowser } from '../door/browser.ts'
import { type Ended, runToEnd } from '../door/cli.ts'
import { times } from '../door/counts.ts'
import { RU } from '../door/fixtures.ts'
import { install, serve } from '../door/process.ts'
import { measured } from '../door/promise.ts'
import { checkWhole, look, oddFamilies } from '../door/sqlite.ts'

const ROUNDS = times(8, 200)
const PARALLEL = 50

test(
  `R26: ${ROUNDS} races are won once each while every command runs beside them`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'patois-beside-'))
    const place = await install(folder, { lifetimes: { replay_window: 30 } })
    const served = serve(place)
    await served.ready
    try {
      const browser = openBrowser()
      const race = async (fields: Record<string, string>) => {
        const tries = Array.from({ length: PARALLEL }, () => call(place, '/token', 'cc', fields))
        const answers = await Promise.all(tries)
        for (const { status } of answers) expect(status).toBeLessThan(500)
        return answers.filter(({ status }) => status === 200)
      }

      let isOver = false
      const patois = (...args: string[]): Promise<Ended> => runToEnd(args, { cwd: folder })
      const where = ['--config', place.file]
      const commands: (() => Promise<unknown>)[] = [
        async () =>
          expect(await patois('backup', 'copy.db', '--overwrite', ...where)).toMatchObject({
            code: 0,
            err: '',
          }),
        async () =>
          expect(
            (await patois('move', '--dry-run', `sqlite:${place.path}`, 'sqlite:new.db')).code,
          ).toBe(0),
        // It writes, too, and these tokens are of another client.
        async () =>
          expect(
            await patois('revoke', '--issued-before', 'now', '--client', 'cp', ...where),
          ).toMatchObject({ code: 0, err: '' }),
        async () => {
          const second = await serve(place, '--port', '0').ended
          expect(second.err).toMatch(/^Another server already uses the database /)
        },
      ]
      let ran = 0
      const beside = Promise.all(
        commands.map(async (command) => {
          while (!isOver) {
            await command()
            ran++
          }
        }),
      )
      // A fault of a command ends the races, too.
      const end = beside.catch(() => {
        isOver = true
      })
      for (let round = 0; round < ROUNDS && !isOver; round++) {
        const { code, verifier } = await getCode(place, 'cc', { scope: 'api.read' }, browser)
        const won = await race({
          grant_type: 'authorization_code',
          code,
          code_verifier: verifier,
          redirect_uri: RU,
        })
        expect(won).toHaveLength(1)
        const { code: next, verifier: proof } = await getCode(
          place,
          'cc',
          { scope: 'api.read' },
          browser,
        )
        const fields = {
          grant_type: 'authorization_code',
          code: next,
          code_verifier: proof,
          redirect_uri: RU,
        }
        const { refresh_token } = (await call(place, '/token', 'cc', fields)).body
        const burst = await race({
          grant_type: 'refresh_token',
          refresh_token: String(refresh_token),
        })
        expect(new Set(burst.map(({ body }) => body.refresh_token)).size).toBe(1)
        expect(burst).toHaveLength(PARALLEL)
      }
      isOver = true
      await end
      await beside
      // The server has said nothing of a database that was busy: it logs each such answer.
      expect(served.printed.out).not.toMatch(/unavailable|busy|locked/i)
      look(place.path, (database) => {
        checkWhole(database)
        const live = 'SELECT id FROM families WHERE ended_at IS NULL'
        const ids = new Set(
          database
            .prepare(live)
            .all()
            .map((row): unknown => row.id),
        )
        expect(oddFamilies(database).filter(({ id }) => ids.has(id))).toEqual([])
      })
      measured(
        'R26',
        `${2 * ROUNDS} races of ${PARALLEL} callers beside ${ran} commands: 0 × 5xx, 0 × SQLITE_BUSY`,
      )
    } finally {
      await served.stop('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    }
  },
  60_000 + ROUNDS * 10_000,
)
