// Shortcuts: what a test would need a browser or much time for, over HTTP.

import { type Call, openSession, Refusal } from '@patois/core'
import { CONSENT_MODES, consentMode } from '../../emulator/emulator.ts'
import { EmulatorFault } from '../../emulator/fault.ts'
import { cookieName, setSession } from '../browser.ts'
import { openCall } from '../message.ts'
import { ownStation } from '../own.ts'
import type { DevSite } from '../site.ts'
import { mintTokens, userOf } from './mint.ts'
import { endToken } from './revoke.ts'
import { type Asked, type DevRoute, readTexts, type Schema } from './route.ts'

const TEXT: Schema = { type: 'string' }
const TOKEN: Schema = {
  token: { type: 'string', description: 'A code, token or session of ours.' },
}
const MODE: Schema = { mode: { enum: CONSENT_MODES } }
/** The members of a call that mints something, all of them text. */
export const MINTED = [
  'client_id',
  'username',
  'scope',
  'dialect',
  'grant_type',
  'nonce',
  'redirect_uri',
  'resource',
] as const

/** What the mint takes. */
export const MINT_MEMBERS: Schema = Object.fromEntries(MINTED.map((name) => [name, TEXT]))

/** Tokens and sessions at once, ends at once, and consent without a page. */
export const shortcutRoutes: readonly DevRoute[] = [
  {
    method: 'POST',
    path: '/token',
    says: "Tokens for a user and a client, as the dialect's token endpoint answers them",
    takes: MINT_MEMBERS,
    answers: {},
    handle: (site, asked) => minted(site, asked),
  },
  {
    method: 'POST',
    path: '/login',
    says: 'A session of a user: the cookie that a browser would have',
    takes: { username: TEXT },
    answers: { username: TEXT, sub: TEXT, cookie: TEXT },
    handle: signIn,
  },
  {
    method: 'POST',
    path: '/expire',
    says: 'End a code, token or session as if its time were over',
    takes: TOKEN,
    answers: {},
    handle: async ({ emulator }, asked) => {
      await emulator.expire(tokenOf(asked))
      return {}
    },
  },
  {
    method: 'POST',
    path: '/revoke',
    says: 'Revoke a token, and with a refresh token its family',
    takes: TOKEN,
    answers: {},
    handle: async (site, asked) => {
      await endToken(site, tokenOf(asked))
      return {}
    },
  },
  {
    method: 'GET',
    path: '/consent',
    says: 'Who decides about consent',
    answers: MODE,
    handle: ({ emulator }) => ({ mode: emulator.consent }),
  },
  {
    method: 'POST',
    path: '/consent',
    says: 'Ask for consent on a page, or allow or deny it at once',
    takes: MODE,
    answers: MODE,
    handle: ({ emulator }, asked) => {
      const { mode } = readTexts(asked, ['mode'])
      emulator.consent = consentMode(mode)
      return { mode: emulator.consent }
    },
  },
]

function tokenOf(asked: Asked): string {
  const { token } = readTexts(asked, ['token'])
  if (!token) throw new EmulatorFault('token: is needed')
  return token
}

async function minted(site: DevSite, asked: Asked): Promise<unknown> {
  const call = callOf(site, asked, '/dev_token')
  try {
    return await mintTokens(site, call, readTexts(asked, MINTED))
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown
    throw new EmulatorFault(`${thrown.code}: ${thrown.sentence} (${thrown.reason})`)
  }
}

async function signIn(site: DevSite, asked: Asked): Promise<unknown> {
  const user = await userOf(site, readTexts(asked, ['username']).username)
  const call = callOf(site, asked, '/dev_login')
  const { secret } = await openSession(site.parts, call, user, undefined)
  setSession(site, asked.reply, secret)
  const { username, sub } = user
  return { username, sub, cookie: `${cookieName(site, 'session')}=${secret}` }
}

function callOf(site: DevSite, { request }: Asked, path: string): Call {
  return openCall(site, ownStation(path), request)
}
