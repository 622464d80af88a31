// Traces: spans of a real server whose user preloads an SDK, and no cost for everybody else.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { fixedClock } from 'patois'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { assertAt, claimsFor, es256, jws } from '../door/assertion.ts'
import { call, getTokens } from '../door/browser.ts'
import { CLIENTS, SECRETS } from '../door/fixtures.ts'
import { install, type Served, serve } from '../door/process.ts'
import { type Publisher, startPublisher } from '../door/publisher.ts'
import { openWire } from '../door/raw.ts'

const PRELOAD = fileURLToPath(new URL('../door/preload-traces.mjs', import.meta.url))

type Written = {
  name: string
  kind: number
  status: number
  attributes: Record<string, unknown>
  traceId: string
  spanId: string
  parent?: string
}

let folder: string
let served: Served | undefined
let publisher: Publisher
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'patois-traces-'))
  publisher = await startPublisher()
})
afterEach(async () => {
  await served?.stop('SIGKILL')
  await publisher.close()
  rmSync(folder, { recursive: true })
})

const systemTime = fixedClock(Math.floor(Date.now() / 1000))
const SERVER = 1
const ERROR = 2

/** Starts a server with an SDK. */
const start = async () => {
  const far = {
    client_id: 'far',
    grant_types: ['client_credentials'],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri: `http://127.0.0.1:${publisher.port}/jwks?canary=1`,
    scope: 'api.read',
  }
  const place = await install(folder, {
    clients: [...CLIENTS, far],
    outbound: { allow: ['127.0.0.1/32'] },
    log: { level: 'info' },
  })
  const file = join(folder, 'spans.json')
  place.env = { NODE_OPTIONS: `--import ${PRELOAD}`, SPANS: file }
  served = serve(place)
  await served.ready
  return { place, spans: () => JSON.parse(readFileSync(file, 'utf8')) as Written[] }
}

test('a request is a span with dialect, operation and reason, and what was slow in it stands below', async () => {
  const { place, spans } = await start()
  const { refresh_token } = await getTokens(place)
  const trace = '0af7651916cd43dd8448eb211c80319c'
  const caller = 'b7ad6b7169203331'
  const headers = {
    traceparent: `00-${trace}-${caller}-01`,
    authorization: `Basic ${btoa(`cc:${SECRETS.cc}`)}`,
  }
  const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token })
  const refreshed = await fetch(place.url('/token'), { method: 'POST', headers, body })
  expect(refreshed.status).toBe(200)
  const requestId = refreshed.headers.get('x-request-id')
  expect((await call(place, '/token', 'cc', { grant_type: 'made_up' })).status).toBe(400)
  await fetch(place.url('/token'), {
    method: 'POST',
    headers: { 'content-type': 'a/b' },
    body: 'x',
  })
  const assertion = jws(
    { alg: 'ES256', kid: 'one' },
    claimsFor({ issuer: place.origin, clock: systemTime }, 'far'),
    es256(),
  )
  await assertAt(place, assertion)
  await fetch(place.url('/livez'))
  const { out } = (await served?.stop()) ?? { out: '' }
  const all = spans()

  const refresh = all.find(({ parent }) => parent === caller)
  expect(refresh).toMatchObject({
    name: 'standard token',
    kind: SERVER,
    traceId: trace,
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/token',
      'http.response.status_code': 200,
      'patois.dialect': 'standard',
      'patois.operation': 'token',
      'patois.reason': 'ok',
      'patois.request_id': requestId,
    },
  })
  const commit = all.find(
    ({ parent, name }) => parent === refresh?.spanId && name === 'store commit',
  )
  expect(commit).toMatchObject({ traceId: trace })

  const below = (name: string): Written | undefined => {
    const one = all.find((span) => span.name === name)
    return all.find(({ spanId }) => spanId === one?.parent)
  }
  expect(below('password verify')).toMatchObject({ name: 'pages login' })
  expect(below('document fetch')).toMatchObject({ name: 'standard token' })
  const reasons = all.map(({ attributes }) => attributes['patois.reason'])
  expect(reasons).toContain('grant_unknown')
  expect(all.filter(({ status }) => status === ERROR)).toEqual([])
  expect(all.map(({ attributes }) => attributes['http.route'])).not.toContain('/livez')

  const lines = out.split('\n').filter((line) => line.includes('"msg":"request"'))
  const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  const line = logged.find((one) => one.requestId === requestId)
  expect(line).toMatchObject({ trace_id: trace, span_id: refresh?.spanId })
  for (const one of logged) expect(one.span_id).toMatch(/^[\da-f]{16}$/)

  const text = JSON.stringify(all)
  for (const secret of [...Object.values(SECRETS), refresh_token, assertion, 'canary']) {
    expect(text).not.toContain(secret)
  }
})

test('the span of a caller who hangs up ends, and the log still names it', async () => {
  const { place, spans } = await start()
  const body = 'grant_type=client_credentials'
  const head = (length: number) =>
    `POST /token HTTP/1.1\r\nHost: 127.0.0.1:${place.port}\r\n` +
    `Authorization: Basic ${btoa(`rs:${SECRETS.rs}`)}\r\n` +
    'Content-Type: application/x-www-form-urlencoded\r\n' +
    `Content-Length: ${length}\r\n\r\n`
  const whole = head(body.length) + body
  // At once, in the middle of the body, and while one behind the other waits.
  for (const said of [whole, head(body.length + 1) + body, whole.repeat(15)]) {
    for (let nth = 0; nth < 10; nth++) {
      const wire = await openWire(place.port)
      wire.say(said)
      await setImmediate()
      wire.leave()
    }
  }
  // What came before it was read.
  await call(place, '/token', 'rs', { grant_type: 'client_credentials' })
  const { out, err } = (await served?.stop()) ?? { out: '', err: 'not started' }
  expect(err).toBe('')
  const logged = out
    .split('\n')
    .filter((line) => line.includes('"msg":"request"'))
    .map((line) => JSON.parse(line) as { span_id?: string })
  expect(logged.length).toBeGreaterThan(30)
  const ended = new Set(spans().map(({ spanId }) => spanId))
  expect(logged.filter(({ span_id = '' }) => !ended.has(span_id))).toEqual([])
  const tokens = spans().filter(({ name }) => name === 'standard token')
  expect(tokens.some(({ attributes }) => !attributes['http.response.status_code'])).toBe(true)
})

test('without an SDK the interface for traces is not even loaded', async () => {
  const place = await install(folder, { log: { level: 'info' } })
  const probe = `data:text/javascript,${encodeURIComponent(`
    import { registerHooks } from 'node:module'
    registerHooks({ resolve: (name, context, next) => {
      if (name.startsWith('@opentelemetry') || name === 'prom-client') console.log('LOADED ' + name)
      return next(name, context)
    } })`)}`
  place.env = { NODE_OPTIONS: `--import ${probe}` }
  served = serve(place)
  await served.ready
  await getTokens(place)
  const { out } = await served.stop()
  expect(out).not.toContain('LOADED')
  expect(out).not.toContain('trace_id')
})
