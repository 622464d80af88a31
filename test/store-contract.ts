// What every store must do: one suite, run on each of them.

import {
  type AccessToken,
  type AuditEvent,
  type Change,
  type Client,
  type Code,
  type Family,
  type Grant,
  type Key,
  type Plan,
  type RefreshToken,
  type Session,
  type Spend,
  type Store,
  Unavailable,
  type User,
} from '@patois/core'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

/** A store under test: `reopen` closes it and opens the same database again. */
export type OpenedStore = { store: Store; reopen(): Promise<Store>; close(): Promise<void> }

const now = 1_800_000_000
const hour = 3600
const day = 24 * hour

const bytes = (seed: number): Uint8Array => new Uint8Array(32).fill(seed % 256)

/** A plan without a spend, unless one is given. */
export const plan = (changes: readonly Change[], spend?: Spend): Plan => ({
  ...(spend && { spend }),
  changes,
  events: [],
})

const event = (over: Partial<AuditEvent> = {}): AuditEvent => ({
  at: now,
  requestId: 'r1',
  type: 'token',
  decision: 'allowed',
  reason: 'issued',
  ...over,
})

const client = (id: string, over: Partial<Client> = {}): Client => ({
  id,
  name: 'An application',
  owner: 'file',
  proof: { method: 'none' },
  redirectUris: [],
  postLogoutRedirectUris: [],
  origins: [],
  grantTypes: ['authorization_code'],
  scope: ['openid'],
  dialects: ['standard'],
  requirePkce: true,
  legacyPublic: false,
  consent: 'ask',
  accessToken: 'opaque',
  idTokenAlg: 'RS256',
  about: { client_uri: 'https://c.test' },
  introspects: [],
  tokensFrom: 0,
  ...over,
})

/** A user with a username of its own. */
export const user = (store: Store, over: Partial<User> = {}): User => {
  const id = store.newId()
  return {
    id,
    sub: `s${id}`,
    username: `u${id}`,
    owner: 'file',
    claims: {},
    tokensFrom: 0,
    ...over,
  }
}

/** A session of the user, an hour long. */
export const session = (store: Store, userId: number, over: Partial<Session> = {}): Session => {
  const id = store.newId()
  return {
    id,
    hash: bytes(id),
    sid: `sid${id}`,
    userId,
    authenticatedAt: now,
    expiresAt: now + hour,
    ...over,
  }
}

/** What the user lets a client do. */
export const grant = (store: Store, userId: number, over: Partial<Grant> = {}): Grant => ({
  id: store.newId(),
  origin: 'consent',
  userId,
  clientId: 'c',
  scope: ['openid'],
  resources: [],
  createdAt: now,
  ...over,
})

const family = (store: Store, of: Grant, over: Partial<Family> = {}): Family => ({
  id: store.newId(),
  grantId: of.id,
  userId: of.userId,
  clientId: of.clientId,
  dialect: 'standard',
  scope: of.scope,
  resources: [],
  authenticatedAt: now,
  createdAt: now,
  expiresAt: now + 30 * day,
  ...over,
})

/** A code of the grant, good for a minute. */
export const code = (store: Store, of: Grant, over: Partial<Code> = {}): Code => {
  const id = store.newId()
  return {
    id,
    hash: bytes(id),
    grantId: of.id,
    userId: of.userId,
    clientId: of.clientId,
    dialect: 'standard',
    redirectUri: 'https://app.example/cb',
    redirectSent: true,
    scope: of.scope,
    resources: [],
    authenticatedAt: now,
    createdAt: now,
    expiresAt: now + 60,
    wrongVerifiers: 0,
    ...over,
  }
}

const refreshToken = (
  store: Store,
  familyId: number,
  over: Partial<RefreshToken> = {},
): RefreshToken => {
  const id = store.newId()
  return { id, hash: bytes(id), familyId, createdAt: now, expiresAt: now + 7 * day, ...over }
}

const accessToken = (store: Store, over: Partial<AccessToken> = {}): AccessToken => {
  const id = store.newId()
  return {
    id,
    hash: bytes(id),
    clientId: 'c',
    scope: ['openid'],
    audience: [],
    createdAt: now,
    expiresAt: now + hour,
    keptUntil: (over.expiresAt ?? now + hour) + day,
    ...over,
  }
}

const key = (kid: string, over: Partial<Key> = {}): Key => ({
  kid,
  kind: 'ES256',
  publicJwk: { kty: 'EC', kid },
  sealed: bytes(7),
  createdAt: now,
  signsFrom: now,
  ...over,
})

/** One sign-in, written: a user, their grant, its family with a refresh token. */
const signIn = async (store: Store, over: Partial<Family> = {}) => {
  const person = user(store)
  const consent = grant(store, person.id, over.scope ? { scope: over.scope } : {})
  const line = family(store, consent, over)
  const token = refreshToken(store, line.id)
  await store.commit(
    plan([
      { put: 'user', user: person },
      { put: 'grant', grant: consent },
      { put: 'family', family: line },
      { put: 'refresh_token', token },
    ]),
  )
  return { person, consent, line, token }
}

/** A refresh token as it is found, without its own cell. */
const bare = ({ cell, cellUntil, ...token }: RefreshToken) => token

/** Spends `parent` for a child that carries a replay cell. */
const rotate = (store: Store, parent: RefreshToken, over: Partial<RefreshToken> = {}) => {
  const cell = { cell: bytes(9), cellUntil: now + 30 }
  const child = refreshToken(store, parent.familyId, { ...cell, ...over })
  const spend: Spend = { what: 'refresh_token', id: parent.id, at: now, childId: child.id }
  return { child, kept: store.commit(plan([{ put: 'refresh_token', token: child }], spend)) }
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done))

// Text that stores have stumbled over: quotes, escapes, wildcards, other scripts, astral letters.
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    '',
    ' ',
    "'; DROP TABLE users; --",
    '"',
    '\\',
    '%_',
    '$1',
    '{}',
    '[null]',
    'null',
  ),
  fc.constantFrom('\0', 'a\0b', '\x01', '\x010', '\x01\x011\0'),
  fc.constantFrom('\n\r\t', '\u{1F511}', '\u202Eمرحبا', 'ñ', 'n\u0303', '\uFEFF', '\uFFFD', 'İı'),
)
const list = fc.array(text, { maxLength: 4 })
const time = fc.nat({ max: 2 ** 40 })
const blob = fc.uint8Array({ minLength: 1, maxLength: 80 })
// As they come off the wire: JSON knows no negative zero.
// A key that is one escaped letter is left out: beside letters of two bytes, JSON.parse of Node 26.10
// takes it for a backslash.
const claims = fc
  .dictionary(text, fc.jsonValue({ stringUnit: 'grapheme' }), { maxKeys: 4 })
  .filter((value) => !/"\\(u[\da-f]{4}|.)":/.test(JSON.stringify(value)))
  .map((value): Record<string, unknown> => JSON.parse(JSON.stringify(value)))
const claimsRequest = fc.record({ userinfo: claims, id_token: claims }, { requiredKeys: [] })
const jwk = fc.record({ kty: text, kid: text, x: text }, { requiredKeys: ['kty'] })
const alg = fc.constantFrom('ES256', 'EdDSA', 'RS256')

