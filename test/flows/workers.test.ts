// Workers: one server of several processes at one port; what dies is replaced, and all stop together.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { call, getTokens } from '../door/browser.ts'
import { isFull } from '../door/counts.ts'
import { readLines, sumOf } from '../door/figures.ts'
import { SECRETS } from '../door/fixtures.ts'
import { startPostgres, type TestPostgres, whyNoPostgres } from '../door/postgres.ts'
import { type Installation, install, type Served, serve } from '../door/process.ts'
import { freePort } from '../door/server.ts'

const WORKERS = 2

let folder: string
let started: Served[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'patois-workers-'))
  started = []
})
afterEach(async () => {
  for (const served of started) await served.stop('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

const start = (...given: Parameters<typeof serve>): Served => {
  const served = serve(...given)
  started.push(served)
  return served
}

test('on SQLite they are refused with one sentence', async () => {
  const place = await install(folder)
  const sentence = 'must be 1 with SQLite, whose file belongs to one process'
  const { code, out, err } = await start(place, '--workers', '2').ended
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err).toContain(`  workers: ${sentence}: for more set database to postgres://…\n`)
})

type Outcome = { status: number } | { lost: string }

/** Asks for an opaque token over one of the agent's connections. */
const ask = ({ url }: Installation, agent: Agent): Promise<Outcome> =>
  new Promise((resolve) => {
    const lost = (error: NodeJS.ErrnoException) => resolve({ lost: error.code ?? error.message })
    const headers = {
      authorization: `Basic ${btoa(`rs:${SECRETS.rs}`)}`,
      'content-type': 'application/x-www-form-urlencoded',
    }
    const sent = request(url('/token'), { agent, method: 'POST', headers }, (response) => {
      response.on('error', lost).on('end', () => resolve({ status: response.statusCode ?? 0 }))
      response.resume()
    })
    sent.on('error', lost).end('grant_type=client_credentials')
  })

/** Lines of the log; throws when one is broken. */
const linesOf = ({ printed }: Served): Record<string, unknown>[] =>
  printed.out
    .split('\n')
    .slice(0, -1)
    .filter((line) => !line.startsWith('Patois answers'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await sleep(20)
}

/** The processes of the workers, the first one first. */
const processesOf = ({ pid }: Served): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)

describe.skipIf(whyNoPostgres())('on PostgreSQL', () => {
  let postgres: TestPostgres
  beforeAll(async () => {
    if (!whyNoPostgres()) postgres = await startPostgres()
  })
  afterAll(() => postgres?.close())

  const place = async (more: Record<string, unknown> = {}): Promise<Installation> =>
    install(folder, {
      database: await postgres.newDatabase(),
      workers: WORKERS,
      log: { level: 'info' },
      ...more,
    })

  /** The processes of the workers that have said something. */
  const workersOf = (served: Served): Set<unknown> =>
    new Set(linesOf(served).flatMap(({ worker }) => worker ?? []))

  test('share the port, the log and the metrics', async () => {
    const port = await freePort()
    const at = await place({ metrics: { listen: `127.0.0.1:${port}` } })
    const served = start(at)
    await served.ready
    expect(served.printed.out).toContain(`Patois answers at ${at.origin} `)
    expect(served.printed.out).toContain(`:${at.port}, ${WORKERS} workers)`)
    const { refresh_token } = await getTokens(at)
    const asked = 60
    // Each on a connection of its own.
    const answers = await Promise.all(Array.from({ length: asked }, () => ask(at, new Agent())))
    expect(answers).toEqual(answers.map(() => ({ status: 200 })))
    const refreshed = await call(at, '/token', 'cc', { grant_type: 'refresh_token', refresh_token })
    expect(refreshed.status).toBe(200)
    await until(() => workersOf(served).size === WORKERS)
    const ids = linesOf(served).filter(({ msg }) => msg === 'request')
    expect(new Set(ids.map(({ requestId }) => requestId)).size).toBe(ids.length)
    const scraped = await fetch(`http://127.0.0.1:${port}/metrics`)
    const lines = readLines(await scraped.text())
    const token = { operation: 'token', status: '200', reason: 'ok' }
    expect(sumOf(lines, 'patois_requests_total', token)).toBe(asked + 2)
    expect(sumOf(lines, 'patois_workers')).toBe(WORKERS)
    expect(sumOf(lines, 'patois_worker_starts_total')).toBe(WORKERS)
    expect(sumOf(lines, 'patois_ready')).toBe(1)
    // The oldest one's, and no sum.
    const age = Date.now() / 1000 - sumOf(lines, 'process_start_time_seconds')
    expect(Math.abs(age)).toBeLessThan(600)
    expect(await served.stop()).toMatchObject({ code: 0, err: '' })
    expect(await ask(at, new Agent())).toHaveProperty('lost')
  })

  test('one that is killed under load is replaced, and the others answer all the while', async () => {
    const at = await place()
    const served = start(at)
    await served.ready
    let over = false
    const lost: string[] = []
    const statuses = new Map<number, number>()
    const work = async (): Promise<void> => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      while (!over) {
        const outcome = await ask(at, agent)
        if ('lost' in outcome) lost.push(outcome.lost)
        else statuses.set(outcome.status, (statuses.get(outcome.status) ?? 0) + 1)
      }
      agent.destroy()
    }
    const callers = Array.from({ length: 12 }, work)
    await until(() => (statuses.get(200) ?? 0) > 100)
    process.kill(processesOf(served)[0] ?? 0, 'SIGKILL')
    await until(() => linesOf(served).some(({ msg }) => msg === 'a worker died and is replaced'))
    const line = linesOf(served).find(({ msg }) => msg === 'a worker died and is replaced')
    expect(line).toMatchObject({ level: 'error', signal: 'SIGKILL' })
    const before = statuses.get(200) ?? 0
    await until(() => workersOf(served).size === WORKERS + 1)
    await until(() => (statuses.get(200) ?? 0) > before + 100)
    over = true
    await Promise.all(callers)
    // What was under way at the one that died, and what it had not yet accepted.
    expect(lost.length).toBeLessThanOrEqual(2 * callers.length)
    expect([...statuses.keys()]).toEqual([200])
    expect(await served.stop()).toMatchObject({ code: 0, err: '' })
  })

  test('no count falls when one is silent, is killed, and is replaced', async () => {
    const port = await freePort()
    const at = await place({ metrics: { listen: `127.0.0.1:${port}` } })
    const served = start(at)
    await served.ready
    const asked = 40
    await Promise.all(Array.from({ length: asked }, () => ask(at, new Agent())))
    const scrape = async () => {
      const lines = readLines(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text())
      const labels = { operation: 'token' }
      return {
        lines,
        counts: ['patois_requests_total', 'patois_request_duration_seconds_count'].map((name) =>
          sumOf(lines, name, labels),
        ),
      }
    }
    const before = await scrape()
    expect(before.counts).toEqual([asked, asked])
    const [first = 0] = processesOf(served)
    process.kill(first, 'SIGSTOP')
    expect((await scrape()).counts).toEqual(before.counts)
    process.kill(first, 'SIGKILL')
    await until(() => linesOf(served).some(({ msg }) => msg === 'a worker died and is replaced'))
    const after = await scrape()
    expect(after.counts).toEqual(before.counts)
    // What is a state and no count went with it.
    const limit = 'patois_queue_limit'
    const shares = after.lines.filter(({ name }) => name === 'patois_workers')
    expect(sumOf(after.lines, limit)).toBe(
      ((shares[0]?.value ?? 0) * sumOf(before.lines, limit)) / WORKERS,
    )
    await until(async () => sumOf((await scrape()).lines, 'patois_workers') === WORKERS)
    expect((await scrape()).counts).toEqual(before.counts)
    await ask(at, new Agent())
    await until(async () => (await scrape()).counts[0] === asked + 1)
    expect(await served.stop()).toMatchObject({ code: 0, err: '' })
  })

  // It is given half a minute to say something.
  test.skipIf(!isFull)('one that hangs is ended and replaced', { timeout: 120_000 }, async () => {
    const at = await place()
    const served = start(at)
    await served.ready
    process.kill(processesOf(served)[0] ?? 0, 'SIGSTOP')
    await until(() => linesOf(served).some(({ msg }) => msg === 'a worker hangs and is ended'))
    await until(() => linesOf(served).some(({ msg }) => msg === 'a worker died and is replaced'))
    expect(await served.stop()).toMatchObject({ code: 0, err: '' })
  })

  test('stop within ten seconds under load, and answer all that was sent', async () => {
    const at = await place()
    const served = start(at)
    await served.ready
    const agent = new Agent({ keepAlive: true, maxSockets: 24 })
    const outcomes: Outcome[] = []
    let over = false
    const callers = Array.from({ length: 24 }, async () => {
      while (!over) outcomes.push(await ask(at, agent))
    })
    await until(() => outcomes.length > 200)
    // As systemd and a terminal do, which tell all processes of a group.
    for (const pid of processesOf(served)) process.kill(pid, 'SIGTERM')
    const stopped = served.stop()
    over = true
    const from = performance.now()
    await Promise.all(callers)
    expect(await stopped).toMatchObject({ code: 0, err: '' })
    expect(performance.now() - from).toBeLessThan(10_000)
    expect(outcomes).toEqual(outcomes.map(() => ({ status: 200 })))
    agent.destroy()
  })

  test('end when their primary is killed, and the port is free', async () => {
    const at = await place()
    const served = start(at)
    await served.ready
    await served.stop('SIGKILL')
    const again = start(at)
    await again.ready
    expect(await again.stop()).toMatchObject({ code: 0 })
  })

  test('say once what keeps them from starting', async () => {
    const at = await place({ database: `postgres://nobody@127.0.0.1:${await freePort()}/none` })
    const { code, err } = await start(at).ended
    expect(code).toBe(1)
    expect(err.split('\n')).toEqual([
      expect.stringMatching(/^The database .* does not answer: /),
      '',
    ])
  })
})
