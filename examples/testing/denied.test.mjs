// Somebody who says no is not signed in, and no code is made up for them.
// After navikt/mock-oauth2-server#690.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { emulate } from 'patois/testing'
import { openApp } from './app.mjs'

let p
beforeEach(async () => {
  p = await emulate({ socket: false, clients: ['app'], users: ['ann'] })
})
afterEach(() => p.close())

test('who denies is not signed in, and the token endpoint is left alone', async () => {
  p.consent('deny')
  await assert.rejects(openApp(p).signIn(p.visit), { code: 'access_denied' })
  assert.equal(p.journal.calls('token').length, 0)
})