const anyClient: fc.Arbitrary<Client> = fc.record(
  {
    id: text,
    name: text,
    owner: fc.constantFrom('file', 'admin'),
    proof: fc.oneof(
      fc.record({
        method: fc.constantFrom('client_secret_basic', 'client_secret_post'),
        secrets: fc.array(fc.record({ hash: blob, expiresAt: time }, { requiredKeys: ['hash'] }), {
          maxLength: 2,
        }),
      }),
      fc.record({
        method: fc.constant('private_key_jwt' as const),
        jwks: fc.array(jwk, { maxLength: 2 }),
      }),
      fc.record({ method: fc.constant('private_key_jwt' as const), jwksUri: text }),
      fc.constant({ method: 'none' as const }),
    ),
    redirectUris: list,
    postLogoutRedirectUris: list,
    origins: list,
    grantTypes: list,
    scope: list,
    dialects: list,
    requirePkce: fc.boolean(),
    legacyPublic: fc.boolean(),
    consent: fc.constantFrom('ask', 'implicit'),
    accessToken: fc.constantFrom('jwt', 'opaque'),
    idTokenAlg: alg,
    about: fc.constantFrom({}, { contacts: [] }, { tos_uri: 'https://c.test/tos' }),
    introspects: list,
    disabledAt: time,
    tokensFrom: time,
  },
  {
    requiredKeys: [
      'id',
      'name',
      'owner',
      'proof',
      'redirectUris',
      'postLogoutRedirectUris',
      'origins',
      'grantTypes',
      'scope',
      'dialects',
      'requirePkce',
      'legacyPublic',
      'consent',
      'accessToken',
      'idTokenAlg',
      'about',
      'introspects',
      'tokensFrom',
    ],
  },
)

