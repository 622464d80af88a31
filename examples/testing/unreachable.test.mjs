// A server that cannot be reached for a while signs nobody out.
// After navikt/mock-oauth2-server#581.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { emulate } from 'patois/testing'
import { openApp } from './app.mjs'

let p
beforeEach(async () => {
  p = await emulate({ socket: false, clients: ['app'], users: ['ann'] })
})
afterEach(() => p.close())

test('a server that is away signs nobody out', async () => {
  const app = openApp(p)
  await app.signIn(p.visit)
  await p.clock.advance('1h')
  const { id } = p.faults.add({ where: { operation: 'token' }, fault: { kind: 'drop' } })
  assert.equal(await app.call(), 'try again later')
  p.faults.clear(id)
  await p.clock.advance('1m')
  assert.equal(await app.call(), 'fine')
})

test('an answer that was lost on its way signs nobody out', async () => {
  const app = openApp(p)
  await app.signIn(p.visit)
  await p.clock.advance('1h')
  p.faults.add({ where: { operation: 'token' }, times: 1, fault: { kind: 'drop', after: true } })
  await app.call()
  assert.equal(await app.call(), 'fine')
})
