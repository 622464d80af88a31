// Attacks on the parameters of an authorization request: whatever is wrong with one, nothing is given for it.

import { describe, expect, test } from 'vitest'
import {
  ask,
  at,
  expectCode,
  expectErrorPage,
  expectLogged,
  expectRefused,
  FORM,
  openEndpoint,
  paramsOf,
  post,
  raw,
  unchanged,
  urlOf,
} from '../door/authorize.ts'
import {
  answerOf,
  authorizeParams,
  call,
  getCode,
  hiddenFields,
  logIn,
  newPkce,
  openBrowser,
  type Page,
  walk,
} from '../door/browser.ts'
import { CLIENTS, RU, SECRETS } from '../door/fixtures.ts'
import { checkAnswer, checkLog, checkPage, lastRequest } from '../door/rules.ts'
import { startServer, type TestServer } from '../door/server.ts'

const EVIL = 'https://evil.test'

const none = {
  client_id: 'none',
  client_name: 'Without a scope',
  client_secret: SECRETS.web,
  redirect_uris: [RU],
}
const machine = { ...none, client_id: 'machine', grant_types: ['client_credentials'] }

openEndpoint({ clients: [...CLIENTS, none, machine] })

describe('the client and its parameters', () => {
  test('A0: the request that the others are variants of gets its code at once', async () => {
    expectCode(await ask())
    expectCode(await post(paramsOf()))
  })

  test('A1: a request without a client_id, or with one of nobody, stays on a page of ours', async () => {
    const params = paramsOf()
    params.delete('client_id')
    await expectErrorPage(() => at.browser.get(urlOf(params)), 'field_missing')
    await expectErrorPage(() => at.browser.get(urlOf('')), 'field_missing')
    await expectErrorPage(() => post(params), 'field_missing')
    await expectErrorPage(() => ask({ client_id: '' }), 'field_missing')
    for (const client_id of ['nobody', 'CC', 'cc ', 'cc\0', '__proto__', "' OR 1=1 --"]) {
      await expectErrorPage(() => ask({ client_id }), 'client_unknown')
    }
  })

  test('A1: a client that has no codes to ask for is told so', () =>
    expectRefused(() => ask({}, 'machine'), 'unauthorized_client', 'grant_not_allowed'))

  test.each(['GET', 'POST'])(
    'A12: a parameter that comes twice in a %s is refused',
    async (how) => {
      for (const [name, value] of paramsOf({ prompt: 'consent', nonce: 'n' })) {
        for (const again of [value, 'other', EVIL]) {
          const params = paramsOf({ prompt: 'consent', nonce: 'n' })
          params.append(name, again)
          const sent = () => (how === 'GET' ? at.browser.get(urlOf(params)) : post(params))
          await expectErrorPage(sent, 'field_repeated')
        }
      }
    },
  )

  test('A12: a parameter once in the query and once in the body is refused', async () => {
    for (const [name, value] of paramsOf({ prompt: 'consent', nonce: 'n', resource: 'r' })) {
      for (const again of [value, 'other', EVIL]) {
        const query = new URLSearchParams({ [name]: again }).toString()
        const form = paramsOf({ prompt: 'consent', nonce: 'n', resource: 'r' })
        await expectErrorPage(() => post(form, query), 'field_repeated')
      }
    }
    // What stands in one place alone may stand in either.
    const form = paramsOf()
    form.delete('state')
    expectCode(await post(form, 'state=state-1'))
  })
})

