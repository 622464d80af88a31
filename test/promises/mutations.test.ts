// Mutated requests over every endpoint of every dialect: no crash, no failure, nothing told or lost.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  DIALECTS,
  type Fields,
  GRANT_TYPES,
  LIST_FIELDS,
  TEXT_FIELDS,
  writeRequest,
} from '@patois/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authorizeParams, openBrowser, type TestBrowser } from '../door/browser.ts'
import { times } from '../door/counts.ts'
import {
  askCode,
  cookieOf,
  fieldsOf,
  formAt,
  type Held,
  type Speaker,
  signedIn,
  speakersAt,
  startEvery,
  takeCode,
  takeTokens,
} from '../door/every-dialect.ts'
import { PASSWORDS } from '../door/fixtures.ts'
import {
  bytesOf,
  type Dice,
  type Draft,
  mutate,
  openDice,
  type Pairs,
  sendDraft,
} from '../door/mutate.ts'
import { measured } from '../door/promise.ts'
import { checkLog, INNARDS, loggedRequests } from '../door/rules.ts'
import type { ServerOptions, TestServer } from '../door/server.ts'
import { openFolder } from '../door/tokens.ts'
import { openWire, type Wire, type WireAnswer } from '../door/wire.ts'

const REQUESTS = times(10_000, 100_000)
/** Between two batches the clock goes on, so that no throttle of the one holds the other up. */
const BATCH = 500
const CONNECTIONS = 8
/** What is in use may grow by this much from the first fifth to the last; bytes. */
const GROWTH = 16 * 1024 * 1024
/** The same of what the process was given, which it does not give back at once. */
const RESIDENT_GROWTH = 128 * 1024 * 1024
const SEED = Number(process.env.PATOIS_SEED ?? 1)

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const KNOWN = [...TEXT_FIELDS, ...LIST_FIELDS, 'csrf', 'scopes', 'decision', 'dialect', 'reason']

/** A server, and who speaks to it. */
type Target = { server: TestServer; speakers: readonly Speaker[]; wires: readonly Wire[] }

/** What the requests of one batch are made with. */
type Pool = {
  cookie: string
  /** Of somebody who may be signed out. */
  leaving: string
  held: Map<Speaker, Held[]>
  forms: Draft[]
}

const holdings = async (
  server: TestServer,
  speaker: Speaker,
  browser: TestBrowser,
): Promise<Held[]> => {
  const held = [await takeTokens(server, speaker, await takeCode(server, speaker, browser))]
  // Where one user may have one code at a time, the others come with the next batch.
  const more = speaker.dialect.policy.oneCode ? 1 : 3
  while (held.length <= more)
    held.push({ ...held[0], ...(await takeCode(server, speaker, browser)) })
  return held
}

const pairs = (fields: Record<string, string>): Pairs => Object.entries(fields)

const page = (name: string, path: string, headers: Pairs, params: Pairs = []): Draft => ({
  name,
  method: params.length > 0 ? 'POST' : 'GET',
  path,
  query: [],
  headers,
  kind: params.length > 0 ? 'form' : 'none',
  params,
  moved: false,
})

/** The forms that people fill in, as they stand in their browsers. */
const formsOf = async (
  { server, speakers }: Target,
  asked: TestBrowser,
  leaver: TestBrowser,
): Promise<Draft[]> => {
  const at = speakers[0]?.at ?? ''
  const stranger = openBrowser()
  const params = authorizeParams('cc', 'A'.repeat(43), { prompt: 'consent' })
  const ask = `${at}/authorize?${new URLSearchParams(params)}`
  const login = await formAt(server, stranger, ask)
  const consent = await formAt(server, asked, ask)
  const logout = await formAt(server, leaver, `${at}/logout?state=x`)
  const person = { username: 'alice', password: PASSWORDS.alice ?? '' }
  const decision = 'allow'
  const by = (browser: TestBrowser): Pairs => [['cookie', cookieOf(browser)]]
  const right = page('login', '/login', by(stranger), pairs({ ...login, ...person }))
  const wrong = page('login', '/login', by(stranger), pairs({ ...login, ...person, csrf: 'x' }))
  return [
    right,
    // A password that is looked at is dear; what stands before it is worth more requests.
    ...Array.from({ length: 5 }, () => wrong),
    page('consent', '/consent', by(asked), pairs({ ...consent, decision })),
    page('consent', '/consent', by(asked), pairs({ ...consent, decision: 'deny' })),
    page('logout', '/login/end', by(leaver), pairs({ ...logout, decision })),
  ]
}

const openPool = async (target: Target): Promise<Pool> => {
  const { server, speakers } = target
  const [browser, other] = [await signedIn(server), await signedIn(server, 'bob')]
  const held = new Map<Speaker, Held[]>()
  for (const speaker of speakers) held.set(speaker, await holdings(server, speaker, browser))
  const forms = await formsOf(target, browser, other)
  return { cookie: cookieOf(browser), leaving: cookieOf(other), held, forms }
}

