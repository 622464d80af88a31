// A code that the server rejects signs nobody in.
// After navikt/mock-oauth2-server#543.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { emulate } from 'patois/testing'
import { openApp } from './app.mjs'

let p
beforeEach(async () => {
  p = await emulate({ socket: false, clients: ['app'], users: ['ann'] })
})
afterEach(() => p.close())

test('a code that the server rejects signs nobody in, and the next one does', async () => {
  const app = openApp(p)
  const fault = { kind: 'refuse', reason: 'code_expired' }
  p.faults.add({ where: { operation: 'token' }, times: 1, fault })
  await assert.rejects(app.signIn(p.visit), { code: 'invalid_grant' })
  assert.ok(await app.signIn(p.visit))
})

test('the very code that ran out signs nobody in', async () => {
  const late = async (url) => {
    const back = await p.visit(url)
    await p.expire(back.searchParams.get('code'))
    return back
  }
  await assert.rejects(openApp(p).signIn(late), { code: 'invalid_grant' })
})
