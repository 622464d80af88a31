// Mint: codes and tokens for whoever has no browser, as a sign-in with consent would bring them.

import { createHash, randomBytes } from 'node:crypto'
import {
  type AuthorizeOutcome,
  authorize,
  type Call,
  type Client,
  type Fields,
  foldUsername,
  type Operation,
  openSession,
  type RedirectFacts,
  STANDARD_SCOPES,
  tokenUnproved,
  type User,
  writeAnswer,
} from '@patois/core'
import { EmulatorFault } from '../../emulator/fault.ts'
import { operationFor } from '../demo.ts'
import type { DevSite, Mount, Station } from '../site.ts'

/** What may be asked for; what is left out is the demo's own. */
export type MintAsked = Readonly<
  Partial<
    Record<
      | 'client_id'
      | 'code_challenge'
      | 'dialect'
      | 'grant_type'
      | 'nonce'
      | 'redirect_uri'
      | 'resource'
      | 'scope'
      | 'username',
      string
    >
  >
>

/** The user of a name; the demo's without one. Throws an EmulatorFault when there is none. */
export async function userOf({ parts, demo }: DevSite, username?: string): Promise<User> {
  const user = await parts.store.findUserByName(foldUsername(username ?? demo.username))
  if (!user) throw new EmulatorFault(`There is no user ${username}.`, 404)
  return user
}

/** The authorization endpoint of a dialect; the first one's without a name. */
export function authorizeStation({ stations }: DevSite, dialect?: string): Station {
  const name = dialect ?? stations[0]?.mount.dialect.name
  const station = stations.find(
    ({ mount, operation }) => operation.does === 'authorize' && mount.dialect.name === name,
  )
  if (!station) throw new EmulatorFault(`No dialect ${name} is mounted.`, 404)
  return station
}

/** Signs a user in and allows all that is asked. Throws a Refusal. */
export async function mintCode(
  { parts }: DevSite,
  call: Call,
  user: User,
): Promise<AuthorizeOutcome> {
  const { session } = await openSession(parts, call, user, undefined)
  const allow = Object.keys({ ...STANDARD_SCOPES, ...parts.policy.scopes })
  return authorize(parts, call, { session, user }, { allow })
}

/** The fields of an authorization request; without a word said, one of the demo client. */
export function authorizeFields({ demo }: DevSite, asked: MintAsked, operation: Operation): Fields {
  const own = asked.client_id === undefined || asked.client_id === demo.clientId
  const redirect_uri = asked.redirect_uri ?? (own ? demo.redirectUri : undefined)
  const code_challenge = asked.code_challenge ?? (own ? demo.challenge : undefined)
  return {
    response_type: 'code',
    ...(operation.needs?.includes('state') && { state: 'demo' }),
    client_id: asked.client_id ?? demo.clientId,
    ...(redirect_uri && { redirect_uri }),
    ...(asked.scope && { scope: asked.scope.split(' ') }),
    ...(asked.nonce && { nonce: asked.nonce }),
    ...(asked.resource && { resource: [asked.resource] }),
    ...(code_challenge && { code_challenge, code_challenge_method: 'S256' }),
  }
}

/** Tokens of a user or of a client itself, as the dialect answers them. Throws a Refusal. */
export async function mintTokens(site: DevSite, call: Call, asked: MintAsked): Promise<unknown> {
  const id = asked.client_id ?? site.demo.clientId
  const client = await site.parts.store.findClient(id)
  if (!client) throw new EmulatorFault(`There is no client ${id}.`, 404)
  const mount = mountOf(site, client, asked.dialect)
  const isOwn = asked.grant_type === 'client_credentials'
  const grant_type = isOwn ? 'client_credentials' : 'authorization_code'
  const operation = operationFor(mount.dialect, grant_type)
  if (!operation) throw new EmulatorFault(`${mount.dialect.name} has no ${grant_type}.`)
  const fields = isOwn ? ownFields(asked) : await codeFields(site, call, client, asked)
  Object.assign(call, { dialect: mount.dialect, operation, fields: { ...fields, grant_type } })
  const facts = await tokenUnproved(site.parts, { ...call, client })
  return JSON.parse(writeAnswer(operation, facts, call.now).body) as unknown
}

function mountOf({ stations }: DevSite, client: Client, named: string | undefined): Mount {
  const mounts = stations.map(({ mount }) => mount)
  const fits = ({ dialect }: Mount) =>
    named === undefined ? client.dialects.includes(dialect.name) : dialect.name === named
  const mount = mounts.find(fits)
  if (!mount) throw new EmulatorFault(`No dialect ${named ?? client.dialects} is mounted.`, 404)
  return mount
}

function ownFields({ scope, resource }: MintAsked): Fields {
  return { ...(scope && { scope: scope.split(' ') }), ...(resource && { resource: [resource] }) }
}

// The code is exchanged at once, so that nothing of the answer is made up.
async function codeFields(
  site: DevSite,
  call: Call,
  client: Client,
  asked: MintAsked,
): Promise<Fields> {
  const { dialect } = mountOf(site, client, asked.dialect)
  const { operation } = authorizeStation(site, dialect.name)
  const code_verifier = randomBytes(32).toString('base64url')
  const code_challenge = createHash('sha256').update(code_verifier).digest('base64url')
  const [registered] = client.redirectUris
  const redirect_uri = asked.redirect_uri ?? registered
  const about = { ...asked, code_challenge, ...(redirect_uri && { redirect_uri }) }
  const fields = authorizeFields(site, about, operation)
  Object.assign(call, { dialect, operation, fields })
  const outcome = await mintCode(site, call, await userOf(site, asked.username))
  const { code, error, error_description, scope = [] } = factsOf(outcome)
  if (!code) throw new EmulatorFault(`${error ?? outcome.next}: ${error_description ?? ''}`)
  const exchange = operationFor(dialect, 'authorization_code')
  return {
    code,
    code_verifier,
    ...(redirect_uri && { redirect_uri }),
    ...(exchange?.needs?.includes('scope') && { scope: [...scope] }),
  }
}

/** What an authorization came to: the facts of a redirect, none of a question. */
export function factsOf(outcome: AuthorizeOutcome): Partial<RedirectFacts> {
  return outcome.next === 'redirect' ? outcome.facts : {}
}
