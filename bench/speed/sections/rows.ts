// The main table: Patois beside the floor, and in a full run beside its peers.

import { type Contestant, MODULES, startFloor, startPatois } from '../contestants.ts'
import type { SeedSizes } from '../given.ts'
import { startGlewlwyd, whyNoGlewlwyd } from '../glewlwyd.ts'
import { PEERS, startPeer } from '../peers.ts'
import type { MeasuredRow } from '../results.ts'
import { type Entry, measure, type Plan } from '../rounds.ts'
import { ROWS, type Row } from '../rows.ts'
import { HEAD, linesOf } from '../table.ts'
import type { Bench } from './bench.ts'

/** Codes that the floor and Patois can use up in a second, and a peer. */
const CODES = { ours: 12_000, peers: 2500 }

/** Seconds that the servers are busy with one row, warming up included. */
export function busySeconds({ rounds, seconds, warmUpSeconds }: Plan): number {
  return rounds * seconds + warmUpSeconds * (1 + rounds / 4)
}

/** All that are run by others; the one that is no package only where it is installed. */
async function startPeers({ folder, say }: Bench, sizes: SeedSizes): Promise<Contestant[]> {
  const started: Contestant[] = []
  for (const peer of PEERS) {
    for (const way of peer.ways) {
      const place = folder(`${peer.file}-${way.wiring}-${way.keeps}`)
      started.push(await startPeer(peer, place, sizes, way))
    }
  }
  const why = whyNoGlewlwyd()
  if (why === undefined) started.push(await startGlewlwyd(folder('glewlwyd'), sizes))
  else say(why)
  return started
}

async function startAll(bench: Bench, rows: readonly Row[]): Promise<Contestant[]> {
  const { plan, folder, isQuick, nodeFlags } = bench
  const seconds = rows.some(({ name }) => name.includes('code')) ? busySeconds(plan) : 0
  const sizesOf = (perSecond: number) => ({ families: 64, codes: Math.ceil(perSecond * seconds) })
  const ours = sizesOf(CODES.ours)
  const isPlain = isQuick || nodeFlags.length > 0
  const contestants: Contestant[] = [
    await startFloor(folder('floor'), ours),
    await startPatois(folder('patois'), ours, { nodeFlags, ...(isPlain && { command: MODULES }) }),
  ]
  return isQuick
    ? contestants
    : [...contestants, ...(await startPeers(bench, sizesOf(CODES.peers)))]
}

/** Measures every row. */
export async function measureRows(bench: Bench): Promise<MeasuredRow[]> {
  const { load, plan, only, isQuick, say } = bench
  const rows = ROWS.filter(({ isFull, name }) => !(isQuick && isFull) && name.includes(only))
  const contestants = await startAll(bench, rows)
  const measured: MeasuredRow[] = []
  try {
    say(HEAD)
    for (const row of rows) {
      const entries: Entry[] = contestants
        .filter((one) => one.rows?.includes(row.name) ?? !(one.name === 'floor' && row.isAlone))
        .map((one) => ({ name: one.name, pid: one.pid, job: row.job(one) }))
      const summaries = await measure(load, row.name, entries, plan)
      say(linesOf(row.name, summaries))
      measured.push({ row: row.name, summaries })
    }
  } finally {
    for (const contestant of contestants) await contestant.close()
  }
  return measured
}
