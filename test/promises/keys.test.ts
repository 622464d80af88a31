// Signing keys through the door: changed by the clock, known before they sign, sealed at rest.

import { createPrivateKey } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { keyLabel, openSealer } from '../../packages/server/src/master-key.ts'
import { call, getTokens, openBrowser } from '../door/browser.ts'
import { install, serve } from '../door/process.ts'
import { type ServerOptions, startServer, type TestServer } from '../door/server.ts'
import { look } from '../door/sqlite.ts'

const ROTATION = 3600
/** The least that a configuration may say. */
const AHEAD = 300
const LIFE = 240
/** How far behind a verifier's clock may be. */
const SKEW = 300
/** Between two rounds of the housekeeping. */
const TICK = 30

const LIFETIMES = {
  key_rotation: ROTATION,
  key_publish_ahead: AHEAD,
  access_token: LIFE,
  id_token: LIFE,
}

let folder: string
let options: ServerOptions
let server: TestServer | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'patois-keys-'))
  const configuration = { lifetimes: LIFETIMES }
  options = { database: `sqlite:${join(folder, 'patois.db')}`, configuration }
})
afterEach(async () => {
  await server?.close()
  server = undefined
  rmSync(folder, { recursive: true })
})

const start = async (more: ServerOptions = {}): Promise<TestServer> => {
  server = await startServer({ ...options, ...more })
  await server.keys.ready('RS256')
  return server
}

const stop = async (): Promise<void> => {
  await server?.close()
  server = undefined
}

const fetchJwks = async (from: TestServer): Promise<JSONWebKeySet> => {
  const response = await fetch(from.url('/jwks'))
  expect(response.status).toBe(200)
  // Whoever keeps the answer as long as it says still knows the next key in time.
  const kept = /max-age=(\d+)/.exec(response.headers.get('cache-control') ?? '')?.[1]
  expect(Number(kept)).toBeLessThanOrEqual(AHEAD)
  return (await response.json()) as JSONWebKeySet
}

const PUBLIC_MEMBERS = ['alg', 'crv', 'e', 'kid', 'kty', 'n', 'use', 'x', 'y']

const checkJwks = ({ keys }: JSONWebKeySet): void => {
  expect(new Set(keys.map(({ kid }) => kid)).size).toBe(keys.length)
  expect(new Set(keys.map(({ alg }) => alg))).toEqual(new Set(['ES256', 'EdDSA', 'RS256']))
  for (const key of keys) {
    expect(Object.keys(key).filter((name) => !PUBLIC_MEMBERS.includes(name))).toEqual([])
    expect(key.use).toBe('sig')
    expect(key.kid).toMatch(/^[\w-]{43}$/)
  }
}

type Signed = { at: number; kid: string; token: string }
type Published = { at: number; kids: string[]; jwks: JSONWebKeySet }

const signedAt = (at: number, token: unknown): Signed => ({
  at,
  kid: decodeProtectedHeader(String(token)).kid ?? '',
  token: String(token),
})

/** One JWT of each kind that the server signs: access token, and ID tokens in three algorithms. */
const signEach = async (from: TestServer, latest: Map<string, string>): Promise<Signed[]> => {
  const now = from.clock.now()
  const own = await call(from, '/token', 'jwt', { grant_type: 'client_credentials' })
  const signed = [signedAt(now, own.body.access_token)]
  for (const [client, refresh_token] of latest) {
    const fields = { grant_type: 'refresh_token', refresh_token }
    const { status, body } = await call(from, '/token', client, fields)
    expect(status).toBe(200)
    latest.set(client, String(body.refresh_token))
    signed.push(signedAt(now, body.id_token))
  }
  return signed
}

