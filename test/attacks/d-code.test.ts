// Attacks on authorization codes: guessed, stolen, late, twice, and many at the same moment.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DIALECTS, mintSecret, type Store, Unavailable } from '@patois/core'
import { readConfiguration } from 'patois'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { nodeCrypto } from '../../packages/server/src/crypto.ts'
import {
  type Answer,
  answerOf,
  authorizeParams,
  call,
  getCode,
  openBrowser,
  type TestBrowser,
} from '../door/browser.ts'
import { CLIENTS, RU, SECRETS } from '../door/fixtures.ts'
import { checkAnswer, checkLog, lastRequest, loggedRequests } from '../door/rules.ts'
import { startServer, type TestServer } from '../door/server.ts'

type Fresh = { code: string; verifier: string }

const secrets: string[] = []

const newCode = async (
  server: TestServer,
  browser: TestBrowser,
  client = 'cc',
  more: Record<string, string> = {},
): Promise<Fresh> => {
  const { code, verifier } = await getCode(server, client, more, browser)
  secrets.push(verifier)
  return { code, verifier }
}

const exchange = (
  server: TestServer,
  { code, verifier }: Fresh,
  client = 'cc',
  more: Record<string, string> = {},
): Promise<Answer> =>
  call(server, '/token', client, {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: RU,
    ...more,
  })

const expectTokens = (answer: Answer) => {
  checkAnswer(answer, { status: 200 })
  const { access_token, refresh_token, id_token } = answer.body
  return {
    access_token: String(access_token),
    refresh_token: String(refresh_token),
    id_token: String(id_token),
  }
}

const expectRefused = (server: TestServer, answer: Answer, reason: string): void => {
  checkAnswer(answer, { status: 400, error: 'invalid_grant' })
  const { operation, decision, ...line } = lastRequest(server)
  expect({ operation, decision, reason: line.reason }).toEqual({
    operation: 'token',
    decision: 'refused',
    reason,
  })
}

const isActive = async (server: TestServer, token: string, client = 'cc'): Promise<unknown> => {
  const answer = await call(server, '/introspect', client, { token })
  checkAnswer(answer, { status: 200 })
  return answer.body.active
}

const userinfo = async (server: TestServer, token: string): Promise<number> => {
  const headers = { authorization: `Bearer ${token}` }
  return (await fetch(server.url('/userinfo'), { headers })).status
}

const expectEnded = async (
  server: TestServer,
  tokens: { access_token: string; refresh_token: string },
  client = 'cc',
): Promise<void> => {
  expect(await isActive(server, tokens.access_token, client)).toBe(false)
  expect(await isActive(server, tokens.refresh_token, client)).toBe(false)
  expect(await userinfo(server, tokens.access_token)).toBe(401)
  const fields = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
  expectRefused(server, await call(server, '/token', client, fields), 'family_ended')
}

