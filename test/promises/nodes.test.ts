// kill -9 of one node of two on one PostgreSQL: no token is lost, and the other node never fails.

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { getTokens, openBrowser } from '../door/browser.ts'
import { times } from '../door/counts.ts'
import { SECRETS } from '../door/fixtures.ts'
import { type NodeProcesses, startProcesses } from '../door/nodes.ts'
import { whyNoPostgres } from '../door/postgres.ts'
import { serve } from '../door/process.ts'
import { measured } from '../door/promise.ts'
import { ODD_FAMILIES } from '../door/sqlite.ts'
import { introspect } from '../door/tokens.ts'

const KILLS = times(12, 500)
const CHAINS = 10

let nodes: NodeProcesses
beforeAll(async () => {
  if (!whyNoPostgres()) nodes = await startProcesses()
})
afterAll(() => nodes?.close())

type Node = 0 | 1

/** Who is killed in a round: each in turn. */
const victimOf = (round: number): Node => (round % 2 === 0 ? 1 : 0)

type Tokens = { access_token: string; refresh_token: string }

/** Refreshes at a node; undefined when it was killed before it answered. */
const refreshAt = async (node: Node, token: string, victim?: Node) => {
  const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token })
  const authorization = `Basic ${btoa(`cc:${SECRETS.cc}`)}`
  try {
    const url = nodes.places[node].url('/token')
    const response = await fetch(url, { method: 'POST', body, headers: { authorization } })
    return { status: response.status, body: (await response.json()) as Tokens }
  } catch (error) {
    if (node !== victim) throw error
    return undefined
  }
}

/** Uses a chain's latest token at both nodes in turn until one was killed; counts what was cut off. */
const useUntil = async (
  isKilled: () => boolean,
  victim: Node,
  chain: { latest: string; acknowledged: string[] },
): Promise<number> => {
  let cut = 0
  for (let nth = 0; !isKilled() || nth % 2 === 1; nth++) {
    const answer = await refreshAt(nth % 2 === 0 ? 0 : 1, chain.latest, victim)
    // Not answered: the same token is good at the other node, whatever became of the first.
    if (!answer) cut++
    else {
      expect(answer).toMatchObject({ status: 200, body: { refresh_token: expect.any(String) } })
      chain.latest = answer.body.refresh_token
      chain.acknowledged.push(answer.body.access_token)
    }
    await sleep(Math.random() * 100)
  }
  return cut
}

/** Starts the node again; answers how long it took to its first 200, in milliseconds. */
const startAgain = async (victim: Node, chain: { latest: string }): Promise<number> => {
  const at = performance.now()
  nodes.running[victim] = serve(nodes.places[victim])
  await nodes.running[victim].ready
  const answer = await refreshAt(victim, chain.latest)
  expect(answer).toMatchObject({ status: 200 })
  chain.latest = answer?.body.refresh_token ?? ''
  return performance.now() - at
}

describe.skipIf(whyNoPostgres())('two nodes, one of which is killed', () => {
  test(
    `R3: ${KILLS} times kill -9 under load loses no token, and the other node answers all`,
    async () => {
      const browser = openBrowser()
      const chains: { latest: string; acknowledged: string[] }[] = []
      while (chains.length < CHAINS) {
        const tokens = await getTokens(nodes.places[0], 'cc', { scope: 'api.read' }, browser)
        chains.push({ latest: tokens.refresh_token, acknowledged: [tokens.access_token] })
      }
      let [cut, acknowledged, slowest] = [0, 0, 0]
      for (let round = 0; round < KILLS; round++) {
        const victim = victimOf(round)
        let killed = false
        const load = chains.map((chain) => useUntil(() => killed, victim, chain))
        // Answers first, so that there is something to lose; then a moment that nobody chose.
        while (!chains.some(({ acknowledged }) => acknowledged.length > 1)) await sleep(5)
        await sleep(Math.random() * 50)
        await nodes.running[victim].stop('SIGKILL')
        killed = true
        for (const one of await Promise.all(load)) cut += one
        slowest = Math.max(slowest, await startAgain(victim, chains[0] as (typeof chains)[0]))
        for (const chain of chains) {
          const answer = await refreshAt(victim, chain.latest)
          expect(answer).toMatchObject({ status: 200 })
          chain.latest = answer?.body.refresh_token ?? ''
          const tokens = chain.acknowledged.splice(0)
          acknowledged += tokens.length
          const told = await Promise.all(
            tokens.map((token) => introspect(nodes.places[victim], token)),
          )
          expect(told.filter(({ body }) => body.active !== true)).toEqual([])
        }
        expect((await nodes.database.query(ODD_FAMILIES)).rows).toEqual([])
      }
      expect(new Set(chains.map(({ latest }) => latest)).size).toBe(CHAINS)
      expect(cut).toBeGreaterThan(0)
      measured(
        'R3',
        `P: ${KILLS} kills of one node of two, 0 of ${acknowledged} tokens lost, ${cut} answers cut off and had from the other node, slowest start to the first 200 ${Math.round(slowest)} ms`,
      )
    },
    KILLS * 20_000,
  )
})
