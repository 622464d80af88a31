// Metrics: what Prometheus reads of a real server, at an address of its own and nowhere else.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { METRICS } from '../../packages/server/src/metrics/table.ts'
import { call, getTokens } from '../door/browser.ts'
import { type Line, readLines, sumOf } from '../door/figures.ts'
import { SECRETS } from '../door/fixtures.ts'
import { startPostgres, whyNoPostgres } from '../door/postgres.ts'
import { type Installation, install, type Served, serve } from '../door/process.ts'
import { openWire } from '../door/raw.ts'
import { freePort } from '../door/server.ts'

let folder: string
let served: Served | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'patois-metrics-'))
})
afterEach(async () => {
  await served?.stop('SIGKILL')
  rmSync(folder, { recursive: true })
})

type Measured = Installation & { metrics: string }

const start = async (more: Record<string, unknown> = {}): Promise<Measured> => {
  const port = await freePort()
  const place = await install(folder, { metrics: { listen: `127.0.0.1:${port}` }, ...more })
  served = serve(place)
  await served.ready
  return { ...place, metrics: `http://127.0.0.1:${port}/metrics` }
}

const scrape = async ({ metrics }: Measured): Promise<Line[]> => {
  const response = await fetch(metrics)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  expect(response.headers.get('cache-control')).toBe('no-store')
  return readLines(await response.text())
}

const grant_type = 'client_credentials'

