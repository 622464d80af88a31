// Stand-in: answers for a person at the authorization endpoint, when a link or the emulator says so.

import {
  type AuthorizeOutcome,
  authorize,
  type Call,
  type Fields,
  foldUsername,
  openSession,
  Refusal,
  type SignedIn,
  STANDARD_SCOPES,
} from '@patois/core'
import type { FastifyRequest } from 'fastify'
import type { DevSite } from '../site.ts'

/**
 * What comes of an authorization that nobody needs to look at: one whose link names its user, or
 * any while consent is decided at once. The browser gets no cookie of it, so that a page which
 * sends somebody along such a link signs nobody in here.
 */
export async function standIn(
  site: DevSite,
  request: FastifyRequest,
  call: Call,
  signedIn: SignedIn | undefined,
): Promise<AuthorizeOutcome | undefined> {
  const { parts, emulator } = site
  const { consent } = emulator
  const allow = Object.keys({ ...STANDARD_SCOPES, ...parts.policy.scopes })
  const decision = consent === 'deny' ? consent : { allow }
  const name = namedUser(request)
  if (name === undefined) {
    return signedIn && consent !== 'ask' ? authorize(parts, call, signedIn, decision) : undefined
  }
  const asked = { ...call, fields: withoutLogin(call.fields) }
  return authorize(parts, asked, await newSession(site, call, name), decision)
}

// Only whoever goes there as a person does: no image, frame or script of another page.
function namedUser({ method, query, headers }: FastifyRequest): string | undefined {
  const { patois_user: name } = query as Record<string, unknown>
  const { 'sec-fetch-dest': dest = 'document' } = headers
  return method === 'GET' && dest === 'document' && typeof name === 'string' ? name : undefined
}

async function newSession({ parts }: DevSite, call: Call, name: string): Promise<SignedIn> {
  const user = await parts.store.findUserByName(foldUsername(name))
  if (user) return { user, session: (await openSession(parts, call, user, undefined)).session }
  const users = await parts.store.listUsers()
  throw new Refusal('login_needed', { rightValues: users.map(({ username }) => username) })
}

// The sign-in that is asked for is this one.
function withoutLogin({ prompt = '', max_age: _, ...fields }: Fields): Fields {
  const open = prompt.split(' ').filter((one) => one !== 'login' && one !== 'select_account')
  return { ...fields, ...(open.join('') !== '' && { prompt: open.join(' ') }) }
}
