// The emulator's faults: each kind as a client meets it, in several dialects, and then never again.

import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { JournalEntry } from '../../packages/server/src/emulator/journal.ts'
import {
  answerOf,
  authorizeParams,
  call,
  getCode,
  getTokens,
  newPkce,
  openBrowser,
  walk,
} from '../door/browser.ts'
import { drive, driven } from '../door/emulator.ts'
import { RU, SECRETS } from '../door/fixtures.ts'
import { startServer, type TestServer } from '../door/server.ts'
import { isActive, refresh } from '../door/tokens.ts'

let server: TestServer

beforeAll(async () => {
  server = await startServer({
    demo: true,
    unchecked: 'it is made to fail',
    configuration: { dialects: ['standard', 'bolt', 'cal', 'ultracart'] },
  })
})
afterAll(() => server.close())
beforeEach(async () => {
  await driven(server, 'DELETE', '/faults')
})

const script = (fault: object, where: object = { operation: 'token' }, times = 1) =>
  driven<{ id: string }>(server, 'POST', '/faults', { where, times, fault })

const last = async (query = ''): Promise<JournalEntry | undefined> =>
  (await driven<{ entries: JournalEntry[] }>(server, 'GET', `/journal${query}`)).entries.at(-1)

const credentials = () =>
  call(server, '/token', 'cc', { grant_type: 'client_credentials', scope: 'api.read' })

describe('refusals', () => {
  test('are the dialect’s own, for so many requests as was said', async () => {
    const { id } = await script(
      { kind: 'refuse', reason: 'refresh_unknown' },
      { operation: 'token' },
      2,
    )
    for (let times = 0; times < 2; times++) {
      const { status, body } = await credentials()
      expect([status, body.error]).toEqual([400, 'invalid_grant'])
    }
    expect((await credentials()).status).toBe(200)
    expect(await driven(server, 'GET', '/faults')).toEqual({ faults: [] })
    const told = (await driven<{ entries: JournalEntry[] }>(server, 'GET', '/journal')).entries
    const hit = told.filter(({ fault }) => fault === id)
    expect(hit.map(({ reason }) => reason)).toEqual(['refresh_unknown', 'refresh_unknown'])
  })

  test('of one client leave another alone', async () => {
    await script({ kind: 'refuse', error: 'invalid_client' }, { client: 'cc' })
    const other = { grant_type: 'client_credentials' }
    expect((await call(server, '/token', 'cc2', other)).status).toBe(200)
    expect((await credentials()).body.error).toBe('invalid_client')
  })

  test('of one grant type leave another alone', async () => {
    await script({ kind: 'refuse', reason: 'family_ended' }, { grant_type: 'refresh_token' })
    const { refresh_token } = await getTokens(server)
    expect((await refresh(server, refresh_token)).status).toBe(400)
    expect((await refresh(server, refresh_token)).status).toBe(200)
  })

  test.each([
    ['/v2/oauth/cc/exchange', 400, { status: 'error' }],
    ['/rest/v2/oauth/token', 400, { success: false }],
    ['/v1/oauth/token', 422, { error: 'invalid_grant' }],
  ])('at %s look as they do there', async (path, status, body) => {
    await script({ kind: 'refuse', reason: 'code_spent' })
    const answer = await fetch(server.url(path), { method: 'POST' })
    expect([answer.status, await answer.json()]).toEqual([status, expect.objectContaining(body)])
  })

  test('say when to come again', async () => {
    await script({ kind: 'refuse', reason: 'too_many_failures', retry_after: 7 })
    const { status, headers } = await credentials()
    expect([status, headers.get('retry-after')]).toEqual([429, '7'])
  })

  test('at authorize lead back to the client with an error and without a code', async () => {
    await script({ kind: 'refuse', error: 'access_denied' }, { operation: 'authorize' })
    const { challenge } = newPkce()
    const page = await walk(server, openBrowser(), authorizeParams('cc', challenge))
    const answer = answerOf(page)
    expect([answer.get('error'), answer.get('state'), answer.get('code')]).toEqual([
      'access_denied',
      'state-1',
      null,
    ])
    expect(answer.get('iss')).toBe(server.issuer)
  })
})