describe('one code, one server', () => {
  let server: TestServer
  let browser: TestBrowser

  beforeAll(async () => {
    server = await startServer()
    browser = openBrowser()
  })
  afterEach(() => checkLog(server, secrets))
  afterAll(() => server.close())

  test.each(['cc', 'jwt'])('D1: a second exchange ends all that the first gave %s', async (id) => {
    const fresh = await newCode(server, browser, id)
    const other = expectTokens(await exchange(server, await newCode(server, browser, id), id))
    const tokens = expectTokens(await exchange(server, fresh, id))
    expect(await isActive(server, tokens.access_token, id)).toBe(true)
    expectRefused(server, await exchange(server, fresh, id), 'code_reused')
    await expectEnded(server, tokens, id)
    expectRefused(server, await exchange(server, fresh, id), 'code_reused')
    expect(await isActive(server, other.access_token, id)).toBe(true)
  })

  test('D1: tokens refreshed before the second exchange end with it', async () => {
    const fresh = await newCode(server, browser)
    const first = expectTokens(await exchange(server, fresh))
    const fields = { grant_type: 'refresh_token', refresh_token: first.refresh_token }
    const second = expectTokens(await call(server, '/token', 'cc', fields))
    server.clock.advance(30)
    expectRefused(server, await exchange(server, fresh), 'code_reused')
    await expectEnded(server, { ...second, access_token: first.access_token })
    expect(await isActive(server, second.access_token)).toBe(false)
  })

  test('D1: a second exchange long after the code ran out still ends the family', async () => {
    const fresh = await newCode(server, browser)
    const tokens = expectTokens(await exchange(server, fresh))
    server.clock.advance(600)
    expectRefused(server, await exchange(server, fresh), 'code_reused')
    await expectEnded(server, tokens)
  })

  test('D1: a second exchange with anything wrong in it ends nothing', async () => {
    const fresh = await newCode(server, browser)
    const tokens = expectTokens(await exchange(server, fresh))
    const { verifier } = await newCode(server, browser)
    expectRefused(server, await exchange(server, fresh, 'cp'), 'code_other_client')
    const elsewhere = { redirect_uri: 'https://rp.test/other' }
    expectRefused(server, await exchange(server, fresh, 'cc', elsewhere), 'redirect_other')
    expectRefused(server, await exchange(server, { ...fresh, verifier }), 'verifier_wrong')
    const wrong = { client_id: 'cc', client_secret: 'wrong' }
    const answer = await call(server, '/token', undefined, {
      grant_type: 'authorization_code',
      code: fresh.code,
      code_verifier: fresh.verifier,
      redirect_uri: RU,
      ...wrong,
    })
    checkAnswer(answer, { status: 401, error: 'invalid_client' })
    expect(await isActive(server, tokens.access_token)).toBe(true)
    expect(await isActive(server, tokens.refresh_token)).toBe(true)
  })

  test('D5: a code is refused when it is late, when it is another’s, and when it is both', async () => {
    const stolen = await newCode(server, browser)
    expectRefused(server, await exchange(server, stolen, 'cp'), 'code_other_client')
    expectTokens(await exchange(server, stolen))
    const late = await newCode(server, browser)
    server.clock.advance(61)
    expectRefused(server, await exchange(server, late), 'code_expired')
    expectRefused(server, await exchange(server, late, 'cp'), 'code_other_client')
  })

  test('D7: with PKCE the redirect URI may go unnamed at the token call', async () => {
    const { code, verifier } = await newCode(server, browser)
    const fields = { grant_type: 'authorization_code', code, code_verifier: verifier }
    expectTokens(await call(server, '/token', 'cc', fields))
  })

  test('D7: a redirect URI that is named must be the one of the request', async () => {
    const fresh = await newCode(server, browser)
    for (const redirect_uri of [
      'https://rp.test/cb/',
      'https://rp.test/CB',
      'https://evil.test/cb',
    ]) {
      const answer = await exchange(server, fresh, 'cc', { redirect_uri })
      expectRefused(server, answer, 'redirect_other')
    }
    expectTokens(await exchange(server, fresh))
  })

  test('D7: without PKCE the redirect URI must be named as in the request', async () => {
    await newCode(server, browser, 'cp')
    const params = new URLSearchParams(authorizeParams('cp', undefined))
    const page = await browser.get(server.url(`/authorize?${params}`))
    const code = answerOf(page).get('code') ?? ''
    const fields = { grant_type: 'authorization_code', code }
    const missing = await call(server, '/token', 'cp', fields)
    expectRefused(server, missing, 'redirect_missing')
    const other = { ...fields, redirect_uri: 'https://rp.test/other' }
    expectRefused(server, await call(server, '/token', 'cp', other), 'redirect_other')
    expectTokens(await call(server, '/token', 'cp', { ...fields, redirect_uri: RU }))
  })

  test('D8: a code that is not exactly the one that was handed out is unknown', async () => {
    const fresh = await newCode(server, browser)
    const { code } = fresh
    const flipped = code.replace(/[a-z]/gi, (letter) =>
      letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
    )
    // The last character carries four bits only: three others decode to the same bytes.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = alphabet.indexOf(code.slice(-1))
    for (const wrong of [
      code.slice(0, -1),
      code.slice(1),
      `${code}A`,
      `${code}=`,
      `${code}\0`,
      `\0${code}`,
      `${code} `,
      ` ${code}`,
      flipped,
      code.toUpperCase(),
      code.slice(0, -1) + alphabet[last ^ 1],
      code.slice(0, -1) + alphabet[last ^ 2],
      code.slice(0, -1) + alphabet[last ^ 3],
      code.slice(3),
      `test_${code}`,
      `pc_${'A'.repeat(43)}`,
      'pc_',
      "' OR '1'='1",
      'A'.repeat(10_240),
      code + 'A'.repeat(10_240),
    ]) {
      expectRefused(server, await exchange(server, { ...fresh, code: wrong }), 'code_unknown')
    }
    expectTokens(await exchange(server, fresh))
  })

  test('D10: no other token passes for a code, and none is harmed by trying', async () => {
    const fresh = await newCode(server, browser)
    const { verifier } = fresh
    const tokens = expectTokens(await exchange(server, fresh))
    const session = [...browser.cookies.values()].find((value) => value.startsWith('ps_')) ?? ''
    expect(session).toMatch(/^ps_/)
    for (const code of [
      tokens.refresh_token,
      tokens.access_token,
      tokens.id_token,
      session,
      tokens.refresh_token.replace('pr_', 'pc_'),
      tokens.access_token.replace('pa_', 'pc_'),
      session.replace('ps_', 'pc_'),
      'urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c',
      'GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS',
    ]) {
      expectRefused(server, await exchange(server, { code, verifier }), 'code_unknown')
    }
    expect(await isActive(server, tokens.access_token)).toBe(true)
    expect(await isActive(server, tokens.refresh_token)).toBe(true)
  })

  test('D13: a code is good for a minute and not a second longer', async () => {
    const early = await newCode(server, browser)
    server.clock.advance(59)
    expectTokens(await exchange(server, early))
    for (const seconds of [60, 61]) {
      const late = await newCode(server, browser)
      server.clock.advance(seconds)
      expectRefused(server, await exchange(server, late), 'code_expired')
    }
  })

  test('D16: a scope at the exchange changes nothing, be it narrower or wider', async () => {
    for (const scope of ['api.read', 'openid api.read api.write', 'unknown']) {
      const more = { scope: 'openid offline_access api.read' }
      const fresh = await newCode(server, browser, 'cc', more)
      const answer = await exchange(server, fresh, 'cc', { scope })
      expectTokens(answer)
      expect(answer.body.scope).toBe('openid offline_access api.read')
    }
  })
})

