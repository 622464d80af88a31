// patois/testing: a server in the process of its tests, with a socket or without one.

import { connect } from '@patois/client'
import { cal } from '@patois/core/dialects/cal'
import { standard } from '@patois/core/dialects/standard'
import { type Emulated, emulate, emulated } from 'patois/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

let open: Emulated[] = []
const start = async (...[options]: Parameters<typeof emulate>): Promise<Emulated> => {
  const p = await emulate(options)
  open.push(p)
  return p
}
afterEach(async () => {
  await Promise.all(open.map((p) => p.close()))
  open = []
})

const clientOf = (p: Emulated) =>
  connect({
    dialect: standard,
    url: p.issuer,
    clientId: p.client.id,
    clientSecret: p.client.secret,
    redirectUri: p.client.redirectUri,
    fetch: p.fetch,
    now: p.clock.now,
  })

describe.each([{ socket: true }, { socket: false }])('with %j', ({ socket }) => {
  test('a client goes the whole way', async () => {
    const p = await start({ socket, clients: ['app'], users: ['ann'] })
    const client = clientOf(p)
    const pending = await client.authorizeUrl({ scope: 'openid offline_access' })
    const back = await p.visit(pending.url)
    const tokens = await client.callback(back.href, pending)
    expect(tokens.accessToken).toMatch(/^test_pa_/)
    const fresh = await client.refresh({ refreshToken: tokens.refreshToken ?? '' })
    expect(fresh.refreshToken).not.toBe(tokens.refreshToken)
    expect(p.journal.calls('token').map(({ grant_type }) => grant_type)).toEqual([
      'authorization_code',
      'refresh_token',
    ])
    expect(p.journal.last()?.user).toBe('ann')
  })

  test('a lost answer is a lost connection', async () => {
    const p = await start({ socket })
    p.faults.add({ where: { operation: 'token' }, times: 1, fault: { kind: 'drop', after: true } })
    const body = new URLSearchParams({ grant_type: 'client_credentials' })
    const headers = { authorization: `Basic ${btoa('demo:demo-secret')}` }
    const ask = () => p.fetch(`${p.issuer}/token`, { method: 'POST', headers, body })
    await expect(ask()).rejects.toThrow(TypeError)
    expect((await ask()).status).toBe(200)
    expect(p.journal.calls('token').map(({ answer }) => answer?.status)).toEqual([undefined, 200])
  })
})

test('many servers at once take each other no port', async () => {
  const servers = await Promise.all(Array.from({ length: 8 }, () => start()))
  expect(new Set(servers.map(({ issuer }) => issuer)).size).toBe(8)
  for (const p of servers) expect((await p.fetch(`${p.issuer}/jwks`)).status).toBe(200)
})

test('its keys are the same each time, and marked', async () => {
  const kids = async () => {
    const p = await start({ socket: false, dialects: ['standard', 'bolt'] })
    const { keys } = (await (await p.fetch(`${p.issuer}/jwks`)).json()) as {
      keys: { kid: string }[]
    }
    return keys.map(({ kid }) => kid)
  }
  const [first, second] = [await kids(), await kids()]
  expect(first).toHaveLength(4)
  expect(second).toEqual(first)
  for (const kid of first) expect(kid).toMatch(/^dev-/)
})

test('it speaks the dialect that it is told, strictly', async () => {
  const p = await start({ dialect: 'cal', socket: false })
  const tokens = await p.tokens<{ data: { accessToken: string; refreshToken: string } }>()
  expect(tokens).toMatchObject({ status: 'success', data: { accessToken: expect.any(String) } })
  const options = { dialect: cal, url: p.issuer, clientId: p.client.id, fetch: p.fetch }
  const client = connect({ ...options, clientSecret: p.client.secret })
  await client.refresh({ refreshToken: tokens.data.refreshToken })
  await expect(client.refresh({ refreshToken: 'bogus' })).rejects.toThrow()
  const stranger = connect({ ...options, clientSecret: 'wrong' })
  await expect(stranger.refresh({ refreshToken: 'bogus' })).rejects.toThrow()
})

