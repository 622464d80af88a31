// A provider with paths and words of its own is called by these.
// After vercel-labs/emulate#25.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { ultracart } from '@patois/core/dialects/ultracart'
import { emulate } from 'patois/testing'
import { openApp } from './app.mjs'

let p
beforeEach(async () => {
  p = await emulate({ socket: false, clients: ['app'], users: ['ann'], dialect: 'ultracart' })
})
afterEach(() => p.close())

test('somebody signs in where nothing stands at the usual paths', async () => {
  const token = await openApp(p, { dialect: ultracart }).signIn(p.visit)
  assert.match(token, /^test_pa_/)
  assert.equal(p.journal.last('token').dialect, 'ultracart')
  assert.deepEqual(p.journal.calls('nothing'), [])
})