describe('R13: over three changes of keys', () => {
  test('every token verifies with any key set fetched since its key was announced', async () => {
    const from = await start()
    const browser = openBrowser()
    const latest = new Map<string, string>()
    for (const client of ['cc', 'es', 'ed']) {
      latest.set(client, (await getTokens(from, client, {}, browser)).refresh_token)
    }
    const signed: Signed[] = []
    const published: Published[] = []
    const begin = from.clock.now()
    while (from.clock.now() < begin + 3.2 * ROTATION) {
      const at = from.clock.now()
      if ((at - begin) % (2 * TICK) === 0) {
        const jwks = await fetchJwks(from)
        checkJwks(jwks)
        published.push({ at, jwks, kids: jwks.keys.map(({ kid }) => String(kid)) })
        signed.push(...(await signEach(from, latest)))
      }
      from.clock.advance(TICK)
      await from.keys.tick(from.clock.now())
    }
    expect(new Set(signed.map(({ kid }) => kid)).size).toBe(3 * 4)
    await checkVerification(signed, published)
    checkStages(signed, published, begin)
  })

  const checkVerification = async (signed: Signed[], published: Published[]): Promise<void> => {
    const sets = published.map(({ at, jwks }) => ({ at, keys: createLocalJWKSet(jwks) }))
    let verified = 0
    for (const { at, token } of signed) {
      const fitting = sets.filter((set) => set.at >= at - AHEAD && set.at < at + LIFE + SKEW)
      for (const { keys } of fitting) {
        await jwtVerify(token, keys, { currentDate: new Date(at * 1000) })
        verified++
      }
    }
    expect(verified).toBeGreaterThan(4 * signed.length)
  }

  const checkStages = (signed: Signed[], published: Published[], begin: number): void => {
    for (const kid of new Set(signed.map((one) => one.kid))) {
      const uses = signed.filter((one) => one.kid === kid).map(({ at }) => at)
      const seen = published.filter(({ kids }) => kids.includes(kid)).map(({ at }) => at)
      const firstUse = Math.min(...uses)
      const lastSeen = Math.max(...seen)
      // The first keys could not be announced: nobody had fetched anything.
      if (firstUse > begin) expect(firstUse - Math.min(...seen)).toBeGreaterThanOrEqual(AHEAD)
      if (lastSeen === published.at(-1)?.at) continue
      // Gone when its last token is, and not long after.
      expect(lastSeen - Math.max(...uses)).toBeGreaterThanOrEqual(LIFE + SKEW - 2 * TICK)
      expect(lastSeen - Math.max(...uses)).toBeLessThanOrEqual(LIFE + SKEW + 4 * TICK)
    }
    const last = published.at(-1)?.kids ?? []
    const first = published[0]?.kids ?? []
    expect(last.filter((kid) => first.includes(kid))).toEqual([])
  }
})

test('keys cannot be announced later than a cached key set is fetched again', async () => {
  const configuration = { lifetimes: { ...LIFETIMES, key_publish_ahead: AHEAD - 1 } }
  await expect(start({ configuration })).rejects.toThrow(
    `lifetimes.key_publish_ahead: must be from ${AHEAD} to`,
  )
})

test('a server that slept through a change announces the next keys before they sign', async () => {
  const from = await start()
  const before = await fetchJwks(from)
  const ask = async () => {
    const { body } = await call(from, '/token', 'jwt', { grant_type: 'client_credentials' })
    return signedAt(from.clock.now(), body.access_token)
  }
  const kid = (await ask()).kid
  from.clock.advance(5 * ROTATION)
  expect((await ask()).kid).toBe(kid)
  await from.keys.tick(from.clock.now())
  const after = await fetchJwks(from)
  expect(after.keys).toHaveLength(2 * before.keys.length)
  from.clock.advance(AHEAD - 1)
  expect((await ask()).kid).toBe(kid)
  from.clock.advance(1)
  const next = await ask()
  expect(next.kid).not.toBe(kid)
  const currentDate = new Date(next.at * 1000)
  await jwtVerify(next.token, createLocalJWKSet(after), { currentDate })
})

test('a token that was signed before a restart verifies after it, with the same keys', async () => {
  const first = await start()
  const before = await fetchJwks(first)
  const { body } = await call(first, '/token', 'jwt', { grant_type: 'client_credentials' })
  await stop()
  const second = await start({ port: first.port, masterKey: first.masterKey })
  const after = await fetchJwks(second)
  const sorted = ({ keys }: JSONWebKeySet) => keys.map(({ kid }) => kid).sort()
  expect(sorted(after)).toEqual(sorted(before))
  const token = String(body.access_token)
  await jwtVerify(token, createLocalJWKSet(after), { issuer: first.issuer })
  expect((await call(second, '/introspect', 'jwt', { token })).body.active).toBe(true)
  const later = await call(second, '/token', 'jwt', { grant_type: 'client_credentials' })
  const { kid } = decodeProtectedHeader(String(later.body.access_token))
  expect(kid).toBe(decodeProtectedHeader(token).kid)
})

