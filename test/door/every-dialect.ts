// A server that speaks every dialect, and a client of each that walks through all its operations.

import {
  DIALECTS,
  type Dialect,
  type Fields,
  GRANT_TYPES,
  hearAnswer,
  type Message,
  type Operation,
  writeRequest,
} from '@patois/core'
import { hiddenFields, logIn, newPkce, openBrowser, type TestBrowser } from './browser.ts'
import { CLIENTS, PASSWORDS, RU } from './fixtures.ts'
import { type Door, type ServerOptions, startServer, type TestServer } from './server.ts'

/** A dialect where it stands, and the client that speaks it. */
export type Speaker = {
  dialect: Dialect
  at: string
  client_id: string
  client_secret: string
  scope: string[]
}

const STANDARD = ['openid', 'profile', 'email', 'offline_access', 'api.read']

/** Every dialect, at the root or each below a prefix of its own. */
export const speakersAt = (where: 'root' | 'prefix'): Speaker[] =>
  DIALECTS.map((dialect) => ({
    dialect,
    at: where === 'root' ? '' : `/at/${dialect.name}`,
    client_id: `speaks-${dialect.name}`,
    client_secret: `secret of ${dialect.name} +/=&é 0123456789-0123456789`,
    scope: [...STANDARD, ...Object.keys(dialect.scopes ?? {})],
  }))

/** The sections of a configuration for the speakers, with the clients of `fixtures.ts`. */
export const configurationFor = (speakers: readonly Speaker[]): Record<string, unknown> => {
  const clients = speakers.map(({ client_id, client_secret, scope, dialect }) => ({
    client_id,
    client_secret,
    redirect_uris: [RU],
    post_logout_redirect_uris: [`${RU}/bye`],
    grant_types: GRANT_TYPES.map(({ type }) => type),
    scope: scope.join(' '),
    dialects: [dialect.name],
    consent: 'implicit',
  }))
  return {
    dialects: speakers.map(({ dialect: { name }, at }) => (at ? { dialect: name, at } : name)),
    clients: [...CLIENTS, ...clients],
  }
}

/** Starts a server for the speakers. */
export const startEvery = (
  speakers: readonly Speaker[],
  options: ServerOptions = {},
): Promise<TestServer> =>
  startServer({
    ...options,
    configuration: { ...configurationFor(speakers), ...options.configuration },
  })

/** All operations that do something, and of a token operation those that serve a grant type. */
export const operationsOf = (
  { dialect }: Speaker,
  does: Operation['does'],
  grant?: string,
): Operation[] =>
  Object.values(dialect.operations).filter(
    (one: Operation) =>
      one.does === does && (grant === undefined || (one.grants?.includes(grant) ?? true)),
  )

/** What a client holds after a sign-in. */
export type Held = {
  code: string
  verifier: string
  access_token?: string
  refresh_token?: string
  id_token?: string
}

/** The fields that a client may say at any operation. */
export const fieldsOf = (speaker: Speaker, held: Held, challenge = ''): Fields => ({
  client_id: speaker.client_id,
  client_secret: speaker.client_secret,
  redirect_uri: RU,
  scope: speaker.scope,
  state: 'state-1',
  code: held.code,
  code_verifier: held.verifier,
  ...(challenge && { code_challenge: challenge, code_challenge_method: 'S256' }),
  ...(held.refresh_token !== undefined && { refresh_token: held.refresh_token }),
  ...(held.access_token !== undefined && { access_token: held.access_token }),
  username: 'alice',
  password: PASSWORDS.alice ?? '',
})

