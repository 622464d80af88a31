// Two calls at once ask the token endpoint once.
// After navikt/mock-oauth2-server#376.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { emulate } from 'patois/testing'
import { openApp } from './app.mjs'

let p
beforeEach(async () => {
  p = await emulate({ socket: false, clients: ['app'], users: ['ann'] })
})
afterEach(() => p.close())

test('two calls at once ask the token endpoint once', async () => {
  const app = openApp(p)
  await app.signIn(p.visit)
  await p.clock.advance('1h')
  p.journal.clear()
  assert.deepEqual(await Promise.all([app.call(), app.call()]), ['fine', 'fine'])
  assert.equal(p.journal.calls('token').length, 1)
})