describe('response types and modes', () => {
  const refuse = (response_type: string, more = {}) =>
    expectRefused(
      () => ask({ response_type, ...more }),
      'unsupported_response_type',
      'response_type_wrong',
    )

  test('A5: response_type=token is refused in the query, and no token is in a fragment', async () => {
    await refuse('token')
    await refuse('token', { response_mode: 'query' })
  })

  test.each(['code token', 'id_token token', 'code id_token', 'code id_token token', 'id_token'])(
    'A6: response_type=%s is refused',
    async (response_type) => {
      await refuse(response_type)
      await expectRefused(
        () => ask({ response_type }, 'quiet', openBrowser()),
        'unsupported_response_type',
        'response_type_wrong',
      )
    },
  )

  test('A7: a response type that only looks like code is refused', async () => {
    for (const type of ['code code', 'Code', 'CODE', 'code\0', ' code', 'code ', 'code,', 'none']) {
      await refuse(type)
    }
    for (const type of ['__proto__', 'constructor', 'code\r\nx: y', 'c'.repeat(4000)]) {
      await refuse(type)
    }
    const missing = () => ask({ response_type: '' })
    await expectRefused(missing, 'invalid_request', 'field_missing')
  })

  test('A8: the modes query and form_post answer in their ways', async () => {
    expectCode(await ask({ response_mode: 'query' }))
    const page = await ask({ response_mode: 'form_post' })
    checkPage(page, { status: 200 })
    expect(page.text).toContain(`action="${RU}"`)
    const { code, ...rest } = hiddenFields(page.text)
    expect(code).toMatch(/^pc_/)
    expect(rest).toEqual({ state: 'state-1', iss: at.server.issuer })
  })

  test('A8: an error goes to the client in the mode that it asked for', async () => {
    const page = await unchanged(() => ask({ response_mode: 'form_post', prompt: 'bogus' }))
    checkPage(page, { status: 200 })
    const { error_description, ...rest } = hiddenFields(page.text)
    expect(rest).toEqual({ error: 'invalid_request', state: 'state-1', iss: at.server.issuer })
    expectLogged('prompt_malformed')
  })

  test('A8: every other mode is refused in the default one', async () => {
    const modes = ['fragment', 'bogus', 'Query', 'query ', 'form_post fragment', 'web_message']
    const jarm = ['jwt', 'query.jwt', 'fragment.jwt', 'form_post.jwt']
    for (const response_mode of [...modes, ...jarm, '__proto__', 'query\0']) {
      await expectRefused(() => ask({ response_mode }), 'invalid_request', 'response_mode_wrong')
    }
  })

  test('A9: no mode lets a response type with a token in it through', async () => {
    for (const type of ['token', 'id_token', 'code token', 'code id_token token']) {
      await refuse(type, { response_mode: 'query' })
      const page = await unchanged(() => ask({ response_type: type, response_mode: 'form_post' }))
      expect(hiddenFields(page.text).error).toBe('unsupported_response_type')
    }
  })

  test('A10: the redirect URI is judged before the mode', async () => {
    for (const response_mode of ['form_post.jwt', 'form_post', 'fragment', 'query', 'bogus']) {
      const elsewhere = { response_mode, redirect_uri: `${EVIL}/cb` }
      await expectErrorPage(() => ask(elsewhere), 'redirect_mismatch')
    }
  })
})

