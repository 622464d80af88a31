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

// Without a body there is nothing to be JSON, and browsers ask before they send another's DELETE.
test.each([...DEV_ROUTES, ...OTHERS].filter(({ method }) => method === 'POST'))(
  '$method /dev$path hears nothing but JSON',
  async (route) => {
    const types = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', '']
    for (const type of types) {
      const headers: Record<string, string> = type === '' ? {} : { 'content-type': type }
      expect(await send(route, headers)).toBe(403)
    }
  },
)

test('who is not heard is told why', async () => {
  const told = async (headers: Record<string, string>) =>
    (await sendRaw(server, '/dev/clock', { headers, body: '{}' })).body.error
  expect(await told({})).toBe('Send JSON, with content-type: application/json.')
  const host = `localhost:${new URL(server.issuer).port}`
  expect(await told({ ...JSON_TYPE, host })).toBe(`Call ${server.origin}, and not ${host}.`)
  expect(await told({ ...JSON_TYPE, origin: 'null' })).toMatch(/^Only programs and pages of this/)
})

test('what the mint of codes does not know is named', async () => {
  const told = async (body: string) =>
    (await fetch(server.url('/dev/code'), { method: 'POST', headers: JSON_TYPE, body })).text()
  expect(await told('{"username":"nobody"}')).toBe('There is no user nobody.\n')
  expect(await told('{"dialect":"none"}')).toBe('No dialect none is mounted.\n')
  expect(await told('{"user":"alice"}')).toMatch(/^user: is no member of this, which has client_id/)
  expect(await told('{bad')).toBe('The body must be a JSON object.\n')
})

test('the journal is not asked for what it cannot have', async () => {
  const told = async (query: string) =>
    (await sendRaw(server, `/dev/journal?${query}`, { method: 'GET' })).body.error
  expect(await told('operation=tokens')).toMatch(/^operation: must be one of authorize, token/)
  expect(await told('cliant=app')).toMatch(/^cliant: is no filter of the journal/)
  expect(await told('after=x')).toBe('after: must be the number of an entry')
})

test('who looks for another call or method is led on', async () => {
  const told = async (path: string, method: string) =>
    (await fetch(server.url(path), { method })).text()
  const list = `Nothing is here. ${server.url('/dev/openapi.json')} lists the calls.\n`
  expect(await told('/dev/nope', 'POST')).toBe(list)
  expect(await told('/dev/journal', 'PUT')).toBe('This address takes GET or DELETE.\n')
})

test('a page of our own is heard', async () => {
  const headers = { origin: server.origin, 'sec-fetch-site': 'same-origin', ...JSON_TYPE }
  expect(await send({ method: 'POST', path: '/clock' }, headers)).toBe(200)
  expect(await send({ method: 'GET', path: '/clock' }, headers)).toBe(200)
})
