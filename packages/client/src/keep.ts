// Keep: tokens that stay fresh without races, whoever asks for them and in how many processes.

import type { Dialect } from '@patois/core/caller'
import { type Connection, checkSafe } from './connection.ts'
import { Refused, Unreachable } from './errors.ts'
import { callToken, operationOf } from './operations.ts'
import { type Seal, sealOf } from './seal.ts'
import type { Entry, TokenStore } from './store.ts'
import type { Tokens } from './tokens.ts'

/** What `keep` is told. */
export type KeepOptions = {
  /** Whose tokens they are: what `connect` gave. */
  client: { readonly connection: Connection<Dialect> }
  store: TokenStore
  /** What they are kept under: one name for each grant, such as a user's id. */
  name: string
  /** They are encrypted with the first; any opens what was kept before. 32 characters at least. */
  secrets?: readonly string[]
  /** Where tokens come from when none are kept, as from client credentials. */
  obtain?: () => Promise<Tokens>
  /** How long before its end a token is renewed, in seconds; 60 when left out. */
  marginSeconds?: number
  /** How long after a failed refresh the next is tried, in seconds; 10 when left out. */
  cooldownSeconds?: number
}

/** Tokens that are kept. */
export type Kept = {
  /**
   * An access token that is good for a while. Throws Refused with meaning `dead` when somebody has
   * to sign in anew, and whatever a refresh throws while the token that there is has ended.
   */
  getToken(): Promise<string>
  /** The tokens as they are kept; undefined when there are none. */
  read(): Promise<Tokens | undefined>
  /** Keeps new tokens: after a sign-in. */
  save(tokens: Tokens): Promise<void>
  /** Forgets them: after a logout. Revoking them is another call. */
  forget(): Promise<void>
  /** `fetch` with the token: renews it and tries once more when the API says that it has ended. */
  fetch: typeof fetch
}

// What is written down. The server is part of it: a token is for the one that it came from.
type Kind = { for: string; tokens: Tokens; receivedAt: number; dead?: string }

type Keeper = {
  connection: Connection
  seal: Seal | undefined
  options: KeepOptions
  margin: number
  cooldown: number
  /** What this process has seen last. */
  known: Kind | undefined
  failure: { error: unknown; until: number } | undefined
  /** The one renewal that goes on, and the access token that it is to replace. */
  flight: { renewal: Promise<Kind>; refused: string | undefined } | undefined
}

/**
 * Keeps the tokens of one grant in a store. Throws a TypeError when a store that leaves the process
 * is given no secret.
 */
export function keep(options: KeepOptions): Kept {
  const { client, store, secrets, marginSeconds = 60, cooldownSeconds = 10 } = options
  if (store.leavesProcess && secrets === undefined) {
    throw new TypeError('secrets: this store leaves the process, give one to encrypt with')
  }
  const keeper: Keeper = {
    connection: client.connection,
    seal: secrets && sealOf(secrets),
    options,
    margin: marginSeconds,
    cooldown: cooldownSeconds,
    known: undefined,
    failure: undefined,
    flight: undefined,
  }
  const change = (kind: Kind | undefined) =>
    store.transaction(options.name, async (entry) => {
      await write(keeper, entry, kind)
      keeper.known = kind
      keeper.failure = undefined
    })
  return {
    getToken: async () => (await fresh(keeper)).tokens.accessToken,
    read: async () =>
      (await store.transaction(options.name, (entry) => read(keeper, entry)))?.tokens,
    save: (tokens) => change(kindOf(keeper, tokens)),
    forget: () => change(undefined),
    fetch: (input, init) => fetchWith(keeper, new Request(input, init)),
  }
}

function owner({ connection }: Keeper): string {
  const { dialect, url, environment, clientId } = connection
  return [dialect.name, url ?? environment ?? '', clientId].join(' ')
}

function kindOf(keeper: Keeper, tokens: Tokens): Kind {
  return { for: owner(keeper), tokens, receivedAt: keeper.connection.now() }
}

