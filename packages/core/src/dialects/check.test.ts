// The checker of dialect files: what passes, and for everything else a sentence with its path.

import { describe, expect, test } from 'vitest'
import { GRANT_TYPES } from '../grants/index.ts'
import { checkDialect } from './check.ts'
import { DIALECTS } from './index.ts'
import { GRANTS } from './lists.ts'
import { standard } from './standard.ts'

const faultsOf = (data: unknown): string[] => {
  const checked = checkDialect(data)
  return checked.ok ? [] : checked.faults
}

/** The standard dialect with other things said. */
const changed = (changes: object): Record<string, unknown> => ({
  extends: 'standard',
  name: 'acme',
  title: 'Acme',
  ...changes,
})

const token = (changes: object) => changed({ operations: { token: changes } })
const authorize = (changes: object) => changed({ operations: { authorize: changes } })

describe('a dialect file', () => {
  test.each(DIALECTS.map((one) => [one.name, one] as const))('like %s is fine', (_, dialect) => {
    expect(faultsOf(dialect)).toEqual([])
    expect(checkDialect(JSON.parse(JSON.stringify(dialect)))).toEqual({ ok: true, dialect })
  })

  test('may say only what differs, and null takes away', () => {
    const checked = checkDialect(
      token({ path: '/v3/token', reads: { resource: null, code: 'form auth_code' }, grants: null }),
    )
    if (!checked.ok) throw new Error(checked.faults.join('\n'))
    const { resource, ...reads } = standard.operations.token.reads
    expect(checked.dialect).toEqual({
      ...standard,
      name: 'acme',
      title: 'Acme',
      operations: {
        ...standard.operations,
        token: {
          ...standard.operations.token,
          path: '/v3/token',
          reads: { ...reads, code: 'form auth_code' },
        },
      },
    })
    expect(standard.operations.token.reads.resource).toBe('form resource list')
  })

  test('knows the grant types that there are', () => {
    expect([...GRANTS].sort()).toEqual(GRANT_TYPES.map(({ type }) => type).sort())
  })

  test.each([undefined, null, 7, 'standard', [], [standard]])('%j is none', (data) => {
    expect(faultsOf(data)).toEqual(['must be names with values'])
  })

  test('hears all its faults at once', () => {
    const faults = faultsOf({
      name: 'Acme',
      policy: { lifetimes: { code: 601 }, colour: 'red' },
      operations: { token: { does: 'tokens', methods: ['PUT'], path: 'token', reads: [] } },
    })
    expect(faults.map((line) => line.split(': ')[0])).toEqual([
      'title',
      'name',
      'policy.lifetimes.code',
      'policy.colour',
      'operations.token.answers',
      'operations.token.refuses',
      'operations.token.does',
      'operations.token.methods[0]',
      'operations.token.path',
      'operations.token.reads',
    ])
  })
})

