// Herds: everybody refreshes, reads keys or signs in at the same moment, and everybody is answered.

import { mkdtempSync, rmSync } from 'node:fs'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hashPassword } from '../../packages/server/src/password.ts'
import { assertAt, claimsFor, es256, jws } from '../door/assertion.ts'
import { isFull, times } from '../door/counts.ts'
import { gather, type Heard, send } from '../door/crowd.ts'
import { readLines, sumOf } from '../door/figures.ts'
import { CLIENTS, PK_PRIVATE, USERS } from '../door/fixtures.ts'
import { openChains, percentile } from '../door/load.ts'
import { install, type Served, serve } from '../door/process.ts'
import { measured } from '../door/promise.ts'
import { json, startPublisher } from '../door/publisher.ts'
import { freePort, startServer } from '../door/server.ts'
import { introspect } from '../door/tokens.ts'

let folder: string
let served: Served | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'patois-herd-'))
})
afterEach(async () => {
  await served?.stop('SIGKILL')
  served = undefined
  rmSync(folder, { recursive: true })
})

const p99 = (heard: readonly Heard[]): number =>
  Math.round(
    percentile(
      heard.map(({ milliseconds }) => milliseconds),
      0.99,
    ),
  )

const statusesOf = (heard: readonly Heard[]): Record<number, number> =>
  Object.fromEntries(
    [...Map.groupBy(heard, ({ status }) => status)].map(([status, all]) => [status, all.length]),
  )

const AT_ONCE = 200

test('R17: all refresh in the same second, and each gets its own tokens', {
  timeout: 600_000,
}, async () => {
  const count = times(300, 10_000)
  const place = await install(folder)
  served = serve(place)
  await served.ready
  const chains = await openChains(place, count)
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  const from = performance.now()
  const heard = await Promise.all(
    chains.map(({ refresh_token }) => {
      const fields = { grant_type: 'refresh_token', refresh_token }
      return send(place.url('/token'), agent, { client: 'cc', fields })
    }),
  )
  const seconds = (performance.now() - from) / 1000
  expect(statusesOf(heard)).toEqual({ 200: count })
  const tokens = heard.map(({ body }) => String(JSON.parse(body).access_token))
  expect(new Set(tokens).size).toBe(count)
  for (const token of tokens.slice(0, 20)) {
    expect((await introspect(place, token)).body.active).toBe(true)
  }
  const figures = `0 × 5xx, p99 ${p99(heard)} ms, all in ${seconds.toFixed(1)} s`
  measured('R17', `${count} refreshes at once: ${figures}`)
  if (isFull) expect(p99(heard)).toBeLessThan(2000)
  agent.destroy()
})

test('R17: keys and metadata are read by everybody', { timeout: 120_000 }, async () => {
  const count = times(1000, 50_000)
  const paths = ['/jwks', '/.well-known/openid-configuration']
  const place = await install(folder)
  served = serve(place)
  await served.ready
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  const heard: Heard[] = []
  let nth = 0
  const from = performance.now()
  const reader = async (): Promise<void> => {
    while (nth < count) heard.push(await send(place.url(paths[nth++ % 2] ?? ''), agent))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, reader))
  const perSecond = Math.round((1000 * heard.length) / (performance.now() - from))
  expect(statusesOf(heard)).toEqual({ 200: heard.length })
  const figures = `0 × 5xx, p99 ${p99(heard)} ms, ${perSecond} a second by ${AT_ONCE} callers`
  measured('R17', `${heard.length} reads of keys and metadata: ${figures}`)
  agent.destroy()
})

test('R17: a key set that many calls need is being fetched once at a time', async () => {
  const [urls, calls] = [5, times(100, 500)]
  const jwk = { ...PK_PRIVATE.export({ format: 'jwk' }), d: undefined }
  const keys = JSON.stringify({ keys: [{ ...jwk, kid: 'one', alg: 'ES256', use: 'sig' }] })
  const publisher = await startPublisher()
  const under = new Map<string, number>()
  let most = 0
  publisher.publish = async (request, response) => {
    const { url = '' } = request
    const now = (under.get(url) ?? 0) + 1
    under.set(url, now)
    most = Math.max(most, now)
    await sleep(150)
    under.set(url, (under.get(url) ?? 0) - 1)
    json(keys)(request, response)
  }
  const far = Array.from({ length: urls }, (_, nth) => ({
    client_id: `far-${nth}`,
    grant_types: ['client_credentials'],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri: `http://127.0.0.1:${publisher.port}/${nth}`,
    scope: 'api.read',
  }))
  const server = await startServer({
    configuration: { clients: [...CLIENTS, ...far], outbound: { allow: ['127.0.0.1/32'] } },
  })
  const answers = await Promise.all(
    Array.from({ length: calls }, (_, nth) => {
      const claims = claimsFor(server, `far-${nth % urls}`)
      return assertAt(server, jws({ alg: 'ES256', kid: 'one' }, claims, es256()))
    }),
  )
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  expect(most).toBe(1)
  expect(publisher.asked.length).toBe(urls)
  measured('R17', `${calls} calls that need ${urls} key sets: ${publisher.asked.length} fetches`)
  await server.close()
  await publisher.close()
})

test('R18: many passwords at once hold up nobody who comes without one', {
  timeout: 120_000,
}, async () => {
  const count = times(60, 200)
  const seconds = times(1, 10)
  const password_hash = await hashPassword('the-same-password')
  const users = Array.from({ length: count }, (_, nth) => ({ username: `u${nth}`, password_hash }))
  const port = await freePort()
  const metrics = { listen: `127.0.0.1:${port}` }
  const place = await install(folder, { users: [...USERS, ...users], metrics })
  served = serve(place)
  await served.ready
  const agent = new Agent({ keepAlive: true })
  const lag = async (): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    return Math.round(1000 * sumOf(readLines(text), 'nodejs_eventloop_lag_p99_seconds'))
  }
  /** Asks the token endpoint 100 times a second while something holds. */
  const steady = async (holds: () => boolean): Promise<Heard[]> => {
    const sent: Promise<Heard>[] = []
    while (holds()) {
      const fields = { grant_type: 'client_credentials' }
      sent.push(send(place.url('/token'), agent, { client: 'rs', fields }))
      await sleep(10)
    }
    return Promise.all(sent)
  }
  const arrive = await gather(
    place.url('/token'),
    users.map(({ username }) => ({
      client: 'ropc',
      fields: { grant_type: 'password', username, password: 'the-same-password' },
    })),
  )
  const until = performance.now() + seconds * 1000
  const idle = await steady(() => performance.now() < until)
  await lag()
  let isOver = false
  const signIns = arrive().finally(() => {
    isOver = true
  })
  const busy = await steady(() => !isOver)
  const lagged = await lag()
  expect(statusesOf([...idle, ...busy])).toEqual({ 200: idle.length + busy.length })
  const signedIn = await signIns
  const { 200: kept = 0, 503: later = 0 } = statusesOf(signedIn)
  expect(kept + later).toBe(count)
  expect(kept).toBeGreaterThan(0)
  const times99 = `token endpoint p99 ${p99(busy)} ms, idle ${p99(idle)} ms`
  const figures = `${times99}; event loop late by ${lagged} ms (p99); ${later} × 503`
  measured('R18', `${count} passwords at once: ${figures}`)
  agent.destroy()
  if (!isFull) return
  expect(p99(busy)).toBeLessThanOrEqual(2 * p99(idle))
  expect(lagged).toBeLessThan(50)
})
