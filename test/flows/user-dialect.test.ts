// A dialect of the user's own, from a YAML file: served, called by the line that dev mode prints.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DIALECTS, type Dialect } from '@patois/core'
import { CATALOGUE } from '@patois/core/catalogue'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { paste, runToEnd, type Started, start } from '../door/cli.ts'
import { freePort } from '../door/server.ts'

const ACME = `
extends: standard
name: acme
title: Acme Rockets
policy: { exactClientAuth: null, rootDiscovery: null }
operations:
  authorize:
    path: /connect
    methods: [GET]
    reads:
      acr_values: null
      claims: null
      claims_locales: null
      display: null
      id_token_hint: null
      login_hint: null
      max_age: null
      nonce: null
      registration: null
      request: null
      request_uri: null
      response_mode: null
      resource: null
      prompt: query prompt
      ui_locales: query ui_locales
      client_id: query app
      redirect_uri: query redirect_uri
      response_type: query response_type
      state: query state
      scope: query scopes comma
      code_challenge: query code_challenge
      code_challenge_method: query code_challenge_method
  token:
    path: /apps/{app}/token
    reads:
      client_id: path app
      client_secret: header x-acme-secret
      client_assertion: null
      client_assertion_type: null
      grant_type: json grantType
      code: json code
      redirect_uri: json redirectUri
      code_verifier: json codeVerifier
      refresh_token: json refreshToken
      username: null
      password: null
      scope: json scopes array
      resource: null
    answers:
      status: 201
      facts:
        access_token: json result.accessToken
        token_type: null
        access_expires_at: json result.expiresAt unix_ms
        refresh_token: json result.refreshToken
        scope: json result.scopes array
        id_token: null
      says: { ok: true }
  revoke: null
  introspect: null
  userinfo: null
  logout: null
  jwks: null
  openid_configuration: null
  oauth_authorization_server: null
`

const FAULTY = `
name: Acme Rockets
policy: { lifetimes: { code: 1h } }
operations:
  token:
    does: token
    methods: [GET]
    path: /../token
    reads: { code: query code, secret: form secret }
    answers: { status: 200, facts: {}, headers: { Set-Cookie: a=b } }
`

const FAULTS = [
  'title: is needed',
  'name: must be a name of lower-case letters, digits and hyphens',
  'policy.lifetimes.code: must be a whole number from 1 to 600',
  'operations.token.refuses: is needed',
  'operations.token.path: must be a path from its slash on, with {name} for whole parts that are fields, and without .., //, ? and #',
  'operations.token.reads.secret: is not a known name',
  'operations.token.answers.headers.Set-Cookie: is not a header in lower case that a dialect may set',
  'operations.token.reads.code: is a secret and must not stand in the query',
  'operations.token.reads.client_id: is needed',
  'operations.token.reads.code_verifier: is needed',
  'operations.token.reads.refresh_token: is needed',
  'operations.token.reads.grant_type: is needed',
  'operations.token.methods: must be POST alone: it carries secrets',
  'operations.token.answers.facts.access_token: is needed',
]

let cwd: string
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'patois-dialect-'))
  writeFileSync(join(cwd, 'acme.yaml'), ACME)
  writeFileSync(join(cwd, 'faulty.yaml'), FAULTY)
})
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

/** Runs `patois dev` with these dialects. */
const dev = async (dialects: string) => {
  const port = await freePort()
  writeFileSync(join(cwd, 'patois.yaml'), `dialects: ${dialects}\n`)
  const memory = ['--database', 'sqlite::memory:', '--port', String(port)]
  return start(['dev', '--config', join(cwd, 'patois.yaml'), ...memory], { cwd: tmpdir() })
}

describe('a dialect file in the configuration', () => {
  let running: Started
  beforeAll(async () => {
    running = await dev('[standard, { dialect: ./acme.yaml, at: /rockets }]')
    await running.until('Ctrl+C')
  })
  afterAll(async () => void (await running.stop()))

  const lineOf = (title: string): string => {
    const lines = running.printed.out.split('\n')
    return lines[lines.indexOf(`  # acme, ${title}`) + 1] ?? ''
  }

  test('is served: the printed line of the code grant returns a token', async () => {
    const line = lineOf('authorization_code')
    expect(line).toContain('/rockets/apps/demo/token')
    expect(line).toContain('x-acme-secret')
    expect(await paste(line)).toEqual({
      ok: true,
      result: {
        accessToken: expect.stringMatching(/^test_pa_/),
        refreshToken: expect.stringMatching(/^test_pr_/),
        expiresAt: expect.any(Number),
        scopes: expect.arrayContaining(['openid']),
      },
    })
  })

  test('is served: the printed line of the client credentials grant returns a token', async () => {
    const { ok, result } = await paste(lineOf('client_credentials'))
    expect([ok, Object.keys(result as object)]).toEqual([
      true,
      ['accessToken', 'expiresAt', 'scopes'],
    ])
  })

  test('refuses as the base does', async () => {
    const line = lineOf('client_credentials').replace(/x-acme-secret: [\w-]+/, 'x-acme-secret: no')
    expect(await paste(line)).toMatchObject({ error: 'invalid_client' })
  })
})

