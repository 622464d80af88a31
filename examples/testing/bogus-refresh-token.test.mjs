// A refresh token that is none ends the session, and is not tried again and again.
// After navikt/mock-oauth2-server#826.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { emulate } from 'patois/testing'
import { openApp } from './app.mjs'

let p
beforeEach(async () => {
  p = await emulate({ socket: false, clients: ['app'], users: ['ann'] })
})
afterEach(() => p.close())

test('a refresh token that was revoked asks for a sign-in, once', async () => {
  const app = openApp(p)
  await app.signIn(p.visit)
  const [session] = p.journal.calls('token')
  assert.deepEqual(
    session.lineage.map(({ kind }) => kind),
    ['code', 'access_token', 'refresh_token'],
  )
  await p.clock.advance('1h')
  p.faults.add({
    where: { grant_type: 'refresh_token' },
    fault: { kind: 'refuse', reason: 'refresh_unknown' },
  })
  p.journal.clear()
  assert.equal(await app.call(), 'sign in again')
  assert.equal(await app.call(), 'sign in again')
  assert.equal(p.journal.calls('token').length, 1)
})
