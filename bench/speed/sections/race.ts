// The race: an application refreshes one token many times at once, on a store with a network's delay.

import { fileURLToPath } from 'node:url'
import { type Contestant, startPatois } from '../contestants.ts'
import { basic, OPAQUE } from '../given.ts'
import { PEERS, startPeer } from '../peers.ts'
import type { RaceOutcome } from '../results.ts'
import type { Bench } from './bench.ts'

const PARALLEL = 20
const ROUNDS = 30
const SLOW_MS = 2
const PATOIS = fileURLToPath(new URL('../race/patois.ts', import.meta.url))
const RACERS = ['oidc-provider', 'node-oauth']

/** What a refresh was answered: a new refresh token, a refusal, or a fault of the server. */
type Heard = { token: string } | 'refused' | 'failed'

async function refresh({ port, paths }: Contestant, token: string): Promise<Heard> {
  const answer = await fetch(`http://127.0.0.1:${port}${paths.token}`, {
    method: 'POST',
    headers: { authorization: basic(OPAQUE) },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token }),
  })
  const body = (await answer.json()) as { refresh_token?: string }
  if (answer.status >= 500) return 'failed'
  return body.refresh_token === undefined ? 'refused' : { token: body.refresh_token }
}

/** What one round did: its answers, and how many of the tokens in them work afterwards. */
async function race(server: Contestant, token: string) {
  const heard = await Promise.all(Array.from({ length: PARALLEL }, () => refresh(server, token)))
  const tokens = heard.flatMap((one) => (typeof one === 'object' ? [one.token] : []))
  const different = [...new Set(tokens)]
  let alive = 0
  for (const one of different) {
    if (typeof (await refresh(server, one)) === 'object') alive++
  }
  return {
    answered: tokens.length,
    refused: heard.filter((one) => one === 'refused').length,
    failed: heard.filter((one) => one === 'failed').length,
    different: different.length,
    alive,
  }
}

async function raceAt(server: Contestant): Promise<RaceOutcome> {
  const rounds: Awaited<ReturnType<typeof race>>[] = []
  for (const token of server.seeds.refreshOpaque.slice(0, ROUNDS)) {
    rounds.push(await race(server, token))
  }
  const sum = (name: 'answered' | 'refused' | 'failed' | 'different' | 'alive'): number =>
    rounds.reduce((total, round) => total + round[name], 0)
  return {
    name: server.name,
    rounds: ROUNDS,
    parallel: PARALLEL,
    answered: sum('answered'),
    refused: sum('refused'),
    failed: sum('failed'),
    different: sum('different'),
    alive: sum('alive'),
    forked: rounds.filter(({ alive }) => alive > 1).length,
    loggedOut: rounds.filter(({ alive }) => alive === 0).length,
  }
}

/** Runs the same script at each server. */
export async function measureRace({ folder, say }: Bench): Promise<RaceOutcome[]> {
  const sizes = { families: ROUNDS, codes: 0 }
  const outcomes: RaceOutcome[] = []
  const program = { file: PATOIS, args: [String(SLOW_MS)] }
  const starts = [
    () => startPatois(folder('race'), sizes, { program }),
    ...PEERS.filter(({ file }) => RACERS.includes(file)).map(
      (peer) => () =>
        startPeer(peer, folder(`race-${peer.file}`), sizes, { keeps: 'durable', slowMs: SLOW_MS }),
    ),
  ]
  for (const start of starts) {
    const server = await start()
    try {
      const outcome = await raceAt(server)
      outcomes.push({ ...outcome, name: outcome.name.replace(', durable', '') })
      say(JSON.stringify(outcome))
    } finally {
      await server.close()
    }
  }
  return outcomes
}
