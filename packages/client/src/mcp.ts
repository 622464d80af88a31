// MCP: a `fetch` for one MCP server that finds out who guards it, signs in there, and steps up.

import { splitScope } from '@patois/core/caller'
import type { standard } from '@patois/core/dialects/standard'
import { challengeOf } from './challenge.ts'
import { type Client, connect } from './connect.ts'
import { type Binding, type ClientProof, isLoopback } from './connection.ts'
import { type Discovered, discover, discovered, type Metadata } from './discover.ts'
import { Refused, Unreadable } from './errors.ts'
import { type Kept, keep } from './keep.ts'
import { discoverResource, type ResourceMetadata } from './protected-resource.ts'
import { type ClientMetadata, type KnownClient, register } from './register.ts'
import type { TokenStore } from './store.ts'
import { memoryStore } from './stores/memory.ts'
import type { Tokens } from './tokens.ts'

/** Who we are at each authorization server, by issuer: a Map, or a file or table behind one. */
export type KnownClients = {
  get(issuer: string): KnownClient | undefined | Promise<KnownClient | undefined>
  set(issuer: string, client: KnownClient): unknown
}

/** What tokens have to be for. */
export type Wanted = {
  issuer: string
  scope: readonly string[] | undefined
  resource: string | undefined
}

/** What `mcp` is told. */
export type McpOptions = {
  /** The MCP server. */
  url: string
  redirectUri?: string | undefined
  /** Sends the person to an address, and gives back the one that they have returned to. */
  visit?: ((url: string) => Promise<string>) | undefined
  /** Gets tokens in another way than by the person's sign-in, such as by client credentials. */
  obtain?: ((client: Client<typeof standard>, wanted: Wanted) => Promise<Tokens>) | undefined
  /** Clients that are registered already; new ones are put here. */
  clients?: KnownClients | undefined
  /** An https address that describes the client, and is its id where a server takes that. */
  clientIdUrl?: string | undefined
  /** What the client says of itself where it has to register (RFC 7591 §2). */
  clientMetadata?: ClientMetadata | undefined
  /** Proves the client without a secret. */
  proof?: ClientProof | undefined
  /** Binds tokens and requests to a key, where the authorization server does that. */
  binding?: Binding | undefined
  /** Where tokens are kept; in this process alone when left out. */
  store?: TokenStore | undefined
  /** As for `keep`, where the store leaves this process. */
  secrets?: readonly string[] | undefined
  fetch?: typeof fetch | undefined
  /** The clock, in seconds since 1970. */
  now?: (() => number) | undefined
}

/** One sign-in: who gave the tokens, and what was asked for. */
type Session = { kept: Kept; issuer: string; asked: readonly string[] }

type Params = Readonly<Record<string, string>>

/** How often one request may lead to a sign-in: once for a token, and once for more scope. */
const MOST_SIGN_INS = 2

const REFRESHING = ['authorization_code', 'refresh_token']

/**
 * A `fetch` for an MCP server, by its authorization specification. It throws what discovery,
 * registration and sign-in throw; an answer that no sign-in can change is given back as it came.
 */
export function mcp(options: McpOptions): typeof fetch {
  const { fetch: send = fetch, store = memoryStore(), clients = new Map() } = options
  const usual = { ...options, store, clients }
  let session: Session | undefined
  let opening: Promise<Session> | undefined
  const next = async (params: Params, before: Session | undefined) => {
    // Of many that were refused at once one signs in, and all go on with what it got.
    if (session === before) {
      opening ??= open(usual, params, before).finally(() => {
        opening = undefined
      })
      session = await opening
    }
    return session
  }
  return async (input, init) => {
    const request = new Request(input, init)
    if (new URL(request.url).origin !== new URL(options.url).origin) return send(request)
    for (let signIns = 0; ; signIns++) {
      const current = session
      const response = await attempt(current, request.clone(), send)
      const wanted = response ? wantsMore(response, current) : {}
      if (response && (!wanted || signIns === MOST_SIGN_INS)) return response
      await response?.body?.cancel()
      await next(wanted ?? {}, current)
    }
  }
}

// Undefined when the tokens that there are have ended for good.
async function attempt(
  session: Session | undefined,
  request: Request,
  send: typeof fetch,
): Promise<Response | undefined> {
  if (!session) return send(request)
  try {
    return await session.kept.fetch(request)
  } catch (error) {
    if (error instanceof Refused && error.meaning === 'dead') return undefined
    throw error
  }
}

/** What the challenge of an answer asks for; undefined when signing in would change nothing. */
function wantsMore({ status, headers }: Response, session?: Session): Params | undefined {
  const params = challengeOf(headers)
  if (status === 401) return params
  if (status !== 403 || params.error !== 'insufficient_scope') return undefined
  const asked = session?.asked ?? []
  return scopesOf(params)?.some((one) => !asked.includes(one)) ? params : undefined
}