test('its clock stands where it is told, is moved, and tokens follow', async () => {
  const p = await start({ socket: false, now: '2030-01-01T00:00:00Z' })
  const { now, offsetSeconds } = p.clock.read()
  expect([Math.floor(now / 60), offsetSeconds]).toEqual([1_893_456_000 / 60, 0])
  const { access_token } = await p.tokens()
  const userinfo = async () => {
    const headers = { authorization: `Bearer ${access_token}` }
    return (await p.fetch(`${p.issuer}/userinfo`, { headers })).status
  }
  expect(await userinfo()).toBe(200)
  await p.clock.advance('1h')
  expect(await userinfo()).toBe(401)
})

test('a code and tokens are minted, ended and refused in sentences', async () => {
  const p = await start({ socket: false })
  expect(await p.code()).toMatch(/^test_pc_/)
  await expect(p.tokens({ client: 'nobody' })).rejects.toThrow('There is no client nobody.')
  const { access_token = '', refresh_token = '' } = await p.tokens({
    scope: 'openid offline_access',
  })
  await p.expire(access_token)
  await p.revoke(refresh_token)
  await expect(clientOf(p).refresh({ refreshToken: refresh_token })).rejects.toMatchObject({
    code: 'invalid_grant',
  })
  expect(p.journal.last('token')?.reason).toBe('family_ended')
  expect(await p.login()).toMatch(/^patois-session-/)
})

test('what does not fit together is said at once', async () => {
  await expect(emulate({ clients: [{ client_id: 'a:b', redirect_uris: ['no'] }] })).rejects.toThrow(
    /clients\[0\]\.client_id.*\n.*clients\[0\]\.redirect_uris/s,
  )
})

test.each([
  [{ dialekt: 'cal' }, 'dialekt: is no option here; there are dialect, dialects, clients'],
  [{ user: 'ann' }, 'user: is no option here'],
  [{ dialect: 'cal', dialects: ['bolt'] }, 'name either'],
  [{ port: 70_000 }, 'port: must be from 0 to 65535'],
  [{ path: 'auth' }, 'path: must begin with /'],
  [{ socket: 'no' }, 'socket: must be true or false'],
  [{ log: 'loud' }, 'log: must be debug, info, warn or error'],
])('options like %j are refused in a sentence', async (options, sentence) => {
  await expect(emulate(options as object)).rejects.toThrow(sentence)
})

test('a slip of the pen lets no test pass', async () => {
  const p = await start({ socket: false })
  const slip = { username: 'ann' } as object
  await expect(p.tokens(slip)).rejects.toThrow(
    'username: is no option here; there are client, user',
  )
  await expect(p.code(slip)).rejects.toThrow('username: is no option here')
  expect(() => p.consent('yes' as 'allow')).toThrow('mode: must be one of ask, allow, deny')
  expect(() => p.journal.calls('tokens')).toThrow(/^operation: must be one of authorize, token,/)
  expect(() => p.journal.last('tokens')).toThrow('operation: must be one of')
  await expect(p.visit(`${p.issuer}/authorise`)).rejects.toThrow(
    '/authorise leads nowhere: 404 Nothing is here.',
  )
  const link = `${p.issuer}/authorize?client_id=nobody&response_type=code`
  await expect(p.visit(link)).rejects.toThrow(/^\/authorize leads nowhere: 400 \w/)
  expect(() => emulated({ dialect: 'cal' } as never)).toThrow('takes the hooks of the runner first')
})

test('a port that is taken is named', async () => {
  const { issuer } = await start()
  const port = Number(new URL(issuer).port)
  await expect(emulate({ port })).rejects.toThrow(`Port ${port} is in use: leave port out`)
})

describe('a server for a file of tests', () => {
  const patois = emulated({ beforeAll, afterAll, beforeEach }, { socket: false })

  test('is there', async () => {
    await patois().tokens()
    expect((await patois().fetch(`${patois().issuer}/jwks`)).status).toBe(200)
    expect(patois().journal.entries()).toHaveLength(1)
  })

  test('knows nothing of the test before', () => {
    expect(patois().journal.entries()).toEqual([])
  })
})

test('a start takes at most 150 ms of the processor, whatever else runs there', async () => {
  const times: number[] = []
  for (let round = 0; round < 5; round++) {
    const before = process.cpuUsage()
    await start({ socket: false, clients: ['app'], users: ['ann'] })
    const { user, system } = process.cpuUsage(before)
    times.push((user + system) / 1000)
  }
  expect(Math.min(...times)).toBeLessThan(150)
})
