// Fills the database of the Patois that is measured, through its own store, before it is started.

import { readFileSync, writeFileSync } from 'node:fs'
import {
  type Change,
  type Dialect,
  type Family,
  mintSecret,
  type Parts,
  type SecretKind,
} from '@patois/core'
import { app, knownDialects, openLog, openStore, readConfiguration, systemClock } from 'patois'
import {
  CHALLENGE,
  type GivenClient,
  JWT,
  LIFETIMES,
  OPAQUE,
  REDIRECT_URI,
  SCOPE,
  type Seeds,
  USER,
} from '../given.ts'
import { fillTokens, type Past } from './fill.ts'

const [configurationFile = '', seedFile = '', families = '64', codes = '0', rows = '0'] =
  process.argv.slice(2)
const masterKey = process.env.PATOIS_MASTER_KEY ?? ''

let databaseFile = ''

async function open(): Promise<Parts & { dialects: readonly Dialect[] }> {
  const parts = { text: readFileSync(configurationFile, 'utf8'), env: {}, dev: false }
  const read = readConfiguration({ ...parts, dialects: await knownDialects(parts) })
  if (!read.ok) throw new Error(read.faults.join('\n'))
  const { configuration } = read
  const { issuer, dev } = configuration
  const store = await openStore(configuration.database, { issuer, dev })
  const given = { configuration, store, clock: systemClock(), log: openLog('error') }
  databaseFile = configuration.database.replace('sqlite:', '')
  const { site } = await app({ ...given, masterKeys: [masterKey] })
  const mounted = new Set(configuration.mounts.map(({ dialect }) => dialect))
  const dialects = configuration.dialects.filter(({ name }) => mounted.has(name))
  return { ...site.parts, dialects }
}

const parts = await open()
const { store } = parts
const now = Math.floor(Date.now() / 1000)
const until = now + LIFETIMES.refresh
const user = await store.findUserByName(USER.name)
if (!user) throw new Error('There is no user.')
const userId = user.id

function words(scope: string): string[] {
  return scope.split(' ').sort()
}

async function keep(changes: readonly Change[]): Promise<void> {
  await store.commit({ changes, events: [] })
}

const ofDialects = parts.dialects.flatMap(({ scopes = {} }) => Object.keys(scopes))

async function newGrant(client: GivenClient): Promise<number> {
  const id = store.newId()
  const scope = words([SCOPE.codes, ...ofDialects].join(' '))
  const more = { origin: 'consent', userId, clientId: client.id, scope, resources: [] } as const
  await keep([{ put: 'grant', grant: { id, ...more, createdAt: now } }])
  return id
}

type Known = typeof OPAQUE | typeof JWT
const grants = { app: await newGrant(OPAQUE), api: await newGrant(JWT) }

function familyOf(client: Known, scope: string, dialect = 'standard'): Family {
  return {
    id: store.newId(),
    grantId: grants[client.id],
    userId,
    clientId: client.id,
    dialect,
    scope: words(scope),
    resources: [],
    authenticatedAt: now,
    createdAt: now,
    expiresAt: until,
  }
}

const past: Past[] = []

function pastOf(familyId: number): Past {
  const count = Math.floor(Number(rows) / Number(families))
  const firstId = count === 0 ? 0 : store.newId()
  for (let more = 1; more < count; more++) store.newId()
  return { familyId, firstId, count }
}

/** As many secrets as asked for, each with the rows that `rows` names. */
async function mint(
  count: number,
  kind: SecretKind,
  rows: (id: number, hash: Uint8Array) => Change[],
): Promise<string[]> {
  const secrets: string[] = []
  const written: Promise<void>[] = []
  for (let made = 0; made < count; made++) {
    const id = store.newId()
    const { secret, hash } = await mintSecret(parts, kind, id)
    secrets.push(secret)
    written.push(keep(rows(id, hash)))
    if (written.length === 1000) await Promise.all(written.splice(0))
  }
  await Promise.all(written)
  return secrets
}

function refreshOf(client: Known, { name, scopes = {} }: Partial<Dialect> = {}): Promise<string[]> {
  const scope = [SCOPE.tokens, ...Object.keys(scopes)].join(' ')
  return mint(Number(families), 'refresh_token', (id, hash) => {
    const family = familyOf(client, scope, name)
    const token = { id, hash, familyId: family.id, createdAt: now, expiresAt: until }
    if (client === OPAQUE) past.push(pastOf(family.id))
    return [
      { put: 'family', family },
      { put: 'refresh_token', token },
    ]
  })
}

const seeds: Seeds = {
  refreshOpaque: await refreshOf(OPAQUE),
  refreshJwt: await refreshOf(JWT),
  access: await mint(Number(families), 'access_token', (id, hash) => {
    const family = familyOf(OPAQUE, SCOPE.codes)
    const { scope } = family
    const times = { createdAt: now, expiresAt: until, keptUntil: until }
    const more = { clientId: OPAQUE.id, familyId: family.id, scope, audience: [parts.issuer] }
    return [
      { put: 'family', family },
      { put: 'access_token', token: { id, hash, ...more, ...times } },
    ]
  }),
  codes: await mint(Number(codes), 'code', (id, hash) => {
    const code = {
      id,
      hash,
      grantId: grants.app,
      userId,
      clientId: OPAQUE.id,
      dialect: 'standard',
      redirectUri: REDIRECT_URI,
      redirectSent: true,
      challenge: CHALLENGE,
      scope: words(SCOPE.codes),
      resources: [],
      authenticatedAt: now,
      createdAt: now,
      expiresAt: until,
      wrongVerifiers: 0,
    }
    return [{ put: 'code', code }]
  }),
}

const dialects: Record<string, string[]> = {}
for (const dialect of parts.dialects) dialects[dialect.name] = await refreshOf(OPAQUE, dialect)

await store.close()
if (rows !== '0') fillTokens(databaseFile, past, now)
writeFileSync(seedFile, JSON.stringify({ ...seeds, dialects }))
process.exit()
