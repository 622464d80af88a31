// Brings the clients and users of the configuration file into the store at start.

import { isDeepStrictEqual } from 'node:util'
import type { AuditEvent, Change, Client, Store, User } from '@patois/core'
import type { Configuration } from '../configuration.ts'
import { nodeCrypto } from '../crypto.ts'
import type { Log } from '../log.ts'
import { hashPassword, isPassword } from '../password.ts'
import type { UserEntry } from './user.ts'

/** What the file's entries are brought into; `now` in seconds. */
export type UpsertParts = {
  store: Pick<
    Store,
    'raiseRevision' | 'findUserByName' | 'listClients' | 'listUsers' | 'newId' | 'commit'
  >
  configuration: Pick<Configuration, 'revision' | 'clients' | 'users'>
  now: number
  log: Log
}

/** One entry's change, with its audit event; none where nothing changed. */
type Step = { change: Change; event: AuditEvent }

/** As many users are hashed or checked at once: more would only take memory. */
const AT_ONCE = 8

const OLDER = 'the file has a lower revision than the database: its clients and users are not used'

/**
 * Writes what is new or changed in the file; nothing when the database has a greater revision.
 * Entries that left it are disabled, and their tokens with them; a client that returns starts with
 * no living token, a username is another person's unless its entry states the `sub` of before.
 * Throws one sentence when an entry is owned by somebody else, or a client is named like a user's
 * sub.
 */
export async function upsertFromFile(parts: UpsertParts): Promise<void> {
  const { revision } = parts.configuration
  if (!(await parts.store.raiseRevision(revision))) return parts.log.warn({ revision }, OLDER)
  logExceptions(parts)
  logVain(parts)
  await checkSubs(parts)
  const steps = [...(await clientSteps(parts)), ...(await userSteps(parts))]
  await Promise.all(
    steps.map(({ change, event }) => parts.store.commit({ changes: [change], events: [event] })),
  )
  if (steps.length > 0)
    parts.log.info({ changes: steps.length }, 'the file changed clients or users')
}

// A client's own tokens have its name as their sub: nobody may be taken for a user (RFC 9700 §4.15).
async function checkSubs({ store, configuration }: UpsertParts): Promise<void> {
  const users = [...(await store.listUsers()), ...configuration.users]
  const subs = new Set(users.map((user) => user.sub))
  const clients = [...configuration.clients, ...(await store.listClients())]
  const twin = clients.find((client) => subs.has(client.id))
  if (twin) throw new Error(`The client ${twin.id} has the sub of a user as its name.`)
}

async function clientSteps({ store, configuration, now }: UpsertParts): Promise<Step[]> {
  const kept = new Map((await store.listClients()).map((client) => [client.id, client]))
  const named = new Set(configuration.clients.map((client) => client.id))
  const step = (client: Client, type: string): Step => ({
    change: { put: 'client', client },
    event: { ...eventOf(type, now), clientId: client.id },
  })
  const present = configuration.clients.flatMap((entry) => {
    const before = kept.get(entry.id)
    if (!before) return [step({ ...entry, tokensFrom: now }, 'client_made')]
    if (before.owner !== 'file') throw new Error(`The client ${entry.id} is not owned by the file.`)
    const returned = before.disabledAt !== undefined
    const client = { ...entry, tokensFrom: returned ? now : before.tokensFrom }
    if (returned) return [step(client, 'client_enabled')]
    return isSame(client, before) ? [] : [step(client, 'client_changed')]
  })
  const gone = [...kept.values()].filter((client) => isGone(client, named.has(client.id)))
  return [
    ...present,
    ...gone.map((client) => step({ ...client, disabledAt: now }, 'client_disabled')),
  ]
}

// Who leaves, then who stays, then who is new: each finds free the name that it takes.
async function userSteps(parts: UpsertParts): Promise<Step[]> {
  const { configuration, now } = parts
  const kept = await parts.store.listUsers()
  const matched = await Promise.all(
    configuration.users.map(async (entry) => ({
      entry,
      before: await personOf(parts, entry, kept),
    })),
  )
  const staying = matched.filter(({ before }) => before !== undefined)
  const fresh = matched.filter(({ before }) => before === undefined)
  const ids = new Set(staying.map(({ before }) => before?.id))
  const gone = kept.filter((user) => isGone(user, ids.has(user.id)))
  const steps: (Step | undefined)[] = gone.map(({ id }) => ({
    change: { end: 'user', id, at: now },
    event: { ...eventOf('user_ended', now), userId: id },
  }))
  const present = [...staying, ...fresh]
  for (let first = 0; first < present.length; first += AT_ONCE) {
    const some = present.slice(first, first + AT_ONCE)
    steps.push(...(await Promise.all(some.map((one) => userStep(parts, one.entry, one.before)))))
  }
  for (const { entry } of fresh) logNamesake(parts, entry, kept)
  return steps.filter((step) => step !== undefined)
}

