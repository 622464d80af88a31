// Each refresh brings another refresh token, and the next refresh uses that one.
// After navikt/mock-oauth2-server#638.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { emulate } from 'patois/testing'
import { openApp } from './app.mjs'

let p
beforeEach(async () => {
  p = await emulate({ socket: false, clients: ['app'], users: ['ann'] })
})
afterEach(() => p.close())

test('one refresh after the other goes well', async () => {
  const app = openApp(p)
  await app.signIn(p.visit)
  for (let hours = 1; hours <= 3; hours++) {
    await p.clock.advance('1h')
    assert.equal(await app.call(), 'fine')
  }
  const used = p.journal.calls('token').flatMap(({ lineage }) => lineage)
  const refreshed = used.filter(({ kind }) => kind === 'refresh_token')
  assert.equal(new Set(refreshed.map(({ id }) => id)).size, 4)
})