async function read(keeper: Keeper, entry: Entry): Promise<Kind | undefined> {
  const text = await entry.read()
  if (text === undefined) return undefined
  const { seal, options } = keeper
  const kind = JSON.parse(seal ? await seal.open(text, options.name) : text) as Kind
  if (kind.for !== owner(keeper)) {
    throw new TypeError(`${options.name} keeps tokens of ${kind.for}: take another name`)
  }
  return kind
}

async function write({ seal, options }: Keeper, entry: Entry, kind?: Kind): Promise<boolean> {
  const text = kind && JSON.stringify(kind)
  return entry.write(text && seal ? await seal.close(text, options.name) : text)
}

function secondsLeft({ connection }: Keeper, { tokens }: Kind): number {
  return (tokens.expiresAt ?? Number.POSITIVE_INFINITY) - connection.now()
}

// Of a short life not more than half is given away.
function isFresh(keeper: Keeper, kind: Kind, refused?: string): boolean {
  if (kind.tokens.accessToken === refused) return false
  const { expiresAt = Number.POSITIVE_INFINITY } = kind.tokens
  const margin = Math.min(keeper.margin, (expiresAt - kind.receivedAt) / 2)
  return secondsLeft(keeper, kind) > margin
}

/** Kept tokens that are fresh, and not the access token that an API has just refused. */
async function fresh(keeper: Keeper, refused?: string): Promise<Kind> {
  for (;;) {
    const { known } = keeper
    if (known && known.dead === undefined && isFresh(keeper, known, refused)) return known
    keeper.flight ??= {
      refused,
      renewal: renew(keeper, refused).finally(() => {
        keeper.flight = undefined
      }),
    }
    const { flight } = keeper
    const kind = await flight.renewal
    // Who joined one that was for another reason looks again; else it is the best there is.
    if (flight.refused === refused || isFresh(keeper, kind, refused)) return kind
  }
}

function renew(keeper: Keeper, refused: string | undefined): Promise<Kind> {
  const { store, name, obtain } = keeper.options
  return store.transaction(name, async (entry) => {
    const kept = await read(keeper, entry)
    keeper.known = kept
    if (kept && kept.dead === undefined && isFresh(keeper, kept, refused)) return kept
    const refreshToken = kept?.dead === undefined ? kept?.tokens.refreshToken : undefined
    if (kept && refreshToken !== undefined) return refreshed(keeper, entry, kept)
    if (!obtain) throw ended(keeper, kept)
    return written(keeper, entry, kindOf(keeper, await guarded(keeper, obtain)))
  })
}

function ended({ connection }: Keeper, kept: Kind | undefined): Refused {
  const sent = { method: '', url: '', headers: {}, body: '' }
  const sentence = kept ? 'the kept tokens have ended: sign in anew' : 'no tokens are kept'
  return new Refused(
    { code: kept?.dead ?? 'login_required', sentence },
    { status: 0, headers: {}, body: '' },
    { dialect: connection.dialect.name, operation: 'keep', sent },
  )
}

async function written(keeper: Keeper, entry: Entry, kind: Kind): Promise<Kind> {
  // Before anybody has them: what is not written down would be lost with this process.
  const isWritten = await write(keeper, entry, kind)
  // Whoever took the lock over has asked for the same tokens: what they kept stands.
  const stands = isWritten ? kind : ((await read(keeper, entry)) ?? kind)
  keeper.known = stands
  keeper.failure = undefined
  return stands
}

// After a failure, callers get what there is, and the server some rest.
async function guarded<T>(keeper: Keeper, work: () => Promise<T>): Promise<T> {
  const { connection, failure, cooldown } = keeper
  if (failure && connection.now() < failure.until) throw failure.error
  try {
    return await work()
  } catch (error) {
    const after = error instanceof Refused ? (error.retryAfter ?? 0) : 0
    keeper.failure = { error, until: connection.now() + Math.max(cooldown, after) }
    throw error
  }
}

