// Attacks on PKCE: a code born with a challenge is worth nothing without its verifier.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  answerOf,
  authorizeParams,
  call,
  getCode,
  newPkce,
  openBrowser,
  type Page,
  type TestBrowser,
} from '../door/browser.ts'
import { RU } from '../door/fixtures.ts'
import {
  checkAnswer,
  checkErrorPage,
  checkErrorRedirect,
  checkLog,
  checkPage,
  lastRequest,
} from '../door/rules.ts'
import { startServer, type TestServer } from '../door/server.ts'

let server: TestServer
let browser: TestBrowser
const secrets: string[] = []

// Signed in and with consent given, so that whatever is allowed gets its code at once.
beforeAll(async () => {
  server = await startServer()
  browser = openBrowser()
  for (const client of ['cc', 'cp', 'pub']) await getCode(server, client, {}, browser)
})
afterEach(() => checkLog(server, secrets))
afterAll(() => server.close())

const ask = (client: string, pkce: Record<string, string>): Promise<Page> => {
  const params = new URLSearchParams({ ...authorizeParams(client, undefined), ...pkce })
  return browser.get(server.url(`/authorize?${params}`))
}

const expectRefused = (page: Page, reason: string): void => {
  checkErrorRedirect(server, page, 'invalid_request')
  expect(lastRequest(server)).toMatchObject({ operation: 'authorize', decision: 'refused', reason })
}

const newCode = async (client: string) => {
  const { code, verifier } = await getCode(server, client, {}, browser)
  secrets.push(verifier)
  return { code, verifier }
}

const codeWithoutChallenge = async (client: string): Promise<string> => {
  const page = await ask(client, {})
  checkPage(page, { status: 303 })
  return answerOf(page).get('code') ?? ''
}

const exchange = (client: string, code: string, code_verifier?: string) => {
  if (code_verifier) secrets.push(code_verifier)
  return call(server, '/token', client, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: RU,
    ...(code_verifier !== undefined && { code_verifier }),
  })
}

const expectExchange = async (
  client: string,
  code: string,
  verifier: string | undefined,
  refused: { error: string; reason: string },
): Promise<void> => {
  const answer = await exchange(client, code, verifier)
  checkAnswer(answer, { status: 400, error: refused.error })
  expect(lastRequest(server)).toMatchObject({ clientId: client, reason: refused.reason })
}

const expectTokens = async (client: string, code: string, verifier?: string): Promise<void> => {
  const answer = await exchange(client, code, verifier)
  checkAnswer(answer, { status: 200 })
  expect(answer.body.access_token).toMatch(/^pa_[A-Za-z0-9_-]{43}$/)
}

const wrongVerifier = () => newPkce().verifier

describe('at the authorization endpoint', () => {
  test.each(['pub', 'cc'])(
    'C1: a request of %s without a code_challenge is refused',
    async (id) => {
      expectRefused(await ask(id, {}), 'challenge_missing')
      expectRefused(await ask(id, { code_challenge: '' }), 'challenge_missing')
      expectRefused(await ask(id, { code_challenge_method: 'S256' }), 'challenge_missing')
      checkErrorPage(await ask(id, { code_verifier: wrongVerifier() }))
      expect(lastRequest(server).reason).toBe('secret_in_query')
    },
  )

  test.each(['pub', 'cc', 'cp'])(
    'C3: %s cannot have the method plain, said or implied',
    async (id) => {
      const { challenge: code_challenge } = newPkce()
      expectRefused(await ask(id, { code_challenge }), 'challenge_method_wrong')
      for (const method of ['plain', 's256', 'S256 ', 'S512', 'none', '']) {
        const page = await ask(id, { code_challenge, code_challenge_method: method })
        expectRefused(page, 'challenge_method_wrong')
      }
    },
  )

  test('C5: a challenge that is no SHA-256 in base64url is refused', async () => {
    const { challenge } = newPkce()
    for (const code_challenge of [
      challenge.slice(1),
      `${challenge}A`,
      `${challenge}=`,
      'a'.repeat(128),
      'a'.repeat(129),
      `+${challenge.slice(1)}`,
      `/${challenge.slice(1)}`,
      `=${challenge.slice(1)}`,
      `.${challenge.slice(1)}`,
      `\u00e9${challenge.slice(1)}`,
      `${challenge}\n`,
      `${challenge}\0`,
      'a',
    ]) {
      const page = await ask('cc', { code_challenge, code_challenge_method: 'S256' })
      expectRefused(page, 'challenge_malformed')
    }
  })

  test('C5: a challenge of another length that stands in the store matches nothing', async () => {
    const { challenge } = newPkce()
    const { code, verifier } = await newCode('cc')
    const found = server.store.findCode
    server.store.findCode = async (id) => {
      const row = await found(id)
      return row && { ...row, code: { ...row.code, challenge: challenge.slice(0, 20) } }
    }
    const refused = { error: 'invalid_grant', reason: 'verifier_wrong' }
    await expectExchange('cc', code, verifier, refused).finally(() => {
      server.store.findCode = found
    })
    await expectTokens('cc', code, verifier)
  })
})