/** What an authorization request may say besides. */
const EXTRAS: readonly Fields[] = [
  {},
  { prompt: 'none' },
  { prompt: 'login consent' },
  { max_age: '100', nonce: 'n' },
  { claims: '{"userinfo":{"email":null},"id_token":{"auth_time":{"essential":true}}}' },
  { response_mode: 'form_post', ui_locales: 'de en' },
  { login_hint: 'alice', display: 'popup', acr_values: '0' },
]

/** A request that a dialect's own client sends, with what it really holds. */
const ofDialect = ({ cookie, leaving, held }: Pool, dice: Dice): Draft => {
  const speaker = dice.one([...held.keys()])
  const { dialect, at } = speaker
  const own = dice.one(held.get(speaker) ?? [])
  const operation = dice.one(Object.values(dialect.operations))
  const authorize = operation.does === 'authorize'
  const grants = operation.grants ?? GRANT_TYPES.map(({ type }) => type)
  const cheap = grants.filter((one) => one !== 'password')
  const grant = dice.one(dice.below(8) > 0 && cheap.length > 0 ? cheap : grants)
  const tokens = [own.access_token ?? '', own.refresh_token ?? '', own.id_token ?? '']
  const fields: Fields = {
    ...fieldsOf(speaker, own),
    grant_type: grant,
    token: dice.one(tokens),
    id_token_hint: own.id_token ?? '',
  }
  const message = authorize
    ? askCode(speaker, dice.one(EXTRAS)).message
    : writeRequest(operation, fields)
  const text = new TextDecoder().decode(message.body)
  const isJson = message.headers['content-type'] === 'application/json'
  const params: Pairs = isJson
    ? Object.entries(JSON.parse(text)).map(([name, value]) => [name, String(value)])
    : [...new URLSearchParams(text)]
  const headers = { ...(message.headers as Record<string, string>) }
  delete headers['content-type']
  if (authorize) headers.cookie = cookie
  if (operation.does === 'logout') headers.cookie = leaving
  return {
    name: `${dialect.name} ${operation.does} ${grant}`,
    method: dice.one(operation.methods),
    path: at + message.path,
    query: [...new URLSearchParams(message.query)],
    headers: pairs(headers),
    kind: isJson ? 'json' : params.length > 0 ? 'form' : 'none',
    params,
    moved: false,
  }
}

/** All that answer; a stream goes on until its reader hangs up. */
const routesOf = ({ routes }: TestServer) =>
  routes.filter(({ method, path }) => /GET|POST/.test(method) && !path.endsWith('/stream'))

/** A request to any route at all: one that nobody told these tests about is called as well. */
const ofRoute = (server: TestServer, { cookie }: Pool, dice: Dice): Draft => {
  const { method, path } = dice.one(routesOf(server))
  const filled = path.replace(/:\w+/g, () => dice.one(['x', 'scope_none']))
  const params: Pairs =
    method === 'POST'
      ? [
          ['username', 'alice'],
          ['scope', 'api.read'],
        ]
      : []
  const query: Pairs = dice.below(2)
    ? [
        ['code', 'a'],
        ['error', 'b'],
        ['state', 'c'],
      ]
    : []
  const kind = params.length === 0 ? 'none' : dice.one(['form', 'json'] as const)
  const headers: Pairs = dice.below(2)
    ? [
        ['cookie', cookie],
        ['accept', 'text/html'],
      ]
    : []
  return { name: `route ${path}`, method, path: filled, query, headers, kind, params, moved: false }
}

const copy = (draft: Draft): Draft => structuredClone(draft)

const draftOf = (server: TestServer, pool: Pool, dice: Dice): Draft => {
  const which = dice.below(20)
  const draft =
    which < 14
      ? ofDialect(pool, dice)
      : which < 16
        ? copy(dice.one(pool.forms))
        : ofRoute(server, pool, dice)
  // Nobody hears of a server that does not say to whom the request goes.
  draft.headers.unshift(['host', new URL(server.origin).host])
  return draft
}

type Seen = {
  statuses: Map<number, number>
  slowest: number
  /** Each dialect with each operation that was allowed. */
  allowed: Set<string>
  faults: string[]
}

const logOf = (server: TestServer, { headers }: WireAnswer): string =>
  server.log.filter((line) => line.includes(headers.get('x-request-id') ?? '-')).join('')

/** What is printed of a request that went wrong: enough to send it again. */
const reportOf = (nth: number, draft: Draft, changed: string[]): string => {
  const bytes = bytesOf(draft).toString('latin1')
  const text = bytes.length > 3000 ? `${bytes.slice(0, 3000)}…` : bytes
  return `request ${nth} of seed ${SEED} (${draft.name}; ${changed.join(', ')}):\n${text}`
}

