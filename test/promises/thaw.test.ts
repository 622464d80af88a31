// What two nodes know of each other's doings: after a freeze, and from one moment to the next.

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isFull, times } from '../door/counts.ts'
import { openChains, percentile, rotate, startLoad } from '../door/load.ts'
import { type NodeProcesses, startProcesses } from '../door/nodes.ts'
import { whyNoPostgres } from '../door/postgres.ts'
import { measured } from '../door/promise.ts'
import { introspect, isActive, refresh, revoke, userinfo } from '../door/tokens.ts'

const FREEZES = times(1, 3)
const FROZEN_MS = times(4000, 30_000)
const PER_SECOND = 50
const REVOCATIONS = times(100, 1000)
const EVERY_MS = 10

let nodes: NodeProcesses
beforeAll(async () => {
  // Whoever waited for the frozen node, and asks again only then, is still within the window.
  const lifetimes = { replay_window: (2 * FROZEN_MS) / 1000 + 60 }
  if (!whyNoPostgres()) nodes = await startProcesses({ lifetimes })
})
afterAll(() => nodes?.close())

describe.skipIf(whyNoPostgres())('two nodes', () => {
  test(`R9: a node that stood still for ${FROZEN_MS / 1000} s harms nobody, and knows at once what happened`, async () => {
    const [first, second] = nodes.places
    const { pid } = nodes.running[1]
    let [answers, known, latest] = [0, 0, 0]
    for (let round = 0; round < FREEZES; round++) {
      const [chains, others, ended] = [
        await openChains(first, 20),
        await openChains(first, 20),
        await openChains(first, 20),
      ]
      const frozen = startLoad([second], others, PER_SECOND)
      await sleep(300)
      process.kill(pid, 'SIGSTOP')
      // It holds what it was about at this moment, until PostgreSQL takes that from it.
      const stopped = frozen.stop()
      const load = startLoad([first], chains, PER_SECOND)
      await sleep(FROZEN_MS / 2)
      for (const { refresh_token } of ended) {
        expect((await revoke(first, refresh_token)).status).toBe(200)
      }
      await sleep(FROZEN_MS / 2)
      process.kill(pid, 'SIGCONT')
      const thawedAt = performance.now()
      const told = await Promise.all(
        ended.flatMap(({ access_token, refresh_token }) => [
          introspect(second, access_token),
          introspect(second, refresh_token),
          userinfo(second, access_token),
          refresh(second, refresh_token),
        ]),
      )
      latest = Math.max(latest, performance.now() - thawedAt)
      const heard = await load.stop()
      expect(heard.filter(({ status }) => status !== 200)).toEqual([])
      answers += heard.length
      known += told.length
      // Where it has lost its connections it may say so once; what it says of a token is true.
      for (const { status, body } of told) {
        if (status === 200) expect(body).toEqual({ active: false })
        else expect([400, 401, 503]).toContain(status)
      }
      for (const { access_token } of ended) expect(await isActive(second, access_token)).toBe(false)
      const late = await stopped
      // A connection that was idle for too long is closed, also when a request has just come on it.
      expect(late.filter(({ status }) => ![200, 503, 0].includes(status))).toEqual([])
      // Whatever became of its requests, everybody who asked has a token that works.
      for (const chain of others) expect((await rotate(first, chain)).status).toBe(200)
    }
    measured(
      'R9',
      `P: ${FREEZES} × ${FROZEN_MS / 1000} s; the other node: ${answers} answers, 0 errors; the thawed one: ${known} questions about revoked tokens, 0 stale answers, the last of them after ${Math.round(latest)} ms`,
    )
  })

  test(`R10: of ${REVOCATIONS} revocations at one node the other knows at once`, async () => {
    const [first, second] = nodes.places
    const chains = await openChains(first, REVOCATIONS)
    const took: number[] = []
    let [polls, stale] = [0, 0]
    for (const { access_token } of chains) {
      expect(await isActive(second, access_token)).toBe(true)
      let revokedAt = Number.POSITIVE_INFINITY
      const revoked = revoke(first, access_token).then(({ status }) => {
        expect(status).toBe(200)
        revokedAt = performance.now()
      })
      for (;;) {
        const askedAt = performance.now()
        const active = await isActive(second, access_token)
        polls++
        if (active && askedAt > revokedAt) stale++
        if (!active) {
          await revoked
          took.push(Math.max(0, askedAt - revokedAt))
          break
        }
        await sleep(EVERY_MS)
      }
    }
    // What is asked after the answer is read from the primary, and is not from before.
    expect(stale).toBe(0)
    const [p99, longest] = [percentile(took, 0.99), Math.max(...took)]
    measured(
      'R10',
      `P: ${REVOCATIONS} revocations, asked every ${EVERY_MS} ms (${polls} times): ${stale} answers said active to a question that came after the revocation; known ${p99.toFixed(1)} ms after it (p99), ${longest.toFixed(1)} ms at most, the time between two questions included; a JWT that an API verifies by itself: its lifetime`,
    )
    if (isFull) expect(longest).toBeLessThan(1000)
  })
})
