// All that callers may hold of a server, and the proof that each of it works as it did.

import { expect } from 'vitest'
import {
  answerOf,
  authorizeParams,
  call,
  getCode,
  getTokens,
  newPkce,
  openBrowser,
  type TestBrowser,
} from './browser.ts'
import { RU } from './fixtures.ts'
import type { Door } from './server.ts'

type Chain = { latest: string; accessToken: string }

const SCOPE = { scope: 'openid offline_access api.read' }

/** What callers hold: how many things it is, and each of them. */
export type Held = {
  count: number
  chains: Chain[]
  codes: { code: string; verifier: string }[]
  /** Access tokens and refresh tokens that were revoked. */
  revoked: string[]
  browser: TestBrowser
  keys: unknown
}

/** Signs so many people in and keeps what they got: live, rotated, replayable, revoked, unspent. */
export const collect = async (door: Door, people: number): Promise<Held> => {
  const browser = openBrowser()
  const chains: Chain[] = []
  for (let nth = 0; nth < people; nth++) {
    const tokens = await getTokens(door, 'cc', SCOPE, browser)
    chains.push({ latest: tokens.refresh_token, accessToken: tokens.access_token })
  }
  // Half of them have rotated. The last two lost their answers, and hold what they spent: these
  // have their window, so that they come last here and first of what is proved.
  for (const [nth, chain] of chains.entries()) {
    const isLost = nth >= people - 2
    if (nth % 2 === 1 && !isLost) continue
    const next = await refresh(door, chain.latest)
    if (!isLost) Object.assign(chain, next)
  }
  const revoked: string[] = []
  for (let nth = 0; nth < 2; nth++) {
    const tokens = await getTokens(door, 'cc', SCOPE, browser)
    await call(door, '/revoke', 'cc', { token: tokens.access_token })
    if (nth === 1) await call(door, '/revoke', 'cc', { token: tokens.refresh_token })
    revoked.push(tokens.access_token, ...(nth === 1 ? [tokens.refresh_token] : []))
  }
  const codes = [await getCode(door, 'cc', SCOPE, browser)]
  const own = await call(door, '/token', 'cc', { grant_type: 'client_credentials' })
  expect(own.status).toBe(200)
  const keys = await keysOf(door)
  return { count: 2 * people + 6, chains, codes, revoked, browser, keys }
}

/** Fails when anything that is held does not do what it did. */
export const prove = async (door: Door, held: Held): Promise<void> => {
  expect(await keysOf(door)).toEqual(held.keys)
  for (const chain of held.chains.toReversed()) {
    expect((await introspect(door, chain.accessToken)).body).toMatchObject({ active: true })
    Object.assign(chain, await refresh(door, chain.latest))
  }
  for (const token of held.revoked) {
    expect((await introspect(door, token)).body).toEqual({ active: false })
  }
  for (const { code, verifier } of held.codes.splice(0)) {
    const fields = { grant_type: 'authorization_code', code, code_verifier: verifier }
    const answer = await call(door, '/token', 'cc', { ...fields, redirect_uri: RU })
    expect(answer).toMatchObject({ status: 200 })
    // The next place hears of a code that was spent at the last one.
    const again = await call(door, '/token', 'cc', { ...fields, redirect_uri: RU })
    expect(again).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  }
  // Nobody is asked for a password or for consent: session and grant are known.
  const { challenge, verifier } = newPkce()
  const params = new URLSearchParams(authorizeParams('cc', challenge, { ...SCOPE, prompt: 'none' }))
  const answer = answerOf(await held.browser.get(door.url(`/authorize?${params}`)))
  expect(Object.fromEntries(answer)).toMatchObject({ code: expect.any(String) })
  held.codes.push({ code: answer.get('code') ?? '', verifier })
}

/** Fails when anything that is held still works; a new sign-in does. */
export const proveDead = async (door: Door, held: Held): Promise<void> => {
  const dead = async () => (await introspect(door, held.chains[0]?.accessToken ?? '')).body.active
  // Nodes learn of it within a second.
  await expect.poll(dead, { timeout: 3000 }).toBe(false)
  for (const { latest, accessToken } of held.chains) {
    expect((await introspect(door, accessToken)).body).toEqual({ active: false })
    const fields = { grant_type: 'refresh_token', refresh_token: latest }
    expect(await call(door, '/token', 'cc', fields)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    })
  }
  for (const { code, verifier } of held.codes.splice(0)) {
    const fields = { grant_type: 'authorization_code', code, code_verifier: verifier }
    const answer = await call(door, '/token', 'cc', { ...fields, redirect_uri: RU })
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  }
  const { challenge } = newPkce()
  const params = new URLSearchParams(authorizeParams('cc', challenge, { ...SCOPE, prompt: 'none' }))
  const answer = answerOf(await held.browser.get(door.url(`/authorize?${params}`)))
  expect(answer.get('error')).toBe('login_required')
  const tokens = await getTokens(door, 'cc', SCOPE, openBrowser())
  expect((await introspect(door, tokens.access_token)).body).toMatchObject({ active: true })
}

/** What is said of a token to its own client. */
export const introspect = (door: Door, token: string) => call(door, '/introspect', 'cc', { token })

/** Refreshes and answers the chain's next link. */
export const refresh = async (door: Door, token: string): Promise<Chain> => {
  const fields = { grant_type: 'refresh_token', refresh_token: token }
  const { status, body } = await call(door, '/token', 'cc', fields)
  expect({ status, error: body.error_description ?? body.error }).toEqual({ status: 200 })
  return { latest: String(body.refresh_token), accessToken: String(body.access_token) }
}

const keysOf = async (door: Door): Promise<unknown> => {
  const { keys } = (await (await fetch(door.url('/jwks'))).json()) as { keys: { kid: string }[] }
  return keys.map(({ kid }) => kid).sort()
}
