// Footprints: how fast servers start, what memory they have at rest, and what many families add.

import { setTimeout as sleep } from 'node:timers/promises'
import { type Contestant, startFloor, startPatois } from '../contestants.ts'
import { PEERS, startPeer } from '../peers.ts'
import { cpuSecondsOf, familyOf, residentBytesOf } from '../processes.ts'
import type { Families, Footprint, Results } from '../results.ts'
import { median } from '../rounds.ts'
import { rowOf } from '../rows.ts'
import type { Bench } from './bench.ts'

const STARTS = 5
const REST_MS = 1500
const MANY = 100_000
const NOTHING = { families: 64, codes: 0 }
const ROW = 'refresh rotation, opaque'

/** Starts a server some times, asks it once, and lets it rest. */
async function footprintOf(
  starts: number,
  start: (time: number) => Promise<Contestant>,
): Promise<Footprint> {
  const seconds: number[] = []
  const spent: number[] = []
  const resident: number[] = []
  let name = ''
  for (let time = 0; time < starts; time++) {
    const server = await start(time)
    const before = performance.now()
    await (await fetch(`http://127.0.0.1:${server.port}${server.paths.jwks || '/'}`)).text()
    name = server.name
    seconds.push(server.startSeconds + (performance.now() - before) / 1000)
    spent.push(cpuSecondsOf(familyOf(server.pid)) ?? Number.NaN)
    await sleep(REST_MS)
    resident.push(residentBytesOf(familyOf(server.pid)) ?? Number.NaN)
    await server.close()
  }
  return {
    name,
    startSeconds: median(seconds),
    startCpuSeconds: median(spent),
    residentBytes: median(resident),
  }
}

/** The memory of a Patois that has refreshed each of so many families, or a few of them as often. */
async function residentAfter(bench: Bench, families: number): Promise<number> {
  const { load, folder } = bench
  const patois = await startPatois(folder(`families-${families}`), { families, codes: 0 })
  const row = rowOf(ROW)
  const key = `${families} families`
  try {
    await load.define(key, row.job(patois), { pid: patois.pid })
    // Until each of the many was refreshed; the few are, too, as often as that takes.
    let answers = 0
    while (answers < MANY) {
      const pace = { lanes: 64, warmUpSeconds: 0, seconds: 5 }
      answers += (await load.run(key, pace)).answers
    }
    await sleep(REST_MS)
    return residentBytesOf(familyOf(patois.pid)) ?? Number.NaN
  } finally {
    await patois.close()
  }
}

async function manyFamilies(bench: Bench): Promise<Families> {
  const fewBytes = await residentAfter(bench, 64)
  return { families: MANY, residentBytes: await residentAfter(bench, MANY), fewBytes }
}

/** Measures starts and memory. */
export async function measureFootprints(bench: Bench): Promise<NonNullable<Results['footprints']>> {
  const { folder, say } = bench
  const servers = [
    await footprintOf(STARTS, (time) => startPatois(folder(`start-${time}`), NOTHING)),
    await footprintOf(STARTS, (time) => startFloor(folder(`start-floor-${time}`), NOTHING)),
  ]
  for (const peer of PEERS) {
    const place = (time: number) => folder(`start-${peer.file}-${time}`)
    const start = (time: number) => startPeer(peer, place(time), NOTHING, { keeps: 'durable' })
    servers.push(await footprintOf(STARTS, start))
  }
  for (const { name, startSeconds, startCpuSeconds = 0, residentBytes = 0 } of servers) {
    const megabytes = (residentBytes / 1e6).toFixed(0)
    const start = `${startSeconds.toFixed(2)} s (${startCpuSeconds.toFixed(2)} s of a processor)`
    say(`${name.padEnd(24)} first answer after ${start}, ${megabytes} MB at rest`)
  }
  const families = await manyFamilies(bench)
  const took = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`
  say(`${MANY} families: ${took(families.residentBytes)}; 64: ${took(families.fewBytes)}`)
  return { servers, families }
}