async function open(
  options: McpOptions & { store: TokenStore },
  params: Params,
  before: Session | undefined,
): Promise<Session> {
  const { store, secrets, obtain = byVisit(options) } = options
  const resource = await resourceOf(options, params)
  const found = await serverOf(options, resource)
  if (!options.obtain) checkPkce(found.metadata)
  const client = await clientAt(options, found)
  const { issuer } = found
  const same = before?.issuer === issuer ? before.asked : []
  const asked = scopeFor(params, resource, found.metadata, same)
  const name = `${issuer} ${resource?.resource ?? options.url}`
  const kept = keep({ client, store, name, ...(secrets && { secrets }) })
  const there = before ? undefined : await kept.read()
  if (!there || asked?.some((one) => !there.scope.includes(one))) {
    await kept.save(await obtain(client, { issuer, scope: asked, resource: resource?.resource }))
  }
  return { kept, issuer, asked: asked ?? [] }
}

// Servers of before 2025-06 do not describe themselves: they are their own authorization servers.
async function resourceOf(
  { url, fetch }: McpOptions,
  params: Params,
): Promise<ResourceMetadata | undefined> {
  const at = params.resource_metadata
  return orNothing(discoverResource(url, { at, fetch }), at === undefined)
}

async function serverOf(
  { url, fetch }: McpOptions,
  resource: ResourceMetadata | undefined,
): Promise<Discovered> {
  const servers = resource?.authorization_servers
  const [named] = Array.isArray(servers) ? servers.map(String) : []
  if (named !== undefined) return discover(named, { fetch })
  const { origin } = new URL(url)
  const found = await orNothing(discover(origin, { fetch }), true)
  return found ?? discovered(silent(origin))
}

function silent(issuer: string): Metadata {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    registration_endpoint: `${issuer}/register`,
    code_challenge_methods_supported: ['S256'],
  }
}

// That there is nothing is one thing; that it is wrong, or down, is another.
async function orNothing<T>(work: Promise<T>, may: boolean): Promise<T | undefined> {
  return work.catch((error: unknown) => {
    const isNothing = error instanceof Unreadable && error.status >= 400 && error.status < 500
    if (may && isNothing && error.meaning !== 'transient') return undefined
    throw error
  })
}

async function clientAt(options: McpOptions, found: Discovered): Promise<Client<typeof standard>> {
  const { redirectUri, proof, binding, fetch, now } = options
  const known = await knownAt(options, found)
  const { metadata, issuer, saysIssuer } = found
  const { dialect } = discovered(metadata, known.authMethod)
  const binds = Array.isArray(metadata.dpop_signing_alg_values_supported)
  const more = { proof, redirectUri, fetch, now, ...(binds && { binding }) }
  return connect({ dialect, issuer, saysIssuer, ...known, ...more })
}

async function knownAt(
  options: McpOptions,
  { issuer, metadata }: Discovered,
): Promise<KnownClient> {
  const { clients, clientIdUrl, clientMetadata, redirectUri, fetch } = options
  const known = await clients?.get(issuer)
  if (known) return known
  if (clientIdUrl !== undefined && metadata.client_id_metadata_document_supported === true) {
    return { clientId: clientIdUrl, authMethod: 'none' }
  }
  const said = {
    grant_types: REFRESHING,
    response_types: ['code'],
    ...(redirectUri !== undefined && {
      redirect_uris: [redirectUri],
      application_type: isNative(redirectUri) ? 'native' : 'web',
    }),
    ...clientMetadata,
  }
  const registered = await register(metadata, said, { fetch })
  await clients?.set(issuer, registered)
  return registered
}

// What runs on the person's own device comes back to a scheme of its own, or to loopback (OIDC
// Dynamic Client Registration §2).
function isNative(redirectUri: string): boolean {
  const { protocol, hostname } = new URL(redirectUri)
  return protocol !== 'https:' && (protocol !== 'http:' || isLoopback(hostname))
}

function scopesOf({ scope }: Params): string[] | undefined {
  return scope === undefined ? undefined : splitScope(scope)
}

function texts(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.map(String) : undefined
}

// What is needed now and was had before; where nothing is said, all that the API has, or nothing.
function scopeFor(
  params: Params,
  resource: ResourceMetadata | undefined,
  metadata: Metadata,
  before: readonly string[],
): string[] | undefined {
  const needed = scopesOf(params) ?? texts(resource?.scopes_supported)
  if (!needed) return before.length > 0 ? [...before] : undefined
  const lasts = texts(metadata.scopes_supported)?.includes('offline_access')
  return [...new Set([...before, ...needed, ...(lasts ? ['offline_access'] : [])])]
}

// A code that anybody could exchange must not be asked for.
function checkPkce({ issuer, code_challenge_methods_supported: methods }: Metadata): void {
  if (texts(methods)?.includes('S256')) return
  throw new TypeError(`${issuer} does not say that it checks code challenges`)
}

function byVisit({ visit }: McpOptions) {
  return async (client: Client<typeof standard>, { scope, resource, issuer }: Wanted) => {
    if (!visit) throw new TypeError('nobody can sign in: say how to visit a page, or to obtain')
    return signIn(client, { scope, resource, issuer }, visit)
  }
}

async function signIn(
  client: Client<typeof standard>,
  { scope, resource }: Wanted,
  visit: (url: string) => Promise<string>,
): Promise<Tokens> {
  const wanted = { ...(scope && { scope }), ...(resource !== undefined && { resource }) }
  const pending = await client.authorizeUrl(wanted)
  const back = await visit(pending.url)
  return client.callback(back, pending, resource === undefined ? {} : { resource })
}
