// Many calls that are refused at once refresh once, and the family lives.
// After modelcontextprotocol/typescript-sdk#1813.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { emulate } from 'patois/testing'
import { openApp } from './app.mjs'

let p
beforeEach(async () => {
  p = await emulate({
    socket: false,
    clients: ['app'],
    users: ['ann'],
    lifetimes: { replay_window: 0 },
  })
})
afterEach(() => p.close())

test('five calls that are refused at once refresh once', async () => {
  const app = openApp(p)
  const token = await app.signIn(p.visit)
  await p.clock.advance('1m')
  await p.expire(token)
  p.journal.clear()
  const calls = await Promise.all([1, 2, 3, 4, 5].map(() => app.call()))
  assert.deepEqual(calls, ['fine', 'fine', 'fine', 'fine', 'fine'])
  assert.equal(p.journal.calls('token').length, 1)
})