describe('the database at rest', () => {
  type KeyRow = { kid: string; kind: string; public_jwk: string; sealed: Uint8Array }
  const readKeys = (): KeyRow[] =>
    look(join(folder, 'patois.db'), (database) =>
      database.prepare('SELECT kid, kind, public_jwk, sealed FROM keys').all(),
    ) as KeyRow[]

  test('holds no private key in any form, and no master key', async () => {
    const { masterKey, clock, keys } = await start()
    clock.advance(ROTATION - AHEAD)
    await keys.tick(clock.now())
    const rows = readKeys()
    expect(rows).toHaveLength(6)
    await stop()
    const sealer = openSealer([masterKey])
    const bytes = Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))))
    for (const { kid, public_jwk, sealed } of rows) {
      expect(JSON.parse(public_jwk)).not.toHaveProperty('d')
      const der = { key: Buffer.from(sealed), format: 'der', type: 'pkcs8' } as const
      expect(() => createPrivateKey(der)).toThrow()
      // The search is worth something only because this is the very key.
      const pkcs8 = Buffer.from(sealer.open(sealed, keyLabel(kid))?.plain ?? [])
      const jwk = createPrivateKey({ ...der, key: pkcs8 }).export({ format: 'jwk' })
      const secret = String(jwk.d)
      const forms = [
        pkcs8,
        Buffer.from(secret, 'base64url'),
        secret,
        pkcs8.toString('base64'),
        pkcs8.toString('hex'),
      ]
      expect(bytes.includes(kid)).toBe(true)
      for (const form of forms) expect(bytes.includes(form)).toBe(false)
    }
    for (const mark of ['"d":', 'PRIVATE KEY', masterKey]) expect(bytes.includes(mark)).toBe(false)
  })

  test('opens with no other master key, and is not changed by the attempt', async () => {
    const { port, masterKey } = await start()
    const before = readKeys()
    await stop()
    await expect(start({ port })).rejects.toThrow(
      /^The master key does not open the keys in the database: set PATOIS_MASTER_KEY to the key/,
    )
    expect(readKeys()).toEqual(before)
    await start({ port, masterKey })
    expect(readKeys()).toEqual(before)
  })

  test('changes its master key: new and old together, then the new one alone', async () => {
    const first = await start()
    const { port, masterKey: old } = first
    const { body } = await call(first, '/token', 'jwt', { grant_type: 'client_credentials' })
    const { refresh_token } = await getTokens(first)
    await stop()
    const young = 'another-master-key-0123456789-0123456789'
    const both = await start({ port, masterKey: `${young},${old}` })
    const fields = { grant_type: 'refresh_token', refresh_token }
    const refreshed = await call(both, '/token', 'cc', fields)
    expect(refreshed.status).toBe(200)
    await stop()
    const alone = await start({ port, masterKey: young })
    await jwtVerify(String(body.access_token), createLocalJWKSet(await fetchJwks(alone)))
    // The mask over row ids is sealed, too: without it no token is found again.
    const next = { ...fields, refresh_token: String(refreshed.body.refresh_token) }
    expect((await call(alone, '/token', 'cc', next)).status).toBe(200)
    await stop()
    await expect(start({ port, masterKey: old })).rejects.toThrow('The master key does not open')
  })
})

describe('patois serve', () => {
  test('says what is wrong with the master key in one sentence, and starts with the right one', async () => {
    const place = await install(folder)
    const made = serve(place)
    await made.ready
    expect((await made.stop()).code).toBe(0)
    const wrong: [masterKey: string, sentence: RegExp][] = [
      ['not-the-master-key-0123456789-0123456789', /^The master key does not open the keys in the/],
      ['short', /PATOIS_MASTER_KEY: key is shorter than 32 characters/],
      ['', /PATOIS_MASTER_KEY is needed/],
    ]
    for (const [masterKey, sentence] of wrong) {
      const { code, out, err } = await serve({ ...place, masterKey }).ended
      expect({ code, out }).toEqual({ code: 1, out: '' })
      expect(err).toMatch(sentence)
      expect(err).not.toMatch(/\n\s+at |not-the-master-key/)
    }
    const again = serve(place)
    await again.ready
    expect((await again.stop()).code).toBe(0)
  })
})
