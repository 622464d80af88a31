// Two processes with one set of tokens do not sign each other out.
// After railwayapp/cli#991.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { fileStore } from '@patois/client/stores/file'
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

test('two processes that refresh at once both go on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tokens-'))
  const processes = [1, 2].map(() => openApp(p, { folder, store: fileStore(folder) }))
  const calls = () => Promise.all(processes.map((one) => one.call()))
  await processes[0].signIn(p.visit)
  assert.deepEqual(await calls(), ['fine', 'fine'])
  for (let hours = 1; hours <= 2; hours++) {
    await p.clock.advance('1h')
    p.journal.clear()
    assert.deepEqual(await calls(), ['fine', 'fine'])
    assert.equal(p.journal.calls('token').length, 1)
  }
  rmSync(folder, { recursive: true })
})
