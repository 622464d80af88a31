// A database that is slow, or has no connection left: callers hear so in time, and no more than that.

import { monitorEventLoopDelay } from 'node:perf_hooks'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, call, getCode } from '../door/browser.ts'
import { isFull, times } from '../door/counts.ts'
import { RU } from '../door/fixtures.ts'
import { openChains, rotate } from '../door/load.ts'
import { startNodes, type TestNodes } from '../door/nodes.ts'
import { startPostgres, type TestPostgres, whyNoPostgres } from '../door/postgres.ts'
import { measured } from '../door/promise.ts'
import { checkAnswer } from '../door/rules.ts'
import { startTcpProxy, type TcpProxy } from '../door/tcp.ts'
import { isActive, refresh } from '../door/tokens.ts'

const ROUNDS = times(2, 20)
const HERD = times(300, 500)
const PARALLEL = 50
const CONNECTIONS = 20

/** Asked for in full runs; a machine that runs other tests beside this one is slower. */
const SOON_MS = 3000

/** What a request asks of the database one after the other, and how long each of it may take. */
const STEPS = 4
const STEP_MS = 2500

let postgres: TestPostgres
let proxy: TcpProxy
let nodes: TestNodes
beforeAll(async () => {
  if (whyNoPostgres()) return
  postgres = await startPostgres({ settings: { max_connections: String(CONNECTIONS) } })
  const url = await postgres.newDatabase()
  proxy = await startTcpProxy(postgres.port)
  const unchecked = 'its database does not answer in time'
  nodes = await startNodes(url.replace(String(postgres.port), String(proxy.port)), { unchecked })
})
afterAll(async () => {
  for (const node of nodes ?? []) await node.close()
  await proxy?.close()
  await postgres?.close()
})

const nodeAt = (nth: number) => nodes[nth % 2 === 0 ? 0 : 1]
const many = (work: (nth: number) => Promise<Answer>, count = PARALLEL) =>
  Promise.all(Array.from({ length: count }, (_, nth) => work(nth)))

/** A herd of callers who write and callers who read; how long the last waited, and how late we were. */
const herd = async (token: string) => {
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const before = nodes.map(({ answers }) => answers.length)
  const fields = { grant_type: 'client_credentials' }
  const answers = await many(
    (nth) =>
      nth % 4 < 2 ? call(nodeAt(nth), '/token', 'rs', fields) : refresh(nodeAt(nth), token),
    HERD,
  )
  delay.disable()
  // From when the server heard a caller: all of them are in this process, too, and take their time.
  const told = nodes.flatMap((node, nth) => node.answers.slice(before[nth]))
  const slowest = Math.max(...told.map(({ milliseconds }) => milliseconds))
  return { answers, slowest: Math.round(slowest), late: Math.round(delay.percentile(99) / 1e6) }
}

const checkUnavailable = (answers: readonly Answer[]): void => {
  for (const answer of answers) checkAnswer(answer, { status: 503 })
}

/** The same callers, now that the database answers again. */
const checkBack = async (token: string): Promise<void> => {
  const minted = () => call(nodes[0], '/token', 'rs', { grant_type: 'client_credentials' })
  await expect.poll(async () => (await minted()).status, { timeout: 10_000 }).toBe(200)
  for (const node of nodes) checkAnswer(await refresh(node, token), { status: 200 })
}

