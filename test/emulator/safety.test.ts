// Who may drive dev mode: programs of this machine and pages of its own, and nobody else's page.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEV_ROUTES } from '../../packages/server/src/http/dev/api.ts'
import { sendRaw } from '../door/raw.ts'
import { startServer, type TestServer } from '../door/server.ts'

let server: TestServer

beforeAll(async () => {
  server = await startServer({ demo: true })
})
afterAll(() => server.close())

const OTHERS = [
  { method: 'POST', path: '/code' },
  { method: 'POST', path: '/play' },
  { method: 'GET', path: '/journal/stream' },
]
const JSON_TYPE = { 'content-type': 'application/json' }

type Calls = { method: string; path: string }

const send = async ({ method, path }: Calls, headers: Record<string, string>) => {
  const { status } = await sendRaw(server, `/dev${path.replace(/\{\w+\}/, '1')}`, {
    method,
    headers,
    ...(method === 'POST' && { body: '{}' }),
  })
  return status
}

test('every route of dev mode that changes something is looked at here', () => {
  const changes = ({ method }: Calls) => method !== 'GET' && method !== 'HEAD'
  const nameOf = ({ method, path }: Calls) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`
  const own = server.routes.filter((route) => route.path.startsWith('/dev') && changes(route))
  const known = [...DEV_ROUTES, ...OTHERS].filter(changes)
  const paths = known.map(({ method, path }) => ({ method, path: `/dev${path}` }))
  expect(own.map(nameOf).sort()).toEqual(paths.map(nameOf).sort())
})

describe.each([...DEV_ROUTES, ...OTHERS])('$method /dev$path', (route) => {
  test('hears no page whose name was led to this machine', async () => {
    const port = new URL(server.issuer).port
    for (const host of [`rebound.test:${port}`, `localhost:${port}`, '127.0.0.1']) {
      expect(await send(route, { ...JSON_TYPE, host })).toBe(403)
    }
  })

  test('hears no page of another origin, of the same machine either', async () => {
    const origins = ['https://evil.test', 'http://127.0.0.1:1', 'null']
    for (const origin of origins) expect(await send(route, { ...JSON_TYPE, origin })).toBe(403)
    for (const from of ['cross-site', 'same-site']) {
      expect(await send(route, { ...JSON_TYPE, 'sec-fetch-site': from })).toBe(403)
    }
  })
})

test.each([...DEV_ROUTES, ...OTHERS].filter(({ method }) => method !== 'GET'))(
  '$method /dev$path hears nothing but JSON',
  async (route) => {
    const types = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', '']
    for (const type of types) {
      const headers: Record<string, string> = type === '' ? {} : { 'content-type': type }
      expect(await send(route, headers)).toBe(403)
    }
  },
)

test('a page of our own is heard', async () => {
  const headers = { origin: server.origin, 'sec-fetch-site': 'same-origin', ...JSON_TYPE }
  expect(await send({ method: 'POST', path: '/clock' }, headers)).toBe(200)
  expect(await send({ method: 'GET', path: '/clock' }, headers)).toBe(200)
})