describe('many at the same moment', () => {
  const ROUNDS = 20
  const AT_ONCE = 50

  test('D2: of fifty exchanges at once one wins, and the others end what it got', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'patois-'))
    const server = await startServer({ database: `sqlite:${join(folder, 'patois.db')}` })
    const browser = openBrowser()
    for (let round = 0; round < ROUNDS; round++) {
      const fresh = await newCode(server, browser, 'es')
      const calls = Array.from({ length: AT_ONCE }, () => exchange(server, fresh, 'es'))
      const answers = await Promise.all(calls)
      const won = answers.filter(({ status }) => status === 200)
      expect(won.length, `round ${round}`).toBe(1)
      for (const answer of answers.filter(({ status }) => status !== 200)) {
        checkAnswer(answer, { status: 400, error: 'invalid_grant' })
      }
      for (const answer of won) await expectEnded(server, expectTokens(answer), 'es')
    }
    checkLog(server, secrets)
    await server.close()
    rmSync(folder, { recursive: true })
  })
})

describe('what codes are made of', () => {
  const COUNT = 10_000
  const MARK = 'pc_'

  const mintCodes = async (): Promise<string[]> => {
    const parts = { dev: false, crypto: nodeCrypto, maskKey: nodeCrypto.random(32) }
    const minted = Array.from({ length: COUNT }, (_, id) => mintSecret(parts, 'code', id + 1))
    return (await Promise.all(minted)).map(({ secret }) => secret)
  }

  test('D12: ten thousand codes in a row share nothing but their mark', async () => {
    const codes = await mintCodes()
    for (const code of codes) expect(code).toMatch(/^pc_[A-Za-z0-9_-]{43}$/)
    expect(new Set(codes).size).toBe(COUNT)
    const sorted = [...codes].sort()
    const shared = sorted.slice(1).map((code, index) => {
      const before = sorted[index] ?? ''
      const differs = [...code].findIndex((letter, at) => letter !== before[at])
      return differs - MARK.length
    })
    // 10,000 random codes share 4 or 5 characters at most; 9 would happen once in 10^8 runs.
    expect(Math.max(...shared)).toBeLessThan(9)
  })

  test('D12: every bit of a code is as often set as not, 192 of them unpredictable', async () => {
    const codes = (await mintCodes()).map((code) =>
      Buffer.from(code.slice(MARK.length), 'base64url'),
    )
    for (let bit = 0; bit < 256; bit++) {
      const set = codes.filter((bytes) => ((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1).length
      // Six standard deviations from the middle.
      expect(Math.abs(set - COUNT / 2), `bit ${bit}`).toBeLessThan(300)
    }
    const verifiers = new Set(codes.map((bytes) => bytes.subarray(8).toString('hex')))
    expect(verifiers.size).toBe(COUNT)
    expect([...verifiers][0]).toHaveLength(192 / 4)
  })
})

describe('what happens between authorize and token', () => {
  test('D15: a client that left the file cannot exchange its code, nor can its successor', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'patois-'))
    const database = `sqlite:${join(folder, 'patois.db')}`
    const first = await startServer({ database })
    const fresh = await newCode(first, openBrowser())
    await first.close()
    const { port, masterKey } = first
    const now = first.clock.now()

    const clients = CLIENTS.filter((client) => client.client_id !== 'cc')
    const again = { database, port, masterKey, now: now + 1 }
    const gone = await startServer({ ...again, configuration: { clients } })
    const answer = await exchange(gone, fresh)
    checkAnswer(answer, { status: 401, error: 'invalid_client' })
    expect(lastRequest(gone)).toMatchObject({ clientId: 'cc', reason: 'client_disabled' })
    expect(lastRequest(gone).grantId).toBeUndefined()
    checkLog(gone, secrets)
    await gone.close()

    const back = await startServer({ ...again, now: now + 2 })
    expectRefused(back, await exchange(back, fresh), 'grant_ended')
    checkLog(back, secrets)
    await back.close()
    rmSync(folder, { recursive: true })
  })

  test('D17: a code of one issuer is unknown to another in the same process', async () => {
    const [a, b] = [await startServer(), await startServer()]
    const fresh = await newCode(a, openBrowser())
    await newCode(b, openBrowser())
    expectRefused(b, await exchange(b, fresh), 'code_unknown')
    expectTokens(await exchange(a, fresh))
    for (const server of [a, b]) {
      checkLog(server, secrets)
      await server.close()
    }
  })
})

