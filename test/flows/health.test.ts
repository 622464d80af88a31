// Health: what probes and balancers hear of a server that lives, waits, fails and stops.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Store, Unavailable } from '@patois/core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { install, serve } from '../door/process.ts'
import { type ServerOptions, startServer, type TestServer } from '../door/server.ts'

let server: TestServer | undefined
const start = async (options: ServerOptions = {}): Promise<TestServer> => {
  server = await startServer(options)
  return server
}
afterEach(() => server?.close())

type Probe = { status: number; text: string; headers: Headers }

const probe = async (url: string, init: RequestInit = {}): Promise<Probe> => {
  const response = await fetch(url, init)
  return { status: response.status, text: await response.text(), headers: response.headers }
}

const expectReason = ({ status, text, headers }: Probe, reason: string): void => {
  expect(status).toBe(503)
  expect(text).toBe(`${reason}\n`)
  expect(headers.get('retry-after')).toBe('1')
  expect(headers.get('cache-control')).toBe('no-store')
}

describe('a server that is ready', () => {
  test('says ok at the root and below the path of its issuer', async () => {
    const { origin, keys } = await start({ path: '/auth' })
    await keys.ready('RS256')
    for (const path of ['/livez', '/readyz', '/auth/livez', '/auth/readyz']) {
      const { status, text, headers } = await probe(origin + path)
      expect({ path, status, text }).toEqual({ path, status: 200, text: 'ok\n' })
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('set-cookie')).toBeNull()
      expect((await probe(origin + path, { method: 'HEAD' })).status).toBe(200)
      expect((await probe(origin + path, { method: 'POST' })).status).toBe(405)
    }
  })

  test('writes no line for a probe', async () => {
    const { log, url, keys } = await start()
    await keys.ready('RS256')
    const before = log.length
    await probe(url('/livez'))
    await probe(url('/readyz'))
    expect(log.slice(before)).toEqual([])
  })
})

describe('a server that is not ready', () => {
  test('names the database while it fails, and only /readyz does', async () => {
    let fails = false
    const wrapStore = (store: Store): Store => ({
      ...store,
      listKeys: () => {
        if (fails) throw new Unavailable('password=secret is wrong')
        return store.listKeys()
      },
    })
    const { url, keys, log } = await start({ wrapStore })
    await keys.ready('RS256')
    expect((await probe(url('/readyz'))).status).toBe(200)
    fails = true
    expectReason(await probe(url('/readyz')), 'database')
    expectReason(await probe(url('/readyz')), 'database')
    expect((await probe(url('/livez'))).status).toBe(200)
    fails = false
    expect((await probe(url('/readyz'))).status).toBe(200)
    const said = log.filter((line) => line.includes('readiness changed'))
    expect(said.map((line) => JSON.parse(line).reason)).toEqual(['database', 'none'])
  })

  test('names the database when it does not answer in time, and asks it once for all', async () => {
    let hangs = false
    let asked = 0
    const wrapStore = (store: Store): Store => ({
      ...store,
      listKeys: () => {
        if (!hangs) return store.listKeys()
        asked++
        return new Promise(() => {})
      },
    })
    const { url, keys } = await start({ wrapStore })
    await keys.ready('RS256')
    hangs = true
    const probes = await Promise.all(Array.from({ length: 20 }, () => probe(url('/readyz'))))
    for (const one of probes) expectReason(one, 'database')
    expect(asked).toBe(1)
  })

  test('names the keys until all of them are made', async () => {
    let letGo = (): void => {}
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const wrapStore = (store: Store): Store => ({
      ...store,
      commit: async (plan) => {
        const makes = plan.changes.some((one) => 'put' in one && one.put === 'key')
        if (makes && plan.spend?.what === 'lease' && plan.spend.name === 'key:RS256') await held
        return store.commit(plan)
      },
    })
    const { url, keys } = await start({ wrapStore })
    expectReason(await probe(url('/readyz')), 'keys')
    expect((await probe(url('/livez'))).status).toBe(200)
    letGo()
    await keys.ready('RS256')
    expect((await probe(url('/readyz'))).status).toBe(200)
  })
})

describe('a server that is told to stop', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'patois-health-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('says so first, and answers everything else until balancers have heard', async () => {
    const place = await install(folder, { stop: { drain: '2s' } })
    const served = serve(place)
    await served.ready
    const stopped = served.stop()
    let seen: Probe | undefined
    while (seen?.status !== 503) seen = await probe(place.url('/readyz'))
    expectReason(seen, 'stopping')
    expect(seen.headers.get('connection')).toBe('keep-alive')
    expect((await probe(place.url('/livez'))).status).toBe(200)
    expect((await probe(place.url('/jwks'))).status).toBe(200)
    expect(await stopped).toMatchObject({ code: 0, err: '' })
  })
})