// The person whom an entry names: by its sub where it states one, else by the name in use.
async function personOf(
  { store }: UpsertParts,
  { username, sub }: UserEntry,
  kept: readonly User[],
): Promise<User | undefined> {
  const holder = await store.findUserByName(username)
  const person = sub === undefined ? holder : kept.find((user) => user.sub === sub)
  if ([holder, person].some((user) => user && user.owner !== 'file')) {
    throw new Error(`The user ${username} is not owned by the file.`)
  }
  return person
}

// A name that is given again could open another person's accounts at every application.
function logNamesake({ log }: UpsertParts, { username, sub }: UserEntry, kept: readonly User[]) {
  const former = kept.findLast((user) => user.username === username)
  if (!former || sub !== undefined) return
  const sentence = 'a user has the name of one who left: another person, unless the file says sub'
  log.warn({ username, formerSub: former.sub }, sentence)
}

async function userStep(
  { store, now }: UpsertParts,
  entry: UserEntry,
  before: User | undefined,
): Promise<Step | undefined> {
  const { username, claims } = entry
  const passwordHash = await hashFor(entry, before)
  const returned = before?.disabledAt !== undefined
  const isFresh = !before || returned || before.passwordHash !== passwordHash
  const user: User = {
    id: before?.id ?? store.newId(),
    sub: before?.sub ?? entry.sub ?? Buffer.from(nodeCrypto.random(16)).toString('base64url'),
    username,
    owner: 'file',
    ...(passwordHash === undefined ? {} : { passwordHash }),
    claims,
    tokensFrom: isFresh ? now : before.tokensFrom,
  }
  if (before && !returned && isSame(user, before)) return undefined
  const type = before ? (returned ? 'user_enabled' : 'user_changed') : 'user_made'
  return { change: { put: 'user', user }, event: { ...eventOf(type, now), userId: user.id } }
}

// A plain password has another hash each time it is made: only a wrong one is worth a new hash.
async function hashFor(
  { password, passwordHash }: UserEntry,
  before: User | undefined,
): Promise<string | undefined> {
  if (password === undefined) return passwordHash
  const known = before?.passwordHash
  if (known !== undefined && (await isPassword(known, password))) return known
  return hashPassword(password)
}

function eventOf(type: string, at: number): AuditEvent {
  return { at, requestId: 'server', type, decision: 'allowed', reason: 'file' }
}

function isGone(kept: Client | User, named: boolean): boolean {
  return kept.owner === 'file' && !named && kept.disabledAt === undefined
}

// By way of JSON, so that it does not matter what kind of bytes or objects a store hands out.
function isSame(a: Client | User, b: Client | User): boolean {
  return isDeepStrictEqual(plain(a), plain(b))
}

function plain(record: Client | User): unknown {
  return JSON.parse(
    JSON.stringify(record, (_, value) => (value instanceof Uint8Array ? [...value] : value)),
  )
}

// People are asked for it, and the application looks for a refresh token that never comes.
function logVain({ configuration, log }: UpsertParts): void {
  const isVain = ({ scope, grantTypes }: Client): boolean =>
    scope.includes('offline_access') && !grantTypes.includes('refresh_token')
  for (const { id } of configuration.clients.filter(isVain)) {
    log.warn({ client: id }, 'offline_access does nothing without the grant type refresh_token')
  }
}

// What weakens a client is said at each start, so that it is not forgotten.
function logExceptions({ configuration, log }: UpsertParts): void {
  const exceptions: readonly [string, (client: Client) => boolean][] = [
    ['legacy_public: true (a public client without PKCE)', (client) => client.legacyPublic],
    ['require_pkce: false', (client) => !client.requirePkce && !client.legacyPublic],
    ['consent: implicit', (client) => client.consent === 'implicit'],
    ['the password grant', (client) => client.grantTypes.includes('password')],
  ]
  for (const [exception, holds] of exceptions) {
    for (const client of configuration.clients.filter(holds)) {
      log.warn({ client: client.id, exception }, 'a client has an exception from the rules')
    }
  }
}
