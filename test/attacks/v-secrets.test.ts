// Attacks on what is kept and told: log, database, files, process list and audit trail hold no secret.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AuditEvent, writeRequest } from '@patois/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startSweeper } from '../../packages/server/src/sweep.ts'
import {
  authorizeParams,
  call,
  decide,
  getCode,
  getTokens,
  logIn,
  newPkce,
  openBrowser,
  walk,
} from '../door/browser.ts'
import { start } from '../door/cli.ts'
import {
  configurationFor,
  fieldsOf,
  sendMessage,
  signedIn,
  speakersAt,
  startEvery,
  takeCode,
  takeTokens,
  walkThrough,
} from '../door/every-dialect.ts'
import { PASSWORDS, RU, SECRETS } from '../door/fixtures.ts'
import { type Installation, install, type Served, serve } from '../door/process.ts'
import { sendRaw } from '../door/raw.ts'
import { checkLog, loggedRequests } from '../door/rules.ts'
import { startServer, type TestServer } from '../door/server.ts'
import { countRows, databaseOf, introspect, openFolder, refresh, revoke } from '../door/tokens.ts'

/** A secret as it could stand in a file: as it is, and in the usual spellings of it. */
const spellings = (secret: string): Buffer[] => {
  const bytes = Buffer.from(secret)
  // Base64 looks different with one or two other bytes in front of it.
  const base64 = [0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .slice(before && 4, -4),
  )
  const texts = [
    secret,
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    encodeURIComponent(secret),
    ...base64,
    ...base64.map((one) => one.replaceAll('+', '-').replaceAll('/', '_')),
  ]
  const known = texts.map((one) => Buffer.from(one))
  const handle = /^(?:test_)?p[acrs]_([\w-]{43})$/.exec(secret)?.[1]
  // What a token is made of: the whole of it, and the random bytes alone.
  const raw = handle ? Buffer.from(handle, 'base64url') : undefined
  return raw && handle ? [...known, Buffer.from(handle), raw.subarray(8)] : known
}

const secretsIn = (bytes: Buffer, secrets: readonly string[]): string[] =>
  secrets.filter((secret) => spellings(secret).some((one) => bytes.includes(one)))

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name))

test('the search finds what it searches for, however it is spelled', () => {
  const secret = `pr_${'Ab-_1'.repeat(8)}xyz`
  const raw = Buffer.from(secret.slice(3), 'base64url')
  for (const before of ['', 'x', 'xy']) {
    for (const one of [
      Buffer.from(before + secret),
      Buffer.from(Buffer.from(`${before}${secret} and more`).toString('base64')),
      Buffer.from(Buffer.from(`${before}${secret} and more`).toString('base64url')),
      Buffer.from(Buffer.from(before + secret).toString('hex')),
      Buffer.concat([Buffer.from(before), raw]),
    ]) {
      expect(secretsIn(one, [secret])).toEqual([secret])
    }
  }
  expect(secretsIn(Buffer.from('nothing of it'), [secret])).toEqual([])
})

