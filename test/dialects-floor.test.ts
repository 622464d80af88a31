// The floor: whatever the wire looks like, a dialect decides as the standard one does.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DIALECTS,
  type Dialect,
  type Fields,
  hearRedirect,
  type Message,
  type Operation,
  writeRequest,
} from '@patois/core'
import { CATALOGUE } from '@patois/core/catalogue'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { anyDialect } from './door/any-dialect.ts'
import { logIn, newPkce, openBrowser, type TestBrowser, walkFrom } from './door/browser.ts'
import { RU } from './door/fixtures.ts'
import { checkLog, lastRequest } from './door/rules.ts'
import { startServer, type TestServer } from './door/server.ts'

const SECRET = 'a-secret-of-the-floor-0123456789-0123456789'
const WRONG = 'another-secret-0123456789-0123456789-012345'

const folder = mkdtempSync(join(tmpdir(), 'patois-floor-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A server that speaks one dialect below a prefix, and what a client of it needs. */
type Stage = { server: TestServer; dialect: Dialect; scope: string[]; browser: TestBrowser }

const open = async (dialect: Dialect): Promise<Stage> => {
  const known = [...DIALECTS, ...CATALOGUE].includes(dialect)
  const file = join(folder, `${dialect.name}.json`)
  if (!known) writeFileSync(file, JSON.stringify(dialect))
  const scope = [Object.keys(dialect.scopes ?? {})[0] ?? 'api.read']
  const client = {
    client_secret: SECRET,
    redirect_uris: [RU],
    grant_types: ['authorization_code', 'refresh_token'],
    scope: scope.join(' '),
    dialects: [dialect.name],
    token_endpoint_auth_method: 'client_secret_basic',
    consent: 'implicit',
  }
  const configuration = {
    dialects: [{ dialect: known ? dialect.name : file, at: '/at' }],
    clients: ['one', 'two'].map((client_id) => ({ ...client, client_id, client_name: client_id })),
    resources: [],
  }
  return { server: await startServer({ configuration }), dialect, scope, browser: openBrowser() }
}

const operationOf = ({ dialect }: Stage, does: Operation['does'], grant?: string): Operation => {
  const operations: Operation[] = Object.values(dialect.operations)
  const found = operations.find(
    (one) => one.does === does && (grant === undefined || (one.grants?.includes(grant) ?? true)),
  )
  if (!found) throw new Error(`${dialect.name} has no ${does} ${grant ?? ''}`)
  return found
}

/** Sends a call as a client of the dialect does; answers why it was decided so, and the texts in it. */
const send = async (stage: Stage, operation: Operation, fields: Fields) => {
  const { variables } = stage.dialect
  const { method, path, query, headers, body } = writeRequest(operation, fields, variables)
  const url = `${stage.server.url(`/at${path}`)}${query === '' ? '' : `?${query}`}`
  const sent = headers as Record<string, string>
  const response = await fetch(url, {
    method,
    headers: sent,
    body: body as Uint8Array<ArrayBuffer>,
  })
  const text = await response.text()
  const [refresh = ''] = /pr_[\w-]+/.exec(text) ?? []
  const [access = ''] = /pa_[\w-]+/.exec(text) ?? []
  return { reason: lastRequest(stage.server).reason, refresh, access }
}

const authorize = async (stage: Stage, over: Fields & { bare?: true } = {}) => {
  const { bare, ...more } = over
  const { verifier, challenge } = newPkce()
  const operation = operationOf(stage, 'authorize')
  const fields: Fields = {
    client_id: 'one',
    redirect_uri: RU,
    response_type: 'code',
    scope: stage.scope,
    state: 'state',
    ...(!bare && { code_challenge: challenge, code_challenge_method: 'S256' }),
    ...more,
  }
  const message = writeRequest(operation, fields, stage.dialect.variables)
  const url = stage.server.url(`/at${message.path}`)
  const location = operation.isCall
    ? await callAuthorize(stage, url, message)
    : (await walkFrom(stage.server, stage.browser, `${url}?${message.query}`)).location
  const code = String(hearRedirect(operation, location ?? RU).facts.code ?? '')
  return { code, verifier, reason: lastRequest(stage.server).reason }
}

/** What a script of the server's own site does with the session of whoever is signed in. */
const callAuthorize = async ({ server, browser }: Stage, url: string, message: Message) => {
  // A code that was not exchanged must be over before there is another one.
  server.clock.advance(601)
  const page = await browser.get(server.url('/login'))
  if (page.text.includes('name="password"')) await logIn(server, browser, page)
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...(message.headers as Record<string, string>), cookie },
    body: message.body as Uint8Array<ArrayBuffer>,
    redirect: 'manual',
  })
  return response.headers.get('location') ?? undefined
}

const exchange = (stage: Stage, fields: Fields) =>
  send(stage, operationOf(stage, 'token', 'authorization_code'), {
    grant_type: 'authorization_code',
    client_id: 'one',
    client_secret: SECRET,
    redirect_uri: RU,
    scope: stage.scope,
    ...fields,
  })

const refresh = (stage: Stage, refresh_token: string, more: Fields = {}) =>
  send(stage, operationOf(stage, 'token', 'refresh_token'), {
    grant_type: 'refresh_token',
    client_id: 'one',
    client_secret: SECRET,
    scope: stage.scope,
    refresh_token,
    ...more,
  })

const fresh = async (stage: Stage, more: Fields = {}) => {
  const { code, verifier } = await authorize(stage)
  return { code, code_verifier: verifier, ...more }
}

const UNKNOWN = 'x'.repeat(43)