describe.skipIf(whyNoPostgres())('two nodes', () => {
  test('R16: a database that takes 200 ms for each answer costs time and nothing else', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const exchange = await getCode(nodes[0])
      const [chain] = await openChains(nodes[0], 1)
      proxy.delayMs = 100
      const { code, verifier } = exchange
      const fields = { grant_type: 'authorization_code', code, redirect_uri: RU }
      const exchanged = await many((nth) =>
        call(nodeAt(nth), '/token', 'cc', { ...fields, code_verifier: verifier }),
      )
      const won = exchanged.filter(({ status }) => status === 200)
      expect(won).toHaveLength(1)
      for (const answer of exchanged) {
        if (answer.status !== 200) checkAnswer(answer, { status: 400, error: 'invalid_grant' })
      }
      expect(await isActive(nodes[1], String(won[0]?.body.access_token))).toBe(false)
      const refreshed = await many((nth) => refresh(nodeAt(nth), chain?.refresh_token ?? ''))
      for (const answer of refreshed) checkAnswer(answer, { status: 200 })
      expect(new Set(refreshed.map(({ body }) => body.refresh_token)).size).toBe(1)
      expect(await isActive(nodes[1], String(refreshed[0]?.body.access_token))).toBe(true)
      proxy.delayMs = 0
    }
    measured(
      'R16',
      `+200 ms: ${ROUNDS} × ${PARALLEL} exchanges, 1 success in each, and as many refreshes, 1 leaf in each; 0 × 5xx`,
    )
  })

  test('a database that takes 1.5 s is waited for by the step, and nothing is half done', async () => {
    const [chain] = await openChains(nodes[0], 1)
    const token = chain?.refresh_token ?? ''
    proxy.delayMs = 750
    const asked = (nth: number) => call(nodeAt(nth), '/introspect', 'rs', { token })
    const before = nodes.map(({ answers }) => answers.length)
    const [seen, { answers }] = await Promise.all([many(asked), herd(token)])
    for (const answer of [...seen, ...answers]) {
      if (answer.status !== 200) checkAnswer(answer, { status: 503 })
    }
    const told = nodes.flatMap((node, nth) => node.answers.slice(before[nth]))
    const slowest = Math.max(...told.map(({ milliseconds }) => milliseconds))
    proxy.delayMs = 0
    await checkBack(token)
    if (isFull) expect(slowest).toBeLessThan(STEPS * STEP_MS)
  })

  test('R16: of a database that takes 5 s callers hear in time, and are served when it is back', async () => {
    const [chain] = await openChains(nodes[0], 1)
    const token = chain?.refresh_token ?? ''
    proxy.delayMs = 2500
    const { answers, slowest } = await herd(token)
    checkUnavailable(answers)
    expect(proxy.open()).toBeLessThanOrEqual(2 * CONNECTIONS)
    proxy.delayMs = 0
    await checkBack(token)
    if (isFull) expect(slowest).toBeLessThan(SOON_MS)
    measured('R16', `+5 s: ${HERD} requests at once, all 503, the last after ${slowest} ms`)
  })

  test('R15: without a connection callers hear in time, and are served when there is one', async () => {
    const [chain] = await openChains(nodes[0], 1)
    if (!chain) throw new Error('Nobody signed in.')
    const taken = await takeConnections()
    const { answers, slowest, late } = await herd(chain.refresh_token)
    checkUnavailable(answers)
    for (const one of taken) await one.end()
    await expect.poll(async () => (await rotate(nodes[0], chain)).status).toBe(200)
    checkAnswer(await rotate(nodes[1], chain), { status: 200 })
    if (isFull) expect(slowest).toBeLessThan(SOON_MS)
    measured(
      'R15',
      `${HERD} requests at once, all 503, the last after ${slowest} ms; event loop of both nodes and all callers late by ${late} ms (p99)`,
    )
  })
})

/** Takes every connection, also those that the nodes had. */
const takeConnections = async (): Promise<pg.Client[]> => {
  const taken: pg.Client[] = []
  const others = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name <> 'taker' AND backend_type = 'client backend'`
  while (taken.length < CONNECTIONS) {
    const client = new pg.Client({
      connectionString: `postgres://patois@127.0.0.1:${postgres.port}/postgres`,
      application_name: 'taker',
    })
    client.on('error', () => {})
    const isIn = await client.connect().then(
      () => true,
      () => false,
    )
    if (isIn) taken.push(client)
    else await taken[0]?.query(others)
  }
  return taken
}