describe('a server that all dialects have spoken to, at its most talkative', () => {
  let folder: string
  let place: Installation
  let served: Served
  let secrets: string[]
  let commandLine: string
  const temporary = (): string => join(folder, 'tmp')

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'patois-secrets-'))
    mkdirSync(temporary())
    const speakers = speakersAt('root')
    place = await install(folder, { ...configurationFor(speakers), log: { level: 'trace' } })
    served = serve({ ...place, env: { TMPDIR: temporary() } })
    await served.ready
    secrets = [place.masterKey, ...Object.values(SECRETS)]
    for (const speaker of speakers) secrets.push(...(await walkThrough(place, speaker)))
    const tokens = await getTokens(place, 'jwt')
    secrets.push(tokens.access_token, tokens.refresh_token, String(tokens.id_token))
    await walk(place, openBrowser(), { client_id: 'cc' })
    await logIn(
      place,
      openBrowser(),
      await openBrowser().get(place.url('/login')),
      'alice',
      'wrong',
    )
    commandLine = readFileSync(`/proc/${served.pid}/cmdline`, 'utf8')
  })
  afterAll(async () => {
    await served.stop('SIGKILL')
    rmSync(folder, { recursive: true })
  })

  test('V1: at log level trace the log has a line for each request, and no secret', () => {
    const { out, err } = served.printed
    expect(err).toBe('')
    expect(
      out.split('\n').filter((line) => line.includes('"msg":"request"')).length,
    ).toBeGreaterThan(100)
    expect(secretsIn(Buffer.from(out), secrets)).toEqual([])
  })

  test('V3: the database and its write-ahead log hold no secret in any spelling', () => {
    expect(secrets.length).toBeGreaterThan(50)
    const kept = filesIn(folder).filter((path) => path.startsWith(place.path))
    expect(kept.map((path) => path.slice(place.path.length)).sort()).toEqual(
      expect.arrayContaining(['', '-wal', '.lock']),
    )
    for (const path of kept) {
      const found = secretsIn(readFileSync(path), secrets)
      expect({ path, found }).toEqual({ path, found: [] })
    }
  })

  test('V4: nor does a backup, and nothing is written anywhere else', async () => {
    const copy = join(folder, 'backup.db')
    const database = new DatabaseSync(place.path, { readOnly: true })
    database.prepare('VACUUM INTO ?').run(copy)
    database.close()
    expect(secretsIn(readFileSync(copy), secrets)).toEqual([])
    expect(filesIn(temporary())).toEqual([])
    const elsewhere = filesIn(folder).filter((path) => !path.startsWith(place.path))
    expect(elsewhere.sort()).toEqual([copy, place.file].sort())
  })

  test('V5: the process list shows no secret, and no flag takes one', async () => {
    expect(commandLine).toContain('serve')
    expect(secretsIn(Buffer.from(commandLine), secrets)).toEqual([])
    const { out } = await start(['serve', '--help'], { cwd: folder }).ended
    expect(out).toContain('--log-level')
    const flags = out.match(/--[\w-]+/g) ?? []
    const telling = flags.filter((one) => /secret|password|master|key|token/.test(one))
    // How long they live is no secret.
    expect(telling.filter((one) => !one.startsWith('--lifetime-'))).toEqual([])
  })
})

test('V1: a password that somebody puts where a scope belongs is not logged', async () => {
  const server = await startServer()
  const misplaced = 'a-password-of-somebody'
  const browser = openBrowser()
  const scope = `openid ${misplaced}`
  const params = authorizeParams('cc', newPkce().challenge, { scope })
  expect((await walk(server, browser, params)).status).toBe(303)
  const fields = { grant_type: 'client_credentials', scope: `api.read ${misplaced}` }
  expect((await call(server, '/token', 'cc', fields)).status).toBe(200)
  expect(loggedRequests(server).at(-1)).toMatchObject({ droppedUnknown: 1 })
  expect(secretsIn(Buffer.from(server.log.join('')), [misplaced])).toEqual([])
  await server.close()
})

test.skip('V4: a core dump cannot be made — a limit of the service manager, which Node cannot set', () => {})
test.skip('V5: what an error reporter is sent — nothing is ever sent to one', () => {})

