// The wire: fields out of messages, facts into answers.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { withQuery, writeAnswer, writeRefusal } from './answer.ts'
import type { Operation } from './dialects/dialect.ts'
import { standard } from './dialects/standard.ts'
import type { FieldName, Fields } from './oauth.ts'
import { fieldSpots } from './spot.ts'
import { type Message, readRequest, writeRequest } from './wire.ts'

const { token, authorize, userinfo, introspect } = standard.operations

const message = (over: Partial<Message> & { form?: string } = {}): Message => {
  const { form, ...rest } = over
  return {
    method: 'POST',
    path: '/token',
    query: '',
    params: {},
    headers: form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' },
    body: new TextEncoder().encode(form ?? ''),
    ...rest,
  }
}

const basic = (id: string, secret: string) => ({
  authorization: `Basic ${btoa(`${id}:${secret}`)}`,
})

describe('a request', () => {
  test('is read from the form, with percent-encoding and plus signs', () => {
    const { fields } = readRequest(token, message({ form: 'code=a%2Bb+c&scope=a+b' }))
    expect(fields).toEqual({ code: 'a+b c', scope: ['a', 'b'] })
  })

  test('may repeat a resource, and nothing else', () => {
    const twice = message({ form: 'resource=a&resource=b' })
    expect(readRequest(token, twice).fields.resource).toEqual(['a', 'b'])
    expect(() => readRequest(token, message({ form: 'code=a&code=a' }))).toThrow('field_repeated')
    expect(() => readRequest(token, message({ form: 'code=&code=a' }))).toThrow('field_repeated')
  })

  test('leaves out what has no value', () => {
    expect(readRequest(token, message({ form: 'code=&scope=&resource=' })).fields).toEqual({})
  })

  test('says where the secret stood', () => {
    const header = message({
      form: 'code=c',
      headers: { ...basic('a%3Ab', 'x+y'), 'content-type': 'application/x-www-form-urlencoded' },
    })
    const sent = readRequest(token, header)
    expect(sent.fields).toMatchObject({ client_id: 'a:b', client_secret: 'x y' })
    expect(sent.places.client_secret).toBe('basic')
  })

  test('takes a raw Basic half that cannot be decoded as it is', () => {
    const sent = readRequest(token, message({ headers: basic('web', '100%') }))
    expect(sent.fields.client_secret).toBe('100%')
  })

  test('keeps a raw Basic secret that reads otherwise when it is decoded', () => {
    const sent = readRequest(token, message({ headers: basic('web', 'a+b/c%41=') }))
    expect(sent.fields.client_secret).toBe('a b/cA=')
    expect(sent.rawSecret).toBe('a+b/c%41=')
    expect(readRequest(token, message({ headers: basic('web', 'a/b=') }))).not.toHaveProperty(
      'rawSecret',
    )
    const posted = message({ form: 'client_id=web&client_secret=a%2Bb' })
    expect(readRequest(token, posted)).not.toHaveProperty('rawSecret')
  })

  test('keeps every colon of a secret but the first', () => {
    expect(readRequest(token, message({ headers: basic('web', 'a:b:c') })).fields).toMatchObject({
      client_id: 'web',
      client_secret: 'a:b:c',
    })
  })

  test.each(['Basic %', 'Basic', 'Bearer %', 'Basic dGVzdA==', `Basic ${btoa('\xff:\xff')}`])(
    'ignores the header %j',
    (authorization) => {
      expect(readRequest(token, message({ headers: { authorization } })).fields).toEqual({})
    },
  )

  test('says one thing in one place', () => {
    const headers = { ...basic('web', 's'), 'content-type': 'application/x-www-form-urlencoded' }
    const read = (form: string) => () =>
      readRequest(token, message({ headers, body: new TextEncoder().encode(form) }))
    expect(read('client_id=web')().fields.client_id).toBe('web')
    expect(read('client_id=other')).toThrow('field_repeated')
    expect(read('client_secret=s')).toThrow('client_ambiguous')
    const both = message({ path: '/authorize', query: 'state=a', form: 'state=a' })
    expect(() => readRequest(authorize, both)).toThrow('field_repeated')
  })

  test.each([
    ['application/json', 'body_type_wrong'],
    ['application/x-www-form-urlencoded; charset=utf-7', 'body_type_wrong'],
    ['multipart/form-data', 'body_type_wrong'],
    [undefined, 'body_type_wrong'],
  ])('with the content type %s is refused: %s', (type, reason) => {
    const sent = message({ form: 'code=c', headers: { 'content-type': type } })
    expect(() => readRequest(token, sent)).toThrow(reason)
  })

  test.each([';charset=UTF-8', ';', '; boundary=x', '; a=b; Charset="utf-8";', ';charset=utf8'])(
    'in UTF-8 with the parameters %j is fine',
    (parameters) => {
      const type = `Application/x-www-form-urlencoded${parameters}`
      const sent = message({ form: 'code=c', headers: { 'content-type': type } })
      expect(readRequest(token, sent).fields.code).toBe('c')
    },
  )

  test.each([
    ';charset=utf-16',
    ';a=b;charset=utf-16',
    ';charset=utf-8;charset=x',
    '; charset*=utf-7',
    '-more',
  ])('with the parameters %j is refused', (parameters) => {
    const type = `application/x-www-form-urlencoded${parameters}`
    const sent = message({ form: 'code=c', headers: { 'content-type': type } })
    expect(() => readRequest(token, sent)).toThrow('body_type_wrong')
  })

  test('in another coding is refused', () => {
    const read = (coding: string) => () => {
      const type = 'application/x-www-form-urlencoded'
      const headers = { 'content-type': type, 'content-encoding': coding }
      return readRequest(token, message({ form: 'code=c', headers }))
    }
    expect(read('Identity')().fields.code).toBe('c')
    for (const coding of ['gzip', 'identity, gzip']) expect(read(coding)).toThrow('body_type_wrong')
  })

  test('that has its token in the header may have a body that is no form', () => {
    const headers = { authorization: 'Bearer t', 'content-type': 'application/json' }
    const sent = message({ form: '{}', headers })
    expect(readRequest(userinfo, sent).fields).toEqual({ access_token: 't' })
    const { authorization, ...others } = headers
    expect(() => readRequest(userinfo, { ...sent, headers: others })).toThrow('body_type_wrong')
    expect(() => readRequest(token, { ...sent, headers })).toThrow('body_type_wrong')
  })

  test.each(['code=%', 'code=%zz', 'code=%ff'])('with the body %s is refused', (form) => {
    expect(() => readRequest(token, message({ form }))).toThrow('body_unreadable')
  })

  test('never brings a secret in its query', () => {
    for (const name of ['client_secret', 'code', 'refresh_token', 'password']) {
      expect(() => readRequest(token, message({ query: `${name}=x` }))).toThrow('secret_in_query')
    }
    const asked = message({ method: 'GET', query: 'access_token=x' })
    expect(() => readRequest(userinfo, asked)).toThrow('secret_in_query')
    expect(() => readRequest(introspect, message({ query: 'token=x' }))).toThrow('secret_in_query')
    expect(readRequest(token, message({ query: 'lang=en' })).fields).toEqual({})
  })

  test('cannot name what only an object has', () => {
    const form = '__proto__=x&constructor=y&toString=z'
    expect(readRequest(token, message({ form })).fields).toEqual({})
  })

  test('comes out as it was put in, for every operation', () => {
    for (const operation of Object.values(standard.operations)) {
      fc.assert(
        fc.property(anyFields(operation), (fields) => {
          const sent = writeRequest(operation, fields)
          expect(readRequest(operation, sent).fields).toEqual(fields)
        }),
      )
    }
  })
})