describe('a server whose metrics are read', () => {
  test('counts what it decided, by dialect, operation, status and reason', async () => {
    const place = await start()
    const { refresh_token } = await getTokens(place)
    const refresh = () =>
      call(place, '/token', 'cc', { grant_type: 'refresh_token', refresh_token })
    for (const _ of [1, 2, 3]) expect((await refresh()).status).toBe(200)
    expect((await call(place, '/token', 'cc', { grant_type: 'refresh_token' })).status).toBe(400)
    await fetch(place.url('/nowhere'))
    await fetch(place.url('/livez'))
    const lines = await scrape(place)
    const requests = (labels: Record<string, string>) =>
      sumOf(lines, 'patois_requests_total', { dialect: 'standard', ...labels })
    expect(requests({ operation: 'token', status: '200', reason: 'ok' })).toBe(4)
    expect(requests({ operation: 'token', status: '400' })).toBe(1)
    expect(requests({ operation: 'authorize' })).toBeGreaterThan(0)
    const token = { dialect: 'standard', operation: 'token' }
    const duration = 'patois_request_duration_seconds'
    expect(sumOf(lines, `${duration}_count`, token)).toBe(5)
    expect(sumOf(lines, `${duration}_bucket`, { ...token, le: '+Inf' })).toBe(5)
    expect(sumOf(lines, `${duration}_sum`, token)).toBeGreaterThan(0)
    const all = lines.filter(({ name }) => name === 'patois_requests_total')
    expect(all.map(({ labels }) => labels.operation)).not.toContain('nothing')
  })

  test('times the requests of callers who hang up, too', async () => {
    const place = await start()
    const body = `grant_type=${grant_type}`
    const head =
      `POST /token HTTP/1.1\r\nHost: 127.0.0.1:${place.port}\r\n` +
      'Content-Type: application/x-www-form-urlencoded\r\n'
    for (let nth = 0; nth < 10; nth++) {
      const wire = await openWire(place.port)
      // Half a body: whoever leaves now is gone before there is an answer.
      wire.say(`${head}Content-Length: ${body.length * 2}\r\n\r\n${body}`)
      await setImmediate()
      wire.leave()
    }
    const token = { dialect: 'standard', operation: 'token' }
    const seen = async () => {
      const lines = await scrape(place)
      const timed = sumOf(lines, 'patois_request_duration_seconds_count', token)
      return [sumOf(lines, 'patois_requests_total', token), timed]
    }
    await expect.poll(seen).toEqual([10, 10])
  })

  test('says how it is: ready, keys, queues, connections, loop lag', async () => {
    const place = await start()
    await getTokens(place)
    const lines = await scrape(place)
    expect(sumOf(lines, 'patois_ready')).toBe(1)
    const info = lines.find(({ name }) => name === 'patois_build_info')
    expect(info?.labels).toMatchObject({ version: expect.stringMatching(/^\d/) })
    const now = Date.now() / 1000
    for (const kind of ['ES256', 'EdDSA', 'RS256']) {
      const since = sumOf(lines, 'patois_signing_key_timestamp_seconds', { kind })
      expect(since).toBeGreaterThan(now - 600)
      expect(since).toBeLessThanOrEqual(now)
    }
    for (const queue of ['store', 'passwords', 'documents']) {
      expect(sumOf(lines, 'patois_queue_limit', { queue })).toBeGreaterThan(0)
      expect(lines).toContainEqual({
        name: 'patois_queue_refused_total',
        labels: { queue },
        value: 0,
      })
    }
    expect(sumOf(lines, 'patois_store_batch_plans_count')).toBeGreaterThan(0)
    expect(sumOf(lines, 'patois_password_duration_seconds_count')).toBeGreaterThan(0)
    expect(sumOf(lines, 'patois_connections_limit')).toBeGreaterThan(
      sumOf(lines, 'patois_connections'),
    )
    const names = new Set(lines.map(({ name }) => name))
    for (const name of ['nodejs_eventloop_lag_p99_seconds', 'process_resident_memory_bytes']) {
      expect(names).toContain(name)
    }
  })

  test('puts nothing that a caller chose, and no secret, into a label', async () => {
    const place = await start()
    await call(place, '/token', 'no-such-client', {
      grant_type,
      scope: 'made up',
      username: 'canary-name',
    })
    await fetch(place.url('/token?canary-query'), { method: 'PUT' })
    await fetch(place.url('/canary-path'), { headers: { 'user-agent': 'canary-agent' } })
    const text = await (await fetch(place.metrics)).text()
    for (const secret of [...Object.values(SECRETS), place.masterKey]) {
      expect(text).not.toContain(secret)
    }
    expect(text).not.toMatch(/canary|no-such-client|made up|127\.0\.0\.1/)
    const ours = readLines(text).filter(({ name }) => name.startsWith('patois_'))
    const known = new Set(METRICS.flatMap(({ labels }) => [...labels, 'le']))
    for (const { labels } of ours) {
      for (const label of Object.keys(labels)) expect(known).toContain(label)
    }
  })

  test('answers nothing else at that address, and no metrics at the issuer', async () => {
    const place = await start()
    const other = place.metrics.replace('/metrics', '/token')
    expect((await fetch(other)).status).toBe(404)
    expect((await fetch(place.metrics, { method: 'POST' })).status).toBe(405)
    expect((await fetch(place.url('/metrics'))).status).toBe(404)
    expect(await served?.stop()).toMatchObject({ code: 0, err: '' })
  })

  test('counts what PostgreSQL was asked again, and the log says what it lacks', async (context) => {
    const why = whyNoPostgres()
    if (why) return context.skip(why)
    const postgres = await startPostgres()
    try {
      const place = await start({ database: await postgres.newDatabase() })
      await getTokens(place)
      const before = await scrape(place)
      expect(sumOf(before, 'patois_store_connections')).toBeGreaterThan(0)
      expect(sumOf(before, 'patois_store_retries_total')).toBe(0)
      await postgres.stop('immediate')
      expect((await call(place, '/token', 'rs', { grant_type })).status).toBe(503)
      const lines = await scrape(place)
      expect(sumOf(lines, 'patois_store_retries_total')).toBeGreaterThan(0)
      expect(sumOf(lines, 'patois_ready')).toBe(0)
      const unavailable = { operation: 'token', status: '503', reason: 'unavailable' }
      expect(sumOf(lines, 'patois_requests_total', unavailable)).toBe(1)
      const said = (served?.printed.out ?? '').split('\n').filter((line) => line.startsWith('{'))
      const warned = said.map((line) => JSON.parse(line) as Record<string, unknown>)
      const cause = `ECONNREFUSED connect ECONNREFUSED 127.0.0.1:${postgres.port}`
      const told = expect.objectContaining({ msg: 'unavailable', cause })
      expect(warned.filter(({ msg }) => msg === 'unavailable')).toEqual([told])
    } finally {
      await served?.stop('SIGKILL')
      await postgres.close()
    }
  })
})

test('an address for metrics that is taken ends the start with a sentence', async () => {
  const place = await start()
  const { port } = new URL(place.metrics)
  const second = await freePort()
  const flags = ['--port', String(second), '--database', 'sqlite:other.db', '--issuer']
  const { code, err } = await serve(place, ...flags, `http://127.0.0.1:${second}`).ended
  expect(code).toBe(1)
  expect(err).toMatch(
    new RegExp(
      `^Metrics cannot be answered on 127.0.0.1:${port}: .* Set metrics.listen to another`,
    ),
  )
  // A database is bound to its issuer for good.
  expect(readdirSync(folder)).not.toContain('other.db')
})