describe('W14, W15: refused with its path:', () => {
  const row = (code: string, over: object) => token({ refuses: { rows: { [code]: over } } })
  const header = (name: string, value = 'x') => token({ answers: { headers: { [name]: value } } })
  const path = 'operations.token.path'
  const reads = 'operations.token.reads'
  const headers = 'operations.token.answers.headers'

  test.each<[string, object, string]>([
    ['an unknown member', changed({ serve: true }), 'serve'],
    ['a member of another type', changed({ title: 7 }), 'title'],
    ['an unknown base', { ...changed({}), extends: 'acme' }, 'extends'],
    ['a missing name', { ...changed({}), name: null }, 'name'],
    ['a name with a dot', changed({ name: 'a.b' }), 'name'],
    ['a name that objects have', changed(JSON.parse('{"__proto__": {"ok": true}}')), '__proto__'],
    [
      'a code that lives too long',
      changed({ policy: { lifetimes: { code: 3600 } } }),
      'policy.lifetimes.code',
    ],
    [
      'a scope that grants others',
      changed({ policy: { implies: { openid: ['admin'] } } }),
      'policy.implies',
    ],
    ['a standard scope', changed({ scopes: { openid: 'Nothing' } }), 'scopes.openid'],
    [
      'an ID token that says who',
      changed({
        policy: { idToken: { audience: 'array', rsaBits: 4096, claims: { sub: 'email' } } },
      }),
      'policy.idToken.claims.sub',
    ],
    ['an unknown deed', token({ does: 'login' }), 'operations.token.does'],
    ['an origin with a part of nobody’s', token({ at: 'https://{x}.test' }), 'operations.token.at'],
    ['a path without a slash', token({ path: 'token' }), path],
    ['a path upwards', token({ path: '/a/../token' }), path],
    ['a path with two slashes', token({ path: '//token' }), path],
    ['a path with a query', token({ path: '/token?a' }), path],
    ['a path with a fragment', token({ path: '/token#a' }), path],
    ['a path with a line end', token({ path: '/token\n' }), path],
    ['a path with a pattern', token({ path: '/:id(^(a+)+$)' }), path],
    ['a path with a wildcard', token({ path: '/*' }), path],
    ['a part that nothing reads', token({ path: '/{client_id}/token' }), path],
    ['a part that is not there', token({ reads: { state: 'path state' } }), `${reads}.state`],
    ['two operations in one place', token({ path: '/revoke' }), 'operations.revoke.path'],
    [
      'two operations that meet in one place',
      token({ path: '/{client_id}', reads: { client_id: 'path client_id' } }),
      'operations.revoke.path',
    ],
    [
      'metadata on a page',
      changed({ operations: { openid_configuration: { path: '/login' } } }),
      'operations.openid_configuration.path',
    ],
    ['a page among metadata', token({ path: '/.well-known/token' }), path],
    ['a token call by GET', token({ methods: ['GET', 'POST'] }), 'operations.token.methods'],
    ['an unknown field', token({ reads: { enabled: 'form enabled' } }), `${reads}.enabled`],
    ['an unknown place', token({ reads: { code: 'cookie code' } }), `${reads}.code`],
    ['an unknown form', token({ reads: { scope: 'form scope semicolon' } }), `${reads}.scope`],
    ['a name that an object has', token({ reads: { code: 'json __proto__' } }), `${reads}.code`],
    ['a secret in the query', token({ reads: { code: 'query code' } }), `${reads}.code`],
    [
      'a secret in the path',
      token({ path: '/token/{code}', reads: { code: 'path code' } }),
      `${reads}.code`,
    ],
    [
      'a name of a secret in the query',
      authorize({ reads: { state: 'query code' } }),
      'operations.authorize.reads.state',
    ],
    [
      'a page whose request cannot wait',
      authorize({ reads: { state: 'form state' } }),
      'operations.authorize.reads.state',
    ],
    ['a cookie', token({ reads: { code: 'header cookie' } }), `${reads}.code`],
    ['one value with two meanings', token({ reads: { state: 'form code' } }), `${reads}.state`],
    ['a scope that is text', token({ reads: { scope: 'form scope' } }), `${reads}.scope`],
    ['a text that is a list', token({ reads: { code: 'form code space' } }), `${reads}.code`],
    ['a token call without a client', token({ reads: { client_id: null } }), `${reads}.client_id`],
    [
      'a code without a verifier',
      token({ reads: { code_verifier: null } }),
      `${reads}.code_verifier`,
    ],
    [
      'a request without a challenge',
      authorize({ reads: { code_challenge: null } }),
      'operations.authorize.reads.code_challenge',
    ],
    [
      'a meaning for a secret',
      token({ means: { client_secret: 'x' } }),
      'operations.token.means.client_secret',
    ],
    [
      'a challenge for everybody',
      authorize({ means: { code_challenge: 'x' }, reads: { code_challenge: null } }),
      'operations.authorize.means.code_challenge',
    ],
    ['a need that cannot be met', token({ needs: ['nonce'] }), 'operations.token.needs'],
    [
      'a success that is none',
      token({ answers: { status: 400 } }),
      'operations.token.answers.status',
    ],
    ['a token by redirect', token({ answers: { status: 302 } }), 'operations.token.answers.status'],
    [
      'a page that stays',
      authorize({ answers: { status: 200 } }),
      'operations.authorize.answers.status',
    ],
    [
      'a refusal that is none',
      row('invalid_grant', { status: 204 }),
      'operations.token.refuses.rows.invalid_grant.status',
    ],
    [
      'a refusal that blames us',
      row('invalid_grant', { status: 500 }),
      'operations.token.refuses.rows.invalid_grant.status',
    ],
    ['an unknown code', row('bad_luck', { status: 400 }), 'operations.token.refuses.rows.bad_luck'],
    [
      'an unknown reason',
      token({ refuses: { reasons: { moon: { status: 400 } } } }),
      'operations.token.refuses.reasons.moon',
    ],
    [
      'a fact that there is not',
      token({ answers: { facts: { hash: 'json hash' } } }),
      'operations.token.answers.facts.hash',
    ],
    [
      'a time without a form',
      token({ answers: { facts: { access_expires_at: 'json at' } } }),
      'operations.token.answers.facts.access_expires_at',
    ],
    [
      'a token in a redirect',
      token({ answers: { facts: { access_token: 'query t' } } }),
      'operations.token.answers.facts.access_token',
    ],
    [
      'an answer into a prototype',
      token({ answers: { says: { 'a.__proto__.b': 1 } } }),
      'operations.token.answers.says."a.__proto__.b"',
    ],
    [
      'an answer inside a text',
      token({ answers: { says: { 'access_token.x': 1 } } }),
      'operations.token.answers.says',
    ],
    [
      'a constant that is null',
      token({ answers: { says: { a: [null] } } }),
      'operations.token.answers.says.a',
    ],
    ...[
      'set-cookie',
      'location',
      'content-security-policy',
      'access-control-allow-origin',
      'transfer-encoding',
      'content-length',
    ].map((name): [string, object, string] => [
      `the header ${name}`,
      header(name),
      `${headers}.${name}`,
    ]),
    ['a header in capitals', header('X-Name'), `${headers}.X-Name`],
    ['a header with a line end', header('x-name', 'a\r\nb: c'), `${headers}.x-name`],
    ['an answer to be kept', header('cache-control', 'public'), `${headers}.cache-control`],
  ])('%s', (_, data, place) => {
    expect(faultsOf(data).map((line) => line.split(': ')[0])).toContain(place)
  })
})