describe('a database in trouble', () => {
  /** A store whose reads of codes wait until they are let go, and whose commits can fail. */
  const troubled = () => {
    const trouble = { held: [] as (() => void)[], hold: false, fail: 0 }
    const wrapStore = (store: Store): Store => ({
      ...store,
      async findCode(id) {
        const found = await store.findCode(id)
        if (trouble.hold) await new Promise<void>((go) => trouble.held.push(go))
        return found
      },
      async commit(plan) {
        if (plan.spend?.what === 'code' && trouble.fail > 0) {
          trouble.fail -= 1
          throw new Unavailable('The database does not answer.')
        }
        return store.commit(plan)
      },
    })
    return { trouble, wrapStore }
  }

  const turns = async (until: () => boolean): Promise<void> => {
    while (!until()) await new Promise((resolve) => setImmediate(resolve))
  }

  const familiesOf = (server: TestServer): number =>
    new Set(
      loggedRequests(server)
        .filter(({ operation, decision }) => operation === 'token' && decision === 'allowed')
        .map(({ familyId }) => familyId),
    ).size

  test('D18: a client that tries again while the database is slow gets one grant at most', async () => {
    const { trouble, wrapStore } = troubled()
    const server = await startServer({ wrapStore })
    const fresh = await newCode(server, openBrowser())
    trouble.hold = true
    const calls = [exchange(server, fresh), exchange(server, fresh)]
    await turns(() => trouble.held.length === 2)
    trouble.hold = false
    for (const go of trouble.held) go()
    const answers = await Promise.all(calls)
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
    for (const answer of answers.filter(({ status }) => status === 400)) {
      checkAnswer(answer, { error: 'invalid_grant' })
    }
    expect(familiesOf(server)).toBe(1)
    checkLog(server, secrets)
    await server.close()
  })

  test('D18: a database that does not answer gives a clean 503, and the code is still good', async () => {
    const { trouble, wrapStore } = troubled()
    const server = await startServer({ wrapStore })
    const fresh = await newCode(server, openBrowser())
    trouble.fail = 1
    const failed = await exchange(server, fresh)
    checkAnswer(failed, { status: 503, error: 'temporarily_unavailable' })
    const tokens = expectTokens(await exchange(server, fresh))
    expect(await isActive(server, tokens.access_token)).toBe(true)
    expect(familiesOf(server)).toBe(1)
    checkLog(server, secrets)
    await server.close()
  })
})

describe('what may be registered', () => {
  test.each(['code', 'state', 'iss', 'error', 'response'])(
    'D19: a redirect URI with its own parameter %s is refused at registration',
    (name) => {
      const uris = [`https://rp.test/cb?${name}=x`, `https://rp.test/cb?a=b&${name}`]
      const encoded = `https://rp.test/cb?%${name.charCodeAt(0).toString(16)}${name.slice(1)}=x`
      const client = {
        client_id: 'web',
        client_secret: SECRETS.web,
        redirect_uris: [...uris, encoded],
      }
      const text = JSON.stringify({ issuer: 'https://id.test', clients: [client] })
      const read = readConfiguration({ text, env: {}, dev: false, dialects: DIALECTS })
      const sentence = `has the parameter ${name}, which answers use`
      expect(read.ok ? [] : read.faults).toEqual([
        `clients[0].redirect_uris[0]: ${sentence}`,
        `clients[0].redirect_uris[1]: ${sentence}`,
        `clients[0].redirect_uris[2]: ${sentence}`,
      ])
    },
  )
})