async function refreshed(keeper: Keeper, entry: Entry, kept: Kind): Promise<Kind> {
  try {
    const tokens = await guarded(keeper, () => refresh(keeper, entry, kept))
    return await written(keeper, entry, kindOf(keeper, tokens))
  } catch (error) {
    if (isDead(error)) {
      await write(keeper, entry, { ...kept, dead: (error as Refused).code })
      keeper.known = undefined
      throw error
    }
    // A token that is still good is better than none, and nothing was lost.
    if (secondsLeft(keeper, kept) > 0) return kept
    throw error
  }
}

function isDead(error: unknown): boolean {
  return error instanceof Refused && error.code === 'invalid_grant'
}

/**
 * Asks for new tokens. When no answer came, or a no that somebody else's refresh explains, the store
 * is read once more and what stands there then is tried: the same token within the server's window
 * for repeated refreshes, or another one.
 */
async function refresh(keeper: Keeper, entry: Entry, kept: Kind): Promise<Tokens> {
  const { connection } = keeper
  const ask = async ({ tokens }: Kind): Promise<Tokens> => {
    const { refreshToken = '', idToken } = tokens
    const { operation } = operationOf(connection.dialect, 'token', 'refresh_token')
    const scope = connection.scope ?? tokens.scope
    const needs = operation.needs?.includes('scope') ? { scope } : {}
    const got = await callToken(connection, 'refresh_token', { refreshToken, ...needs })
    // What an answer leaves out has not changed (RFC 6749 §5.1, §6).
    const said = got.scope.length > 0 ? got.scope : tokens.scope
    return { refreshToken, ...(idToken && { idToken }), ...got, scope: said }
  }
  try {
    return await ask(kept)
  } catch (error) {
    const isLost = error instanceof Unreachable
    if (!isLost && !isDead(error)) throw error
    const now = await read(keeper, entry)
    const isOther = now?.tokens.refreshToken !== kept.tokens.refreshToken
    if (!now || now.dead !== undefined || !(isLost || isOther)) throw error
    return ask(now)
  }
}

async function fetchWith(keeper: Keeper, request: Request): Promise<Response> {
  const { connection } = keeper
  checkSafe(request.url)
  const first = (await fresh(keeper)).tokens
  const response = await present(keeper, request.clone(), first)
  if (!endedStatuses(connection.dialect).includes(response.status)) return response
  const next = (await fresh(keeper, first.accessToken)).tokens
  if (next.accessToken === first.accessToken) return response
  await response.body?.cancel()
  return present(keeper, request, next)
}

function endedStatuses({ operations }: Dialect): number[] {
  const told = Object.values(operations).map(
    ({ refuses }) => refuses.reasons?.token_expired?.status,
  )
  return [401, ...told.filter((one) => one !== undefined)]
}

async function present(
  { connection }: Keeper,
  request: Request,
  { accessToken, tokenType }: Tokens,
): Promise<Response> {
  const { binding, dialect } = connection
  const isBound = binding !== undefined && /^dpop$/i.test(tokenType)
  const { header = 'authorization', scheme = 'Bearer', adds = {} } = dialect.presents ?? {}
  const word = isBound ? 'DPoP' : scheme
  const send = async () => {
    const headers = new Headers(request.headers)
    for (const [name, value] of Object.entries(adds)) {
      if (!headers.has(name)) headers.set(name, value)
    }
    headers.set(header, word === '' ? accessToken : `${word} ${accessToken}`)
    if (isBound) {
      const { method, url } = request
      const outgoing = { method, url, headers: {}, body: new Uint8Array() }
      const proof = await binding.headers(outgoing, accessToken)
      for (const [name, value] of Object.entries(proof)) headers.set(name, value)
    }
    return connection.fetch(new Request(request.clone(), { headers }))
  }
  const response = await send()
  if (!isBound) return response
  const headers = Object.fromEntries(response.headers)
  const isNonce = binding.heard(request.url, { status: response.status, headers, body: '' })
  return isNonce ? send() : response
}
