// Presence: a row for each server that uses the database, for those who may only work without any.

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { issuerId } from '../mark.ts'
import type { Connections, Run } from './connections.ts'
import { numbered } from './statements.ts'

// All times are the database's own: the servers' clocks may differ.
const now = 'CAST(extract(epoch FROM now()) AS BIGINT)'
const SECONDS = 10
const AGAIN_MS = 3000
const POLL_MS = 500

const sql = {
  enter: numbered(`INSERT INTO leases (issuer, name, holder, expires_at)
    VALUES (?, ?, 'server', ${now} + ${SECONDS})
    ON CONFLICT (issuer, name) DO UPDATE SET expires_at = excluded.expires_at`),
  // Rows of servers that were killed; a frozen one enters anew when it thaws.
  tidy: numbered(`DELETE FROM leases WHERE issuer = ? AND holder = 'server'
    AND expires_at < ${now} - 3600`),
  leave: numbered(`UPDATE leases SET expires_at = ${now} WHERE issuer = ? AND name = ?`),
  others: numbered(`SELECT name, expires_at FROM leases
    WHERE issuer = ? AND holder = 'server' AND name <> ? AND expires_at > ${now}`),
  since: numbered(`SELECT count(*) FROM leases
    WHERE issuer = ? AND holder = 'server' AND expires_at > ?`),
  now: numbered(`SELECT ${now}`),
} as const

/** That this process uses the database stands there under `name`, until `leave` is called. */
export type Presence = { name: string; leave(): Promise<void> }

/** Says that this process uses the database. */
export async function enter({ run }: Pick<Connections, 'run'>): Promise<Presence> {
  const name = `server ${randomUUID()}`
  const again = () => run(sql.enter, [issuerId, name])
  await again()
  await run(sql.tidy, [issuerId])
  // Where the database fails for a moment, the next time is soon enough.
  const timer = setInterval(() => void again().catch(() => {}), AGAIN_MS).unref()
  const leave = async (): Promise<void> => {
    clearInterval(timer)
    await run(sql.leave, [issuerId, name]).catch(() => {})
  }
  return { name, leave }
}

// Those that use the database, with the time until which they said so.
async function present(run: Run, own: string): Promise<ReadonlyMap<string, number>> {
  const { rows } = await run(sql.others, [issuerId, own])
  return new Map(rows.map(([name, until]) => [String(name), Number(until)]))
}

/**
 * Throws one sentence when servers use the database `place`. One that was killed is still listed
 * for some seconds: those are waited for.
 */
export async function checkAlone(run: Run, place: string, own = ''): Promise<void> {
  const first = await present(run, own)
  const end = performance.now() + (SECONDS + 1) * 1000
  for (let there = first; there.size > 0; there = await present(run, own)) {
    const alive = [...there].some(([name, until]) => until !== first.get(name))
    if (alive || performance.now() > end) {
      throw new Error(
        `A server uses the database ${place}: stop every server first (${there.size} of them).`,
      )
    }
    await sleep(POLL_MS)
  }
}

/** Answers the function that throws when a server has used the database `place` since now. */
export async function watch(run: Run, place: string): Promise<() => Promise<void>> {
  const from = Number((await run(sql.now)).rows[0]?.[0])
  return async () => {
    const { rows } = await run(sql.since, [issuerId, from])
    if (Number(rows[0]?.[0]) === 0) return
    throw new Error(`A server used the database ${place} meanwhile: stop it, and start again.`)
  }
}
