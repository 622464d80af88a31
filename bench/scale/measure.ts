// Measure: every kind of call that a deployment lives on, each some hundred or thousand times.

import { openBrowser } from '../../test/door/browser.ts'
import { type Cost, costOf, rowBytes } from './costs.ts'
import { ask, openPlace, type Place, signIn } from './place.ts'

/** The calls that are measured, by what a user would call them. */
export const CALLS = {
  first: 'first sign-in, with consent',
  password: 'sign-in with a password',
  session: 'sign-in with a living session',
  refresh: 'refresh',
  introspection: 'introspection',
  credentials: 'client credentials',
} as const

/** The name of a call. */
export type CallName = keyof typeof CALLS

/** What was measured. */
export type Measured = { costs: Record<CallName, Cost>; rowBytes: Record<string, number> }

const PEOPLE = 600
const MANY = 6000

/** Measures all calls on a server of its own. */
export async function measure(): Promise<Measured> {
  const place = await openPlace(PEOPLE)
  try {
    return await measureAt(place)
  } finally {
    await place.close()
  }
}

async function measureAt(place: Place): Promise<Measured> {
  const { server, look } = place
  const { token, introspect } = server.paths
  const tokens: string[] = []
  const browsers = Array.from({ length: PEOPLE }, () => openBrowser())
  const first = await costOf(place, PEOPLE, async (person) => {
    tokens.push(await signIn(server, person))
  })
  const password = await costOf(place, PEOPLE, async (person) => {
    tokens.push(await signIn(server, person, browsers[person]))
  })
  const session = await costOf(place, PEOPLE, async (person) => {
    tokens.push(await signIn(server, person, browsers[person]))
  })
  let access = ''
  const refresh = await costOf(place, MANY, async () => {
    // Whoever is next in line: two calls of one family are never at once.
    const refresh_token = tokens.shift() ?? ''
    const answer = await ask(server, token, { grant_type: 'refresh_token', refresh_token })
    tokens.push(String(answer.refresh_token))
    access = String(answer.access_token)
  })
  const introspection = await costOf(place, MANY, async () => {
    const answer = await ask(server, introspect, { token: access })
    if (answer.active !== true) throw new Error('A token that was just issued is not active.')
  })
  const fields = { grant_type: 'client_credentials', scope: 'api.read' }
  const credentials = await costOf(place, MANY, async () => void (await ask(server, token, fields)))
  const costs = { first, password, session, refresh, introspection, credentials }
  return { costs, rowBytes: await rowBytes(look) }
}
