// The same expiries for Patois and its peers, at a server that rotates and detects reuse.

import { readFileSync, writeFileSync } from 'node:fs'
import { memoryStore } from '@patois/client'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { getTokens } from '../test/door/browser.ts'
import { SECRETS } from '../test/door/fixtures.ts'
import { LIFE, startRotating, tokenRequests } from '../test/door/kept.ts'
import { countRows, isActive } from '../test/door/tokens.ts'
import { type Opened, PEERS, type Peer, type Surroundings } from './keepers.ts'

const PAGE = new URL('../docs/client/keeping-tokens.md', import.meta.url)
const TABLE = /(<!-- measured -->\n)[\s\S]*?(<!-- until here -->)/
const EXPIRIES = 3

/** What a library made of a situation. */
type Outcome = { requests: number; served: number; callers: number; families: number }

type Server = Awaited<ReturnType<typeof startRotating>>

const HEAD = ['50 callers of one object', '8 objects, 20 callers each', 'one object after another']

beforeAll(() => {
  // The libraries look at the machine's clock.
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterAll(() => {
  vi.useRealTimers()
})

const pass = (server: Server, seconds: number): void => {
  server.clock.advance(seconds)
  vi.setSystemTime(server.clock.now() * 1000)
}

const begin = async (peer: Peer): Promise<{ server: Server; around: Surroundings }> => {
  const server = await startRotating(0)
  pass(server, 0)
  const clientId = peer.posts ? 'cp' : 'quiet'
  const clientSecret = SECRETS[clientId] ?? ''
  const { access_token: accessToken, refresh_token: refreshToken } = await getTokens(
    server,
    clientId,
  )
  const expiresAt = server.clock.now() + LIFE
  const stored = { accessToken, refreshToken, expiresAt }
  const store = memoryStore()
  const { issuer } = server
  const around = { issuer, clientId, clientSecret, shelf: { stored }, store }
  const opened = await peer.open(around)
  await opened.save?.({ ...stored, tokenType: 'Bearer', scope: [], extra: {} })
  return { server, around }
}

/** How many of these calls got a token that works. */
const serve = async (
  server: Server,
  { clientId }: Surroundings,
  calls: Promise<string>[],
): Promise<number> => {
  const ends = await Promise.allSettled(calls)
  const tokens = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []))
  const works = new Map<string, unknown>()
  for (const token of new Set(tokens)) {
    works.set(token, await isActive(server, token, clientId))
  }
  return tokens.filter((token) => works.get(token)).length
}

const measure = async (
  peer: Peer,
  work: (server: Server, around: Surroundings) => Promise<{ served: number; callers: number }>,
): Promise<Outcome> => {
  const { server, around } = await begin(peer)
  let counted = { served: 0, callers: 0 }
  const requests = await tokenRequests(server, async () => {
    counted = await work(server, around)
  })
  const families = countRows(server, 'families', 'ended_at IS NOT NULL')
  await server.close()
  return { requests: requests.length, families, ...counted }
}

const openMany = (peer: Peer, around: Surroundings, count: number): Promise<Opened[]> =>
  Promise.all(Array.from({ length: count }, () => peer.open(around)))

/** Three expiries in a row, each met by all callers at once. */
const burst = (peer: Peer, objects: number, callers: number): Promise<Outcome> =>
  measure(peer, async (server, around) => {
    const opened = await openMany(peer, around, objects)
    let served = 0
    for (let expiry = 0; expiry < EXPIRIES; expiry++) {
      pass(server, LIFE + 1)
      const calls = opened.flatMap((one) => Array.from({ length: callers }, () => one.getToken()))
      served += await serve(server, around, calls)
    }
    return { served, callers: EXPIRIES * objects * callers }
  })

/** Three objects that were opened with the same tokens, and need them ten seconds apart. */
const relay = (peer: Peer): Promise<Outcome> =>
  measure(peer, async (server, around) => {
    const opened = await openMany(peer, around, 3)
    pass(server, LIFE + 1)
    let served = 0
    for (const one of opened) {
      served += await serve(server, around, [one.getToken()])
      pass(server, 10)
    }
    return { served, callers: opened.length }
  })

const say = ({ requests, served, callers, families }: Outcome): string => {
  const end = families > 0 ? ', **family ended**' : ''
  const sent = `${requests} request${requests === 1 ? '' : 's'}`
  return `${sent}, ${served} of ${callers} served${end}`
}

const rows: string[][] = []
for (const peer of PEERS) {
  test(peer.name, async () => {
    const outcomes = [await burst(peer, 1, 50), await burst(peer, 8, 20), await relay(peer)]
    rows.push([peer.name, ...outcomes.map(say)])
    if (peer !== PEERS[0]) return
    expect(outcomes.map(({ requests }) => requests)).toEqual([EXPIRIES, EXPIRIES, 1])
    for (const { served, callers, families } of outcomes) {
      expect([served, families]).toEqual([callers, 0])
    }
  })
}

test('the table is printed, and stands in the docs', () => {
  expect(rows).toHaveLength(PEERS.length)
  const lines = [['', ...HEAD], ['---', ...HEAD.map(() => '---')], ...rows]
  const table = lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('')
  process.stdout.write(`\n${table}\n`)
  const page = readFileSync(PAGE, 'utf8')
  expect(page).toMatch(TABLE)
  writeFileSync(
    PAGE,
    page.replace(TABLE, (_, before, after) => before + table + after),
  )
})
