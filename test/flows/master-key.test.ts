// The master key of several servers, changed in three rolls while all of them go on.

import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { call } from '../door/browser.ts'
import { startPostgres, type TestPostgres, whyNoPostgres } from '../door/postgres.ts'
import { startServer, type TestServer } from '../door/server.ts'
import { introspect } from '../door/tokens.ts'

const ROTATION = 3600
const AHEAD = 300
const lifetimes = { key_rotation: ROTATION, key_publish_ahead: AHEAD, access_token: 240 }

const newKey = (): string => randomBytes(32).toString('base64url')

let postgres: TestPostgres
let nodes: TestServer[]
beforeEach(async () => {
  nodes = []
  if (!whyNoPostgres()) postgres = await startPostgres()
})
afterEach(async () => {
  for (const node of nodes) await node.close()
  await postgres?.close()
})

/** Starts both nodes with a master key. */
const startBoth = async (masterKey: string) => {
  const options = { database: await postgres.newDatabase(), configuration: { lifetimes } }
  const first = await startServer({ ...options, masterKey })
  const again = (key: string) => {
    const now = Math.max(...nodes.map(({ clock }) => clock.now()))
    return startServer({ ...options, issuer: first.issuer, masterKey: key, now })
  }
  nodes.push(first)
  nodes.push(await again(masterKey))
  /** Starts a node anew with another master key. */
  return async (nth: number, key: string): Promise<void> => {
    await nodes[nth]?.close()
    nodes[nth] = await again(key)
  }
}

/** Signing keys are changed by one node; what each of both signs then the other knows. */
const checkKeys = async (maker: number): Promise<void> => {
  const inTurn = maker === 0 ? nodes : nodes.toReversed()
  const kids = new Set<unknown>()
  for (const seconds of [ROTATION - AHEAD, AHEAD]) {
    for (const { clock } of nodes) clock.advance(seconds)
    for (const { keys, clock } of inTurn) await keys.tick(clock.now())
  }
  for (const [nth, node] of nodes.entries()) {
    const { body } = await call(node, '/token', 'jwt', { grant_type: 'client_credentials' })
    const [header = ''] = String(body.access_token).split('.')
    kids.add(JSON.parse(Buffer.from(header, 'base64url').toString()).kid)
    const other = nodes[1 - nth] as TestServer
    expect((await introspect(other, String(body.access_token), 'jwt')).body.active).toBe(true)
  }
  expect(kids.size).toBe(1)
}

describe.skipIf(whyNoPostgres())('two servers', () => {
  test('take another master key in three rolls, and share every signing key meanwhile', async () => {
    const [old, young] = [newKey(), newKey()]
    const restart = await startBoth(old)
    let maker = 0
    for (const key of [`${old},${young}`, `${young},${old}`, young]) {
      for (const nth of [0, 1]) {
        await restart(nth, key)
        await checkKeys(maker++ % 2)
      }
    }
    await expect(restart(1, old)).rejects.toThrow('The master key does not open')
    nodes.pop()
  })

  test('are parted by one roll alone: who has the old key can neither start nor follow', async () => {
    const [old, young] = [newKey(), newKey()]
    const restart = await startBoth(old)
    await restart(0, `${young},${old}`)
    await expect(checkKeys(0)).rejects.toThrow('The master key does not open the signing key')
    await expect(restart(1, old)).rejects.toThrow('The master key does not open')
    nodes.pop()
  })
})