describe('at the token endpoint', () => {
  test.each(['pub', 'cc', 'cp'])(
    'C6: a code of %s with a challenge needs its verifier',
    async (id) => {
      const { code, verifier } = await newCode(id)
      const refused = { error: 'invalid_grant', reason: 'verifier_missing' }
      await expectExchange(id, code, undefined, refused)
      await expectExchange(id, code, '', refused)
      await expectTokens(id, code, verifier)
    },
  )

  test('C7: a verifier for a code without a challenge is refused, and nothing is spent', async () => {
    const code = await codeWithoutChallenge('cp')
    const refused = { error: 'invalid_grant', reason: 'verifier_unexpected' }
    await expectExchange('cp', code, wrongVerifier(), refused)
    await expectTokens('cp', code)
  })

  test('C8: the challenge itself is no verifier', async () => {
    const { verifier, challenge } = newPkce()
    secrets.push(verifier)
    const page = await ask('pub', { code_challenge: challenge, code_challenge_method: 'S256' })
    const code = answerOf(page).get('code') ?? ''
    const refused = { error: 'invalid_grant', reason: 'verifier_wrong' }
    await expectExchange('pub', code, challenge, refused)
    await expectTokens('pub', code, verifier)
  })

  test('C9: three wrong verifiers leave the code to its owner', async () => {
    const { code, verifier } = await newCode('pub')
    const refused = { error: 'invalid_grant', reason: 'verifier_wrong' }
    for (let guess = 0; guess < 3; guess++) {
      await expectExchange('pub', code, wrongVerifier(), refused)
    }
    await expectTokens('pub', code, verifier)
  })

  test('C9: the fifth wrong verifier uses the code up', async () => {
    const { code, verifier } = await newCode('pub')
    const refused = { error: 'invalid_grant', reason: 'verifier_wrong' }
    for (let guess = 0; guess < 5; guess++) {
      await expectExchange('pub', code, wrongVerifier(), refused)
    }
    const spent = { error: 'invalid_grant', reason: 'code_spent' }
    await expectExchange('pub', code, verifier, spent)
    await expectExchange('pub', code, verifier, spent)
  })

  test('C9: wrong verifiers that come all at once are counted each', async () => {
    const { code, verifier } = await newCode('pub')
    const guesses = Array.from({ length: 5 }, () => exchange('pub', code, wrongVerifier()))
    for (const answer of await Promise.all(guesses)) {
      checkAnswer(answer, { status: 400, error: 'invalid_grant' })
    }
    await expectExchange('pub', code, verifier, { error: 'invalid_grant', reason: 'code_spent' })
  })

  test('C9: who is not the client cannot use a code up with wrong verifiers', async () => {
    const { code, verifier } = await newCode('pub')
    const refused = { error: 'invalid_grant', reason: 'code_other_client' }
    for (let guess = 0; guess < 6; guess++) {
      await expectExchange('cc2', code, wrongVerifier(), refused)
    }
    await expectTokens('pub', code, verifier)
  })

  test('C10: a malformed verifier is refused as such and counts for nothing', async () => {
    const { code, verifier } = await newCode('cc')
    const refused = { error: 'invalid_request', reason: 'verifier_malformed' }
    for (const malformed of [
      'a'.repeat(42),
      'a'.repeat(129),
      'a'.repeat(10_000),
      `+${verifier.slice(1)}`,
      `/${verifier.slice(1)}`,
      `=${verifier.slice(1)}`,
      ` ${verifier.slice(1)}`,
      `${verifier}\n`,
      `${verifier}\0`,
      `\u00e9${verifier.slice(1)}`,
    ]) {
      await expectExchange('cc', code, malformed, refused)
    }
    await expectTokens('cc', code, verifier)
  })

  test.skip('C12: a client that must use PKCE comes through a dialect without a verifier field — there is no such dialect yet', () => {})
})

describe('in the metadata', () => {
  test.each(['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'])(
    'C13: S256 is the one method that %s names',
    async (path) => {
      const response = await fetch(server.url(path))
      expect(response.status).toBe(200)
      const document = (await response.json()) as Record<string, unknown>
      expect(document.code_challenge_methods_supported).toEqual(['S256'])
    },
  )
})
