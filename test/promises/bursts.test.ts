// Bursts: fifty callers at once want one code or one refresh token, at one node or half at each of two.

import { describe, expect, test } from 'vitest'
import { type Answer, call, getCode, getTokens, openBrowser } from '../door/browser.ts'
import { times } from '../door/counts.ts'
import { RU } from '../door/fixtures.ts'
import { measured } from '../door/promise.ts'
import { checkAnswer } from '../door/rules.ts'
import { familyAt, type Site, type SiteName, setSite, whyNoSite } from '../door/sites.ts'
import { isActive, refresh } from '../door/tokens.ts'

const PARALLEL = 50

/** Fewer in the gate where two nodes are asked. */
const roundsAt = (name: SiteName): number => times(name === 'S' ? 20 : 12, 200)

// Two kinds of clients: opaque access tokens that lie in the database, and JWTs that do not.
const CLIENTS = ['cc', 'jwt'] as const
const clientOf = (round: number) => CLIENTS[round % CLIENTS.length] ?? 'cc'

const together = (work: (index: number) => Promise<Answer>): Promise<Answer[]> =>
  Promise.all(Array.from({ length: PARALLEL }, (_, index) => work(index)))

/** Fails unless exactly one answer is a success and every other a clean refusal. */
const onlyWinner = (answers: readonly Answer[]): Answer => {
  const winners = answers.filter(({ status }) => status === 200)
  expect(winners).toHaveLength(1)
  for (const answer of answers) {
    if (answer.status !== 200) checkAnswer(answer, { status: 400, error: 'invalid_grant' })
  }
  return winners[0] as Answer
}

const failures = ({ nodes }: Site): number =>
  nodes.flatMap(({ answers }) => answers).filter(({ status }) => status >= 500).length

/** Runs rounds with a browser that stays signed in, each beyond every throttle of the one before. */
const eachRound = async (
  site: Site,
  name: SiteName,
  work: (round: number, browser: ReturnType<typeof openBrowser>) => Promise<void>,
): Promise<string> => {
  const browser = openBrowser()
  const rounds = roundsAt(name)
  for (let round = 0; round < rounds; round++) {
    site.advance(901)
    await work(round, browser)
  }
  expect(failures(site)).toBe(0)
  return `${name}: ${rounds} × ${PARALLEL}`
}

const isEnded = async (site: Site, answer: Answer, client: string): Promise<void> => {
  const { access_token, refresh_token } = answer.body as Record<string, string>
  expect((await familyAt(site, refresh_token ?? '')).endedAt).not.toBeNull()
  for (const node of site.nodes) {
    expect(await isActive(node, access_token ?? '', client)).toBe(false)
    expect((await refresh(node, refresh_token ?? '', {}, client)).body.error).toBe('invalid_grant')
  }
}

const livesOn = async (site: Site, answer: Answer, client: string): Promise<void> => {
  const { access_token, refresh_token } = answer.body as Record<string, string>
  const family = await familyAt(site, refresh_token ?? '')
  expect(family).toMatchObject({ endedAt: null, leaves: 1 })
  for (const node of site.nodes) {
    expect(await isActive(node, access_token ?? '', client)).toBe(true)
  }
  expect((await refresh(site.at(1), refresh_token ?? '', {}, client)).status).toBe(200)
}

describe.each<SiteName>(['S', 'P'])('%s', (name) => {
  describe.skipIf(whyNoSite(name))('with a replay window of 10 s', () => {
    const held = setSite(name, { configuration: { lifetimes: { replay_window: 10 } } })

    test('R1, X1: of 50 exchanges of one code one wins, and the family that it opened ends', async () => {
      const { site } = held
      const counts = await eachRound(site, name, async (round, browser) => {
        const client = clientOf(round)
        const { code, verifier } = await getCode(site.at(round), client, {}, browser)
        const fields = { grant_type: 'authorization_code', code, code_verifier: verifier }
        const answers = await together((nth) =>
          call(site.at(nth), '/token', client, { ...fields, redirect_uri: RU }),
        )
        await isEnded(site, onlyWinner(answers), client)
      })
      measured('R1', `${counts}: 1 success in each, 0 × 5xx`)
    })

    test('R2, X2: 50 refreshes of one token all get the same tokens, and one leaf lives', async () => {
      const { site } = held
      const counts = await eachRound(site, name, async (round, browser) => {
        const client = clientOf(round)
        const tokens = await getTokens(site.at(round), client, {}, browser)
        const answers = await together((nth) =>
          refresh(site.at(nth), tokens.refresh_token, {}, client),
        )
        const [first] = answers as [Answer]
        for (const answer of answers) {
          checkAnswer(answer, { status: 200 })
          expect(answer.body).toEqual(first.body)
        }
        expect(first.body.refresh_token).not.toBe(tokens.refresh_token)
        await livesOn(site, first, client)
      })
      measured('R2', `${counts}, window 10 s: 1 leaf in each, 0 families ended, 0 × 5xx`)
    })
  })

  describe.skipIf(whyNoSite(name))('without a replay window', () => {
    const held = setSite(name, { configuration: { lifetimes: { replay_window: 0 } } })

    test('R2, X2: of 50 refreshes of one token one wins, and its losers do the family no harm', async () => {
      const { site } = held
      const counts = await eachRound(site, name, async (round, browser) => {
        const client = clientOf(round)
        const tokens = await getTokens(site.at(round), client, {}, browser)
        const answers = await together((nth) =>
          refresh(site.at(nth), tokens.refresh_token, {}, client),
        )
        await livesOn(site, onlyWinner(answers), client)
      })
      measured('R2', `${counts}, no window: 1 leaf in each, 0 families ended, 0 × 5xx`)
    })

    test('X2: a token that comes again after the burst ends the family', async () => {
      const { site } = held
      const tokens = await getTokens(site.at(0))
      const burst = await together((nth) => refresh(site.at(nth), tokens.refresh_token))
      const winner = onlyWinner(burst)
      site.advance(6)
      const late = await together((nth) => refresh(site.at(nth), tokens.refresh_token))
      for (const answer of late) checkAnswer(answer, { status: 400, error: 'invalid_grant' })
      await isEnded(site, winner, 'cc')
    })
  })
})
