// A provider's own call for tests: it makes a person, and the provider's clients go on from there.

import { connect } from '@patois/client'
import { bolt } from '@patois/core/dialects/bolt'
import { decodeJwt } from 'jose'
import { type Emulated, emulate } from 'patois/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

let p: Emulated
beforeAll(async () => {
  p = await emulate({ dialect: 'bolt', socket: false, clients: ['shop', 'other'] })
})
afterAll(() => p.close())

const create = async (headers: Record<string, string>) => {
  const type = { 'content-type': 'application/json' }
  const body = JSON.stringify({ deactivate_in_days: 30 })
  const init = { method: 'POST', headers: { ...type, ...headers }, body }
  const answer = await p.fetch(`${p.issuer}/v1/testing/shopper/create`, init)
  return { status: answer.status, body: (await answer.json()) as Record<string, string> }
}

test('a shopper is made, and their code exchanged', async () => {
  const { status, body } = await create({ 'x-api-key': 'shop-secret' })
  expect([status, body]).toEqual([
    200,
    {
      email: expect.stringMatching(/^shopper-\d+@example\.org$/),
      email_state: 'verified',
      phone: expect.any(String),
      phone_state: 'verified',
      otp_code: '123456',
      migrated_merchant_owner_id: '',
      will_deactivate_at: expect.stringMatching(/^\d{4}-/),
      oauth_code: expect.stringMatching(/^test_pc_/),
    },
  ])
  const client = connect({
    dialect: bolt,
    url: p.issuer,
    clientId: 'shop',
    clientSecret: 'shop-secret',
    fetch: p.fetch,
  })
  const asked = { code: body.oauth_code ?? '', scope: 'openid' }
  const { idToken } = await client.exchange(asked)
  expect(decodeJwt(idToken ?? '')).toMatchObject({ email: body.email, first_name: 'Test' })
  const text = JSON.stringify(p.journal.entries())
  expect(text).not.toContain('shop-secret')
  expect(text).not.toContain(body.oauth_code)
})

test('the key has to be one of ours, and the name its own', async () => {
  const { status, body } = await create({ 'x-api-key': 'made-up' })
  expect([status, body.error]).toEqual([403, 'request_forbidden'])
  const other = { 'x-api-key': 'shop-secret', 'x-publishable-key': 'other' }
  expect((await create(other)).status).toBe(403)
  expect((await create({})).status).toBe(403)
})
