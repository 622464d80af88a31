// Steps: what a flow by a grant type is made of in a dialect, with the fields of dev mode's client.

import {
  type Dialect,
  type GivenFields,
  LIST_FIELDS,
  type Operation,
  splitScope,
} from '@patois/core'
import type { Demo } from '../../emulator/demo.ts'
import type { Mount, Site, Station } from '../site.ts'
import { operationOf, TOPICS, type Topic } from './topics.ts'

/** One call of a flow, and the fields that it is first shown with. */
export type Step = { topic: Topic; mount: Mount; operation: Operation; fields: GivenFields }

/** Which fact of an answer a later step's field is filled with. */
export const FILLED: Readonly<Record<string, string>> = {
  code: 'code',
  refresh_token: 'refresh_token',
  access_token: 'access_token',
  token: 'access_token',
}

const FLOWS: Readonly<Record<string, readonly string[]>> = {
  authorization_code: ['authorize', 'authorization_code', 'userinfo', 'refresh_token'],
  client_credentials: ['client_credentials'],
  password: ['password', 'userinfo', 'refresh_token'],
}
/** What another dialect of this server may have a call for. */
const SHARED = ['userinfo', 'introspect', 'revoke']

/** The dialects as they are mounted, each once. */
export function mountsOf({ stations }: Site): Mount[] {
  return [...new Set(stations.map(({ mount }) => mount))]
}

/** What a mounted dialect is called where it has to be told from others. */
export function nameOf({ dialect, at, host }: Mount): string {
  return [dialect.name, at || host].filter(Boolean).join(' ')
}

/** The grant types that a flow can begin with in a dialect. */
export function grantsOf(mount: Mount): string[] {
  return Object.keys(FLOWS).filter((grant) => {
    const topic = topicOf(grant)
    return topic && operationOf(mount.dialect, topic)
  })
}

function topicOf(name: string): Topic | undefined {
  return TOPICS.find((one) => one.name === name)
}

/** The steps of a flow; what a dialect has no call for, another of this server may have. */
export function stepsOf(site: Site, demo: Demo, mount: Mount, grant: string): Step[] {
  return [...(FLOWS[grant] ?? []), 'introspect', 'revoke'].flatMap((name) => {
    const topic = topicOf(name)
    if (!topic) return []
    const own = operationOf(mount.dialect, topic)
    const found = own ? { mount, operation: own } : SHARED.includes(name) && elsewhere(site, topic)
    return found ? [{ topic, ...found, fields: fieldsOf(demo, topic, found) }] : []
  })
}

function elsewhere({ stations }: Site, topic: Topic): Station | undefined {
  return stations.find(({ mount, operation }) => operationOf(mount.dialect, topic) === operation)
}

function fieldsOf(
  demo: Demo,
  topic: Topic,
  { mount, operation }: Omit<Station, 'path'>,
): GivenFields {
  const { dialect } = mount
  const { clientId: client_id, clientSecret: client_secret, redirectUri: redirect_uri } = demo
  const isFirst = topic.does === 'authorize'
  const scope = isFirst ? firstScope(dialect) : laterScope(dialect, topic, operation)
  const first = { state: 'play', code_challenge: demo.challenge, code_challenge_method: 'S256' }
  const all: GivenFields = {
    ...(topic.grant && { grant_type: topic.grant }),
    client_id,
    ...(isFirst ? first : { client_secret }),
    response_type: 'code',
    redirect_uri,
    ...(scope && { scope }),
    code: '',
    code_verifier: demo.verifier,
    refresh_token: '',
    access_token: '',
    token: '',
    username: demo.username,
    password: demo.password,
  }
  const wanted = [...Object.keys(topic.fields), ...(scope ? ['scope'] : [])]
  const kept = Object.entries(all).filter(
    ([name]) => wanted.includes(name) && Object.hasOwn(operation.reads, name),
  )
  return Object.fromEntries(kept)
}

function firstScope({ scopes = {} }: Dialect): readonly string[] {
  const own = Object.keys(scopes)
  return own.length > 0 ? ['openid', ...own] : ['openid', 'profile', 'email', 'offline_access']
}

// Callers of the dialect that asks for it name one scope at a time.
function laterScope(
  { policy, scopes = {} }: Dialect,
  { grant }: Topic,
  { needs }: Operation,
): readonly string[] | undefined {
  if (!needs?.includes('scope')) return undefined
  return grant === 'refresh_token' ? (policy.scopeAtRefresh ?? Object.keys(scopes)) : ['openid']
}

/** What a person typed as fields of the protocol: empty ones are not sent, lists have spaces. */
export function readFields(typed: unknown): GivenFields {
  const entries = Object.entries(typed ?? {})
    .filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '')
    .map(([name, text]) => [
      name,
      (LIST_FIELDS as readonly string[]).includes(name) ? splitScope(text) : text,
    ])
  return Object.fromEntries(entries)
}