describe('a start with a dialect file', () => {
  const end = async (dialects: string) => {
    const { code, err } = await (await dev(dialects)).ended
    return {
      code,
      lines: err
        .trim()
        .split('\n')
        .map((line) => line.trim()),
    }
  }

  test('that is faulty lists every fault with its path', async () => {
    const { code, lines } = await end('[standard, ./faulty.yaml]')
    expect(code).toBe(1)
    expect(lines).toEqual([
      `The configuration has ${FAULTS.length} faults:`,
      ...FAULTS.map((fault) => `dialects[1] (./faulty.yaml): ${fault}`),
    ])
  })

  test('that is not there says so', async () => {
    const { lines } = await end('[./nowhere.yaml]')
    expect(lines[1]).toBe('dialects[0] (./nowhere.yaml) cannot be read: there is no such file')
  })

  test('that is no YAML says where', async () => {
    writeFileSync(join(cwd, 'broken.yaml'), 'name: acme\n\ttitle: x\n')
    const { lines } = await end('[./broken.yaml]')
    expect(lines[1]).toMatch(/^dialects\[0\] \(\.\/broken\.yaml\), line 2, column 1: /)
  })

  test('that takes the name of another says so', async () => {
    writeFileSync(join(cwd, 'bolt.json'), '{ "extends": "standard", "name": "bolt", "title": "B" }')
    const { lines } = await end('[./bolt.json]')
    expect(lines[1]).toBe('dialects[0] (./bolt.json): name: bolt is the name of another dialect')
  })

  test('that overlaps another dialect or our own pages says so', async () => {
    writeFileSync(
      join(cwd, 'twin.yaml'),
      'extends: standard\nname: twin\ntitle: Twin\npolicy: { rootDiscovery: null }',
    )
    expect((await end('[standard, ./twin.yaml]')).lines).toEqual([
      'standard and twin both answer /authorize: mount one of them elsewhere (at, host)',
    ])
    for (const path of ['/login', '/admin/token', '/{app}', '/{app}/token']) {
      const token = path.includes('{')
        ? `{ path: '${path}', reads: { client_id: path app } }`
        : `{ path: ${path} }`
      writeFileSync(
        join(cwd, 'inside.yaml'),
        `extends: standard\nname: inside\ntitle: I\noperations: { token: ${token}, authorize: { path: /a/b }, revoke: { path: /r/b }, introspect: { path: /i/b }, userinfo: { path: /u/b }, logout: { path: /l/b }, jwks: { path: /j/b } }`,
      )
      const { code, lines } = await end('[./inside.yaml]')
      expect([path, code, lines.join()]).toEqual([
        path,
        1,
        expect.stringMatching(/reserved|same requests/),
      ])
    }
  })
})

describe('patois dialect', () => {
  const run = (...args: string[]) => runToEnd(['dialect', ...args], { cwd })

  test('list names every dialect that is built in or of the catalogue', async () => {
    const { code, out } = await run('list')
    expect(code).toBe(0)
    const lines = out.split('\n').map((line) => line.replace(/ {2,}/, ': '))
    for (const { name, title, serve } of [...DIALECTS, ...CATALOGUE] as Dialect[]) {
      expect(lines).toContain(`${name}: ${title}${serve === false ? ' (for callers only)' : ''}`)
    }
  })

  test('check says that a file is fine, or lists every fault and ends with 1', async () => {
    expect(await run('check', 'acme.yaml')).toEqual({
      code: 0,
      out: 'acme.yaml is fine: acme (Acme Rockets), operations: 2\n',
      err: '',
    })
    writeFileSync(
      join(cwd, 'reserved.yaml'),
      'extends: standard\nname: mine\ntitle: Mine\noperations: { authorize: { path: /login } }\n',
    )
    expect((await run('check', 'reserved.yaml')).out).toMatch(
      /^reserved.yaml is fine: .*\nIt has to be mounted at a prefix \(at\), because at the root: .* \/login lies under \/login, which is reserved\n$/,
    )
    const faulty = await run('check', 'faulty.yaml')
    expect([faulty.code, faulty.out]).toEqual([1, ''])
    expect(faulty.err.trim().split('\n').slice(1)).toEqual(
      FAULTS.map((one) => `faulty.yaml: ${one}`),
    )
    expect((await run('check', 'nowhere.yaml')).err).toContain('there is no such file')
  })

  test('show writes each operation of a file or a name as it looks on the wire', async () => {
    const { code, out } = await run('show', 'acme.yaml')
    expect(code).toBe(0)
    for (const line of [
      'POST /apps/CLIENT-ID/token HTTP/1.1',
      'x-acme-secret: CLIENT-SECRET',
      '  "codeVerifier": "CODE-VERIFIER"',
      'HTTP/1.1 201',
      '    "expiresAt": 1800003600000,',
      '  "error": "invalid_grant",',
    ]) {
      expect(out).toContain(`\n${line}\n`)
    }
    for (const { name } of DIALECTS) expect((await run('show', name)).code).toBe(0)
    expect((await run('show', 'microsoft')).out).toContain('POST /common/oauth2/v2.0/token')
    expect((await run('show', 'acme')).err).toMatch(/^There is no dialect acme/)
  })
})