describe('state', () => {
  const states: Record<string, string> = {
    'letters beyond ASCII': 'Grüße 🎉 ﷽ \u2028 é',
    quotes: `"'\`<>\\</script><script>alert(1)</script>`,
    'a line break': 'a\r\nset-cookie: evil=1\r\n\r\n<html>',
    'the signs of a URL': '#f?code=evil&state=b&iss=https://evil.test;=+%20%2500 ',
    'a NUL': 'a\0b',
    'a single sign': '&',
    'eight KiB': 'a'.repeat(8192),
    'eight KiB of quotes': '"'.repeat(8192),
    'percent signs alone': '%'.repeat(2000),
  }

  test.each(Object.entries(states))('A14: %s goes back as it came', async (_, state) => {
    const query = paramsOf({ state }).toString()
    const right = await raw({ method: 'GET' }, query)
    expectCode(right, state)
    expect(right.headers.get('set-cookie')).toBeNull()
    expect(right.location).not.toMatch(/[^\x21-\x7e]|#/)
    expect(answerOf(right).getAll('code')).toHaveLength(1)
    const wrong = paramsOf({ state, prompt: 'bogus' }).toString()
    const refused = () => raw({ method: 'GET' }, wrong)
    await expectRefused(refused, 'invalid_request', 'prompt_malformed', state)
    expectCode(await post(paramsOf({ state })), state)
  })

  test('A14: in a form post as well', async () => {
    for (const state of [states.quotes ?? '', states['the signs of a URL'] ?? '']) {
      const page = await ask({ state, response_mode: 'form_post' })
      expect(hiddenFields(page.text).state).toBe(state)
      expect(page.text.match(/<script/g)).toHaveLength(1)
    }
  })

  test('A14: a longer one is refused, and no part of it goes back', async () => {
    for (const state of ['a'.repeat(8193), '"'.repeat(9000), 'b'.repeat(20_000)]) {
      await expectRefused(
        () => post(paramsOf({ state })),
        'invalid_request',
        'parameter_too_long',
        null,
      )
    }
    const long = { nonce: 'n'.repeat(8193) }
    await expectRefused(() => ask(long), 'invalid_request', 'parameter_too_long')
  })

  test('A14: none, and an empty one, is none in the answer', async () => {
    expectCode(await ask({ state: '' }), null)
    await expectRefused(
      () => ask({ state: '', prompt: 'bogus' }),
      'invalid_request',
      'prompt_malformed',
      null,
    )
  })

  test('A14: what is no UTF-8 is refused before anybody is sent anywhere', async () => {
    const params = paramsOf()
    params.delete('state')
    for (const state of ['%ff', '%c0%af', '%ed%a0%80', '%', '%zz', '%u0041']) {
      await expectErrorPage(
        () => at.browser.get(urlOf(`${params}&state=${state}`)),
        'body_unreadable',
      )
      await expectErrorPage(() => post(`${params}&state=${state}`), 'body_unreadable')
    }
  })
})

describe('scope', () => {
  type Granted = { scope: unknown; dropped?: unknown; unknown?: unknown }
  const grantedOf = async (scope: string): Promise<Granted> => {
    const { verifier, challenge } = newPkce()
    at.secrets.push(verifier)
    const params = new URLSearchParams(authorizeParams('cc', challenge, { scope }))
    const page = await at.browser.get(urlOf(params))
    const line: Record<string, unknown> = lastRequest(at.server)
    expect(line).toMatchObject({ operation: 'authorize', decision: 'allowed', reason: 'ok' })
    const answer = await call(at.server, '/token', 'cc', {
      grant_type: 'authorization_code',
      code: expectCode(page),
      code_verifier: verifier,
      redirect_uri: RU,
    })
    checkAnswer(answer, { status: 200 })
    const { droppedScope: dropped, droppedUnknown: unknown } = line
    return { scope: answer.body.scope, dropped, unknown }
  }

  const many = Array.from({ length: 4000 }, (_, index) => `s${index}`)

  // What is no scope at all may be a secret in the wrong field: the log only counts it.
  test.each<[string, string, Omit<Granted, 'scope'>]>([
    ['unknown values', 'openid unknown api.read other', { unknown: 2 }],
    ['a value that nobody gave the client', 'openid address api.read', { dropped: ['address'] }],
    ['both at once', 'openid address unknown api.read', { dropped: ['address'], unknown: 1 }],
    ['values with a meaning in JavaScript', 'openid api.read __proto__ toString', { unknown: 2 }],
    ['values in another case', 'openid OpenID api.read API.read', { unknown: 2 }],
    ['four thousand values', `openid ${many.join(' ')} api.read`, { unknown: 10 }],
  ])('A15: %s are dropped, and answer and log show it', async (_, scope, dropped) => {
    expect(await grantedOf(scope)).toEqual({ scope: 'openid api.read', ...dropped })
  })

  test('A15: spaces separate, however many, and a value that comes again says nothing new', async () => {
    for (const scope of ['  openid   api.read ', 'openid api.read openid api.read']) {
      expect(await grantedOf(scope)).toEqual({ scope: 'openid api.read' })
    }
  })

  test('A15: a request of which nothing is left is refused', async () => {
    for (const scope of ['unknown', 'address phone', many.join(' ')]) {
      await expectRefused(() => ask({ scope }), 'invalid_scope', 'scope_none')
      const first = scope.split(' ').slice(0, 10)
      const dropped = scope.includes('address')
        ? { droppedScope: first }
        : { droppedUnknown: first.length }
      expect(lastRequest(at.server)).toMatchObject(dropped)
    }
  })

  test('A15: a value that no scope can be refuses the request', async () => {
    const signs = [
      '"quoted"',
      'a"b',
      'a\\b',
      '\\',
      'a\tb',
      'a\nb',
      'a\r\nx: y',
      'a\0b',
      'ä',
      '🎉',
      '\x7f',
    ]
    for (const sign of signs) {
      const scope = `openid ${sign} api.read`
      await expectRefused(() => ask({ scope }), 'invalid_scope', 'scope_malformed')
    }
  })

  test('A15: what is dropped at the token endpoint is shown in the same way', async () => {
    const fields = { grant_type: 'client_credentials', scope: 'api.read unknown' }
    const answer = await call(at.server, '/token', 'cc', fields)
    checkAnswer(answer, { status: 200 })
    expect(answer.body.scope).toBe('api.read')
    expect(lastRequest(at.server)).toMatchObject({ operation: 'token', droppedUnknown: 1 })
  })

  test('A17: without a scope the client gets what it is registered for', async () => {
    const { verifier, challenge } = newPkce()
    at.secrets.push(verifier)
    const person = openBrowser()
    const params = authorizeParams('cc', challenge)
    delete params.scope
    const page = await walk(at.server, person, params)
    const answer = await call(at.server, '/token', 'cc', {
      grant_type: 'authorization_code',
      code: expectCode(page),
      code_verifier: verifier,
    })
    checkAnswer(answer, { status: 200 })
    expect(answer.body.scope).toBe('openid profile email offline_access api.read api.write')
    expect(lastRequest(at.server)).not.toHaveProperty('droppedScope')
  })

  test('A17: a client without any scope is asked about and gets its code', async () => {
    const person = openBrowser()
    const params = authorizeParams('none', newPkce().challenge)
    delete params.scope
    await logIn(at.server, person, await person.get(at.server.url('/login')), 'bob')
    const page = await person.get(urlOf(new URLSearchParams(params)))
    checkPage(page, { status: 200 })
    expect(page.text).toContain('value="allow"')
    expectCode(await walk(at.server, person, params))
    await expectRefused(() => ask({ scope: 'openid' }, 'none'), 'invalid_scope', 'scope_none')
  })
})

describe('methods, bodies and origins', () => {
  const paths = {
    '/authorize': 'GET, POST',
    '/login': 'GET, POST',
    '/consent': 'POST',
    '/login/end': 'POST',
    '/logout': 'GET, POST',
  }
  const expectMethod = (page: Page, allow: string): void => {
    expect([page.status, page.headers.get('allow')]).toEqual([405, allow])
    for (const name of ['location', 'set-cookie']) expect(page.headers.get(name)).toBeNull()
    expectNoCors(page)
  }
  const expectNoCors = ({ headers }: Page): void => {
    const names = [...headers.keys()].filter((name) => name.startsWith('access-control-'))
    expect(names).toEqual([])
  }

  test.each(Object.entries(paths))('A18: %s takes %s and nothing else', async (path, allow) => {
    const query = path === '/authorize' ? paramsOf().toString() : ''
    for (const method of ['PUT', 'DELETE', 'PATCH', 'TRACE', 'OPTIONS', 'PROPFIND']) {
      expectMethod(await unchanged(() => raw({ method }, query, path)), allow)
      const body = { method, headers: { 'content-type': FORM, origin: EVIL }, body: 'a=b' }
      if (method !== 'TRACE') expectMethod(await unchanged(() => raw(body, query, path)), allow)
    }
  })

  test('A18: HEAD mints no code and says what may be sent instead', async () => {
    const page = await unchanged(() => raw({ method: 'HEAD' }, paramsOf().toString()))
    expectMethod(page, 'GET, POST')
    const empty = await raw({ method: 'HEAD' }, '', '/login')
    expect([empty.status, empty.headers.get('location')]).toEqual([200, null])
    expectMethod(await raw({ method: 'GET' }, '', '/consent'), 'POST')
  })

  test.each([
    'application/json',
    'multipart/form-data; boundary=x',
    'text/plain',
    'text/html',
    'application/xml',
    `${FORM}; charset=utf-7`,
    `${FORM}; charset=iso-8859-1`,
    `${FORM}x`,
    '',
  ])('A19: a body of the type %j is refused', async (type) => {
    const form = String(paramsOf())
    const json = JSON.stringify(Object.fromEntries(paramsOf()))
    for (const body of [form, json]) {
      const headers: Record<string, string> = type === '' ? {} : { 'content-type': type }
      await expectErrorPage(() => raw({ headers, body }), 'body_type_wrong', 415)
    }
  })

  test('A19: a body that is packed, or of two types, is refused', async () => {
    const body = String(paramsOf())
    const packed = { 'content-type': FORM, 'content-encoding': 'gzip' }
    await expectErrorPage(() => raw({ headers: packed, body }), 'body_type_wrong', 415)
    const two = { 'content-type': [FORM, 'application/json'] }
    await expectErrorPage(() => raw({ headers: two, body }), 'header_repeated')
  })

  test('A20: no origin but ours may read anything here', async () => {
    const asked = {
      origin: EVIL,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization, content-type',
    }
    for (const origin of [EVIL, 'null', 'https://rp.test', at.server.origin]) {
      const headers = { ...asked, origin }
      const query = paramsOf().toString()
      expectMethod(await unchanged(() => raw({ method: 'OPTIONS', headers }, query)), 'GET, POST')
      expectNoCors(await raw({ method: 'GET', headers: { origin } }, query))
      const form = { headers: { origin, 'content-type': FORM }, body: query }
      expectNoCors(await raw(form))
      expectNoCors(await raw({ method: 'GET', headers: { origin } }, 'client_id=nobody'))
      expectNoCors(await raw({ method: 'GET', headers: { origin } }, '', '/login'))
    }
  })
})

describe('the issuer in the answer', () => {
  const metadataIssuer = async (own: TestServer): Promise<unknown> => {
    const response = await fetch(own.url('/.well-known/openid-configuration'))
    return ((await response.json()) as Record<string, unknown>).issuer
  }

  test.each(['', '/auth', '/a/b'])(
    'A21: iss is exactly the metadata’s issuer, once, in success and in error, path %j',
    async (path) => {
      const own = await startServer({ path })
      const issuer = await metadataIssuer(own)
      expect(issuer).toBe(own.issuer)
      const person = openBrowser()
      await getCode(own, 'cc', {}, person)
      for (const more of [{}, { prompt: 'bogus' }, { iss: EVIL }]) {
        const params = paramsOf(more)
        const page = await person.get(own.url(`/authorize?${params}`))
        expect(answerOf(page).getAll('iss')).toEqual([issuer])
        params.set('response_mode', 'form_post')
        const posted = await person.get(own.url(`/authorize?${params}`))
        expect(posted.text.match(/name="iss"/g)).toHaveLength(1)
        expect(hiddenFields(posted.text).iss).toBe(issuer)
      }
      checkLog(own)
      await own.close()
    },
  )
})