describe('V2: an error that nobody caught', () => {
  const token = `pr_${'Ab-_1'.repeat(8)}xyz`
  const url = `https://rp.test/cb?code=${token}&client_secret=a-plain-secret&state=visible`
  const crash = `process.on('SIGUSR2', () => { HOW })`
  const secrets = [token, 'a-plain-secret', 'in-a-cause']
  const error = `Object.assign(new Error('failed at ${url}', { cause: new Error('password=in-a-cause') }), { input: '${url}' })`

  test.each([
    ['thrown', `throw ${error}`],
    ['a promise that was rejected', `Promise.reject(${error})`],
  ])('%s ends the server with one line of the log, without the secrets in it', async (_, how) => {
    const folder = mkdtempSync(join(tmpdir(), 'patois-crash-'))
    const place = await install(folder)
    const code = encodeURIComponent(crash.replace('HOW', how))
    const served = serve({
      ...place,
      env: { NODE_OPTIONS: `--import=data:text/javascript,${code}` },
    })
    try {
      await served.ready
      const { code: ended, out, err } = await served.stop('SIGUSR2')
      expect({ ended, err }).toEqual({ ended: 1, err: '' })
      const last = JSON.parse(out.trimEnd().split('\n').at(-1) ?? '')
      expect(last).toMatchObject({ level: 'fatal', msg: 'crashed' })
      expect(last.err.message).toBe(
        'failed at https://rp.test/cb?code=[secret]&client_secret=[secret]&state=visible',
      )
      expect(last.err.stack).toContain('at process')
      expect(secretsIn(Buffer.from(out), secrets)).toEqual([])
      // Its database is whole, and the next one starts.
      const next = serve(place)
      await next.ready
      expect((await next.stop()).code).toBe(0)
    } finally {
      await served.stop('SIGKILL')
      rmSync(folder, { recursive: true })
    }
  })

  test('in the store is told in the log without the secrets, and to the caller not at all', async () => {
    let failing = false
    const server = await startServer({
      unchecked: 'the failure is the point',
      wrapStore: (store) => ({
        ...store,
        findRefreshToken: (id) => {
          if (!failing) return store.findRefreshToken(id)
          throw new Error(`no row for ${url}`)
        },
      }),
    })
    const { refresh_token } = await getTokens(server)
    failing = true
    const answer = await refresh(server, refresh_token)
    await server.close()
    expect({ status: answer.status, error: answer.body.error }).toEqual({
      status: 500,
      error: 'server_error',
    })
    const bug = server.log.map((line) => JSON.parse(line)).find(({ msg }) => msg === 'bug')
    expect(bug.err.message).toContain('code=[secret]')
    expect(
      secretsIn(Buffer.from(server.log.join('') + JSON.stringify(answer.body)), secrets),
    ).toEqual([])
  })
})

describe('V6: what callers write into the log', () => {
  // What upsets a terminal or a reader of lines: all controls, and what turns text around.
  const CONTROLS = /[\p{Cc}\u2028\u2029\u202a-\u202e]/gu
  const POISON = [
    'a\nb',
    'a\r\n{"level":"fatal","msg":"forged"}',
    '\x1b[31mred\x1b[0m',
    '\0',
    '\u009b31m',
    '\u202egnp',
    '\u2028',
    '"}{"',
    'x'.repeat(3000),
  ]

  test('stays one line of JSON each, without controls, and short', async () => {
    const server = await startServer()
    for (const text of POISON) {
      const latin = Buffer.from(text.replace(CONTROLS, ' ')).toString('latin1').trim()
      for (const [path, fields] of [
        ['/token', { grant_type: text, client_id: text, client_secret: text }],
        ['/introspect', { token: text, client_id: text }],
        ['/authorize', { client_id: text, redirect_uri: text, state: text }],
        ['/login', { username: text, password: text, request: text, csrf: text }],
      ] as const) {
        await sendRaw(server, path, {
          headers: {
            'content-type': 'application/x-www-form-urlencoded',
            'user-agent': latin,
            'x-request-id': latin,
            'x-forwarded-for': latin,
          },
          body: new URLSearchParams(fields).toString(),
        })
      }
      const { status } = await fetch(server.url(`/${encodeURIComponent(text).slice(0, 5000)}`))
      expect(status).toBeLessThan(500)
    }
    const code = await getCode(server, 'cc', { state: POISON[1] ?? '', nonce: POISON[2] ?? '' })
    expect(code.code).not.toBe('')
    for (const line of server.log) {
      expect(() => JSON.parse(line)).not.toThrow()
      expect(line.trimEnd()).not.toMatch(CONTROLS)
      expect(line.length).toBeLessThan(2000)
      expect(line).not.toContain('forged')
    }
    await server.close()
  })

  test('a megabyte is refused before anything of it is logged', async () => {
    const server = await startServer()
    const body = `grant_type=${'y'.repeat(1024 * 1024)}`
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await sendRaw(server, '/token', { headers, body })
    expect(answer.status).toBe(413)
    expect(server.log.join('')).not.toContain('yyyy')
    expect(loggedRequests(server).at(-1)?.reason).toBe('body_too_large')
    await server.close()
  })
})

