// Requests that race for one thing: a code, a refresh token, a family, a consent.

import { describe, expect, test } from 'vitest'
import {
  type Answer,
  answerOf,
  authorizeParams,
  call,
  formAction,
  getTokens,
  hiddenFields,
  newPkce,
  openBrowser,
  walk,
} from '../door/browser.ts'
import { times } from '../door/counts.ts'
import { familyAt, type SiteName, setSite, whyNoSite } from '../door/sites.ts'
import { isActive, refresh, revoke } from '../door/tokens.ts'

const CELLS_OF_THE_DEAD = `SELECT c.id FROM replay_cells c JOIN families f ON f.id = c.family_id
  WHERE f.ended_at IS NOT NULL`

// Two kinds of clients: opaque access tokens that lie in the database, and JWTs that do not.
const CLIENTS = ['cc', 'jwt'] as const
const clientOf = (round: number) => CLIENTS[round % CLIENTS.length] ?? 'cc'

describe.each<SiteName>(['S', 'P'])('%s', (name) => {
  const held = setSite(name)

  test.skipIf(whyNoSite(name))(
    'X3: of a refresh and a revocation at once nothing lives when both have answered',
    async () => {
      const { site } = held
      const browser = openBrowser()
      for (let round = 0; round < times(30, 600); round++) {
        const client = clientOf(round >> 1)
        const { refresh_token, access_token } = await getTokens(site.at(round), client, {}, browser)
        const toRevoke = round % 3 === 0 ? access_token : refresh_token
        const end = () => revoke(site.at(round), toRevoke, client)
        const rotate = () => refresh(site.at(round + 1), refresh_token, {}, client)
        // Either may be the first on the wire.
        const pair = round % 2 ? [rotate(), end()] : [end(), rotate()]
        const answers = await Promise.all(pair)
        const [revoked, rotated] = (round % 2 ? answers.toReversed() : answers) as [Answer, Answer]
        expect(revoked.status).toBe(200)
        expect([200, 400]).toContain(rotated.status)
        if (toRevoke === access_token) {
          // An access token goes alone, and nothing that is revoked comes back with a rotation.
          expect(await isActive(site.at(round + 1), access_token, client)).toBe(false)
          expect(rotated.status).toBe(200)
          continue
        }
        const left = [access_token, refresh_token, rotated.body.access_token]
        for (const token of [...left, rotated.body.refresh_token]) {
          if (token) expect(await isActive(site.at(round + 1), String(token), client)).toBe(false)
        }
        for (const token of [refresh_token, rotated.body.refresh_token]) {
          if (!token) continue
          const again = await refresh(site.at(round), String(token), {}, client)
          expect(again.body.error).toBe('invalid_grant')
        }
        expect((await familyAt(site, refresh_token)).endedAt).not.toBeNull()
      }
      // What opens a token's answer again goes with its family, whoever was first; between two nodes
      // a family may end beside a refresh that it does not see, and then it goes with its window.
      if (name === 'P') {
        site.advance(31)
        await site.at(0).store.sweep(site.at(0).clock.now(), 5000)
      }
      expect(await site.rows(CELLS_OF_THE_DEAD)).toEqual([])
    },
  )

  test.skipIf(whyNoSite(name))(
    'X6: a consent that is sent twice at once gives a good code each time',
    async () => {
      const { site } = held
      const server = site.at(0)
      for (let round = 0; round < times(10, 200); round++) {
        const browser = openBrowser()
        // Asked every time, because anybody may listen on a loopback port.
        const redirect_uri = 'http://127.0.0.1:53217/cb'
        const { verifier, challenge } = newPkce()
        const params = authorizeParams('nat', challenge, { redirect_uri })
        await walk(server, browser, authorizeParams('cc', challenge), 'bob')
        const page = await browser.get(server.url(`/authorize?${new URLSearchParams(params)}`))
        expect(page.text).toContain('value="allow"')
        const fields = { ...hiddenFields(page.text), decision: 'allow' }
        const action = formAction(page.text)
        const answers = await Promise.all(
          [0, 1].map((nth) => browser.post(site.at(nth).origin + action, fields)),
        )
        const codes = answers.flatMap((answer) => {
          expect(answer.status).toBeLessThan(500)
          return answer.location === undefined ? [] : [answerOf(answer).get('code') ?? '']
        })
        expect(codes.length).toBeGreaterThan(0)
        expect(new Set(codes).size).toBe(codes.length)
        for (const code of codes) {
          const answer = await call(server, '/token', 'nat', {
            grant_type: 'authorization_code',
            code,
            code_verifier: verifier,
            redirect_uri,
          })
          expect(answer.status).toBe(200)
          expect((await refresh(server, String(answer.body.refresh_token), {}, 'nat')).status).toBe(
            200,
          )
        }
      }
    },
  )
})