/** Everything that the floor forbids, and a little that it allows, in order. */
const STORY: Readonly<Record<string, (stage: Stage) => Promise<string[]>>> = {
  'a code is good once, and its second use ends what came of it': async (stage) => {
    const fields = await fresh(stage)
    const first = await exchange(stage, fields)
    const second = await exchange(stage, fields)
    const after = await refresh(stage, first.refresh)
    return [first.reason, second.reason, after.reason]
  },
  'a code belongs to its client': async (stage) => {
    const fields = await fresh(stage)
    const theirs = await exchange(stage, { ...fields, client_id: 'two' })
    return [theirs.reason, (await exchange(stage, fields)).reason]
  },
  'a code is one of ours, and in time': async (stage) => {
    const unknown = await exchange(stage, { ...(await fresh(stage)), code: `pc_${UNKNOWN}` })
    const late = await fresh(stage)
    stage.server.clock.advance(601)
    return [unknown.reason, (await exchange(stage, late)).reason]
  },
  'a client proves itself': async (stage) => {
    const wrong = await exchange(stage, await fresh(stage, { client_secret: WRONG }))
    const nobody = await exchange(stage, await fresh(stage, { client_id: 'nobody' }))
    const later = await refresh(stage, UNKNOWN, { client_secret: WRONG })
    return [wrong.reason, nobody.reason, later.reason]
  },
  'a challenge asks for its verifier': async (stage) => {
    const { code } = await authorize(stage)
    const none = await exchange(stage, { code })
    const other = await exchange(stage, { code, code_verifier: newPkce().verifier })
    const short = await exchange(stage, { code, code_verifier: 'short' })
    return [none.reason, other.reason, short.reason]
  },
  'an authorization request has a challenge and exactly a registered redirect': async (stage) => {
    const reasons: string[] = []
    const redirects = [`${RU}/`, `${RU}?a=b`, RU.toUpperCase(), 'https://evil.test/cb']
    for (const redirect_uri of redirects) {
      reasons.push((await authorize(stage, { redirect_uri })).reason)
    }
    return [...reasons, (await authorize(stage, { bare: true })).reason]
  },
  'a refresh token belongs to its client, and its reuse ends the family': async (stage) => {
    const first = await exchange(stage, await fresh(stage))
    const theirs = await refresh(stage, first.refresh, { client_id: 'two' })
    const second = await refresh(stage, first.refresh)
    const third = await refresh(stage, second.refresh)
    const reused = await refresh(stage, first.refresh)
    const last = await refresh(stage, third.refresh)
    const unknown = await refresh(stage, `pr_${UNKNOWN}`)
    return [theirs, second, third, reused, last, unknown].map(({ reason }) => reason)
  },
}

const REVOKED = async (stage: Stage) => {
  const tokens = await exchange(stage, await fresh(stage))
  const operation = operationOf(stage, 'revoke')
  const call = { client_id: 'one', client_secret: SECRET, token: tokens.refresh }
  const theirs = await send(stage, operation, { ...call, client_id: 'two' })
  const wrong = await send(stage, operation, { ...call, client_secret: WRONG })
  const alive = await refresh(stage, tokens.refresh)
  const ours = await send(stage, operation, { ...call, token: alive.refresh })
  const dead = await refresh(stage, alive.refresh)
  // What is ended may be the sign-in or the whole grant.
  return [theirs, wrong, alive, ours, dead].map(({ reason }) => reason.replace('grant_', 'family_'))
}

const decisions = async (dialect: Dialect): Promise<Record<string, string[]>> => {
  const stage = await open(dialect)
  try {
    const told: Record<string, string[]> = {}
    for (const [title, story] of Object.entries(STORY)) told[title] = await story(stage)
    const hasRevoke = Object.values(dialect.operations).some(({ does }) => does === 'revoke')
    if (hasRevoke) told.revoked = await REVOKED(stage)
    checkLog(stage.server, [SECRET, WRONG])
    return told
  } finally {
    await stage.server.close()
  }
}

const [standard, ...others] = DIALECTS as [Dialect, ...Dialect[]]
const random = fc.sample(anyDialect, { numRuns: 6, seed: 20_261_121 })
const served = CATALOGUE.filter(
  ({ serve, operations }: Dialect) =>
    serve !== false &&
    Object.values(operations).some(({ grants }) => grants?.includes('refresh_token')),
)

describe('the floor', () => {
  const floor = decisions(standard)

  test('is what the standard dialect decides', async () => {
    expect(await floor).toEqual({
      'a code is good once, and its second use ends what came of it': [
        'ok',
        'code_reused',
        'family_ended',
      ],
      'a code belongs to its client': ['code_other_client', 'ok'],
      'a code is one of ours, and in time': ['code_unknown', 'code_expired'],
      'a client proves itself': ['client_secret_wrong', 'client_unknown', 'client_secret_wrong'],
      'a challenge asks for its verifier': [
        'verifier_missing',
        'verifier_wrong',
        'verifier_malformed',
      ],
      'an authorization request has a challenge and exactly a registered redirect': [
        ...Array(4).fill('redirect_mismatch'),
        'challenge_missing',
      ],
      'a refresh token belongs to its client, and its reuse ends the family': [
        'refresh_other_client',
        'ok',
        'ok',
        'refresh_reused',
        'family_ended',
        'refresh_unknown',
      ],
      revoked: ['token_other_client', 'client_secret_wrong', 'ok', 'ok', 'family_ended'],
    })
  })

  test.each([
    ...[...others, ...served].map((one) => [one.name, one] as const),
    ...random.map((one, index) => [`random dialect ${index + 1}`, one] as const),
  ])('stands in %s', async (_, dialect) => {
    const { revoked, ...told } = await decisions(dialect)
    const { revoked: wanted, ...rest } = await floor
    expect(told).toEqual(rest)
    if (revoked) expect(revoked).toEqual(wanted)
  })
})
