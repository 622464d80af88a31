// An API lets in nobody with a token that is made up, revoked, or for something else.
// After vercel-labs/emulate#218.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { emulate } from 'patois/testing'
import { openApi } from './app.mjs'

const RESOURCE = 'https://invoices.example/'

let p
let call
beforeEach(async () => {
  p = await emulate({
    socket: false,
    scopes: { 'invoices.read': 'Read invoices', 'invoices.write': 'Write invoices' },
    resources: [{ resource: RESOURCE, introspected_by: ['api'] }],
    clients: ['api', { client_id: 'billing', scope: 'invoices.read invoices.write' }],
  })
  const api = openApi(p, RESOURCE, ['invoices.read'])
  call = (token) => api(token && `Bearer ${token}`)
})
afterEach(() => p.close())

const tokenFor = async (scope, resource = RESOURCE) => {
  const asked = { client: 'billing', grant: 'client_credentials', scope }
  return (await p.tokens({ ...asked, ...(resource && { resource }) })).access_token
}

test('the right token is let in', async () => {
  assert.equal(await call(await tokenFor('invoices.read')), 200)
})

test('no token and made-up tokens are not', async () => {
  assert.equal(await call(), 401)
  assert.equal(await call('made-up'), 401)
})

test('a revoked token is not', async () => {
  const token = await tokenFor('invoices.read')
  await p.revoke(token)
  assert.equal(await call(token), 401)
})

test('an expired token is not', async () => {
  const token = await tokenFor('invoices.read')
  await p.clock.advance('1h')
  assert.equal(await call(token), 401)
})

test('a token with another scope, or for another API, is not', async () => {
  assert.equal(await call(await tokenFor('invoices.write')), 403)
  assert.equal(await call(await tokenFor('invoices.read', '')), 401)
})