describe('V7: the audit trail', () => {
  test('each request to an operation of each dialect is one event, with its client and reason', async () => {
    const heard: AuditEvent[] = []
    const speakers = speakersAt('root')
    const server = await startEvery(speakers, { on: (event) => void heard.push(event) })
    await server.keys.ready('RS256/4096')
    for (const speaker of speakers) {
      const browser = await signedIn(server)
      const held = await takeTokens(server, speaker, await takeCode(server, speaker, browser))
      const operations = Object.values(speaker.dialect.operations)
      for (const operation of operations) {
        for (const client_secret of [speaker.client_secret, 'wrong-secret-0123456789-0123456789']) {
          const before = heard.length
          const fields = {
            ...fieldsOf(speaker, held),
            client_secret,
            token: held.refresh_token ?? '',
          }
          const grant_type = operation.grants?.[0] ?? 'refresh_token'
          const message = writeRequest(operation, { ...fields, grant_type })
          const { status } = await sendMessage(server, speaker, message)
          if (status === 404) continue
          const what = `${speaker.dialect.name} ${operation.path} ${status}`
          expect(heard.length - before, what).toBe(1)
          const event = heard.at(-1)
          expect(event?.reason, what).toMatch(/^[a-z_]+$/)
          if (operation.reads.client_secret) expect(event?.clientId, what).toBe(speaker.client_id)
        }
      }
    }
    // The log says the same as the stream.
    const told = loggedRequests(server).map(({ requestId, reason }) => `${requestId} ${reason}`)
    expect(heard.map(({ requestId, reason }) => `${requestId} ${reason}`)).toEqual(told)
    await server.close()
  })

  test('a listener that fails is told in the log, and no caller hears of it', async () => {
    const server = await startServer({
      on: () => {
        throw new Error('a bug of the operator, token=abcdefgh')
      },
    })
    const answer = await call(server, '/token', 'rs', { grant_type: 'client_credentials' })
    expect(answer.status).toBe(200)
    const page = await openBrowser().get(server.url('/login'))
    expect(page.status).toBe(200)
    const told = server.log.filter((line) => line.includes('a bug of the operator'))
    expect(told).toHaveLength(2)
    expect(told.join('')).not.toContain('abcdefgh')
    await server.close()
  })
})

