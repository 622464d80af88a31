// Keys that change under load, before a verifier that keeps the key set as long as it may.

import { setTimeout as sleep } from 'node:timers/promises'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { call } from '../door/browser.ts'
import { times } from '../door/counts.ts'
import { openChains, rotate, startLoad, type Work } from '../door/load.ts'
import { measured } from '../door/promise.ts'
import { type Site, type SiteName, setSite, whyNoSite } from '../door/sites.ts'

const ROTATIONS = times(1, 10)
const ROTATION = 3600
const AHEAD = 300
const LIFE = 240
/** How long a verifier keeps what it fetched; an unknown kid is no reason to ask again. */
const CACHE = 300
/** Between two rounds of the housekeeping. */
const TICK = times(60, 30)
const PER_SECOND = 200

const lifetimes = {
  key_rotation: ROTATION,
  key_publish_ahead: AHEAD,
  access_token: LIFE,
  id_token: LIFE,
}

/** A verifier with a cache, asking each node in turn. */
const openVerifier = (site: Site) => {
  let fetched = 0
  let fetchedAt = Number.NEGATIVE_INFINITY
  let keys: ReturnType<typeof createLocalJWKSet>
  return {
    fetches: () => fetched,
    verify: async (token: string, now: number): Promise<unknown> => {
      if (now - fetchedAt >= CACHE) {
        const response = await fetch(site.at(fetched++).url('/jwks'))
        keys = createLocalJWKSet(await response.json())
        fetchedAt = now
      }
      return jwtVerify(token, keys, { currentDate: new Date(now * 1000) })
    },
  }
}

describe.each<SiteName>(['S', 'P'])('%s', (name) => {
  const held = setSite(name, { configuration: { lifetimes } })

  test.skipIf(whyNoSite(name))(
    `R13: ${ROTATIONS} changes of keys at ${PER_SECOND} requests a second spoil no token`,
    async () => {
      const { site } = held
      for (const { keys } of site.nodes) await keys.ready('RS256')
      const now = (): number => site.at(0).clock.now()
      const chains = await openChains(site.at(0), 20, 'openid offline_access api.read')
      const signed: string[] = []
      let nth = 0
      const work: Work = async (door, chain) => {
        // Three of four sign an access token alone, one an ID token.
        const isIdToken = ++nth % 4 === 0
        const answer = isIdToken
          ? await rotate(door, chain)
          : await call(door, '/token', 'jwt', { grant_type: 'client_credentials' })
        const { access_token, id_token } = answer.body
        signed.push(String(isIdToken ? id_token : access_token))
        return answer
      }
      const verifier = openVerifier(site)
      const kids = new Set<unknown>()
      const living: { token: string; exp: number }[] = []
      let verified = 0
      const verifyAll = async (): Promise<void> => {
        for (const token of signed.splice(0)) {
          kids.add(decodeProtectedHeader(token).kid)
          const { iat = 0, exp = 0 } = decodeJwt(token)
          await verifier.verify(token, Math.max(iat, Math.min(now(), exp - 1)))
          living.push({ token, exp })
          verified++
        }
        // Once more in the last moments of each, by whatever key set is in the cache then.
        while (living[0] && living[0].exp - now() <= TICK) {
          const { token, exp } = living.shift() as (typeof living)[0]
          await verifier.verify(token, Math.min(now(), exp - 1))
        }
      }
      const load = startLoad(site.nodes, chains, PER_SECOND, work)
      const end = now() + (ROTATIONS + 0.2) * ROTATION
      while (now() < end) {
        site.advance(TICK)
        await Promise.all(site.nodes.map(({ keys }) => keys.tick(now())))
        await sleep(20)
        await verifyAll()
      }
      const heard = await load.stop()
      await verifyAll()
      expect(heard.filter(({ status }) => status !== 200)).toEqual([])
      // ES256 and RS256, each as often as it was changed.
      expect(kids.size).toBe(2 * (ROTATIONS + 1))
      measured(
        'R13',
        `${name}: ${ROTATIONS} changes at ${PER_SECOND} requests a second, ${verified} tokens of ${kids.size} keys verified when they were new and when they ended, 0 failures; the key set was fetched ${verifier.fetches()} times`,
      )
    },
  )
})
