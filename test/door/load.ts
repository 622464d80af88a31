// Steady callers: sign-ins whose refresh tokens are used again and again, so many times a second.

import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, call, getTokens, openBrowser } from './browser.ts'
import type { Door } from './server.ts'
import { refresh } from './tokens.ts'

/** A sign-in with the tokens that were answered last; the client is `cc`. */
export type Chain = { access_token: string; refresh_token: string }

/** What came of a request; `at` is when it was sent, by performance.now(). */
export type Heard = {
  at: number
  milliseconds: number
  /** Which of the doors was asked. */
  door: number
  /** 0 when nothing came. */
  status: number
  /** What a refusal said. */
  said: string
  retryAfter: string | null
}

/** A load that goes on until it is stopped. */
export type Load = { heard: Heard[]; stop(): Promise<Heard[]> }

/** One request for a chain, at a door. Throws when nothing came. */
export type Work = (door: Door, chain: Chain) => Promise<Answer>

/** Signs in so many times. Without openid there is no ID token to sign. */
export const openChains = async (
  door: Door,
  count: number,
  scope = 'api.read offline_access',
): Promise<Chain[]> => {
  const browser = openBrowser()
  const chains: Chain[] = []
  while (chains.length < count) chains.push(await getTokens(door, 'cc', { scope }, browser))
  return chains
}

/** Uses a chain's refresh token; the chain has the next one afterwards. */
export const rotate: Work = async (door, chain) => {
  const answer = await refresh(door, chain.refresh_token)
  if (answer.status === 200) Object.assign(chain, answer.body)
  return answer
}

/** Makes a new access token, which writes one row. */
export const mint: Work = (door) => call(door, '/token', 'rs', { grant_type: 'client_credentials' })

/** Sends requests to each door in turn, no two at once for one chain, until it is stopped. */
export const startLoad = (
  doors: readonly Door[],
  chains: readonly Chain[],
  perSecond: number,
  work: Work = rotate,
): Load => {
  const heard: Heard[] = []
  const idle = [...chains]
  const under = new Set<Promise<void>>()
  let over = false
  const one = async (nth: number, chain: Chain): Promise<void> => {
    const door = nth % doors.length
    const at = performance.now()
    const answer = await work(doors[door] as Door, chain).catch(() => undefined)
    const { status = 0, headers, body } = answer ?? {}
    heard.push({
      at,
      milliseconds: performance.now() - at,
      door,
      status,
      said: status === 200 ? '' : JSON.stringify(body),
      retryAfter: headers?.get('retry-after') ?? null,
    })
    idle.push(chain)
  }
  const run = async (): Promise<void> => {
    const begun = performance.now()
    for (let nth = 0; !over; ) {
      const due = ((performance.now() - begun) * perSecond) / 1000
      // Whoever waits for an answer sends nothing more: what could not be sent is left out.
      for (; nth < due; nth++) {
        const chain = idle.shift()
        if (!chain) continue
        const sent = one(nth, chain).finally(() => under.delete(sent))
        under.add(sent)
      }
      await sleep(5)
    }
    await Promise.all(under)
  }
  const running = run()
  return {
    heard,
    stop: async () => {
      over = true
      await running
      return heard
    },
  }
}

/** Of many values the one that this part of them (0 to 1) does not exceed. */
export const percentile = (values: readonly number[], part: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}