/** The cookies of a browser, as it sends them. */
export const cookieOf = (browser: TestBrowser): string =>
  [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')

/** A browser at which somebody has signed in. */
export const signedIn = async (server: Door, username = 'alice'): Promise<TestBrowser> => {
  const browser = openBrowser()
  await logIn(server, browser, await browser.get(server.url('/login')), username)
  return browser
}

/** Sends a message that a dialect wrote. */
export const sendMessage = (
  server: Door,
  { at }: Speaker,
  message: Message,
  headers: Record<string, string> = {},
): Promise<Response> => {
  const { method, path, query, body } = message
  return fetch(`${server.url(at + path)}${query === '' ? '' : `?${query}`}`, {
    method,
    headers: { ...(message.headers as Record<string, string>), ...headers },
    redirect: 'manual',
    ...(method !== 'GET' && { body: body as Uint8Array<ArrayBuffer> }),
  })
}

/** The authorization request of a speaker, and the verifier that goes with it. */
export const askCode = (speaker: Speaker, more: Fields = {}): { message: Message; held: Held } => {
  const [operation] = operationsOf(speaker, 'authorize')
  if (!operation) throw new Error(`${speaker.dialect.name} has no authorize`)
  const { verifier, challenge } = newPkce()
  const { client_secret: _, ...fields } = fieldsOf(speaker, { code: '', verifier }, challenge)
  const message = writeRequest(operation, { ...fields, response_type: 'code', ...more })
  return { message, held: { code: '', verifier } }
}

/** A code for a speaker, at a browser where somebody has signed in. */
export const takeCode = async (
  server: Door,
  speaker: Speaker,
  browser: TestBrowser,
): Promise<Held> => {
  const { message, held } = askCode(speaker)
  const response = await sendMessage(server, speaker, message, { cookie: cookieOf(browser) })
  const location = response.headers.get('location') ?? ''
  const code = location && new URL(location, server.origin).searchParams.get('code')
  if (!code) throw new Error(`no code of ${speaker.dialect.name}: ${location}`)
  return { ...held, code }
}

/** A call of a speaker, and what it heard; throws when it was refused. */
export const speak = async (
  server: Door,
  speaker: Speaker,
  operation: Operation,
  fields: Fields,
): Promise<Record<string, unknown>> => {
  const message = writeRequest(operation, fields)
  const response = await sendMessage(server, speaker, message)
  const said = { status: response.status, body: await response.text() }
  const heard = hearAnswer(operation, said, 0)
  if (heard.kind === 'facts') return heard.facts as Record<string, unknown>
  throw new Error(`${speaker.dialect.name} ${operation.path}: ${said.status} ${said.body}`)
}

/** Exchanges the code that a client holds. */
export const takeTokens = async (server: Door, speaker: Speaker, held: Held): Promise<Held> => {
  const grant_type = 'authorization_code'
  const [operation] = operationsOf(speaker, 'token', grant_type)
  if (!operation) throw new Error(`${speaker.dialect.name} exchanges no code`)
  const fields = { ...fieldsOf(speaker, held), grant_type }
  return { ...held, ...(await speak(server, speaker, operation, fields)) }
}

/** The hidden fields of the form on a page of this server. */
export const formAt = async (
  server: Door,
  browser: TestBrowser,
  path: string,
): Promise<Record<string, string>> => hiddenFields((await browser.get(server.url(path))).text)

// Within a longer text, as the modulus of a key is, the same letters mean nothing.
const MINTED = /(?<![\w-])(?:test_)?p[acrs]_[\w-]{43}|eyJ[\w-]{8,}\.[\w-]+\.[\w-]+/g

/**
 * Walks through everything that a speaker's dialect does, with right and with wrong credentials;
 * answers every secret that was sent or heard on the way.
 */
export const walkThrough = async (server: Door, speaker: Speaker): Promise<string[]> => {
  const { dialect, client_secret } = speaker
  const wrong = `wrong secret of ${dialect.name} 0123456789-0123456789`
  const heard = new Set([client_secret, wrong, ...Object.values(PASSWORDS)])
  const browser = await signedIn(server)
  const held = await takeTokens(server, speaker, await takeCode(server, speaker, browser))
  const { code, verifier, access_token = '', refresh_token = '', id_token = '' } = held
  for (const one of [code, verifier, access_token, refresh_token, id_token]) heard.add(one)
  for (const value of browser.cookies.values()) heard.add(value)
  const send = async (operation: Operation, fields: Fields): Promise<void> => {
    const headers = { cookie: cookieOf(browser) }
    const response = await sendMessage(server, speaker, writeRequest(operation, fields), headers)
    const told = `${response.headers.get('location')} ${await response.text()}`
    for (const [secret] of told.matchAll(MINTED)) heard.add(secret)
  }
  const operations: Operation[] = Object.values(dialect.operations)
  // What ends a session or a token comes when all else has been said.
  const isLast = ({ does }: Operation): number => ['revoke', 'logout'].indexOf(does)
  for (const operation of operations.toSorted((one, other) => isLast(one) - isLast(other))) {
    const own = { ...fieldsOf(speaker, held), response_type: 'code', id_token_hint: id_token }
    for (const grant_type of operation.grants ?? GRANT_TYPES.map(({ type }) => type)) {
      for (const token of [refresh_token, access_token]) {
        await send(operation, { ...own, grant_type, token, client_secret: wrong })
        await send(operation, { ...own, grant_type, token })
      }
    }
  }
  return [...heard].filter((one) => one !== '')
}