describe('answers', () => {
  test('of any status and body come instead of ours', async () => {
    await script({
      kind: 'answer',
      status: 502,
      body: 'Bad gateway',
      headers: { 'Retry-After': '3' },
    })
    const answer = await fetch(server.url('/token'), { method: 'POST' })
    expect([answer.status, await answer.text(), answer.headers.get('retry-after')]).toEqual([
      502,
      'Bad gateway',
      '3',
    ])
  })

  test('are lost when the connection drops, and what was asked is done only after', async () => {
    const { refresh_token } = await getTokens(server)
    await script({ kind: 'drop' })
    await expect(refresh(server, refresh_token)).rejects.toThrow()
    expect(await last('?operation=token')).toMatchObject({ answer: null, reason: 'fault' })
    await script({ kind: 'drop', after: true })
    await expect(refresh(server, refresh_token)).rejects.toThrow()
    const lost = await last('?operation=token')
    expect(lost).toMatchObject({ answer: null, reason: 'ok' })
    expect(lost?.lineage?.map(({ kind }) => kind)).toEqual([
      'refresh_token',
      'access_token',
      'refresh_token',
    ])
  })

  test('cannot be read', async () => {
    const textOf = async (as: string) => {
      await script({ kind: 'body', as }, { operation: 'introspect' })
      const headers = { authorization: `Basic ${btoa(`cc:${SECRETS.cc}`)}` }
      const body = new URLSearchParams({ token: 'x' })
      const answer = await fetch(server.url('/introspect'), { method: 'POST', headers, body })
      return [answer.headers.get('content-type'), await answer.text()]
    }
    const json = expect.stringMatching(/^application\/json/)
    expect(await textOf('truncated')).toEqual([json, '{"active'])
    expect(await textOf('malformed')).toEqual([json, '{"active":false,'])
    expect(await textOf('empty')).toEqual([json, ''])
    expect((await textOf('html'))[0]).toBe('text/html')
  })

  test('have other headers and members', async () => {
    await script({ kind: 'headers', set: { 'content-type': 'text/plain' } })
    await script({ kind: 'members', set: { access_expires_at: '3600' }, drop: ['token_type'] })
    const { headers, body } = await credentials()
    expect(headers.get('content-type')).toBe('text/plain')
    expect(body).toEqual({
      access_token: expect.any(String),
      expires_in: '3600',
      scope: 'api.read',
    })
  })

  test('wait', async () => {
    await script({ kind: 'delay', ms: 40 })
    await credentials()
    expect((await last('?operation=token'))?.took_ms).toBeGreaterThan(35)
  })
})

describe('tokens', () => {
  const keys = () => createRemoteJWKSet(new URL(server.url('/jwks')))
  const verify = async (id_token = '') =>
    (await jwtVerify(id_token, keys(), { issuer: server.issuer, audience: 'cc' })).payload

  test('have the claims that were asked for, and a right signature', async () => {
    const set = { aud: 'somebody', nonce: 'another' }
    await script({ kind: 'token', token: 'id_token', set, drop: ['sub'] })
    const { id_token = '' } = await getTokens(server, 'cc', { nonce: 'mine' })
    await expect(verify(id_token)).rejects.toThrow('unexpected "aud" claim value')
    const { payload } = await jwtVerify(id_token, keys())
    expect(payload).toMatchObject(set)
    expect(payload.sub).toBeUndefined()
  })

  test.each([
    ['wrong', 'signature verification failed'],
    ['other_key', 'signature verification failed'],
    ['none', '"alg"'],
  ])('have the signature %s', async (signature, message) => {
    await script({ kind: 'token', token: 'id_token', signature })
    const { id_token } = await getTokens(server)
    await expect(verify(id_token)).rejects.toThrow(message)
    expect((await verify((await getTokens(server)).id_token)).iss).toBe(server.issuer)
  })

  test('have expired, with a row or without one', async () => {
    await script({ kind: 'token', token: 'id_token', expired: true })
    await script({ kind: 'token', token: 'access_token', expired: true })
    const { id_token, access_token } = await getTokens(server)
    await expect(verify(id_token)).rejects.toThrow('"exp" claim timestamp check failed')
    expect(await isActive(server, access_token)).toBe(false)
  })

  test('meet a key set of other keys', async () => {
    const { id_token } = await getTokens(server)
    await script({ kind: 'keys', as: 'other' }, { operation: 'jwks' })
    await expect(verify(id_token)).rejects.toThrow('signature verification failed')
    await script({ kind: 'keys', as: 'none' }, { operation: 'jwks' })
    await expect(verify(id_token)).rejects.toThrow('no applicable key')
    await verify(id_token)
  })

  test('come from a server whose clock is off', async () => {
    await script({ kind: 'skew', seconds: 600 })
    const { verifier, code } = await getCode(server)
    const fields = {
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: RU,
    }
    const { headers, body } = await call(server, '/token', 'cc', fields)
    const now = server.clock.now()
    expect(Date.parse(headers.get('date') ?? '') / 1000).toBe(now + 600)
    expect(decodeJwt(String(body.id_token)).iat).toBe(now + 600)
  })
})

test.each([
  [{}, /^fault: must be an object/],
  [{ fault: { kind: 'magic' } }, /^fault.kind: must be one of refuse, /],
  [{ fault: { kind: 'delay' } }, /^fault.ms: is needed/],
  [{ fault: { kind: 'delay', ms: 'long' } }, /^fault.ms: must be of type integer/],
  [{ fault: { kind: 'refuse', reason: 'whim' } }, /^fault.reason: must be one of/],
  [{ fault: { kind: 'drop', before: true } }, /^fault.before: is no member/],
  [{ fault: { kind: 'drop' }, times: 0 }, /^times: must be/],
  [{ fault: { kind: 'drop' }, where: { operation: 'tokens' } }, /^where.operation: must be one of/],
  [{ fault: { kind: 'drop' }, where: { path: '/token' } }, /^where.path: must be text, of/],
])('%j is refused in a sentence', async (asked, sentence) => {
  const { status, body } = await drive(server, 'POST', '/faults', asked)
  expect([status, body]).toEqual([400, { error: expect.stringMatching(sentence) }])
})