/** Fields that an operation reads, with awkward values, each of them perhaps absent. */
const anyFields = (operation: Operation): fc.Arbitrary<Fields> => {
  const text = fc.string({ minLength: 1, unit: 'grapheme' }).filter((one) => one.isWellFormed())
  const word = fc.constantFrom('a', 'b.c', 'openid', 'x+y', '%41')
  const values = (field: FieldName, form: string): fc.Arbitrary<string | string[]> => {
    if (form === 'space') return fc.uniqueArray(word, { minLength: 1 })
    if (form === 'list') return fc.array(text, { minLength: 1 })
    if (field === 'access_token') return fc.stringMatching(/^[A-Za-z0-9._~+/-]{1,20}$/)
    return text
  }
  const shapes = Object.fromEntries(
    fieldSpots(operation).map(({ field, form }) => [field, values(field, form)]),
  )
  // A secret without its id is not a request that a client can write.
  return fc.record(shapes, { requiredKeys: [] }).map((fields) => {
    if ('client_secret' in fields && !('client_id' in fields)) delete fields.client_secret
    return fields as Fields
  })
}

describe('an answer', () => {
  const facts = {
    access_token: 't',
    token_type: 'Bearer',
    access_expires_at: 1600,
    scope: ['a', 'b'],
    refresh_expires_at: 9,
  }

  test('counts seconds from now, and leaves out what there is none of', () => {
    const { status, body, headers } = writeAnswer(token, facts, 1000)
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('application/json')
    expect(JSON.parse(body)).toEqual({
      access_token: 't',
      token_type: 'Bearer',
      expires_in: 600,
      scope: 'a b',
    })
    expect(JSON.parse(writeAnswer(token, { ...facts, scope: [] }, 1700).body)).toEqual({
      access_token: 't',
      token_type: 'Bearer',
      expires_in: 0,
    })
  })

  test('that refuses names the code and nothing of the cause', () => {
    const told = { code: 'invalid_client', sentence: 'Client authentication failed.' }
    const { status, headers, body } = writeRefusal(token, told, 'https://as.test')
    expect(status).toBe(401)
    expect(headers['www-authenticate']).toBe('Basic realm="https://as.test"')
    expect(JSON.parse(body)).toEqual({
      error: 'invalid_client',
      error_description: 'Client authentication failed.',
    })
  })

  test('to a request without a token names the scheme alone', () => {
    const told = { code: 'token_missing', sentence: 'x' }
    const { status, headers, body } = writeRefusal(userinfo, told, 'https://as.test')
    expect([status, headers['www-authenticate'], body]).toEqual([401, 'Bearer', ''])
  })

  test('goes behind what the redirect URI has already', () => {
    expect(
      withQuery('https://rp.test/cb?a=%20', { code: 'c', state: 'x y&', iss: undefined }),
    ).toBe('https://rp.test/cb?a=%20&code=c&state=x+y%26')
  })
})