/** Some of the optional members of a record, each present or absent. */
const some = <T>(members: { [M in keyof T]: fc.Arbitrary<T[M]> }): fc.Arbitrary<Partial<T>> =>
  fc.record(members, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>

const anyUser = some<Omit<User, 'id' | 'username'>>({
  sub: text,
  owner: fc.constantFrom('file', 'admin'),
  passwordHash: text,
  claims,
  disabledAt: time,
  tokensFrom: time,
})

const anySession = some<Omit<Session, 'id' | 'userId'>>({
  hash: blob,
  sid: text,
  authenticatedAt: time,
  expiresAt: time,
  endedAt: time,
})

const anyGrant = some<Omit<Grant, 'id' | 'userId'>>({
  origin: fc.constantFrom('consent', 'implicit', 'password'),
  clientId: text,
  scope: list,
  resources: list,
  createdAt: time,
  address: text,
  userAgent: text,
  endedAt: time,
})

const anyFamily = some<Omit<Family, 'id' | 'grantId' | 'userId'>>({
  clientId: text,
  sessionId: time,
  dialect: text,
  scope: list,
  resources: list,
  claims: claimsRequest,
  authenticatedAt: time,
  createdAt: time,
  expiresAt: time,
  endedAt: time,
})

const anyCode = some<Omit<Code, 'id' | 'grantId' | 'userId'>>({
  hash: blob,
  clientId: text,
  sessionId: time,
  dialect: text,
  redirectUri: text,
  redirectSent: fc.boolean(),
  challenge: text,
  state: text,
  nonce: text,
  claims: claimsRequest,
  scope: list,
  resources: list,
  authenticatedAt: time,
  createdAt: time,
  expiresAt: time,
  wrongVerifiers: fc.nat({ max: 9 }),
  spentAt: time,
  familyId: time,
})

const anyRefreshToken = fc
  .tuple(
    some<Pick<RefreshToken, 'hash' | 'createdAt' | 'expiresAt' | 'spentAt' | 'childId'>>({
      hash: blob,
      createdAt: time,
      expiresAt: time,
      spentAt: time,
      childId: time.map((id) => id + 2 ** 41),
    }),
    fc.option(fc.record({ cell: blob, cellUntil: time }), { nil: {} }),
  )
  .map(([token, cell]) => ({ ...token, ...cell }))

const anyAccessToken = some<Omit<AccessToken, 'id' | 'familyId'>>({
  hash: blob,
  clientId: text,
  scope: list,
  audience: list,
  createdAt: time,
  expiresAt: time,
  keptUntil: time,
  revokedAt: time,
})

const anyEvent: fc.Arbitrary<AuditEvent> = fc.record(
  {
    at: time,
    requestId: text,
    type: text,
    decision: fc.constantFrom('allowed', 'refused'),
    reason: text,
    dialect: text,
    operation: text,
    clientId: text,
    userId: time,
    grantId: time,
    familyId: time,
  },
  { requiredKeys: ['at', 'requestId', 'type', 'decision', 'reason'] },
)

/** The contract of a store as a suite; `open` gives an empty database each time. */
export const storeContract = (name: string, open: () => Promise<OpenedStore>): void => {
  describe(name, () => {
    let opened: OpenedStore
    let store: Store
    beforeEach(async () => {
      opened = await open()
      store = opened.store
    })
    afterEach(() => opened.close())

    const write = (...changes: Change[]): Promise<boolean> => store.commit(plan(changes))

    const check = <T>(arbitrary: fc.Arbitrary<T>, property: (value: T) => Promise<void>) =>
      fc.assert(fc.asyncProperty(arbitrary, property), { numRuns: 60 })

    test('a revision is kept until a greater one comes', async () => {
      const raised: boolean[] = []
      for (const one of [0, 0, 2, 1, 2]) raised.push(await store.raiseRevision(one))
      expect(raised).toEqual([true, true, true, false, true])
      store = await opened.reopen()
      expect(await store.raiseRevision(1)).toBe(false)
      expect(await store.raiseRevision(Number.MAX_SAFE_INTEGER)).toBe(true)
    })

    describe('ids', () => {
      test('start at one and never come twice, also after a restart', async () => {
        const before = Array.from({ length: 25_000 }, () => store.newId())
        store = await opened.reopen()
        const after = Array.from({ length: 25_000 }, () => store.newId())
        expect(before[0]).toBe(1)
        expect(new Set([...before, ...after]).size).toBe(50_000)
        expect(Math.max(...after)).toBeLessThan(2 ** 53)
        expect(Math.min(...after)).toBeGreaterThan(Math.max(...before))
      })

      test('may be used by nobody without harm', async () => {
        store.newId()
        expect(await store.findUser(store.newId())).toBeUndefined()
      })
    })

    describe('records come back as they were written', () => {
      test('clients', () =>
        check(anyClient, async (given) => {
          await write({ put: 'client', client: given })
          expect(await store.findClient(given.id)).toEqual(given)
          expect((await store.listClients()).find(({ id }) => id === given.id)).toEqual(given)
        }))

      test('users, by id and by name', () =>
        check(fc.tuple(anyUser, text), async ([over, name]) => {
          const given = user(store, { ...over, username: `${name}${store.newId()}` })
          await write({ put: 'user', user: given })
          expect(await store.findUser(given.id)).toEqual(given)
          expect(await store.findUserByName(given.username)).toEqual(given)
          expect(await store.listUsers()).toContainEqual(given)
        }))

      test('sessions with their users', () =>
        check(anySession, async (over) => {
          const person = user(store)
          const given = session(store, person.id, over)
          await write({ put: 'user', user: person }, { put: 'session', session: given })
          expect(await store.findSession(given.id)).toEqual({ session: given, user: person })
        }))

      test('families with their grants and users', () =>
        check(fc.tuple(anyGrant, anyFamily), async ([ofGrant, ofFamily]) => {
          const person = user(store)
          const consent = grant(store, person.id, ofGrant)
          const line = family(store, consent, ofFamily)
          await write(
            { put: 'user', user: person },
            { put: 'grant', grant: consent },
            { put: 'family', family: line },
          )
          const lineage = { family: line, grant: consent, user: person }
          expect(await store.findFamily(line.id)).toEqual(lineage)
          const live = await store.findGrants(person.id, consent.clientId)
          expect(live).toEqual(consent.endedAt === undefined ? [consent] : [])
        }))

      test('codes with their grants and users', () =>
        check(anyCode, async (over) => {
          const person = user(store)
          const consent = grant(store, person.id)
          const given = code(store, consent, over)
          await write(
            { put: 'user', user: person },
            { put: 'grant', grant: consent },
            { put: 'code', code: given },
          )
          const found = await store.findCode(given.id)
          expect(found).toEqual({ code: given, grant: consent, user: person })
        }))

      test('refresh tokens with their lineage and their child, whose cell comes with it', async () => {
        const { person, consent, line } = await signIn(store)
        await check(fc.tuple(anyRefreshToken, anyRefreshToken), async ([ofParent, ofChild]) => {
          const child = refreshToken(store, line.id, ofChild)
          const childless = refreshToken(store, line.id, ofParent)
          const parent = refreshToken(store, line.id, { spentAt: 1, childId: child.id })
          await write(
            { put: 'refresh_token', token: child },
            { put: 'refresh_token', token: childless },
            { put: 'refresh_token', token: parent },
          )
          const lineage = { family: line, grant: consent, user: person }
          const found = await store.findRefreshToken(parent.id)
          expect(found).toEqual({ ...lineage, token: bare(parent), child })
          const alone = await store.findRefreshToken(childless.id)
          expect(alone).toEqual({ ...lineage, token: bare(childless) })
        })
      })

      test('access tokens, with and without a family', async () => {
        const { person, consent, line } = await signIn(store)
        await check(anyAccessToken, async (over) => {
          const own = accessToken(store, over)
          const given = accessToken(store, { ...over, familyId: line.id })
          await write({ put: 'access_token', token: own }, { put: 'access_token', token: given })
          expect(await store.findAccessToken(own.id)).toEqual({ token: own })
          const lineage = { family: line, grant: consent, user: person }
          expect(await store.findAccessToken(given.id)).toEqual({ token: given, lineage })
        })
      })

      test('any that are written and read with others in one turn', async () => {
        const { person, consent } = await signIn(store)
        const lines = fc.sample(anyFamily, 40).map((over) => family(store, consent, over))
        const tokens = fc.sample(anyRefreshToken, 40).map((over, nth) => {
          return refreshToken(store, lines[nth]?.id ?? 0, over)
        })
        const own = fc.sample(anyAccessToken, 40).map((over) => accessToken(store, over))
        await Promise.all([
          ...lines.map((line) => write({ put: 'family', family: line })),
          ...tokens.map((token) => write({ put: 'refresh_token', token })),
          ...own.map((token) => write({ put: 'access_token', token })),
        ])
        const found = await Promise.all([
          ...tokens.map(({ id }) => store.findRefreshToken(id)),
          store.findRefreshToken(2 ** 40),
          ...own.map(({ id }) => store.findAccessToken(id)),
        ])
        const whole = tokens.map((token, nth) => {
          return { token: bare(token), family: lines[nth], grant: consent, user: person }
        })
        expect(found).toEqual([...whole, undefined, ...own.map((token) => ({ token }))])
      })

      test('keys and secrets', () =>
        check(fc.tuple(text, alg, jwk, blob, time), async ([id, ofAlg, publicJwk, sealed, at]) => {
          const given: Key = {
            kid: id,
            kind: ofAlg,
            publicJwk,
            sealed,
            createdAt: at,
            signsFrom: at + 1,
          }
          await write({ put: 'key', key: given }, { put: 'secret', secret: { name: id, sealed } })
          expect(await store.listKeys()).toContainEqual(given)
          expect(await store.listSecrets()).toContainEqual({ name: id, sealed })
        }))

      test('events', () =>
        check(anyEvent, async (given) => {
          await store.commit({ changes: [], events: [given] })
          expect(await store.listEvents(99)).toContainEqual(given)
        }))

      test('and all of them after a restart', async () => {
        const { person, consent, line, token } = await signIn(store)
        await write({ put: 'client', client: client('c') })
        await store.commit({ changes: [], events: [event()] })
        store = await opened.reopen()
        const lineage = { family: line, grant: consent, user: person }
        expect(await store.findRefreshToken(token.id)).toEqual({ ...lineage, token })
        expect(await store.findClient('c')).toEqual(client('c'))
        expect(await store.listEvents(9)).toEqual([event()])
      })
    })

    describe('what is not there', () => {
      test('is undefined, not an error', async () => {
        expect(await store.findClient('nobody')).toBeUndefined()
        expect(await store.findUser(4711)).toBeUndefined()
        expect(await store.findUserByName('nobody')).toBeUndefined()
        expect(await store.findSession(4711)).toBeUndefined()
        expect(await store.findCode(4711)).toBeUndefined()
        expect(await store.findRefreshToken(4711)).toBeUndefined()
        expect(await store.findAccessToken(4711)).toBeUndefined()
        expect(await store.findFamily(4711)).toBeUndefined()
        expect(await store.findGrants(4711, 'c')).toEqual([])
        expect(await store.isJwtEnded(bytes(1))).toBe(false)
        expect(await store.listEvents(5)).toEqual([])
      })

      test('an id that no row can have finds nothing', async () => {
        for (const id of [0, -1, 2 ** 53 - 1]) {
          expect(await store.findRefreshToken(id)).toBeUndefined()
          expect(await store.findCode(id)).toBeUndefined()
        }
      })

      test('spending it is lost, ending it does nothing', async () => {
        expect(await store.commit(plan([], { what: 'code', id: 5, at: now, familyId: 6 }))).toBe(
          false,
        )
        expect(await write({ end: 'family', id: 5, at: now, reason: 'revoked' })).toBe(true)
      })
    })

    describe('a spend', () => {
      const contested = async (
        spend: (nth: number) => Spend,
        between: () => Promise<void>,
      ): Promise<boolean[]> => {
        const answers: Promise<boolean>[] = []
        for (let nth = 0; nth < 50; nth++) {
          const events = [event({ requestId: `burst${nth}` })]
          answers.push(store.commit({ spend: spend(nth), changes: [], events }))
          await between()
        }
        return Promise.all(answers)
      }
      const turns = {
        'in one turn': async () => {},
        'over many turns': turn,
      }

      for (const [when, between] of Object.entries(turns)) {
        test(`of a code is won by one of fifty ${when}`, async () => {
          const { consent, line } = await signIn(store)
          const given = code(store, consent)
          await write({ put: 'code', code: given })
          const answers = await contested(
            (nth) => ({ what: 'code', id: given.id, at: now + 1, familyId: line.id + nth }),
            between,
          )
          expect(answers.filter(Boolean)).toHaveLength(1)
          const found = await store.findCode(given.id)
          const familyId = line.id + answers.indexOf(true)
          expect(found?.code).toEqual({ ...given, spentAt: now + 1, familyId })
          expect(await store.listEvents(99)).toHaveLength(1)
        })

        test(`of a refresh token is won by one of fifty ${when}`, async () => {
          const { token } = await signIn(store)
          const answers = await contested(
            (nth) => ({ what: 'refresh_token', id: token.id, at: now + 1, childId: 9000 + nth }),
            between,
          )
          expect(answers.filter(Boolean)).toHaveLength(1)
          const found = await store.findRefreshToken(token.id)
          expect(found?.token.childId).toBe(9000 + answers.indexOf(true))
          expect(found?.token.spentAt).toBe(now + 1)
          expect(await store.listEvents(99)).toHaveLength(1)
        })

        test(`of an assertion is won by one of fifty ${when}`, async () => {
          const answers = await contested(
            () => ({ what: 'assertion', clientId: 'c', jtiHash: bytes(1), expiresAt: now + 60 }),
            between,
          )
          expect(answers.filter(Boolean)).toHaveLength(1)
        })
      }

      test('of a lease is won by one until it is over, or given back', async () => {
        const lease = (holder: string, at: number, until = at + 60) =>
          store.commit(plan([], { what: 'lease', name: 'work', holder, at, until }))
        const first = await Promise.all(['a', 'b', 'c'].map((holder) => lease(holder, now)))
        expect(first).toEqual([true, false, false])
        expect(await lease('b', now + 59)).toBe(false)
        expect(await lease('a', now + 59)).toBe(true)
        expect(await lease('b', now + 60)).toBe(false)
        expect(await lease('b', now + 119)).toBe(true)
        expect(await lease('b', now + 120, now + 120)).toBe(true)
        expect(await lease('a', now + 120)).toBe(true)
      })

      test('of the place of a code is won again when the code was exchanged, or is over', async () => {
        const { consent, line } = await signIn(store)
        const take = (at: number) => {
          const given = code(store, consent, { expiresAt: at + 60 })
          const { userId, clientId } = consent
          const place = { userId, clientId, codeId: given.id, at, until: at + 60 }
          const put: Change = { put: 'code', code: given }
          return { given, kept: store.commit(plan([put], { what: 'code_slot', ...place })) }
        }
        const first = [take(now), take(now), take(now)]
        expect(await Promise.all(first.map(({ kept }) => kept))).toEqual([true, false, false])
        expect(await take(now + 59).kept).toBe(false)
        const id = first[0]?.given.id ?? 0
        await store.commit(plan([], { what: 'code', id, at: now, familyId: line.id }))
        expect(await take(now + 59).kept).toBe(true)
        expect(await take(now + 118).kept).toBe(false)
        expect(await take(now + 119).kept).toBe(true)
      })

      test('of an assertion counts for one client and one jti', async () => {
        const spend = (clientId: string, jti: number) =>
          store.commit(
            plan([], { what: 'assertion', clientId, jtiHash: bytes(jti), expiresAt: now }),
          )
        expect(await spend('a', 1)).toBe(true)
        expect(await spend('b', 1)).toBe(true)
        expect(await spend('a', 2)).toBe(true)
        expect(await spend('a', 1)).toBe(false)
      })

      test('that was lost keeps nothing of its plan', async () => {
        const { line, token } = await signIn(store)
        const first = rotate(store, token)
        expect(await first.kept).toBe(true)
        const late = accessToken(store)
        const kept = await store.commit({
          spend: { what: 'refresh_token', id: token.id, at: now + 9, childId: late.id },
          changes: [
            { put: 'access_token', token: late },
            { end: 'family', id: line.id, at: now, reason: 'revoked' },
          ],
          events: [event()],
        })
        expect(kept).toBe(false)
        expect(await store.findAccessToken(late.id)).toBeUndefined()
        expect(await store.listEvents(9)).toEqual([])
        const found = await store.findRefreshToken(token.id)
        expect(found?.family.endedAt).toBeUndefined()
        expect(found?.child).toEqual(first.child)
      })

      test('survives a restart', async () => {
        const { token } = await signIn(store)
        expect(await rotate(store, token).kept).toBe(true)
        store = await opened.reopen()
        expect(await rotate(store, token).kept).toBe(false)
      })
    })

    describe('a plan', () => {
      test('that fails is rejected alone and keeps nothing', async () => {
        const person = user(store)
        const there = grant(store, person.id)
        await write({ put: 'user', user: person }, { put: 'grant', grant: there })
        const before = session(store, person.id)
        const after = session(store, person.id)
        const extra = session(store, person.id)
        const answers = await Promise.allSettled([
          write({ put: 'session', session: before }),
          store.commit({
            changes: [
              { put: 'session', session: extra },
              { put: 'grant', grant: there },
            ],
            events: [event()],
          }),
          write({ put: 'session', session: after }),
        ])
        expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
        const fault = answers[1]?.status === 'rejected' ? answers[1].reason : undefined
        expect(fault).toBeInstanceOf(Error)
        expect(fault).not.toBeInstanceOf(Unavailable)
        expect((await store.findSession(before.id))?.session).toEqual(before)
        expect((await store.findSession(after.id))?.session).toEqual(after)
        expect(await store.findSession(extra.id)).toBeUndefined()
        expect(await store.listEvents(9)).toEqual([])
      })

      test('that fails leaves its spend to the next one', async () => {
        const { line, token } = await signIn(store)
        const spend: Spend = { what: 'refresh_token', id: token.id, at: now, childId: 77 }
        const again: Change = { put: 'family', family: line }
        await expect(store.commit(plan([again], spend))).rejects.toThrow()
        expect((await store.findRefreshToken(token.id))?.token).toEqual(token)
        expect(await rotate(store, token).kept).toBe(true)
      })

      test('is seen whole or not at all', async () => {
        const lines = await Promise.all(Array.from({ length: 150 }, () => signIn(store)))
        let ended = 0
        const writing = Promise.all(
          lines.map(async ({ line, consent }, nth) => {
            for (let wait = 0; wait < nth % 5; wait++) await turn()
            await write(
              { end: 'family', id: line.id, at: now, reason: 'revoked' },
              { end: 'grant', id: consent.id, at: now, reason: 'revoked' },
            )
            ended++
          }),
        )
        let looks = 0
        while (ended < lines.length) {
          for (const { line } of lines) {
            const found = await store.findFamily(line.id)
            expect(found?.family.endedAt).toBe(found?.grant.endedAt)
            if (++looks % 20 === 0) await turn()
          }
        }
        await writing
        expect(looks).toBeGreaterThan(100)
      })

      test('is on its own in the same turn as hundreds of others', async () => {
        const person = user(store)
        await write({ put: 'user', user: person })
        const many = Array.from({ length: 450 }, () => session(store, person.id))
        const kept = await Promise.all(many.map((one) => write({ put: 'session', session: one })))
        expect(kept.every(Boolean)).toBe(true)
        for (const one of many) expect((await store.findSession(one.id))?.session).toEqual(one)
      })

      test('is decided alone among others of its turn, whatever they do', async () => {
        const lines = await Promise.all(Array.from({ length: 12 }, () => signIn(store)))
        const tries = lines.map(({ token, line, consent }, nth) => {
          const [first, second] = [rotate(store, token), rotate(store, token)]
          const [id, at] = [nth % 2 ? line.id : consent.id, now]
          const ended = write({ end: nth % 2 ? 'family' : 'grant', id, at, reason: 'revoked' })
          return { first, second, ended, late: rotate(store, first.child) }
        })
        for (const [nth, { first, second, ended, late }] of tries.entries()) {
          const won = await Promise.all([first.kept, second.kept, ended, late.kept])
          expect(won.slice(0, 2).filter(Boolean)).toHaveLength(1)
          expect(won.slice(2)).toEqual([true, false])
          const winner = won[0] ? first.child : second.child
          const found = await store.findRefreshToken(lines[nth]?.token.id ?? 0)
          expect(found?.token.childId).toBe(winner.id)
          // The end came after it, and took its cell.
          expect(found?.child?.cell).toBeUndefined()
          expect(found?.family.endedAt ?? found?.grant.endedAt).toBe(now)
          for (const { child } of [won[0] ? second : first, late]) {
            expect(await store.findRefreshToken(child.id)).toBeUndefined()
          }
        }
      })

      test('sees what the plan before it wrote', async () => {
        const { token } = await signIn(store)
        const first = rotate(store, token)
        const second = rotate(store, first.child)
        expect([await first.kept, await second.kept]).toEqual([true, true])
      })

      test('without anything to write is kept', async () => {
        expect(await store.commit(plan([]))).toBe(true)
      })

      test('is refused as unavailable once the store is closed', async () => {
        const { person } = await signIn(store)
        await opened.close()
        await expect(
          write({ put: 'session', session: { ...session(store, 1), userId: person.id } }),
        ).rejects.toThrow(Unavailable)
      })
    })

    describe('clients and users', () => {
      test('a client put again replaces the first, also after it was read', async () => {
        await write({ put: 'client', client: client('c', { disabledAt: 5 }) })
        expect((await store.findClient('c'))?.disabledAt).toBe(5)
        const next = client('c', { name: 'New', proof: { method: 'none' }, scope: ['a', 'b'] })
        await write({ put: 'client', client: next })
        expect(await store.findClient('c')).toEqual(next)
        expect(await store.listClients()).toEqual([next])
      })

      test('a client of a plan that failed stays as it was', async () => {
        const { line } = await signIn(store)
        await write({ put: 'client', client: client('c') })
        await store.findClient('c')
        const changes: Change[] = [
          { put: 'client', client: client('c', { name: 'New' }) },
          { put: 'family', family: line },
        ]
        await expect(write(...changes)).rejects.toThrow()
        expect(await store.findClient('c')).toEqual(client('c'))
      })

      test('an origin is one as long as a client that is not disabled names it', async () => {
        const [own, other] = ['https://a.test', 'https://b.test']
        const put = (id: string, over: Partial<Client>) =>
          write({ put: 'client', client: client(id, over) })
        const known = async () => [await store.isOrigin(own), await store.isOrigin(other)]
        expect(await known()).toEqual([false, false])
        await put('c', { origins: [own] })
        await put('d', { origins: [own, other] })
        expect(await known()).toEqual([true, true])
        await put('d', { origins: [own, other], disabledAt: now })
        expect(await known()).toEqual([true, false])
        await put('c', { origins: [] })
        expect(await known()).toEqual([false, false])
        await put('d', { origins: [other] })
        expect(await known()).toEqual([false, true])
      })

      test('client ids differ by case', async () => {
        await write({ put: 'client', client: client('a') }, { put: 'client', client: client('A') })
        expect((await store.listClients()).map(({ id }) => id).sort()).toEqual(['A', 'a'])
      })

      test('a user keeps id and sub and may change all else', async () => {
        const person = user(store)
        await write({ put: 'user', user: person })
        const next = { ...person, passwordHash: 'h', claims: { name: 'N' }, disabledAt: 4 }
        await write({ put: 'user', user: { ...next, sub: 'another' } })
        expect(await store.findUser(person.id)).toEqual(next)
        await write({ put: 'user', user: person })
        expect(await store.findUser(person.id)).toEqual(person)
      })

      test('a username belongs to one user', async () => {
        const person = user(store, { username: 'anna' })
        const other = user(store, { username: 'anna' })
        await write({ put: 'user', user: person })
        await expect(write({ put: 'user', user: other })).rejects.toThrow('anna')
        expect(await store.findUser(other.id)).toBeUndefined()
        expect(await store.findUserByName('anna')).toEqual(person)
      })

      test('a username is free for another once its user was renamed', async () => {
        const person = user(store, { username: 'anna' })
        const other = user(store, { username: 'bert' })
        await write({ put: 'user', user: person }, { put: 'user', user: other })
        const taking: Change = { put: 'user', user: { ...other, username: 'anna' } }
        await expect(write(taking)).rejects.toThrow()
        expect(await store.findUserByName('bert')).toEqual(other)
        await write({ put: 'user', user: { ...person, username: 'carla' } })
        expect(await store.findUserByName('anna')).toBeUndefined()
        expect(await write(taking)).toBe(true)
        expect((await store.findUserByName('anna'))?.id).toBe(other.id)
        expect((await store.findUserByName('carla'))?.id).toBe(person.id)
        expect(await store.findUserByName('bert')).toBeUndefined()
      })

      test('a user who ended is disabled, and the name is free for another', async () => {
        const person = user(store, { username: 'anna' })
        const other = user(store, { username: 'bert' })
        const next = user(store, { username: 'anna' })
        await write({ put: 'user', user: person }, { put: 'user', user: other })
        await write({ end: 'user', id: person.id, at: now }, { put: 'user', user: next })
        await write({ end: 'user', id: person.id, at: now + 9 })
        expect(await store.findUser(person.id)).toEqual({ ...person, disabledAt: now })
        expect(await store.findUserByName('anna')).toEqual(next)
        expect(await store.findUserByName('bert')).toEqual(other)
        expect(await store.listUsers()).toHaveLength(3)
      })

      test('a user who ended gets the name back with the next put, if it is still free', async () => {
        const person = user(store, { username: 'anna' })
        const next = user(store, { username: 'anna' })
        await write({ put: 'user', user: person })
        await write({ end: 'user', id: person.id, at: now })
        expect(await store.findUserByName('anna')).toBeUndefined()
        await write({ put: 'user', user: person })
        expect(await store.findUserByName('anna')).toEqual(person)
        await write({ end: 'user', id: person.id, at: now }, { put: 'user', user: next })
        await expect(write({ put: 'user', user: person })).rejects.toThrow('anna')
        expect((await store.findUser(person.id))?.disabledAt).toBe(now)
      })

      test('of two users who take one name in a turn one gets it', async () => {
        const pair = [user(store, { username: 'x' }), user(store, { username: 'x' })]
        const answers = await Promise.allSettled(
          pair.map((one) => write({ put: 'user', user: one })),
        )
        expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
        expect(await store.listUsers()).toEqual([pair[0]])
      })
    })

    describe('grants', () => {
      test('are widened by what is new, in the order it came', async () => {
        const { person, consent } = await signIn(store, { scope: ['openid', 'b'] })
        const widen = (scope: string[], resources: string[]) =>
          write({ widen: 'grant', id: consent.id, scope, resources })
        await Promise.all([
          widen(['b', 'a'], ['https://r']),
          widen(['z', 'a'], ['https://r', 'https://s']),
        ])
        const scope = ['openid', 'b', 'a', 'z']
        const resources = ['https://r', 'https://s']
        expect(await store.findGrants(person.id, 'c')).toEqual([{ ...consent, scope, resources }])
      })

      test('that ended are not widened and not found', async () => {
        const { person, consent, line } = await signIn(store)
        await write(
          { end: 'grant', id: consent.id, at: now + 5, reason: 'consent_withdrawn' },
          { widen: 'grant', id: consent.id, scope: ['more'], resources: [] },
          { end: 'grant', id: consent.id, at: now + 7, reason: 'revoked' },
        )
        expect(await store.findGrants(person.id, 'c')).toEqual([])
        const found = await store.findFamily(line.id)
        expect(found?.grant).toEqual({ ...consent, endedAt: now + 5 })
      })

      test('are found by user and client only', async () => {
        const { person, consent } = await signIn(store)
        const second = grant(store, person.id)
        const elsewhere = grant(store, person.id, { clientId: 'd' })
        await write({ put: 'grant', grant: second }, { put: 'grant', grant: elsewhere })
        expect(await store.findGrants(person.id, 'c')).toEqual([consent, second])
        expect(await store.findGrants(person.id, 'd')).toEqual([elsewhere])
        expect(await store.findGrants(person.id + 1_000, 'c')).toEqual([])
      })

      test('that ended are seen behind every token and code', async () => {
        const { consent, line, token } = await signIn(store)
        const access = accessToken(store, { familyId: line.id })
        const given = code(store, consent)
        await write({ put: 'access_token', token: access }, { put: 'code', code: given })
        await write({ end: 'grant', id: consent.id, at: now, reason: 'revoked' })
        expect((await store.findRefreshToken(token.id))?.grant.endedAt).toBe(now)
        expect((await store.findAccessToken(access.id))?.lineage?.grant.endedAt).toBe(now)
        expect((await store.findCode(given.id))?.grant.endedAt).toBe(now)
      })
    })

    describe('ending', () => {
      test('a family is seen behind its tokens, and the first end counts', async () => {
        const { line, token } = await signIn(store)
        const access = accessToken(store, { familyId: line.id })
        await write({ put: 'access_token', token: access })
        await write({ end: 'family', id: line.id, at: now + 1, reason: 'refresh_reused' })
        await write({ end: 'family', id: line.id, at: now + 2, reason: 'logout' })
        expect((await store.findFamily(line.id))?.family.endedAt).toBe(now + 1)
        expect((await store.findRefreshToken(token.id))?.family.endedAt).toBe(now + 1)
        expect((await store.findAccessToken(access.id))?.lineage?.family.endedAt).toBe(now + 1)
      })

      test('a family leaves the others of its grant alive', async () => {
        const { consent, line } = await signIn(store)
        const other = family(store, consent)
        await write({ put: 'family', family: other })
        await write({ end: 'family', id: line.id, at: now, reason: 'revoked' })
        expect((await store.findFamily(other.id))?.family).toEqual(other)
      })

      test('a session is seen, and the first end counts', async () => {
        const { person } = await signIn(store)
        const given = session(store, person.id)
        await write({ put: 'session', session: given })
        await write({ end: 'session', id: given.id, at: now + 3 })
        await write({ end: 'session', id: given.id, at: now + 4 })
        expect((await store.findSession(given.id))?.session).toEqual({
          ...given,
          endedAt: now + 3,
        })
      })

      test('a session is extended by the latest use, in whatever order uses come', async () => {
        const { person } = await signIn(store)
        const given = session(store, person.id)
        const other = session(store, person.id)
        await write({ put: 'session', session: given }, { put: 'session', session: other })
        const until = given.expiresAt + 300
        await write({ extend: 'session', id: given.id, until })
        await write({ extend: 'session', id: given.id, until: until - 1 })
        const used = { ...given, expiresAt: until }
        expect((await store.findSession(given.id))?.session).toEqual(used)
        expect((await store.findSession(other.id))?.session).toEqual(other)
      })

      test('a session that ended is extended no more', async () => {
        const { person } = await signIn(store)
        const given = session(store, person.id)
        await write({ put: 'session', session: given }, { end: 'session', id: given.id, at: now })
        await write({ extend: 'session', id: given.id, until: given.expiresAt + 300 })
        const ended = { ...given, endedAt: now }
        expect((await store.findSession(given.id))?.session).toEqual(ended)
      })

      test("a session's families spares offline_access and other sessions", async () => {
        const sessionId = store.newId()
        const near = await signIn(store, { sessionId, scope: ['openid'] })
        const alike = await signIn(store, { sessionId, scope: ['offline_access_not'] })
        const offline = await signIn(store, { sessionId, scope: ['a', 'offline_access', 'b'] })
        const other = await signIn(store, { sessionId: sessionId + 1 })
        const none = await signIn(store)
        await write({ end: 'session_families', sessionId, at: now, reason: 'logout' })
        const ended = await Promise.all(
          [near, alike, offline, other, none].map(
            async ({ line }) => (await store.findFamily(line.id))?.family.endedAt,
          ),
        )
        expect(ended).toEqual([now, now, undefined, undefined, undefined])
      })

      test("a session's families spends the codes that would open more of them", async () => {
        const sessionId = store.newId()
        const { person, consent } = await signIn(store)
        const at = { sessionId, scope: ['openid'] }
        const codes = [
          code(store, consent, at),
          code(store, consent, { sessionId, scope: ['offline_access'] }),
          code(store, consent, { sessionId: sessionId + 1 }),
          code(store, consent, { ...at, spentAt: now - 9, familyId: 7 }),
        ]
        await write(...codes.map((one): Change => ({ put: 'code', code: one })))
        await write({ end: 'session_families', sessionId, at: now, reason: 'logout' })
        const found = await Promise.all(codes.map((one) => store.findCode(one.id)))
        expect(found.map((one) => one?.code.spentAt)).toEqual([now, undefined, undefined, now - 9])
        expect(found[3]?.code.familyId).toBe(7)
        expect(found[0]?.user).toEqual(person)
      })

      test('an access token leaves its family alive', async () => {
        const { line } = await signIn(store)
        const access = accessToken(store, { familyId: line.id })
        await write({ put: 'access_token', token: access })
        await write({ end: 'access_token', id: access.id, at: now + 1 })
        await write({ end: 'access_token', id: access.id, at: now + 2 })
        const found = await store.findAccessToken(access.id)
        expect(found?.token.revokedAt).toBe(now + 1)
        expect(found?.lineage?.family.endedAt).toBeUndefined()
      })

      test('a JWT is known by its hash, and may be said twice', async () => {
        const end: Change = { end: 'jwt', jtiHash: bytes(1), expiresAt: now + 60 }
        await write(end, end)
        await write(end)
        expect(await store.isJwtEnded(bytes(1))).toBe(true)
        expect(await store.isJwtEnded(bytes(2))).toBe(false)
      })

      test('a key removes it', async () => {
        await write({ put: 'key', key: key('one') }, { put: 'key', key: key('two') })
        await write({ end: 'key', kid: 'one' })
        expect(await store.listKeys()).toEqual([key('two')])
      })
    })

    test('an access token whose family is unknown is not the client’s own', async () => {
      const { line } = await signIn(store, { expiresAt: now + hour })
      const early = accessToken(store, { familyId: line.id, createdAt: now + 9 * day })
      await write({ put: 'access_token', token: { ...early, expiresAt: now + 90 * day } })
      await store.sweep(now + 30 * day, 100)
      expect(await store.findFamily(line.id)).toBeUndefined()
      expect(await store.findAccessToken(early.id)).toBeUndefined()
    })

    test('keys and secrets put again replace the first', async () => {
      await write({ put: 'key', key: key('k') }, { put: 'key', key: key('old', { createdAt: 1 }) })
      await write({ put: 'secret', secret: { name: 'mask', sealed: bytes(1) } })
      const later = key('k', { sealed: bytes(8), signsFrom: now + 60 })
      await write({ put: 'key', key: later })
      await write({ put: 'secret', secret: { name: 'mask', sealed: bytes(2) } })
      expect(await store.listKeys()).toEqual([key('old', { createdAt: 1 }), later])
      expect(await store.listSecrets()).toEqual([{ name: 'mask', sealed: bytes(2) }])
    })

    test('events are listed youngest first, as many as asked for', async () => {
      const said = Array.from({ length: 5 }, (_, nth) => event({ requestId: `r${nth}` }))
      await store.commit({ changes: [], events: said.slice(0, 2) })
      for (const one of said.slice(2)) await store.commit({ changes: [], events: [one] })
      expect(await store.listEvents(3)).toEqual(said.slice(2).reverse())
      // Said by a server that was slower to write it.
      await store.commit({ changes: [], events: [event({ at: now - 1, requestId: 'late' })] })
      const all = [...said.toReversed(), event({ at: now - 1, requestId: 'late' })]
      expect(await store.listEvents(99)).toEqual(all)
    })

    describe('wrong verifiers', () => {
      const wrong = (codeId: number, at = now): Change => {
        return { count: 'wrong_verifier', codeId, at, limit: 5 }
      }

      test('spend the code when there were as many as the limit', async () => {
        const { consent } = await signIn(store)
        const given = code(store, consent)
        await write({ put: 'code', code: given })
        for (let nth = 1; nth < 5; nth++) await write(wrong(given.id))
        const found = (await store.findCode(given.id))?.code
        expect(found).toEqual({ ...given, wrongVerifiers: 4 })
        await write(wrong(given.id, now + 9))
        const spent = (await store.findCode(given.id))?.code
        expect(spent).toEqual({ ...given, wrongVerifiers: 5, spentAt: now + 9 })
        const spend: Spend = { what: 'code', id: given.id, at: now, familyId: 1 }
        expect(await store.commit(plan([], spend))).toBe(false)
      })

      test('are all counted when they come together', async () => {
        const { consent } = await signIn(store)
        const given = code(store, consent)
        await write({ put: 'code', code: given })
        await Promise.all(Array.from({ length: 20 }, () => write(wrong(given.id))))
        const found = (await store.findCode(given.id))?.code
        expect(found).toEqual({ ...given, wrongVerifiers: 5, spentAt: now })
      })

      test('do nothing to a spent code', async () => {
        const { consent, line } = await signIn(store)
        const given = code(store, consent)
        await write({ put: 'code', code: given })
        await store.commit(plan([], { what: 'code', id: given.id, at: now, familyId: line.id }))
        await write(wrong(given.id))
        expect((await store.findCode(given.id))?.code.wrongVerifiers).toBe(0)
      })
    })

    describe('a replay cell', () => {
      const childOf = async (parent: RefreshToken) =>
        (await store.findRefreshToken(parent.id))?.child

      test('comes with the child and is found through the parent', async () => {
        const { token } = await signIn(store)
        const { child, kept } = rotate(store, token)
        expect(await kept).toBe(true)
        expect(await childOf(token)).toEqual(child)
        expect((await store.findRefreshToken(child.id))?.token).toEqual(bare(child))
      })

      test('is cleared when the child is spent', async () => {
        const { token } = await signIn(store)
        const first = rotate(store, token)
        const second = rotate(store, first.child)
        await second.kept
        const child = await childOf(token)
        expect(child?.cell).toBeUndefined()
        expect(child?.cellUntil).toBeUndefined()
        expect(child?.childId).toBe(second.child.id)
        expect(await childOf(first.child)).toEqual(second.child)
      })

      test('stays when the spend of the child was lost', async () => {
        const { line, token } = await signIn(store)
        const { child, kept } = rotate(store, token)
        await kept
        const spend: Spend = { what: 'refresh_token', id: child.id, at: now, childId: 1 }
        const again: Change = { put: 'family', family: line }
        await expect(store.commit(plan([again], spend))).rejects.toThrow()
        expect(await childOf(token)).toEqual(child)
      })

      const ends: Record<
        string,
        (at: { family: number; grant: number; session: number }) => Change
      > = {
        family: (at) => ({ end: 'family', id: at.family, at: now, reason: 'revoked' }),
        grant: (at) => ({ end: 'grant', id: at.grant, at: now, reason: 'revoked' }),
        'session without offline_access': (at) => {
          return { end: 'session_families', sessionId: at.session, at: now, reason: 'logout' }
        },
      }
      for (const [what, end] of Object.entries(ends)) {
        test(`is cleared when its ${what} ends, and no other is`, async () => {
          const sessionId = store.newId()
          const { token, line, consent } = await signIn(store, { sessionId })
          const other = await signIn(store, { sessionId: sessionId + 1 })
          const offline = await signIn(store, { sessionId, scope: ['offline_access'] })
          const kept = [token, other.token, offline.token].map((one) => rotate(store, one))
          await Promise.all(kept.map((one) => one.kept))
          await write(end({ family: line.id, grant: consent.id, session: sessionId }))
          expect((await childOf(token))?.cell).toBeUndefined()
          expect((await childOf(other.token))?.cell).toEqual(bytes(9))
          expect((await childOf(offline.token))?.cell).toEqual(bytes(9))
        })

        test(`does not come when its ${what} ended a moment before`, async () => {
          const sessionId = store.newId()
          const { token, line, consent } = await signIn(store, { sessionId })
          const ended = write(end({ family: line.id, grant: consent.id, session: sessionId }))
          const { child, kept } = rotate(store, token)
          await ended
          expect(await kept).toBe(false)
          expect(await store.findRefreshToken(child.id)).toBeUndefined()
          expect((await store.findRefreshToken(token.id))?.token).toEqual(token)
        })
      }

      test('is swept when its window is over', async () => {
        const { token } = await signIn(store)
        const { child, kept } = rotate(store, token)
        await kept
        await store.sweep(now + 29, 10)
        expect(await childOf(token)).toEqual(child)
        await store.sweep(now + 30, 10)
        expect(await childOf(token)).toEqual(bare(child))
      })
    })

    describe('a sweep', () => {
      const found = async (what: Promise<unknown> | unknown) => (await what) !== undefined

      test('of an empty store removes nothing', async () => {
        expect(await store.sweep(now, 100)).toEqual({ rows: 0 })
      })

      test('keeps refresh tokens, spent or not, until their own expiry', async () => {
        const { token } = await signIn(store)
        const { child, kept } = rotate(store, token, { expiresAt: token.expiresAt + 9 })
        await kept
        await store.sweep(token.expiresAt - 1, 100)
        expect(await found(store.findRefreshToken(token.id))).toBe(true)
        await store.sweep(token.expiresAt, 100)
        expect(await found(store.findRefreshToken(token.id))).toBe(false)
        expect(await found(store.findRefreshToken(child.id))).toBe(true)
      })

      test('keeps refresh tokens of an ended family until their own expiry', async () => {
        const { line, token } = await signIn(store)
        await write({ end: 'family', id: line.id, at: now, reason: 'revoked' })
        await store.sweep(token.expiresAt - 1, 100)
        expect(await found(store.findRefreshToken(token.id))).toBe(true)
      })

      test('keeps opaque access tokens a day after their expiry', async () => {
        const own = accessToken(store)
        await write({ put: 'access_token', token: own })
        await store.sweep(own.expiresAt + day - 1, 100)
        expect(await found(store.findAccessToken(own.id))).toBe(true)
        await store.sweep(own.expiresAt + day, 100)
        expect(await found(store.findAccessToken(own.id))).toBe(false)
      })

      test('removes unspent codes an hour after their expiry', async () => {
        const { consent } = await signIn(store)
        const given = code(store, consent)
        await write({ put: 'code', code: given })
        await store.sweep(given.expiresAt + hour - 1, 100)
        expect(await found(store.findCode(given.id))).toBe(true)
        await store.sweep(given.expiresAt + hour, 100)
        expect(await found(store.findCode(given.id))).toBe(false)
      })

      test('keeps a spent code while its family lives, and not for long after', async () => {
        const { consent, line } = await signIn(store, { expiresAt: now + 300 * day })
        const given = code(store, consent)
        await write({ put: 'code', code: given })
        await store.commit(plan([], { what: 'code', id: given.id, at: now, familyId: line.id }))
        for (const days of [1, 20, 100]) {
          await store.sweep(now + days * day, 100)
          expect(await found(store.findCode(given.id))).toBe(true)
        }
        await write({ end: 'family', id: line.id, at: now + 100 * day, reason: 'revoked' })
        await store.sweep(now + 110 * day, 100)
        expect(await found(store.findCode(given.id))).toBe(false)
      })

      test('removes a spent code whose grant ended, or that wrong verifiers spent', async () => {
        const { consent, line } = await signIn(store)
        const given = code(store, consent)
        const guessed = code(store, consent)
        await write({ put: 'code', code: given }, { put: 'code', code: guessed })
        await store.commit(plan([], { what: 'code', id: given.id, at: now, familyId: line.id }))
        await write({ count: 'wrong_verifier', codeId: guessed.id, at: now, limit: 1 })
        await write({ end: 'grant', id: consent.id, at: now, reason: 'revoked' })
        await store.sweep(now + 2 * hour, 100)
        expect(await found(store.findCode(given.id))).toBe(false)
        expect(await found(store.findCode(guessed.id))).toBe(false)
      })

      test('reaches every code, however few it may touch at once', async () => {
        const { consent, line } = await signIn(store)
        const many = Array.from({ length: 12 }, () => code(store, consent))
        await write(...many.map((one): Change => ({ put: 'code', code: one })))
        for (const one of many.slice(0, 6)) {
          const spend: Spend = { what: 'code', id: one.id, at: now, familyId: line.id }
          await store.commit(plan([], spend))
        }
        for (let nth = 0; nth < 4; nth++) await store.sweep(now + day + nth, 2)
        const left = await Promise.all(many.map((one) => found(store.findCode(one.id))))
        expect(left).toEqual(many.map((_, nth) => nth < 6))
      })

      test('removes a family a day after its end, its tokens first', async () => {
        const { line, token } = await signIn(store, { expiresAt: now + 7 * day })
        const access = accessToken(store, {
          familyId: line.id,
          createdAt: line.expiresAt - 1,
          expiresAt: line.expiresAt + 5 * day,
        })
        await write({ put: 'access_token', token: access })
        await store.sweep(line.expiresAt + 3 * day, 100)
        expect(await found(store.findRefreshToken(token.id))).toBe(false)
        expect((await store.findAccessToken(access.id))?.lineage?.family).toEqual(line)
        await store.sweep(access.expiresAt + day, 100)
        expect(await found(store.findFamily(line.id))).toBe(false)
      })

      test('ends a family whose last refresh token nobody used in time, and its code', async () => {
        const { consent, line, token } = await signIn(store, { expiresAt: now + 300 * day })
        const given = code(store, consent)
        await write({ put: 'code', code: given })
        await store.commit(plan([], { what: 'code', id: given.id, at: now, familyId: line.id }))
        const { child, kept } = rotate(store, token, { expiresAt: token.expiresAt + 9 })
        await kept
        await store.sweep(token.expiresAt, 100)
        expect((await store.findFamily(line.id))?.family).toEqual(line)
        await store.sweep(child.expiresAt, 100)
        const over = { ...line, expiresAt: child.expiresAt }
        expect((await store.findFamily(line.id))?.family).toEqual(over)
        expect(await found(store.findCode(given.id))).toBe(true)
        await store.sweep(child.expiresAt + day, 100)
        expect((await store.findFamily(line.id))?.family).toEqual(over)
        await store.sweep(child.expiresAt + day + 1, 100)
        expect(await found(store.findFamily(line.id))).toBe(false)
        await store.sweep(child.expiresAt + 8 * day, 100)
        expect(await found(store.findCode(given.id))).toBe(false)
      })

      test('keeps a family that nobody can refresh while access tokens of it are known', async () => {
        const { line, token } = await signIn(store, { expiresAt: now + 300 * day })
        const opaque = { familyId: line.id, createdAt: now, keptUntil: now + 200 * day }
        await write({ put: 'access_token', token: accessToken(store, opaque) })
        await store.sweep(token.expiresAt, 100)
        await store.sweep(now + 199 * day, 100)
        expect(await found(store.findFamily(line.id))).toBe(true)
        await store.sweep(now + 200 * day, 100)
        expect(await found(store.findFamily(line.id))).toBe(false)
      })

      test('keeps a family that nobody can refresh while a JWT of it may be good', async () => {
        const { line, token } = await signIn(store, { expiresAt: now + 300 * day })
        const jwt = 50 * day
        await store.sweep(token.expiresAt, 100, jwt)
        await store.sweep(token.expiresAt + jwt, 100, jwt)
        expect(await found(store.findFamily(line.id))).toBe(true)
        await store.sweep(token.expiresAt + jwt + 1, 100, jwt)
        expect(await found(store.findFamily(line.id))).toBe(false)
      })

      test('ends idle families also when it may touch few rows at once', async () => {
        const signedIn = await Promise.all(
          Array.from({ length: 5 }, () => signIn(store, { expiresAt: now + 300 * day })),
        )
        const due = Math.max(...signedIn.map(({ token }) => token.expiresAt))
        for (let nth = 0; nth < 4; nth++) await store.sweep(due, 2)
        for (const { line } of signedIn) {
          expect((await store.findFamily(line.id))?.family.expiresAt).toBe(due)
        }
      })

      test('keeps a family that ended while a token of it can be recognised', async () => {
        const { line, token } = await signIn(store, { expiresAt: now + 7 * day })
        await write({ end: 'family', id: line.id, at: now, reason: 'revoked' })
        await store.sweep(token.expiresAt - 1, 100)
        expect((await store.findRefreshToken(token.id))?.family.endedAt).toBe(now)
        await store.sweep(token.expiresAt + day + 1, 100)
        expect(await found(store.findFamily(line.id))).toBe(false)
      })

      test('removes sessions a day after they expired or ended', async () => {
        const { person } = await signIn(store)
        const left = session(store, person.id, { expiresAt: now + 9 * day })
        const expired = session(store, person.id, { expiresAt: now })
        await write({ put: 'session', session: left }, { put: 'session', session: expired })
        await write({ end: 'session', id: left.id, at: now + 10 })
        await store.sweep(now + day, 100)
        expect(await found(store.findSession(expired.id))).toBe(false)
        expect(await found(store.findSession(left.id))).toBe(true)
        await store.sweep(now + day + 10, 100)
        expect(await found(store.findSession(left.id))).toBe(false)
      })

      test('removes an ended grant after 30 days, when its families are gone', async () => {
        const { consent, line, person } = await signIn(store, { expiresAt: now + 40 * day })
        const empty = grant(store, person.id)
        await write({ put: 'grant', grant: empty })
        for (const { id } of [consent, empty]) {
          await write({ end: 'grant', id, at: now, reason: 'consent_withdrawn' })
        }
        expect((await store.sweep(now + 30 * day - 1, 100)).rows).toBe(1)
        expect((await store.sweep(now + 30 * day, 100)).rows).toBe(1)
        expect((await store.findFamily(line.id))?.grant.endedAt).toBe(now)
        expect((await store.sweep(line.expiresAt + day + 1, 100)).rows).toBe(2)
        expect((await store.sweep(now + 900 * day, 100)).rows).toBe(0)
      })

      test('removes ended JWTs and used assertions at their expiry', async () => {
        const jtiHash = bytes(3)
        const spend: Spend = { what: 'assertion', clientId: 'c', jtiHash, expiresAt: now + 60 }
        await store.commit(plan([{ end: 'jwt', jtiHash, expiresAt: now + 60 }], spend))
        expect(await store.sweep(now + 59, 100)).toEqual({ rows: 0 })
        expect(await store.isJwtEnded(jtiHash)).toBe(true)
        expect(await store.commit(plan([], spend))).toBe(false)
        expect(await store.sweep(now + 60, 100)).toEqual({ rows: 2 })
        expect(await store.isJwtEnded(jtiHash)).toBe(false)
        expect(await store.commit(plan([], spend))).toBe(true)
      })

      test('leaves keys, secrets, users, clients, live grants and events alone', async () => {
        const { person, consent } = await signIn(store)
        await write({ put: 'key', key: key('k') }, { put: 'client', client: client('c') })
        await write({ put: 'secret', secret: { name: 's', sealed: bytes(1) } })
        await store.commit({ changes: [], events: [event()] })
        await store.sweep(now + 9_000 * day, 100)
        await store.sweep(now + 9_000 * day, 100)
        expect(await store.listKeys()).toHaveLength(1)
        expect(await store.listSecrets()).toHaveLength(1)
        expect(await store.listEvents(9)).toHaveLength(1)
        expect(await store.findClient('c')).toBeDefined()
        expect(await store.findUser(person.id)).toEqual(person)
        expect(await store.findGrants(person.id, 'c')).toEqual([consent])
      })

      test('forgets events and addresses that are older than asked, and no others', async () => {
        const { person } = await signIn(store)
        const from = { address: '192.0.2.1', userAgent: 'a browser' }
        const old = grant(store, person.id, from)
        const young = grant(store, person.id, { ...from, createdAt: now + 1 })
        await write({ put: 'grant', grant: old }, { put: 'grant', grant: young })
        await store.commit({ changes: [], events: [event(), { ...event(), at: now + 1 }] })
        const before = { events: now + 1, addresses: now + 1 }
        expect(await store.forget(before, 1)).toEqual({ rows: 2 })
        expect((await store.listEvents(9)).map((one) => one.at)).toEqual([now + 1])
        const grants = await store.findGrants(person.id, 'c')
        const { address: _, userAgent: __, ...bare } = old
        expect(grants).toContainEqual(bare)
        expect(grants).toContainEqual(young)
        expect(await store.forget(before, 9)).toEqual({ rows: 0 })
      })

      test('gives a session that is put again a new secret, and keeps its name', async () => {
        const { person } = await signIn(store)
        const first = session(store, person.id)
        const again = { ...first, hash: bytes(7), authenticatedAt: now + 5, expiresAt: now + hour }
        await write({ put: 'session', session: first })
        await write({ put: 'session', session: { ...again, sid: 'another' } })
        expect((await store.findSession(first.id))?.session).toEqual(again)
      })

      test('removes no more rows of a kind than it may', async () => {
        const many = Array.from({ length: 25 }, () => accessToken(store))
        await write(...many.map((token): Change => ({ put: 'access_token', token })))
        const rows: number[] = []
        for (let nth = 0; nth < 4; nth++) rows.push((await store.sweep(now + 9 * day, 10)).rows)
        expect(rows).toEqual([10, 10, 5, 0])
      })
    })
  })
}
