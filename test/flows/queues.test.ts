// Queues that are full: 503 with Retry-After in the caller's dialect, counted, and over when they are.

import { setTimeout as sleep } from 'node:timers/promises'
import { type Store, writeRequest } from '@patois/core'
import { afterEach, expect, test } from 'vitest'
import { type OpenMeter, openMeter } from '../../packages/server/src/metrics/meter.ts'
import { openQueue } from '../../packages/server/src/store/queue.ts'
import { assertAt, claimsFor, es256, jws } from '../door/assertion.ts'
import { call } from '../door/browser.ts'
import {
  fieldsOf,
  operationsOf,
  sendMessage,
  signedIn,
  speakersAt,
  startEvery,
  takeCode,
} from '../door/every-dialect.ts'
import { figure } from '../door/figures.ts'
import { CLIENTS } from '../door/fixtures.ts'
import { type Publisher, startPublisher } from '../door/publisher.ts'
import { startServer, type TestServer } from '../door/server.ts'

let server: TestServer | undefined
let publisher: Publisher | undefined
afterEach(async () => {
  await publisher?.close()
  await server?.close()
  publisher = undefined
})

const expectLater = (response: Pick<Response, 'status' | 'headers'>): void => {
  expect(response.status).toBe(503)
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
}

const refused = (meter: OpenMeter, queue: string): Promise<number | undefined> =>
  figure(meter, 'patois_queue_refused_total', { queue })

/** A store whose plans wait while it is held. */
const holdable = (meter: OpenMeter) => {
  let letGo = (): void => {}
  let held: Promise<void> | undefined
  const wrapStore = (store: Store): Store => {
    const { commit } = openQueue(async (batch) => {
      await held
      await Promise.all(batch.map(({ plan, won, lost }) => store.commit(plan).then(won, lost)))
    }, meter)
    return { ...store, commit }
  }
  const hold = (): void => {
    held = new Promise((resolve) => {
      letGo = resolve
    })
  }
  return { wrapStore, hold, letGo: () => letGo() }
}

test('a full queue of writes is told in every dialect, and afterwards everything goes on', async () => {
  const full = 10_000
  const meter = openMeter()
  const { wrapStore, hold, letGo } = holdable(meter)
  const speakers = speakersAt('prefix')
  const at = await startEvery(speakers, { wrapStore })
  server = at
  await at.keys.ready('RS256')
  const browser = await signedIn(at)
  const codes = new Map(
    await Promise.all(
      speakers.map(async (one) => [one.client_id, await takeCode(at, one, browser)] as const),
    ),
  )
  hold()
  const empty = { changes: [], events: [] }
  const waiting = Array.from({ length: full + 100 }, () => at.store.commit(empty).catch(String))
  // One batch is taken off the queue at once: what is held then is full again with the next.
  await sleep(50)
  waiting.push(...Array.from({ length: 100 }, () => at.store.commit(empty).catch(String)))
  for (const speaker of speakers) {
    const grant_type = 'authorization_code'
    const [operation] = operationsOf(speaker, 'token', grant_type)
    const held = codes.get(speaker.client_id)
    if (!operation || !held) throw new Error(`${speaker.dialect.name} exchanges nothing`)
    const message = writeRequest(operation, { ...fieldsOf(speaker, held), grant_type })
    expectLater(await sendMessage(at, speaker, message))
    const lines = at.log.map((line) => JSON.parse(line) as Record<string, unknown>)
    const last = lines.findLast(({ msg }) => msg === 'request')
    expect(last).toMatchObject({ dialect: speaker.dialect.name, reason: 'unavailable' })
  }
  expect(await refused(meter, 'store')).toBeGreaterThanOrEqual(speakers.length)
  expect(await figure(meter, 'patois_queue_waiting', { queue: 'store' })).toBe(full)
  expect(await figure(meter, 'patois_queue_limit', { queue: 'store' })).toBe(full)
  letGo()
  const ends = await Promise.all(waiting)
  expect(ends.filter((end) => end === true).length).toBeGreaterThanOrEqual(full)
  const answer = await call(at, '/at/standard/token', 'cc', { grant_type: 'client_credentials' })
  expect(answer.status).toBe(200)
  // The codes are unharmed: their owners try again.
  for (const speaker of speakers) {
    const grant_type = 'authorization_code'
    const [operation] = operationsOf(speaker, 'token', grant_type)
    const held = codes.get(speaker.client_id)
    if (!operation || !held) continue
    const message = writeRequest(operation, { ...fieldsOf(speaker, held), grant_type })
    expect((await sendMessage(at, speaker, message)).status).toBeLessThan(300)
  }
})

test('a full queue of passwords is told, and who waits in it gets an answer', async () => {
  const meter = openMeter()
  const at = await startServer({ meter })
  server = at
  // More than may wait, but less than one network may get wrong.
  const tries = await Promise.all(
    Array.from({ length: 280 }, (_, nth) =>
      call(at, '/token', 'ropc', { grant_type: 'password', username: `u${nth}`, password: 'x' }),
    ),
  )
  const later = tries.filter(({ status }) => status === 503)
  const wrong = tries.filter(({ status }) => status === 400)
  expect(later.length + wrong.length).toBe(tries.length)
  expect(later.length).toBeGreaterThan(0)
  for (const answer of later) {
    expectLater(answer)
    expect(answer.body.error).toBe('temporarily_unavailable')
  }
  expect(await refused(meter, 'passwords')).toBe(later.length)
  const hashed = await figure(meter, 'patois_password_duration_seconds_count')
  expect(hashed).toBeGreaterThanOrEqual(wrong.length)
})

test('more documents than may be fetched at once are told, and not that the client is wrong', async () => {
  // Four are being fetched, and two hundred wait for them.
  const most = 204
  const meter = openMeter()
  publisher = await startPublisher()
  const { port } = publisher
  publisher.publish = () => {}
  const names = Array.from({ length: most + 5 }, (_, nth) => `far-${nth}`)
  const clients = names.map((client_id) => ({
    client_id,
    grant_types: ['client_credentials'],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri: `http://127.0.0.1:${port}/${client_id}`,
    scope: 'api.read',
  }))
  const at = await startServer({
    meter,
    outbound: { withinMs: 1500 },
    configuration: {
      clients: [...CLIENTS, ...clients],
      outbound: { allow: ['127.0.0.1/32'] },
    },
  })
  server = at
  const answers = await Promise.all(
    names.map((name) =>
      assertAt(at, jws({ alg: 'ES256', kid: 'one' }, claimsFor(at, name), es256())),
    ),
  )
  const later = answers.filter(({ status }) => status === 503)
  expect(later.length).toBe(names.length - most)
  for (const answer of later) expectLater(answer)
  expect(answers.filter(({ status }) => status === 401).length).toBe(most)
  expect(await refused(meter, 'documents')).toBe(later.length)
  const failed = await figure(meter, 'patois_document_fetches_total', { outcome: 'failed' })
  expect(failed).toBe(most)
  expect(await figure(meter, 'patois_queue_waiting', { queue: 'documents' })).toBe(0)
})