describe('V7: the table of security events', () => {
  let server: TestServer
  let folder: ReturnType<typeof openFolder>
  const secrets: string[] = []
  beforeAll(async () => {
    folder = openFolder()
    server = await startServer({ database: folder.database })
    // A key that is made while it answers is kept with an event of its own.
    await server.keys.ready('RS256')
  })
  afterAll(async () => {
    await server.close()
    folder.remove()
  })

  /** What a story adds to the table, youngest last. */
  const added = async (story: () => Promise<unknown>): Promise<AuditEvent[]> => {
    const before = countRows(server, 'events')
    const lines = loggedRequests(server).length
    await story()
    const events = (
      await server.store.listEvents(countRows(server, 'events') - before)
    ).toReversed()
    const requests = loggedRequests(server)
      .slice(lines)
      .map(({ requestId }) => requestId)
    // Each belongs to one of the requests of the story, and to no other.
    for (const { requestId, at } of events) {
      expect(requests).toContain(requestId)
      expect(at).toBe(server.clock.now())
    }
    return events
  }
  const told = (events: readonly AuditEvent[]): string[] =>
    events.map(
      ({ type, decision, reason, clientId = '-' }) => `${type} ${decision} ${reason} ${clientId}`,
    )

  test('a sign-in, a wrong password, a consent and a sign-out are kept', async () => {
    const browser = openBrowser()
    const login = () => browser.get(server.url('/login'))
    const wrong = await added(async () =>
      logIn(server, browser, await login(), 'alice', 'a wrong one'),
    )
    expect(told(wrong)).toEqual(['sign_in refused password_wrong -'])
    const right = await added(async () => logIn(server, browser, await login()))
    expect(told(right)).toEqual(['sign_in allowed password -'])
    expect(right[0]?.userId).toBeGreaterThan(0)
    const params = authorizeParams('cc', newPkce().challenge)
    const url = server.url(`/authorize?${new URLSearchParams(params)}`)
    const denied = await added(async () => decide(server, browser, await browser.get(url), 'deny'))
    expect(told(denied)).toEqual(['consent refused consent_denied cc'])
    const allowed = await added(async () => decide(server, browser, await browser.get(url)))
    expect(told(allowed)).toEqual(['consent allowed code_minted cc'])
    expect(allowed[0]).toMatchObject({ userId: right[0]?.userId, grantId: expect.any(Number) })
    const bye = await added(async () =>
      decide(server, browser, await browser.get(server.url('/logout'))),
    )
    expect(told(bye)).toEqual(['sign_out allowed logout -'])
  })

  test('what happens to codes, tokens and clients is kept, a plain refresh is not', async () => {
    const { code, verifier } = await getCode(server)
    secrets.push(code, verifier)
    const exchange = (code_verifier = verifier, client = 'cc') =>
      call(server, '/token', client, {
        grant_type: 'authorization_code',
        code,
        code_verifier,
        redirect_uri: RU,
      })
    const guess = await added(() => exchange(newPkce().verifier))
    expect(told(guess)).toEqual(['code refused verifier_wrong cc'])
    const opened = await added(exchange)
    expect(told(opened)).toEqual(['tokens_opened allowed issued cc'])
    expect(opened[0]?.familyId).toBeGreaterThan(0)
    const reused = await added(exchange)
    expect(told(reused)).toEqual(['code refused code_reused cc'])
    expect(reused[0]?.familyId).toBe(opened[0]?.familyId)
    const tokens = await getTokens(server)
    secrets.push(tokens.access_token, tokens.refresh_token)
    expect(await added(() => refresh(server, tokens.refresh_token))).toEqual([])
    server.clock.advance(31)
    const replayed = await added(() => refresh(server, tokens.refresh_token))
    expect(told(replayed)).toEqual(['refresh_token refused refresh_reused cc'])
    const other = await getTokens(server)
    const revoked = await added(() => revoke(server, other.refresh_token))
    expect(told(revoked)).toEqual(['revocation allowed revoked cc'])
    // A token that nobody knows is no news.
    expect(await added(() => revoke(server, other.refresh_token.slice(0, -1)))).toEqual([])
    const wrong = { client_id: 'cp', client_secret: 'wrong', grant_type: 'client_credentials' }
    const failed = await added(() => call(server, '/token', undefined, wrong))
    expect(told(failed)).toEqual(['client_authentication refused client_secret_wrong cp'])
    expect(await added(() => introspect(server, other.access_token))).toEqual([])
  })

  test('no row holds a secret', () => {
    const rows = databaseOf(server).prepare('SELECT * FROM events').all()
    const text = Buffer.from(JSON.stringify(rows))
    const all = [...server.secrets, ...secrets, ...Object.values(PASSWORDS)]
    expect(secretsIn(text, all)).toEqual([])
  })

  test('events, and the addresses of grants, are kept as long as was set and no longer', async () => {
    const old = countRows(server, 'events')
    expect(countRows(server, 'grants', 'address IS NOT NULL')).toBeGreaterThan(0)
    const live = countRows(server, 'grants')
    server.clock.advance(1000)
    await getTokens(server, 'quiet', {}, openBrowser(), 'bob')
    const young = countRows(server, 'events') - old
    const sweeping = startSweeper({
      store: server.store,
      clock: server.clock,
      keys: server.keys,
      lifetimes: { access_token: 3600, event_retention: 500, address_retention: 500 },
      log: { debug() {}, info() {}, warn() {}, error() {}, fatal() {} },
      every: 0.02,
    })
    for (let tries = 0; countRows(server, 'events') > young && tries < 500; tries++) await sleep(10)
    await sweeping()
    expect(countRows(server, 'events')).toBe(young)
    const kept = databaseOf(server)
      .prepare('SELECT address, user_agent, ended_at FROM grants')
      .all()
    expect(kept.filter(({ address }) => address !== null)).toHaveLength(1)
    expect(kept.filter(({ user_agent }) => user_agent !== null)).toHaveLength(1)
    expect(kept.length).toBe(live + 1)
    checkLog(server, secrets)
  })
})