const sendOne = async (
  server: TestServer,
  wire: Wire,
  pool: Pool,
  nth: number,
  seen: Seen,
): Promise<string | undefined> => {
  const dice = openDice(SEED * 1_000_003 + nth)
  const draft = draftOf(server, pool, dice)
  const changed = mutate(draft, dice, KNOWN)
  const what = reportOf(nth, draft, changed)
  const answer = await sendDraft(wire, draft).catch((error: Error) => {
    seen.faults.push(`${error.message}\n${what}`)
    return undefined
  })
  if (!answer) return undefined
  const { status, body, headers, milliseconds } = answer
  seen.statuses.set(status, (seen.statuses.get(status) ?? 0) + 1)
  seen.slowest = Math.max(seen.slowest, milliseconds)
  if (status >= 500) seen.faults.push(`${status} ${body}\n${logOf(server, answer)}\n${what}`)
  if (INNARDS.test(body)) seen.faults.push(`${body}\n${what}`)
  return draft.moved ? headers.get('x-request-id') : undefined
}

const runBatch = async (target: Target, first: number, seen: Seen): Promise<void> => {
  const { server, wires } = target
  server.clock.advance(3700)
  const pool = await openPool(target)
  const moved = new Set<string>()
  let next = first
  const last = Math.min(first + BATCH, REQUESTS)
  const work = async (wire: Wire): Promise<void> => {
    while (next < last) {
      const id = await sendOne(server, wire, pool, next++, seen)
      if (id !== undefined) moved.add(id)
    }
  }
  await Promise.all(wires.map(work))
  // Where a caller puts its own secret where an answer repeats it, it hears it again; so does whoever
  // tries scopes in dev mode.
  for (const answer of server.answers) {
    if (moved.has(answer.requestId)) Object.assign(answer, { body: '', location: '' })
  }
  for (const [index, line] of server.log.entries()) {
    const { droppedScope, ...rest } = JSON.parse(line)
    if (server === targets[1]?.server && droppedScope) server.log[index] = JSON.stringify(rest)
  }
  expect(seen.faults.slice(0, 5).join('\n\n')).toBe('')
  checkLog(server)
  for (const { dialect, operation, decision } of loggedRequests(server)) {
    if (decision === 'allowed') seen.allowed.add(`${dialect} ${operation}`)
  }
  server.log.length = 0
  server.answers.length = 0
  await server.store.sweep(server.clock.now(), 5000)
}

let folders: ReturnType<typeof openFolder>[]
let targets: Target[]
beforeAll(async () => {
  folders = [openFolder(), openFolder()]
  const databases = folders.map(({ database }) => ({ database }))
  const open = async (where: 'root' | 'prefix', options: ServerOptions): Promise<Target> => {
    const speakers = speakersAt(where)
    const server = await startEvery(speakers, options)
    await server.keys.ready('RS256/4096')
    const wires = Array.from({ length: CONNECTIONS }, () => openWire(server.port))
    return { server, speakers, wires }
  }
  targets = [
    await open('root', { ...databases[0] }),
    await open('prefix', { ...databases[1], demo: true }),
  ]
})
afterAll(async () => {
  for (const wire of targets.flatMap(({ wires }) => wires)) wire.close()
  for (const { server } of targets) await server.close()
  for (const folder of folders) folder.remove()
})

/** What is in use when all that can be thrown away has been: of the heap, and in all; bytes. */
const memory = (): { used: number; rss: number } => {
  collect()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { used: heapUsed + external, rss }
}

const megabytes = (memories: readonly number[]): string =>
  memories.map((one) => Math.round(one / 1024 / 1024)).join(' ')

const PAGES = ['home', 'login', 'logout', 'dev_callback', 'dev_why'].map((one) => `pages ${one}`)
const OPERATIONS = DIALECTS.flatMap(({ name, operations }) =>
  Object.values(operations).map(({ does }) => `${name} ${does}`),
)

test(
  `R25: ${REQUESTS} mutated requests are all answered, and none does any harm`,
  async () => {
    const seen: Seen = { statuses: new Map(), slowest: 0, allowed: new Set(), faults: [] }
    const memories: ReturnType<typeof memory>[] = []
    for (let first = 0; first < REQUESTS; first += BATCH) {
      // Two batches outside dev mode, one in it.
      const which = (first / BATCH) % 3 === 2 ? 1 : 0
      await runBatch(targets[which] as Target, first, seen)
      if ((first + BATCH) % (REQUESTS / 5) === 0) memories.push(memory())
    }
    const used = memories.map((one) => one.used)
    const rss = memories.map((one) => one.rss)
    const statuses = [...seen.statuses].sort().map((pair) => pair.join(': '))
    measured(
      'R25',
      `${REQUESTS} requests (seed ${SEED}), 0 × 5xx, slowest ${Math.round(seen.slowest)} ms; after each fifth ${megabytes(used)} MB in use, ${megabytes(rss)} MB resident; by status ${statuses.join(', ')}`,
    )
    expect((used.at(-1) ?? 0) - (used[0] ?? 0)).toBeLessThan(GROWTH)
    expect((rss.at(-1) ?? 0) - (rss[0] ?? 0)).toBeLessThan(RESIDENT_GROWTH)
    // The requests that were changed had been good ones: every operation has allowed some.
    expect([...OPERATIONS, ...PAGES].filter((one) => !seen.allowed.has(one))).toEqual([])
    // Everybody still gets in everywhere.
    for (const target of targets) {
      target.server.clock.advance(3700)
      await openPool(target)
    }
  },
  times(600_000, 7_200_000),
)
