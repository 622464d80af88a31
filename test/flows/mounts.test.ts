// Mounts: one server that speaks a dialect at the root, under a prefix and for a host name.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { SECRETS } from '../door/fixtures.ts'
import { sendRaw } from '../door/raw.ts'
import { startServer, type TestServer } from '../door/server.ts'

const HOST = 'api.shop.example'

let server: TestServer
beforeAll(async () => {
  server = await startServer({
    configuration: {
      dialects: [
        'standard',
        { dialect: 'apimatic', at: '/shop' },
        { dialect: 'ultracart', host: HOST },
      ],
      resources: [],
      clients: [
        {
          client_id: 'cc',
          client_secret: SECRETS.cc,
          grant_types: ['client_credentials'],
          scope: 'api.read',
          dialects: ['standard', 'apimatic', 'ultracart'],
        },
      ],
    },
  })
})
afterAll(() => server.close())

const ask = (path: string, host?: string) =>
  sendRaw(server, path, {
    headers: {
      ...(host && { host }),
      authorization: `Basic ${btoa(`cc:${SECRETS.cc}`)}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=client_credentials',
  })

test('a dialect under a prefix is there and not at the root', async () => {
  expect((await ask('/token')).status).toBe(200)
  expect((await ask('/shop/oauth2/auth-server/request_token')).status).toBe(200)
  expect((await ask('/oauth2/auth-server/request_token')).status).toBe(404)
})

test('a dialect of a host answers under that name alone', async () => {
  const path = '/rest/v2/oauth/token'
  const named = await ask(path, HOST)
  expect([named.status, named.headers.get('uc-rest-error')]).toEqual([
    400,
    'The grant type is not supported.',
  ])
  for (const host of [undefined, 'other.example', `${HOST}.evil.test`]) {
    expect((await ask(path, host)).status).toBe(404)
  }
})

test('each is described with its own address', async () => {
  const described = async (name: string) => {
    const response = await fetch(server.url(`/openapi/${name}.json`))
    return ((await response.json()) as { servers: unknown }).servers
  }
  expect(await described('standard')).toEqual([{ url: server.issuer }])
  expect(await described('ultracart')).toEqual([{ url: `http://${HOST}` }])
  expect(await described('apimatic')).toEqual([{ url: `${server.issuer}/shop` }])
})
