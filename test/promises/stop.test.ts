// The end of a server: what is under way is answered, and its database is free for the next one.

import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isFull } from '../door/counts.ts'
import { SECRETS } from '../door/fixtures.ts'
import { type Installation, install, type Served, serve } from '../door/process.ts'
import { measured } from '../door/promise.ts'
import { checkWhole, lookAtCopy } from '../door/sqlite.ts'

let folder: string
let place: Installation
let started: Served[]
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'patois-stop-'))
  place = await install(folder)
  started = []
})
afterEach(async () => {
  for (const served of started) await served.stop('SIGKILL')
  rmSync(folder, { recursive: true })
})

const start = (...given: Parameters<typeof serve>): Served => {
  const served = serve(...given)
  started.push(served)
  return served
}

/** An answer, or the code of the error that came instead. */
type Outcome = { status: number; body: string } | { lost: string }

/** Asks for an opaque token over one of the agent's connections. */
const ask = (agent: Agent): Promise<Outcome> =>
  new Promise((resolve) => {
    const lost = (error: NodeJS.ErrnoException) => resolve({ lost: error.code ?? error.message })
    const sent = request(
      place.url('/token'),
      {
        agent,
        method: 'POST',
        headers: {
          authorization: `Basic ${btoa(`rs:${SECRETS.rs}`)}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
      },
      (response) => {
        let body = ''
        response.on('data', (chunk) => {
          body += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
        response.on('error', lost)
      },
    )
    sent.on('error', lost)
    sent.end('grant_type=client_credentials')
  })

const WORKERS = 40

/** No more than the system keeps waiting at the door. */
const CROWD = 400

describe('R21: SIGTERM under load', () => {
  // At the moment of the signal some requests are sent, some half read, some being answered.
  const bursts = isFull ? Array.from({ length: 30 }, (_, nth) => nth) : [0, 1, 2, 3, 5, 8]
  const seconds: number[] = []
  let [answered, lost, stops] = [0, 0, 0]
  afterAll(() => {
    const longest = Math.max(...seconds).toFixed(1)
    const told = `${lost} of ${answered + lost} requests lost`
    measured('R21', `${stops} stops under load: ${told}, over in ${longest} s at most`)
  })
  test.for(bursts)('answers all that was sent (%d)', async (burst) => {
    const served = start(place)
    await served.ready
    const agent = new Agent({ keepAlive: true, maxSockets: WORKERS })
    const tokens: string[] = []
    const others: Outcome[] = []
    let over = false
    let enough: () => void = () => {}
    const warm = new Promise<void>((resolve) => {
      enough = resolve
    })
    const work = async (): Promise<void> => {
      while (!over) {
        const outcome = await ask(agent)
        if ('status' in outcome && outcome.status === 200) {
          tokens.push(String(JSON.parse(outcome.body).access_token))
        } else others.push(outcome)
        if (tokens.length >= 5 * WORKERS + burst) enough()
      }
    }
    const workers = Array.from({ length: WORKERS }, work)
    await warm
    const before = tokens.length
    const stopped = served.stop()
    over = true
    const signalledAt = performance.now()
    await Promise.all(workers)
    stops++
    answered += tokens.length
    lost += others.length
    expect(others).toEqual([])
    expect(tokens.length).toBeGreaterThan(before)
    expect(await stopped).toMatchObject({ code: 0, err: '' })
    const tookSeconds = (performance.now() - signalledAt) / 1000
    expect(tookSeconds).toBeLessThan(10)
    seconds.push(tookSeconds)
    // Nobody is served any more, and what was answered is on disk.
    expect(await ask(agent)).toHaveProperty('lost')
    const database = new DatabaseSync(place.path, { readOnly: true })
    checkWhole(database)
    const row = database.prepare('SELECT count(*) AS n FROM access_tokens').get()
    database.close()
    expect(row?.n).toBe(tokens.length)
    agent.destroy()
  })

  test('answers those that were still waiting to be let in', async () => {
    const served = start(place)
    await served.ready
    const agent = new Agent({ keepAlive: true, maxSockets: CROWD })
    const asked = Array.from({ length: CROWD }, () => ask(agent))
    await Promise.race(asked)
    expect(await served.stop()).toMatchObject({ code: 0, err: '' })
    const statuses = (await Promise.all(asked)).map((one) => ('status' in one ? one.status : one))
    expect(statuses).toEqual(asked.map(() => 200))
    agent.destroy()
  })

  test('waits for no connection that is idle or has never said a word', async () => {
    const served = start(place)
    await served.ready
    const agent = new Agent({ keepAlive: true })
    expect(await ask(agent)).toHaveProperty('status', 200)
    const silent = connect(place.port, '127.0.0.1')
    const cut = once(silent, 'close')
    await once(silent, 'connect')
    expect(await served.stop()).toMatchObject({ code: 0, err: '' })
    await cut
    agent.destroy()
  })
})

test('a request that never comes whole holds no stop up', async () => {
  const served = start(place)
  await served.ready
  const half = connect(place.port, '127.0.0.1')
  const cut = once(half, 'close')
  await once(half, 'connect')
  half.write('POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf')
  const agent = new Agent()
  expect(await ask(agent)).toHaveProperty('status', 200)
  expect(await served.stop()).toMatchObject({ code: 0, err: '' })
  await cut
  agent.destroy()
})

describe('R26: a second server of the same database', () => {
  test('is refused with one sentence while the first one answers on', async () => {
    const first = start(place)
    await first.ready
    const agent = new Agent({ keepAlive: true })
    expect(await start(place, '--port', '0').ended).toEqual({
      code: 1,
      out: '',
      err: `Another server already uses the database ${place.path}: stop it, or give this server a database of its own.\n`,
    })
    expect(await ask(agent)).toHaveProperty('status', 200)
    agent.destroy()
  })

  test('starts at once after kill -9 of the first', async () => {
    const first = start(place)
    await first.ready
    const agent = new Agent()
    expect(await ask(agent)).toHaveProperty('status', 200)
    expect((await first.stop('SIGKILL')).code).toBe('SIGKILL')
    lookAtCopy(place.path, checkWhole)
    const second = start(place)
    await second.ready
    expect(await ask(agent)).toHaveProperty('status', 200)
  })

  test('starts at once after the first was stopped', async () => {
    const first = start(place)
    await first.ready
    expect((await first.stop('SIGINT')).code).toBe(0)
    const second = start(place)
    await second.ready
    expect(await ask(new Agent())).toHaveProperty('status', 200)
  })
})

test('a port that is taken is told with a free one', async () => {
  const first = start(place)
  await first.ready
  const { code, err } = await start(place, '--database', 'sqlite:other.db').ended
  expect(code).toBe(1)
  expect(err).toMatch(
    new RegExp(`^Port ${place.port} is in use: stop what listens there, .* --port \\d+\\.\\n$`),
  )
})
